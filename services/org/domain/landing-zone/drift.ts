/** Where the organization is not as it was last applied. Who did it, and when, is known to the log of changes. */
import type { DRIFT_TYPES } from '../../api/landing-zone/shapes.ts';
import { typeField } from './decide/policies.ts';
import { contentHash } from './documents.ts';
import { type AppliedRecord, type LiveOrganization, modelOf, type Value } from './live.ts';
import {
  type AccountState,
  attachedTo,
  FULL_ACCESS,
  isManaged,
  type Mode,
  type Model,
  POLICY_TYPES,
  type Ref,
  ROOT,
} from './model.ts';

export type DriftType = (typeof DRIFT_TYPES)[number];

export interface Drift {
  type: DriftType;
  /** Key of the file, or `@` and the id of what is not in it. */
  key: Ref;
  /** Ids to look up in the log of changes, the likeliest first. */
  ids: string[];
  /** Operations that make such a difference. */
  operations: readonly string[];
  expected: string;
  found: string;
  fix: string;
}

const TAKE_IN = 'export takes it into the file';

const OPERATIONS: Readonly<Record<DriftType, readonly string[]>> = {
  POLICY_UPDATED: ['UpdatePolicy'],
  POLICY_DELETED: ['DeletePolicy'],
  POLICY_ATTACHED_ROOT: ['AttachPolicy', 'UpdatePolicyAttachment', 'EnablePolicyType'],
  POLICY_ATTACHED_OU: ['AttachPolicy', 'UpdatePolicyAttachment', 'EnablePolicyType'],
  POLICY_ATTACHED_ACCOUNT: ['AttachPolicy', 'UpdatePolicyAttachment', 'EnablePolicyType'],
  POLICY_DETACHED_ROOT: ['DetachPolicy', 'UpdatePolicyAttachment', 'DisablePolicyType'],
  POLICY_DETACHED_OU: ['DetachPolicy', 'UpdatePolicyAttachment', 'DisablePolicyType'],
  POLICY_DETACHED_ACCOUNT: ['DetachPolicy', 'UpdatePolicyAttachment', 'DisablePolicyType'],
  ACCOUNT_MOVED: ['MoveAccount', 'AcceptHandshake'],
  ACCOUNT_REMOVED: ['CloseAccount', 'RemoveAccountFromOrganization', 'LeaveOrganization'],
  ACCOUNT_ADDED: ['CreateAccount', 'AcceptHandshake'],
  ACCOUNT_CHANGED: [
    'RenameAccount',
    'TagResource',
    'UntagResource',
    'SuspendAccount',
    'ResumeAccount',
    'ReinstateAccount',
  ],
  OU_RENAMED: ['UpdateOrganizationalUnit'],
  OU_MOVED: ['MoveOrganizationalUnit'],
  OU_DELETED: ['DeleteOrganizationalUnit'],
  OU_ADDED: ['CreateOrganizationalUnit'],
  DELEGATE_CHANGED: ['DeregisterDelegatedAdministrator', 'DisableAWSServiceAccess'],
  TYPE_DISABLED: ['DisablePolicyType'],
};

