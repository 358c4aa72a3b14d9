import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import { CloseAccount, ResumeAccount, SuspendAccount } from '../../api/account-states.ts';
import { MoveAccount, RenameAccount } from '../../api/accounts.ts';
import { TagResource } from '../../api/tags.ts';
import { nextState, permits, type StateAct } from '../../domain/account-state.ts';
import { closuresAllowed } from '../../domain/limits.ts';
import { checkTags } from '../../domain/tags.ts';
import { countClosed, countInState, countMembers, memberById, updateAccount } from '../../store/accounts.ts';
import type { AccountRow } from '../../store/db.ts';
import { delegationsOf } from '../../store/delegation.ts';
import { nodeById } from '../../store/nodes.ts';
import { deleteTags, putTags, tagsOf } from '../../store/tags.ts';
import { type ActHandler, type Acting, type Equivalent, idOf, StepRefused } from './acting.ts';

const DAY_MS = 86_400_000;

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
  const [source, destination] = [await idOf(acting, from), await idOf(acting, to)];
  if (row.parent_id === destination) return undefined;
  if (row.parent_id !== source) throw new StepRefused('Changed', `account ${account} is not under ${from} any more`);
  if (!permits(row.state, 'move'))
    throw new StepRefused('ConcurrentModification', `account ${account} is ${row.state}`);
  if (!(await nodeById(acting.tx, acting.organization.organization_id, destination)))
    throw new StepRefused('Missing', `${to} does not exist any more`);
  await updateAccount(acting.tx, row.account_id, { parent_id: destination });
  return {
    operation: MoveAccount,
    input: { AccountId: row.account_id, SourceParentId: source, DestinationParentId: destination },
    objects: [row.account_id],
  };
};

export const tagAccount: ActHandler<'tag-account'> = async (acting, { account, set, remove }) => {
  const { tx, deps } = acting;
  const row = await openAccount(acting, account);
  if (!row) return undefined;
  await deleteTags(tx, row.account_id, remove);
  const tags = Object.entries(set).map(([Key, Value]) => ({ Key, Value }));
  const problem = checkTags(tags, await tagsOf(tx, row.account_id), deps.limits.tagsPerResource);
  if (problem) throw new StepRefused(problem.code, problem.message);
  await putTags(tx, row.account_id, tags);
  return { operation: TagResource, input: { ResourceId: row.account_id, Tags: tags }, objects: [row.account_id] };
};

async function changeState(
  acting: Acting,
  ref: string,
  act: StateAct,
  operation: AnyOperation,
  set: Partial<AccountRow> = {},
): Promise<Equivalent | undefined> {
  const row = await openAccount(acting, ref);
  if (!row) return undefined;
  const state = nextState(row.state, act);
  const wanted = act === 'suspend' ? 'SUSPENDED' : 'ACTIVE';
  if (row.state === wanted && act !== 'close') return undefined;
  if (!state || row.account_id === acting.organization.management_account_id)
    throw new StepRefused('AccountConflict', `account ${ref} is ${row.state} and cannot ${act}`);
  await updateAccount(acting.tx, row.account_id, { ...set, state });
  return { operation, input: { AccountId: row.account_id }, objects: [row.account_id] };
}

export const suspendAccount: ActHandler<'suspend-account'> = (acting, { account }) =>
  changeState(acting, account, 'suspend', SuspendAccount, { keep_cross_account_use: 0 });

export const resumeAccount: ActHandler<'resume-account'> = (acting, { account }) =>
  changeState(acting, account, 'resume', ResumeAccount, { keep_cross_account_use: 0 });

export const closeAccount: ActHandler<'close-account'> = async (acting, { account }) => {
  const { tx, deps, organization, now } = acting;
  const row = await openAccount(acting, account);
  if (!row) return undefined;
  if ((await delegationsOf(tx, row.account_id)).length > 0)
    throw new StepRefused(
      'ConstraintViolation',
      `account ${account} is a delegated administrator: deregister it first`,
    );
  const { organization_id } = organization;
  if ((await countInState(tx, organization_id, 'PENDING_CLOSURE')) >= deps.limits.closuresInProgress)
    throw new StepRefused('ConstraintViolation', `${deps.limits.closuresInProgress} accounts are being closed already`);
  const allowed = closuresAllowed(deps.limits, await countMembers(tx, organization_id));
  if ((await countClosed(tx, organization_id, now - 30 * DAY_MS)) >= allowed)
    throw new StepRefused('ConstraintViolation', `at most ${allowed} accounts are closed within 30 days`);
  return changeState(acting, account, 'close', CloseAccount, { closed_at: now, keep_cross_account_use: 0 });
};
