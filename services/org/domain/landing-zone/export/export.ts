/**
 * The organization as a landing zone: what was applied, with every difference taken in; without one, everything that is
 * there. Parameters, packs, baselines and whatever else the organization does not hold are kept as they were written.
 */
import type { AccountFile, LandingZone } from '../../../api/landing-zone/file.ts';
import { bindRecords } from '../bind.ts';
import { anatomyOf } from '../documents.ts';
import { listUnits } from '../file/tree.ts';
import { type AppliedRecord, type LiveOrganization, modelOf, tagField } from '../live.ts';
import { attachedTo, FULL_ACCESS, isManaged, type Mode, type Model, type Ref, ROOT } from '../model.ts';
import { KeyNames } from './keys.ts';

type Json = Record<string, unknown>;

/** The landing zone in force: as written, and as it was understood. */
export interface Applied {
  written: Json;
  landingZone: LandingZone;
}

export interface Exported {
  file: Json;
  notes: string[];
}

export function exportLandingZone(
  live: LiveOrganization,
  records: readonly AppliedRecord[],
  applied: Applied | undefined,
): Exported {
  const binding = bindRecords(records, live);
  const model = modelOf(live, binding.refOf);
  const keys = new KeyNames(applied ? takenKeys(applied.landingZone) : []);
  const exporter = new Exporter(model, records, keys, applied);
  return exporter.run();
}

function takenKeys(file: LandingZone): string[] {
  const sections = [
    'accounts',
    'guardrailSets',
    'policies',
    'packs',
    'baselines',
    'permissionSets',
    'exceptions',
  ] as const;
  return [
    ...listUnits(file).map(({ unit }) => unit.key),
    ...sections.flatMap((section) => file[section].map(({ key }) => key)),
  ];
}

const SUFFIX = '.amazonaws.com';
const GONE = ['CLOSED', 'PENDING_CLOSURE'];

class Exporter {
  private readonly notes: string[] = [];
  private readonly model: Model;
  private readonly keys: KeyNames;
  private readonly applied: Applied | undefined;
  private readonly tagsOf: ReadonlyMap<Ref, ReadonlySet<string>>;
  private readonly setPolicies: ReadonlyMap<string, readonly Ref[]>;

  constructor(model: Model, records: readonly AppliedRecord[], keys: KeyNames, applied: Applied | undefined) {
    this.model = model;
    this.keys = keys;
    this.applied = applied;
    this.tagsOf = new Map(
      records.flatMap(({ kind, key, state }) =>
        kind === 'account'
          ? [
              [
                key,
                new Set(
                  Object.keys(state)
                    .filter((field) => field.startsWith(tagField('')))
                    .map((field) => field.slice(4)),
                ),
              ] as const,
            ]
          : [],
      ),
    );
    const sets = new Map<string, Ref[]>();
    for (const ref of model.policies.keys()) {
      const [set, part] = ref.split('.');
      if (set !== undefined && part !== undefined && isManaged(ref)) sets.set(set, [...(sets.get(set) ?? []), ref]);
    }
    this.setPolicies = sets;
  }

  run(): Exported {
    const written = this.applied?.written ?? {
      apiVersion: 'parapet/v1',
      kind: 'LandingZone',
      metadata: { name: 'organization' },
    };
    const { moved: _, ...rest } = written;
    const file: Json = { ...rest };
    const put = (section: string, value: object) => {
      if (Object.values(value).every((item) => item === undefined)) delete file[section];
      else file[section] = value;
    };
    put('root', this.attachable(ROOT, (written.root as Json | undefined) ?? {}));
    put('organizationalUnits', this.units(ROOT, (written.organizationalUnits as Json[] | undefined) ?? []));
    put('accounts', this.accounts((written.accounts as Json[] | undefined) ?? []));
    put('policies', this.policies((written.policies as Json[] | undefined) ?? []));
    const delegates = [...this.model.delegates].flatMap(([service, accounts]) =>
      [...accounts].map((account) => ({ service: short(service), account: this.key(account) })),
    );
    put('delegatedAdmins', delegates);
    const delegated = new Set(delegates.map(({ service }) => service));
    put(
      'trustedServices',
      [...this.model.services].map(short).filter((service) => !delegated.has(service)),
    );
    // What is undefined is left out.
    return { file: JSON.parse(JSON.stringify(file)) as Json, notes: this.notes };
  }

  private key(ref: Ref): string {
    if (ref === ROOT) return ROOT;
    const named = this.model.units.get(ref) ?? this.model.accounts.get(ref) ?? this.model.policies.get(ref);
    return this.keys.of(ref, named?.name ?? ref);
  }

  /** `written`: the units of the file wherever they stand in it; the tree is the one that is there. */
  private units(parent: Ref, written: readonly Json[]): Json[] {
    const all = flatten(written);
    const place = new Map([...all.keys()].map((key, i) => [key, i]));
    const build = (under: Ref): Json[] =>
      [...this.model.units]
        .filter(([, unit]) => unit.parent === under)
        .sort(([a], [b]) => (place.get(a) ?? Number.MAX_SAFE_INTEGER) - (place.get(b) ?? Number.MAX_SAFE_INTEGER))
        .map(([ref, { name }]) => {
          const { children: _, ...before } = all.get(ref) ?? {};
          const children = build(ref);
          return {
            ...before,
            key: this.key(ref),
            name: this.kept(before.name, this.understoodUnit(ref)?.name, name),
            ...this.attachable(ref, before),
            ...(children.length > 0 && { children }),
          };
        });
    return build(parent);
  }

