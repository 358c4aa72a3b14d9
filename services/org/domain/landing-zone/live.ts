/** The organization as it is, by ids, and what the landing zone last made of it, by keys. */
import { type AccountState, type Mode, type Model, type PolicyType, type Ref, ROOT, unmanaged } from './model.ts';

export interface LiveOrganization {
  revision: number;
  organizationId: string;
  rootId: string;
  managementAccountId: string;
  types: readonly PolicyType[];
  units: readonly { id: string; parentId: string; name: string }[];
  accounts: readonly {
    id: string;
    parentId: string;
    name: string;
    email: string | undefined;
    state: AccountState;
    tags: Readonly<Record<string, string>>;
  }[];
  policies: readonly {
    id: string;
    type: PolicyType;
    name: string;
    description: string;
    content: string;
    shipped: boolean;
  }[];
  attachments: readonly { targetId: string; policyId: string; mode: Mode }[];
  services: readonly string[];
  delegates: readonly { service: string; accountId: string }[];
}

export const RECORD_KINDS = ['root', 'unit', 'account', 'policy', 'attachment', 'service', 'delegate'] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

export type Value = string | boolean | null;

/** One object as the landing zone left it. Attachments and delegates are known by two keys with a space between. */
export interface AppliedRecord {
  kind: RecordKind;
  key: string;
  /** Absent for what has no id of its own. */
  id: string | undefined;
  state: Readonly<Record<string, Value>>;
}

/** A change of what is remembered. */
export interface RecordChange {
  kind: RecordKind;
  key: string;
  id?: string | undefined;
  /** Merged into what is there; null as a value takes the member away. */
  patch?: Readonly<Record<string, Value>>;
  gone?: true;
}

export type Records = ReadonlyMap<string, AppliedRecord>;

export const recordName = (kind: RecordKind, key: string) => `${kind} ${key}`;
export const attachmentKey = (target: Ref, policy: Ref) => `${target} ${policy}`;
export const delegateKey = (service: string, account: Ref) => `${service} ${account}`;
export const tagField = (key: string) => `tag:${key}`;

export function indexRecords(records: readonly AppliedRecord[]): Map<string, AppliedRecord> {
  return new Map(records.map((record) => [recordName(record.kind, record.key), record]));
}

/** The live organization with keys in place of the ids that are managed. */
export function modelOf(live: LiveOrganization, refOf: ReadonlyMap<string, Ref>): Model {
  const ref = (id: string): Ref => (id === live.rootId ? ROOT : (refOf.get(id) ?? unmanaged(id)));
  const model: Model = {
    types: new Set(live.types),
    units: new Map(live.units.map(({ id, parentId, name }) => [ref(id), { name, parent: ref(parentId) }])),
    accounts: new Map(
      live.accounts.map(({ id, parentId, name, email, state, tags }) => [
        ref(id),
        { name, email, parent: ref(parentId), state, tags, management: id === live.managementAccountId },
      ]),
    ),
    policies: new Map(
      live.policies.map(({ id, type, name, description, content, shipped }) => [
        ref(id),
        { type, name, description, content, shipped },
      ]),
    ),
    attachments: new Map(),
    services: new Set(live.services),
    delegates: new Map(),
  };
  for (const { targetId, policyId, mode } of live.attachments) {
    const target = ref(targetId);
    const held = model.attachments.get(target);
    if (held) held.set(ref(policyId), mode);
    else model.attachments.set(target, new Map([[ref(policyId), mode]]));
  }
  for (const { service, accountId } of live.delegates) {
    const held = model.delegates.get(service);
    if (held) held.add(ref(accountId));
    else model.delegates.set(service, new Set([ref(accountId)]));
  }
  return model;
}
