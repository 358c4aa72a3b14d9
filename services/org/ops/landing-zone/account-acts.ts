import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import { CloseAccount, ResumeAccount, SuspendAccount } from '../../api/account-states.ts';
import { MoveAccount, RenameAccount } from '../../api/accounts.ts';
import { TagResource, UntagResource } from '../../api/tags.ts';
import { memberById, updateAccount } from '../../store/accounts.ts';
import type { AccountRow } from '../../store/db.ts';
import { deleteTags, putTags, tagsOf } from '../../store/tags.ts';
import { changeState, moveAccountTo } from '../accounts/account-changes.ts';
import { requireTags } from '../tags/tag-rules.ts';
import { nodeNow } from '../units/unit-changes.ts';
import { type ActHandler, type Acting, type Equivalent, idOf, StepRefused } from './acting.ts';

/** Undefined: it is closed or has left meanwhile, which is no reason to stop. */
async function openAccount(acting: Acting, ref: string): Promise<AccountRow | undefined> {
  const account = await memberById(acting.tx, acting.organization.organization_id, await idOf(acting, ref));
  return account && account.state !== 'CLOSED' && account.state !== 'PENDING_CLOSURE' ? account : undefined;
}

export const renameAccount: ActHandler<'rename-account'> = async (acting, { account, from, to }) => {
  const row = await openAccount(acting, account);
  if (!row || row.name === to) return undefined;
  if (row.name !== from) throw new StepRefused('Changed', `account ${account} is called ${row.name} by now`);
  await updateAccount(acting.tx, row.account_id, { name: to });
  return { operation: RenameAccount, input: { AccountId: row.account_id, AccountName: to }, objects: [row.account_id] };
};

export const moveAccount: ActHandler<'move-account'> = async (acting, { account, from, to }) => {
  const row = await openAccount(acting, account);
  if (!row) return undefined;
  const source = await idOf(acting, from);
  const destination = await nodeNow(acting, await idOf(acting, to), 'DestinationParentNotFound');
  if (row.parent_id === destination.node_id) return undefined;
  if (row.parent_id !== source) throw new StepRefused('Changed', `account ${account} is not under ${from} any more`);
  await moveAccountTo(acting, row, destination);
  return {
    operation: MoveAccount,
    input: { AccountId: row.account_id, SourceParentId: source, DestinationParentId: destination.node_id },
    objects: [row.account_id],
  };
};

export const tagAccount: ActHandler<'tag-account'> = async (acting, { account, tags }) => {
  const { tx, deps } = acting;
  const row = await openAccount(acting, account);
  if (!row) return undefined;
  const list = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  requireTags(acting, deps, list, await tagsOf(tx, row.account_id));
  await putTags(tx, row.account_id, list);
  return { operation: TagResource, input: { ResourceId: row.account_id, Tags: list }, objects: [row.account_id] };
};

export const untagAccount: ActHandler<'untag-account'> = async (acting, { account, keys }) => {
  const row = await openAccount(acting, account);
  if (!row) return undefined;
  await deleteTags(acting.tx, row.account_id, keys);
  return { operation: UntagResource, input: { ResourceId: row.account_id, TagKeys: keys }, objects: [row.account_id] };
};

async function bring(
  acting: Acting,
  ref: string,
  act: 'suspend' | 'resume' | 'close',
  operation: AnyOperation,
): Promise<Equivalent | undefined> {
  const row = await openAccount(acting, ref);
  const there = { suspend: 'SUSPENDED', resume: 'ACTIVE', close: undefined }[act];
  if (!row || row.state === there) return undefined;
  await changeState(acting, row, act);
  return { operation, input: { AccountId: row.account_id }, objects: [row.account_id] };
}

export const suspendAccount: ActHandler<'suspend-account'> = (acting, { account }) =>
  bring(acting, account, 'suspend', SuspendAccount);

export const resumeAccount: ActHandler<'resume-account'> = (acting, { account }) =>
  bring(acting, account, 'resume', ResumeAccount);

export const closeAccount: ActHandler<'close-account'> = (acting, { account }) =>
  bring(acting, account, 'close', CloseAccount);
