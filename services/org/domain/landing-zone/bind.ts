/**
 * Which object of the organization a key means. First what is remembered, under its new key where `moved` says so; then
 * what is there and fits: an account by id or address, a unit by its place and name, a policy by type and name.
 */
import { emailKey, nameKey } from '../names.ts';
import type { Desired } from './desired.ts';
import { type AppliedRecord, type LiveOrganization, type RecordChange, type RecordKind, recordName } from './live.ts';
import { type Ref, ROOT } from './model.ts';

export interface Binding {
  idOf: Map<Ref, string>;
  refOf: Map<string, Ref>;
  /** What is remembered, under the keys of the file. */
  records: Map<string, AppliedRecord>;
  /** Remembered, and no longer there. */
  missing: { kind: RecordKind; key: Ref; id: string }[];
  /** Of the renaming of keys. */
  changes: RecordChange[];
  faults: { code: string; message: string; key: Ref }[];
}

/** Keys as they are remembered, and nothing else. */
export function bindRecords(remembered: readonly AppliedRecord[], live: LiveOrganization): Binding {
  const binding = emptyBinding(live);
  for (const record of remembered) {
    binding.records.set(recordName(record.kind, record.key), record);
    if (record.id !== undefined && record.kind !== 'root') bind(binding, record.key, record.id);
  }
  return binding;
}

function emptyBinding(live: LiveOrganization): Binding {
  return {
    idOf: new Map(),
    refOf: new Map([[live.rootId, ROOT]]),
    records: new Map(),
    missing: [],
    changes: [],
    faults: [],
  };
}

export function bindKeys(desired: Desired, live: LiveOrganization, remembered: readonly AppliedRecord[]): Binding {
  const binding = emptyBinding(live);
  rememberUnder(desired, remembered, binding);
  const existing = new Set([...live.units, ...live.accounts, ...live.policies].map(({ id }) => id));
  for (const { kind, key, id } of binding.records.values()) {
    if (id === undefined || kind === 'root') continue;
    if (existing.has(id)) bind(binding, key, id);
    else binding.missing.push({ kind, key, id });
  }
  bindAccounts(desired, live, binding);
  bindUnits(desired, live, binding);
  bindPolicies(desired, live, binding);
  return binding;
}

function bind(binding: Binding, key: Ref, id: string): void {
  binding.idOf.set(key, id);
  binding.refOf.set(id, key);
}

function rememberUnder(desired: Desired, remembered: readonly AppliedRecord[], binding: Binding): void {
  const renamed = new Map(desired.moved.map(({ from, to }) => [from, to]));
  // A policy of a set is called `<set>.scp-1`.
  const one = (key: string): string => {
    const [head = '', ...rest] = key.split('.');
    const to = renamed.get(head);
    return to === undefined ? key : [to, ...rest].join('.');
  };
  for (const record of remembered) {
    const key = record.kind === 'service' ? record.key : record.key.split(' ').map(one).join(' ');
    if (key !== record.key) {
      const { kind, id, state } = record;
      binding.changes.push({ kind, key: record.key, gone: true }, { kind, key, id, patch: state });
    }
    binding.records.set(recordName(record.kind, key), { ...record, key });
  }
}

function isFree(binding: Binding, kind: RecordKind, key: Ref): boolean {
  return !binding.idOf.has(key) && !binding.records.has(recordName(kind, key));
}

function bindAccounts(desired: Desired, live: LiveOrganization, binding: Binding): void {
  const byEmail = new Map(
    live.accounts.flatMap(({ id, email }) => (email === undefined ? [] : [[emailKey(email), id] as const])),
  );
  const members = new Set(live.accounts.map(({ id }) => id));
  for (const [key, { accountId, email, management }] of desired.accounts) {
    const wanted = management ? live.managementAccountId : accountId;
    const known = binding.idOf.get(key);
    if (known !== undefined) {
      if (wanted !== null && wanted !== known)
        binding.faults.push({
          code: 'other-account',
          key,
          message: `${key} is account ${known}, the file says ${wanted}: keys never change what they mean`,
        });
      continue;
    }
    if (!isFree(binding, 'account', key)) continue;
    const id = wanted ?? (email === undefined ? undefined : byEmail.get(emailKey(email)));
    if (id !== undefined && members.has(id) && !binding.refOf.has(id)) bind(binding, key, id);
  }
}

/** In the order of the file: parents come before their children. */
function bindUnits(desired: Desired, live: LiveOrganization, binding: Binding): void {
  const byPlace = new Map(live.units.map(({ id, parentId, name }) => [`${parentId}\n${nameKey(name)}`, id]));
  for (const [key, { name, parent }] of desired.units) {
    if (!isFree(binding, 'unit', key)) continue;
    const parentId = parent === ROOT ? live.rootId : binding.idOf.get(parent);
    const id = parentId === undefined ? undefined : byPlace.get(`${parentId}\n${nameKey(name)}`);
    if (id !== undefined && !binding.refOf.has(id)) bind(binding, key, id);
  }
}

function bindPolicies(desired: Desired, live: LiveOrganization, binding: Binding): void {
  const byName = new Map(
    live.policies.flatMap(({ id, type, name, shipped }) =>
      shipped ? [] : [[`${type} ${nameKey(name)}`, id] as const],
    ),
  );
  for (const [key, { type, name }] of desired.policies) {
    if (!isFree(binding, 'policy', key)) continue;
    const id = byName.get(`${type} ${nameKey(name)}`);
    if (id !== undefined && !binding.refOf.has(id)) bind(binding, key, id);
  }
}
