import type { DesiredAccount } from '../desired.ts';
import { tagField } from '../live.ts';
import { type ModelAccount, type Ref, ROOT } from '../model.ts';
import { appliedTo, type Draft, forget, settle } from './draft.ts';

const QUARANTINE: Ref = 'quarantine';
const OVER = ['CLOSED', 'PENDING_CLOSURE'];

/** Accounts of the file. One that is closed or missing is a warning and is left alone, whatever the file wants of it. */
export function decideAccounts(draft: Draft): void {
  const { desired, binding, before, after, warnings } = draft;
  const gone = new Map(binding.missing.filter(({ kind }) => kind === 'account').map(({ key, id }) => [key, id]));
  for (const [key, wanted] of desired.accounts) {
    const live = binding.idOf.has(key) ? before.accounts.get(key) : undefined;
    const missing = gone.get(key);
    if (live && OVER.includes(live.state)) {
      warnings.push({ code: 'account-closed', key, message: `account ${key} is closed and is left alone` });
    } else if (live) decideAccount(draft, key, wanted, live);
    else if (missing !== undefined)
      warnings.push({ code: 'account-missing', key, message: `account ${key} (${missing}) has left the organization` });
    else if (wanted.accountId !== null)
      warnings.push({
        code: 'account-missing',
        key,
        message: `account ${wanted.accountId} is not a member of the organization: invite it first`,
      });
    else createAccount(draft, key, wanted);
  }
  for (const key of desired.accounts.keys()) {
    const account = after.accounts.get(key);
    if (!account || account.parent === ROOT || after.units.has(account.parent)) continue;
    const live = before.accounts.get(key);
    if (live) after.accounts.set(key, { ...account, parent: live.parent });
    else after.accounts.delete(key);
    warnings.push({ code: 'no-parent', key, message: `the parent ${account.parent} of account ${key} does not exist` });
  }
}

function createAccount({ after, warnings }: Draft, key: Ref, wanted: DesiredAccount): void {
  if (wanted.email === undefined) return;
  if (wanted.suspended)
    warnings.push({ code: 'account-expired', key, message: `account ${key} has expired before it was made` });
  else
    after.accounts.set(key, {
      name: wanted.name,
      email: wanted.email,
      parent: wanted.parent,
      state: 'ACTIVE',
      tags: wanted.tags,
      management: false,
    });
}

function decideAccount(draft: Draft, key: Ref, wanted: DesiredAccount, live: ModelAccount): void {
  const of = `account ${key}`;
  const one = (field: string, want: string | boolean | undefined, is: string | boolean | undefined) =>
    settle(draft, { kind: 'account', key, field, wanted: want, live: is, of, inheritance: field === 'parent' }).value;
  const name = one('name', wanted.name, live.name) as string;
  const parent = one('parent', wanted.parent, live.parent) as Ref;
  const pending = live.state === 'PENDING_ACTIVATION';
  const suspended = pending ? false : one('suspended', wanted.suspended, live.state === 'SUSPENDED');
  const state = pending ? live.state : suspended === true ? 'SUSPENDED' : 'ACTIVE';
  draft.after.accounts.set(key, { ...live, name, parent, state, tags: decideTags(draft, key, wanted, live) });
  if (wanted.email !== undefined && live.email !== undefined && wanted.email.toLowerCase() !== live.email.toLowerCase())
    draft.warnings.push({
      code: 'email-fixed',
      key,
      message: `the address of ${key} is ${live.email} and cannot be changed`,
    });
}

/** Tags that the file never named belong to others. */
function decideTags(draft: Draft, key: Ref, wanted: DesiredAccount, live: ModelAccount): Record<string, string> {
  const applied = appliedTo(draft, 'account', key)?.state ?? {};
  const named = new Set([
    ...Object.keys(wanted.tags),
    ...Object.keys(applied).flatMap((field) =>
      field.startsWith(tagField('')) ? [field.slice(tagField('').length)] : [],
    ),
  ]);
  const tags: Record<string, string> = { ...live.tags };
  for (const name of named) {
    const field = { kind: 'account', key, field: tagField(name), of: `account ${key}` } as const;
    const { value } = settle(draft, { ...field, wanted: wanted.tags[name], live: live.tags[name] });
    if (typeof value === 'string') tags[name] = value;
    else delete tags[name];
  }
  return tags;
}

/** Accounts that were applied and are not in the file any more. */
export function removeAccounts(draft: Draft): void {
  const { desired, before, after, binding, warnings } = draft;
  for (const { kind, key } of binding.records.values()) {
    if (kind !== 'account' || desired.accounts.has(key)) continue;
    const live = before.accounts.get(key);
    const rule = desired.onAccountRemoved;
    if (!live || OVER.includes(live.state) || live.management || rule === 'forget') {
      forget(draft, 'account', key);
      if (live && !OVER.includes(live.state))
        warnings.push({ code: 'account-forgotten', key, message: `account ${key} stays as it is and is forgotten` });
    } else if (rule === 'close') after.accounts.set(key, { ...live, state: 'CLOSED' });
    else if (live.parent === QUARANTINE) forget(draft, 'account', key);
    else if (after.units.has(QUARANTINE)) after.accounts.set(key, { ...live, parent: QUARANTINE });
    else
      warnings.push({
        code: 'no-quarantine',
        key,
        message: `account ${key} stays: the file has no unit with the key ${QUARANTINE}`,
      });
  }
}