  private accounts(written: readonly Json[]): Json[] {
    const before = new Map(written.map((account) => [account.key as string, account]));
    const listed = [...before.keys()].filter((key) => this.model.accounts.has(key));
    const others = [...this.model.accounts.keys()].filter((ref) => !before.has(ref));
    return [...listed, ...others].flatMap((ref): Json[] => {
      const account = this.model.accounts.get(ref);
      if (!account || GONE.includes(account.state)) return [];
      const raw = before.get(ref) ?? {};
      const understood = this.applied?.landingZone.accounts.find(({ key }) => key === ref);
      const tags = this.tags(ref, account.tags, raw.tags as Json | undefined, understood);
      const { tags: _, ...others } = raw;
      const isNew = !before.has(ref);
      if (isNew && account.state === 'SUSPENDED') this.notes.push(`account ${this.key(ref)} is suspended`);
      return [
        {
          ...others,
          key: this.key(ref),
          name: this.kept(raw.name, understood?.name, account.name),
          ...(isNew && account.email !== undefined && { email: account.email }),
          ...(isNew && account.management && { role: 'management' }),
          parent: this.key(account.parent),
          ...(isNew && !account.management && { accountId: ref.slice(1) }),
          ...(Object.keys(tags).length > 0 && { tags }),
          ...(account.management ? {} : this.attachable(ref, raw)),
        },
      ];
    });
  }

  /** Of an account of the file only the tags the file has to do with. */
  private tags(
    ref: Ref,
    live: Readonly<Record<string, string>>,
    raw: Json | undefined,
    understood: AccountFile | undefined,
  ): Json {
    const known = isManaged(ref) ? this.tagsOf.get(ref) : undefined;
    const shown = Object.entries(live).filter(([key]) => !isManaged(ref) || known?.has(key) || (raw && key in raw));
    return Object.fromEntries(shown.map(([key, value]) => [key, this.kept(raw?.[key], understood?.tags[key], value)]));
  }

  private policies(written: readonly Json[]): Json[] {
    const before = new Map(written.map((policy) => [policy.key as string, policy]));
    const own = [...this.model.policies].filter(
      ([ref, { shipped }]) => !shipped && !(isManaged(ref) && ref.includes('.')),
    );
    return own.map(([ref, { name, description, type, content }]) => {
      const raw = before.get(ref) ?? {};
      const understood = this.applied?.landingZone.policies.find(({ key }) => key === ref);
      const targets = this.targetsOf(ref);
      const modes = new Set(targets.map(([, mode]) => mode));
      if (modes.size > 1) this.notes.push(`policy ${this.key(ref)} is enforced in one place and observes in another`);
      const isList =
        anatomyOf(content).allows.length > 0 &&
        targets.length > 0 &&
        targets.every(([target]) => !attachedTo(this.model, target).has(FULL_ACCESS[type]));
      return {
        ...raw,
        key: this.key(ref),
        name: this.kept(raw.name, understood && (understood.name ?? understood.key), name),
        ...(description !== '' && { description }),
        type,
        document: sameDocument(raw.document, content) ? raw.document : JSON.parse(content),
        ...(isList && { strategy: 'allow-list' }),
        ...(modes.has('observe') && !modes.has('enforce') && { mode: 'observe' }),
        attach: targets.map(([target]) => this.key(target)),
      };
    });
  }

  private targetsOf(policy: Ref): (readonly [Ref, Mode])[] {
    return [...this.model.attachments].flatMap(([target, attached]) => {
      const mode = attached.get(policy);
      const account = this.model.accounts.get(target);
      return mode === undefined || (account && GONE.includes(account.state)) ? [] : [[target, mode] as const];
    });
  }

  /** The sets whose policies are attached there, and the packs as they were written. */
  private attachable(target: Ref, before: Json): Json {
    const attached = attachedTo(this.model, target);
    const guardrails = [...this.setPolicies].flatMap(([set, policies]) => {
      const present = policies.filter((policy) => attached.has(policy));
      if (present.length === 0) return [];
      if (present.length < policies.length)
        this.notes.push(
          `guardrail set ${set} is attached to ${this.key(target)} in part: applying this file attaches all of it`,
        );
      return [set];
    });
    const order = (before.guardrails as string[] | undefined) ?? [];
    guardrails.sort((a, b) => (order.indexOf(a) + 1 || 1e6) - (order.indexOf(b) + 1 || 1e6));
    const packs = before.packs as string[] | undefined;
    return { guardrails: guardrails.length > 0 ? guardrails : undefined, ...(packs && { packs }) };
  }

  private understoodUnit(ref: Ref) {
    return this.applied && listUnits(this.applied.landingZone).find(({ unit }) => unit.key === ref)?.unit;
  }

  /** What was written, parameters and all, as long as it means what is there. */
  private kept(written: unknown, understood: unknown, live: unknown): unknown {
    return written !== undefined && understood === live ? written : live;
  }
}

const short = (service: string) => (service.endsWith(SUFFIX) ? service.slice(0, -SUFFIX.length) : service);

function flatten(units: readonly Json[]): Map<string, Json> {
  const out = new Map<string, Json>();
  const walk = (list: readonly Json[]) => {
    for (const unit of list) {
      out.set(unit.key as string, unit);
      walk((unit.children as Json[] | undefined) ?? []);
    }
  };
  walk(units);
  return out;
}

function sameDocument(written: unknown, content: string): boolean {
  if (written === undefined) return false;
  const text = typeof written === 'string' ? written : JSON.stringify(written);
  try {
    return JSON.stringify(JSON.parse(text)) === content;
  } catch {
    return false;
  }
}