/** Of the members of an account. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  name: ['RenameAccount'],
  suspended: ['SuspendAccount', 'ResumeAccount'],
};

const REVERT = 'plan with --prefer file puts it back, export takes it into the file';

const GONE: readonly AccountState[] = ['CLOSED', 'PENDING_CLOSURE'];

export function driftOf(live: LiveOrganization, records: readonly AppliedRecord[]): Drift[] {
  // Before anything was applied there is nothing to differ from.
  if (records.length === 0) return [];
  const idOf = new Map(
    records.flatMap(({ kind, key, id }) => (id === undefined || kind === 'root' ? [] : [[key, id] as const])),
  );
  const refOf = new Map([...idOf].map(([key, id]) => [id, key]));
  const model = modelOf(live, refOf);
  const id = (ref: Ref) => (ref === ROOT ? live.rootId : (idOf.get(ref) ?? ref.slice(1)));
  const out: Drift[] = [];
  const add: Add = (type, key, ids, expected, found, { fix = REVERT, field = '' } = {}) =>
    out.push({
      type,
      key,
      ids: [...ids],
      operations: FIELDS[field] ?? (field === '' ? OPERATIONS[type] : ['TagResource', 'UntagResource']),
      expected,
      found,
      fix,
    });
  for (const record of records) {
    if (record.kind === 'unit') unitDrift(model, record, id, add);
    else if (record.kind === 'account') accountDrift(model, record, id, add);
    else if (record.kind === 'policy') policyDrift(model, record, id, add);
    else if (record.kind === 'delegate') delegateDrift(model, record, id, add);
    else if (record.kind === 'service' && !model.services.has(record.key))
      add('DELEGATE_CHANGED', record.key, [record.key], 'trusted', 'not trusted');
    else if (record.kind === 'root') typeDrift(model, record, add);
  }
  attachmentDrift(model, records, id, add);
  for (const [ref, { name, parent }] of model.units)
    if (!isManaged(ref)) add('OU_ADDED', ref, [id(ref)], 'no such unit', `${name} under ${parent}`, { fix: TAKE_IN });
  for (const [ref, { name, parent, management, state }] of model.accounts)
    if (!isManaged(ref) && !management && !GONE.includes(state))
      add('ACCOUNT_ADDED', ref, [id(ref)], 'no such account', `${name} under ${parent}`, { fix: TAKE_IN });
  return out;
}

type Add = (
  type: DriftType,
  key: Ref,
  ids: readonly string[],
  expected: string,
  found: string,
  more?: { fix?: string; field?: string },
) => void;
type IdOf = (ref: Ref) => string;

const say = (value: Value | undefined) => (value === undefined || value === null ? 'nothing' : String(value));

function unitDrift(model: Model, { key, state }: AppliedRecord, id: IdOf, add: Add) {
  const unit = model.units.get(key);
  if (!unit) return add('OU_DELETED', key, [id(key)], say(state.name), 'deleted');
  if (unit.name !== state.name) add('OU_RENAMED', key, [id(key)], say(state.name), unit.name);
  if (unit.parent !== state.parent)
    add('OU_MOVED', key, [id(key)], `under ${say(state.parent)}`, `under ${unit.parent}`);
}

function accountDrift(model: Model, { key, state }: AppliedRecord, id: IdOf, add: Add) {
  const account = model.accounts.get(key);
  const leave = { fix: 'take it out of the file: an account that is gone stays gone' };
  if (!account) return add('ACCOUNT_REMOVED', key, [id(key)], 'a member', 'not a member', leave);
  if (GONE.includes(account.state)) return add('ACCOUNT_REMOVED', key, [id(key)], 'open', account.state, leave);
  if (state.parent !== undefined && account.parent !== state.parent)
    add('ACCOUNT_MOVED', key, [id(key)], `under ${say(state.parent)}`, `under ${account.parent}`);
  const changed = (field: string, expected: Value | undefined, found: Value | undefined) => {
    if ((expected ?? null) !== (found ?? null))
      add('ACCOUNT_CHANGED', key, [id(key)], `${field} ${say(expected)}`, `${field} ${say(found)}`, { field });
  };
  if (state.name !== undefined) changed('name', state.name, account.name);
  if (state.suspended !== undefined) changed('suspended', state.suspended, account.state === 'SUSPENDED');
  for (const [field, value] of Object.entries(state))
    if (field.startsWith('tag:')) changed(field, value, account.tags[field.slice('tag:'.length)]);
}

function policyDrift(model: Model, { key, state }: AppliedRecord, id: IdOf, add: Add) {
  const policy = model.policies.get(key);
  if (!policy) return add('POLICY_DELETED', key, [id(key)], say(state.name), 'deleted');
  if (contentHash(policy.content) !== state.content)
    add(
      'POLICY_UPDATED',
      key,
      [id(key)],
      `document ${say(state.content).slice(0, 12)}`,
      `document ${contentHash(policy.content).slice(0, 12)}`,
    );
  if (policy.name !== state.name)
    add('POLICY_UPDATED', key, [id(key)], `name ${say(state.name)}`, `name ${policy.name}`);
  if (policy.description !== state.description)
    add('POLICY_UPDATED', key, [id(key)], 'the description of the file', 'another description');
}

function delegateDrift(model: Model, { key }: AppliedRecord, id: IdOf, add: Add): void {
  const [service = '', account = ''] = key.split(' ');
  if (model.delegates.get(service)?.has(account)) return;
  add('DELEGATE_CHANGED', account, [id(account), service], `administers ${service}`, 'does not');
}

function typeDrift(model: Model, { state }: AppliedRecord, add: Add): void {
  for (const type of POLICY_TYPES)
    if (state[typeField(type)] === true && !model.types.has(type))
      add('TYPE_DISABLED', ROOT, [type], `${type} enabled`, 'disabled');
}

/** Every attachment on every target that was applied; accounts that are gone, and the management account, have none. */
function attachmentDrift(model: Model, records: readonly AppliedRecord[], id: IdOf, add: Add): void {
  const applied = new Map<Ref, Map<Ref, Mode | null>>();
  for (const { kind, key, state } of records) {
    if (kind !== 'attachment') continue;
    const [target = '', policy = ''] = key.split(' ');
    const held = applied.get(target) ?? new Map<Ref, Mode | null>();
    applied.set(target, held.set(policy, state.mode as Mode | null));
  }
  for (const { kind, key: target } of records) {
    if (kind !== 'root' && kind !== 'unit' && kind !== 'account') continue;
    const account = model.accounts.get(target);
    if (account && (account.management || GONE.includes(account.state))) continue;
    if (!account && kind !== 'root' && !model.units.has(target)) continue;
    const place = kind === 'root' ? 'ROOT' : kind === 'unit' ? 'OU' : 'ACCOUNT';
    const live = attachedTo(model, target);
    const held = applied.get(target) ?? new Map<Ref, Mode | null>();
    for (const policy of new Set([...live.keys(), ...held.keys(), FULL_ACCESS.SERVICE_CONTROL_POLICY])) {
      if (policy === FULL_ACCESS.RESOURCE_CONTROL_POLICY) continue;
      const usual = policy === FULL_ACCESS.SERVICE_CONTROL_POLICY ? 'enforce' : undefined;
      const expected = (held.has(policy) ? held.get(policy) : usual) ?? undefined;
      const found = live.get(policy);
      if (expected === found || (found === undefined && !model.policies.has(policy))) continue;
      const gone = found === undefined || (found === 'observe' && expected === 'enforce');
      const words = (mode: Mode | undefined) => (mode === undefined ? 'not attached' : mode);
      const type: DriftType = gone ? `POLICY_DETACHED_${place}` : `POLICY_ATTACHED_${place}`;
      const log = `${id(target)}/${id(policy)}`;
      add(type, target, [log], `${policy} ${words(expected)}`, `${policy} ${words(found)}`);
    }
  }
}
