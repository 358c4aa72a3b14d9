/** What may become of accounts, under the lock of the organization. */
import { nothingDeletedBefore } from '../../../../platform/store/index.ts';
import { type AccountState, nextState, permits, type StateAct } from '../../domain/account-state.ts';
import { closuresAllowed } from '../../domain/limits.ts';
import { emailKey } from '../../domain/names.ts';
import type { Tag } from '../../domain/tags.ts';
import {
  countClosed,
  countInState,
  countMembers,
  memberById,
  putAccount,
  updateAccount,
} from '../../store/accounts.ts';
import { attachFullAccess } from '../../store/attachments.ts';
import { countUnfinished, insertCreation } from '../../store/creations.ts';
import type { AccountRow, CreationRow, NodeRow } from '../../store/db.ts';
import { delegationsOf } from '../../store/delegation.ts';
import { countPending } from '../../store/handshakes.ts';
import { enabledTypes } from '../../store/policies.ts';
import { putTags } from '../../store/tags.ts';
import type { Changing } from '../changes.ts';
import { missing } from '../targets.ts';

const DAY_MS = 86_400_000;

/** The account as it is now. */
export async function memberNow(at: Changing, accountId: string): Promise<AccountRow> {
  const account = await memberById(at.tx, at.organization.organization_id, accountId);
  if (!account) throw missing(at, 'AccountNotFound', accountId);
  return account;
}

/** Members and open invitations count together. */
export async function requireRoom({ tx, deps, organization, now, fail }: Changing): Promise<void> {
  const { organization_id } = organization;
  const taken = (await countMembers(tx, organization_id)) + (await countPending(tx, organization_id, now));
  if (taken < deps.limits.accounts) return;
  throw fail('ConstraintViolation', `an organization has at most ${deps.limits.accounts} accounts`, {
    details: { reason: 'ACCOUNT_NUMBER_LIMIT_EXCEEDED' },
  });
}

/** There is room for one account more, and not too many are being made at once. */
export async function requireRoomToMake(at: Changing): Promise<void> {
  await requireRoom(at);
  const { creationsInProgress } = at.deps.limits;
  if ((await countUnfinished(at.tx, at.organization.organization_id)) < creationsInProgress) return;
  throw at.fail('ConstraintViolation', `${creationsInProgress} accounts are being made already`, {
    hint: 'try again when one of them is ready',
    details: { reason: 'ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED' },
  });
}

/** The request and the account, pending and bound from the first moment. Nobody has its address. */
export async function beginAccount(
  { tx, organization, now }: Changing,
  request: CreationRow,
  { email, parentId, tags }: { email: string; parentId: string; tags: readonly Tag[] },
): Promise<void> {
  const { account_id, account_name } = request;
  await insertCreation(tx, request);
  await putAccount(tx, {
    account_id,
    organization_id: organization.organization_id,
    parent_id: parentId,
    name: account_name,
    email,
    email_key: emailKey(email),
    state: 'PENDING_ACTIVATION',
    keep_cross_account_use: 0,
    joined_method: 'CREATED',
    joined_at: now,
    closed_at: null,
  });
  await attachFullAccess(tx, account_id, await enabledTypes(tx, organization.organization_id), now);
  await putTags(tx, account_id, tags);
}

const WHY: Partial<Record<AccountState, string>> = {
  PENDING_ACTIVATION: 'is still being made',
  PENDING_CLOSURE: 'is being closed',
};

export async function moveAccountTo(at: Changing, account: AccountRow, destination: NodeRow): Promise<void> {
  const { account_id, state } = account;
  if (!permits(state, 'move'))
    throw at.fail('ConcurrentModification', `account ${account_id} ${WHY[state] ?? 'cannot move'}`, {
      hint: 'try again when it is done',
    });
  await updateAccount(at.tx, account_id, { parent_id: destination.node_id });
}

/** Where an act leads is a table (`domain/account-state.ts`). Answers the account as it is afterwards. */
export async function changeState(
  at: Changing,
  account: AccountRow,
  act: Exclude<StateAct, 'activate' | 'finish'>,
  { keepCrossAccountUse = false } = {},
): Promise<AccountRow> {
  requireMember(at, account, act);
  const state = nextState(account.state, act);
  if (!state) throw refused(at, account, act);
  if (act === 'close') await requireClosable(at, account);
  if (act === 'reinstate') await requireGrace(at, account);
  const changed: AccountRow = {
    ...account,
    state,
    keep_cross_account_use: keepCrossAccountUse ? 1 : 0,
    closed_at: act === 'close' ? at.now : null,
  };
  const { keep_cross_account_use, closed_at } = changed;
  await updateAccount(at.tx, account.account_id, { state, keep_cross_account_use, closed_at });
  return changed;
}

/** The management account is bound by nothing here, so nobody can stop it. */
function requireMember(at: Changing, account: AccountRow, act: StateAct): void {
  if (account.account_id !== at.organization.management_account_id) return;
  throw at.fail(
    'ConstraintViolation',
    `the management account cannot be ${act === 'close' ? 'closed' : act + (act.endsWith('e') ? 'd' : 'ed')}`,
    {
      details: { reason: 'CANNOT_CLOSE_MANAGEMENT_ACCOUNT' },
    },
  );
}

function refused(at: Changing, { account_id, state }: AccountRow, act: StateAct) {
  if (act === 'close' && (state === 'CLOSED' || state === 'PENDING_CLOSURE'))
    return at.fail('AccountAlreadyClosed', `account ${account_id} is closed`);
  return at.fail('AccountConflict', `account ${account_id} is ${state}`, {
    hint: `it cannot ${act} from there`,
  });
}

async function requireClosable({ tx, deps, organization, now, fail }: Changing, account: AccountRow): Promise<void> {
  const { organization_id } = organization;
  if ((await delegationsOf(tx, account.account_id)).length > 0)
    throw fail('ConstraintViolation', `account ${account.account_id} is a delegated administrator`, {
      hint: 'deregister it first',
      details: { reason: 'CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG' },
    });
  if ((await countInState(tx, organization_id, 'PENDING_CLOSURE')) >= deps.limits.closuresInProgress)
    throw fail('ConstraintViolation', `${deps.limits.closuresInProgress} accounts are being closed already`, {
      hint: 'try again in a moment',
      details: { reason: 'CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED' },
    });
  const allowed = closuresAllowed(deps.limits, await countMembers(tx, organization_id));
  if ((await countClosed(tx, organization_id, now - 30 * DAY_MS)) >= allowed)
    throw fail('ConstraintViolation', `at most ${allowed} accounts are closed within 30 days`, {
      details: { reason: 'CLOSE_ACCOUNT_QUOTA_EXCEEDED' },
    });
}

async function requireGrace(at: Changing, account: AccountRow): Promise<void> {
  const { graceDays } = at.deps.limits;
  const over = (account.closed_at ?? 0) + graceDays * DAY_MS;
  if (at.now < Math.max(over, await nothingDeletedBefore(at.tx))) return;
  throw at.fail('AccountConflict', `account ${account.account_id} was closed more than ${graceDays} days ago`);
}
