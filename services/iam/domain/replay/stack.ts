/** The policies that bound a decision, layer by layer and by name. A policy whose document is gone keeps its place. */
import {
  buildPolicySet,
  type CompiledPolicy,
  compilePolicy,
  type Layers,
  type PolicyKind,
  type PolicySet,
} from '../../../../policies/engine/index.ts';
import type { RecordedLevel, RecordedStack } from './recorded.ts';

export interface Entry {
  /** As recorded: `arn@version`, `arn@version#project`, `p-id@version`. */
  readonly name: string;
  /** Undefined: gone. */
  readonly policy: CompiledPolicy | undefined;
}

export interface StackLevel {
  readonly id: string;
  readonly entries: readonly Entry[];
}

export interface Stack {
  readonly identity: readonly Entry[];
  readonly boundary?: readonly Entry[];
  readonly session?: readonly Entry[];
  readonly scp?: readonly StackLevel[];
  readonly rcp?: readonly StackLevel[];
}

/** Where documents come from. Undefined: it is gone. */
export interface Documents {
  /** `accountId`: a grant holds in a project of this account. */
  policy(name: string, kind: 'identity' | 'boundary' | 'session', accountId: string): Dated | undefined;
  guardrail(name: string, layer: 'scp' | 'rcp'): CompiledPolicy | undefined;
}

/** A policy bears its name since a moment: before that another one did, which is gone. */
export interface Dated {
  policy: CompiledPolicy;
  since: number;
}

/** As it was `at` a moment; it is the same for decisions from `since` on. */
export function stackOf(recorded: RecordedStack, at: number, documents: Documents): { stack: Stack; since: number } {
  let since = 0;
  const layers: Record<'identity' | 'boundary' | 'session', Entry[]> = { identity: [], boundary: [], session: [] };
  for (const text of recorded.Policies) {
    const kind = text.startsWith('boundary:') ? 'boundary' : text.startsWith('session:') ? 'session' : 'identity';
    const name = kind === 'identity' ? text : text.slice(kind.length + 1);
    const found = documents.policy(name, kind, recorded.AccountId);
    since = Math.max(since, found?.since ?? 0);
    layers[kind].push({ name, policy: found && found.since <= at ? found.policy : undefined });
  }
  const levels = (recordedLevels: readonly RecordedLevel[], layer: 'scp' | 'rcp'): StackLevel[] =>
    recordedLevels.map(({ Id, Policies }) => ({
      id: Id,
      entries: Policies.map((name) => ({ name, policy: documents.guardrail(name, layer) })),
    }));
  const stack: Stack = {
    identity: layers.identity,
    ...(layers.boundary.length > 0 && { boundary: layers.boundary }),
    ...(layers.session.length > 0 && { session: layers.session }),
    ...(recorded.PrincipalLevels && { scp: levels(recorded.PrincipalLevels, 'scp') }),
    ...(recorded.ResourceLevels && { rcp: levels(recorded.ResourceLevels, 'rcp') }),
  };
  return { stack, since };
}

export function entriesOf(stack: Stack): Entry[] {
  const levels = [...(stack.scp ?? []), ...(stack.rcp ?? [])].flatMap(({ entries }) => entries);
  return [...stack.identity, ...(stack.boundary ?? []), ...(stack.session ?? []), ...levels];
}

/** Whether both have the same layers: then they differ by the documents in them alone. */
export function haveSameLayers(a: Stack, b: Stack): boolean {
  const layers = ['boundary', 'session', 'scp', 'rcp'] as const;
  return layers.every((layer) => (a[layer] === undefined) === (b[layer] === undefined));
}

/** What a document that is gone may have said about one request. */
export type Saying = 'allow' | 'deny' | 'nothing';
export const SAYINGS: readonly Saying[] = ['allow', 'nothing', 'deny'];

/** Makes layers of stacks. Remembers the sets it has indexed: many decisions share them. */
export class LayerMaker {
  private readonly sets = new Map<string, PolicySet>();
  private readonly whole = new WeakMap<Stack, Layers>();
  private readonly numbers = new WeakMap<CompiledPolicy, number>();
  private lastNumber = 0;

  /** `sayings`: what the documents that are gone said; without them nothing may be gone. */
  layersOf(stack: Stack, sayings?: ReadonlyMap<Entry, Saying>): Layers {
    if (sayings && sayings.size > 0) return this.make(stack, sayings);
    let layers = this.whole.get(stack);
    if (!layers) {
      layers = this.make(stack, new Map());
      this.whole.set(stack, layers);
    }
    return layers;
  }

  private make(stack: Stack, sayings: ReadonlyMap<Entry, Saying>): Layers {
    const set = (entries: readonly Entry[], kind: PolicyKind) => this.setOf(entries, kind, sayings);
    const levels = (list: readonly StackLevel[], kind: 'scp' | 'rcp') =>
      list.map(({ id, entries }) => ({ id, name: id, set: set(entries, kind) }));
    return {
      identity: set(stack.identity, 'identity'),
      ...(stack.boundary && { boundary: set(stack.boundary, 'boundary') }),
      ...(stack.session && { session: set(stack.session, 'session') }),
      ...(stack.scp && { scp: levels(stack.scp, 'scp') }),
      ...(stack.rcp && { rcp: levels(stack.rcp, 'rcp') }),
    };
  }

  /** Names do not tell documents apart: what is granted in the default project counts in another account in each. */
  private numberOf(policy: CompiledPolicy): number {
    const known = this.numbers.get(policy);
    if (known !== undefined) return known;
    this.numbers.set(policy, ++this.lastNumber);
    return this.lastNumber;
  }

  private setOf(entries: readonly Entry[], kind: PolicyKind, sayings: ReadonlyMap<Entry, Saying>): PolicySet {
    let key: string = kind;
    for (const entry of entries) key += ` ${entry.policy ? this.numberOf(entry.policy) : sayings.get(entry)}`;
    let set = this.sets.get(key);
    if (!set) {
      set = buildPolicySet(entries.flatMap((entry) => entry.policy ?? said(sayings.get(entry), kind) ?? []));
      this.sets.set(key, set);
    }
    return set;
  }
}

const spoken = new Map<string, CompiledPolicy>();

/** A document that says just this about every request, so also about the one in question. */
function said(saying: Saying | undefined, kind: PolicyKind): CompiledPolicy | undefined {
  if (saying === undefined || saying === 'nothing') return undefined;
  const key = `${kind} ${saying}`;
  let policy = spoken.get(key);
  if (!policy) {
    const Effect = saying === 'allow' ? 'Allow' : 'Deny';
    const statement = { Effect, ...(kind === 'rcp' && { Principal: '*' }), Action: '*', Resource: '*' };
    // Built in: the only kind of resource control policy that may allow.
    policy = compilePolicy({ Version: '2012-10-17', Statement: statement }, { arn: 'gone', kind, builtIn: true });
    spoken.set(key, policy);
  }
  return policy;
}
