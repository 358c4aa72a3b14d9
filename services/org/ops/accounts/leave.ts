/** The end of a membership: by the management account, or by the member itself. */
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call } from '../../../../platform/runtime/call.ts';
import { RemoveAccountFromOrganization } from '../../api/accounts.ts';
import { LeaveOrganization } from '../../api/organization.ts';
import type { OrgDeps } from '../../deps.ts';
import { permits } from '../../domain/account-state.ts';
import { accountArn } from '../../domain/names.ts';
import { dropMembership } from '../../store/accounts.ts';
import type { AccountRow } from '../../store/db.ts';
import { delegationsOf } from '../../store/delegation.ts';
import { type Changing, organizationChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { asMember, inOrganization, type Standing } from '../standing.ts';
import { aboutAccount } from '../targets.ts';
import { memberNow } from './account-changes.ts';

const DAY_MS = 86_400_000;

export const removeAccountFromOrganization = implement(RemoveAccountFromOrganization, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) => aboutAccount(call, deps, standing, input.AccountId)),
  run: (call, _input, standing, deps) => endMembership(call, deps, standing, standing.found.account_id),
});

/** The record of leaving is the member's own. */
export const leaveOrganization = implement(LeaveOrganization, {
  resolve: (call, _input, deps) => asMember(call, deps),
  run(call, _input, standing, deps) {
    const { account_id } = standing.member;
    call.touches(accountArn(standing.scope, account_id), 'AWS::Organizations::Account', account_id);
    return endMembership(call, deps, standing, account_id);
  },
});

function endMembership(call: Call<AnyOperation>, deps: OrgDeps, standing: Standing, accountId: string) {
  const { organization } = standing;
  if (accountId === organization.management_account_id)
    throw call.fail('MasterCannotLeaveOrganization', 'the management account cannot leave its organization', {
      hint: 'delete the organization instead',
    });
  return organizationChange(deps, call, organization, { kind: 'account', objectId: accountId }, async (at) => {
    await requireFree(at, await memberNow(at, accountId));
    await dropMembership(at.tx, accountId);
    return undefined;
  });
}

async function requireFree({ tx, deps, now, fail }: Changing, account: AccountRow): Promise<void> {
  const { account_id, state } = account;
  const broken = (reason: string, message: string, hint?: string) =>
    fail('ConstraintViolation', message, { details: { reason }, ...(hint !== undefined && { hint }) });
  if (state === 'PENDING_ACTIVATION')
    throw broken('ACCOUNT_CREATION_NOT_COMPLETE', `account ${account_id} is still being made`);
  if (!permits(state, 'leave'))
    throw broken('ACCOUNT_CANNOT_LEAVE_ORGANIZATION', `account ${account_id} is ${state}`, 'make it active first');
  if ((await delegationsOf(tx, account_id)).length > 0)
    throw broken(
      'CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG',
      `account ${account_id} is a delegated administrator`,
      'deregister it first',
    );
  const days = deps.limits.minimumMembershipDays;
  if (account.joined_method === 'CREATED' && now < account.joined_at + days * DAY_MS)
    throw broken('WAIT_PERIOD_ACTIVE', `account ${account_id} was made less than ${days} days ago`);
}
