/** What the state of an account permits (spec org 3.5), as a table. */

import type { AuthorizationRequest } from '../../policies/engine/index.ts';
import { ServiceError } from '../contract/error.ts';
import type { Caller } from '../runtime/call.ts';
import type { AccountState } from './organization-data.ts';
import type { OrganizationSnapshot } from './organization-snapshot.ts';
import type { Principal } from './principal.ts';
import type { OrganizationFacts } from './visible-organization.ts';

/** The role by which the management account reaches into a suspended account. */
const RECOVERY_ROLE = 'OrgRecovery';
const ASSUMING: ReadonlySet<string> = new Set(['sts:assumerole', 'sts:tagsession', 'sts:setsourceidentity']);

interface StateRule {
  /** Completes "account 111122223333 is ...". */
  phrase: string;
  /** Its keys, sessions and tokens work. */
  callers: boolean;
  /** Its root user can be claimed. */
  claim: boolean;
  /** Other accounts may use what it owns; `kept`: where that was asked for. */
  use: 'yes' | 'kept' | 'no';
  /** Waiting times before something is destroyed run on. */
  timersRun: boolean;
  hint: string;
}

const resumable = { callers: false, claim: false, timersRun: false } as const;

export const STATE_RULES: Readonly<Record<AccountState, StateRule>> = {
  PENDING_ACTIVATION: {
    ...resumable,
    phrase: 'waiting for its activation',
    claim: true,
    use: 'no',
    hint: 'finish the activation of the account',
  },
  ACTIVE: {
    phrase: 'active',
    callers: true,
    claim: true,
    use: 'yes',
    timersRun: true,
    hint: '',
  },
  SUSPENDED: {
    ...resumable,
    phrase: 'suspended',
    use: 'kept',
    hint: 'an administrator of the management account can resume the account',
  },
  PENDING_CLOSURE: {
    ...resumable,
    phrase: 'being closed',
    use: 'no',
    hint: 'an administrator of the management account can reinstate the account',
  },
  CLOSED: {
    ...resumable,
    phrase: 'closed',
    use: 'no',
    hint: 'an administrator of the management account can reinstate the account while it is kept',
  },
};

/**
 * The error of a caller whose credentials stem from an account that refuses them: its own, or that of the key behind a
 * session of a role.
 */
export function callerRefusal(
  caller: Caller,
  principal: Principal | undefined,
  organization: OrganizationSnapshot,
  decisionId: string,
): ServiceError | undefined {
  for (const accountId of new Set([caller.accountId, ...(principal?.session?.snapshot.Accounts ?? [])])) {
    const state = organization.stateOf(accountId);
    const rule = STATE_RULES[state];
    if (rule.callers || (accountId === caller.accountId && isRecovery(principal, state, organization))) continue;
    const message = `the credentials of ${caller.arn} are refused because ${stateSentence(accountId, state)}`;
    return new ServiceError('AccessDenied', message, { hint: rule.hint, details: { decisionId, accountState: state } });
  }
  return undefined;
}

/** A session of the recovery role that somebody of the management account holds. */
function isRecovery(
  principal: Principal | undefined,
  state: AccountState,
  organization: OrganizationSnapshot,
): boolean {
  const { managementAccountId } = organization;
  const session = principal?.session?.snapshot;
  if (state !== 'SUSPENDED' || managementAccountId === undefined || !session) return false;
  if (principal.snapshot.Kind !== 'role' || principal.snapshot.RoleName !== RECOVERY_ROLE) return false;
  const { AccountId } = principal.snapshot;
  return (
    session.Accounts.includes(managementAccountId) &&
    session.Accounts.every((id) => id === AccountId || id === managementAccountId)
  );
}

/** Whether the question is that of the management account for the recovery role of a suspended account. */
export function asksForRecovery(
  request: AuthorizationRequest,
  owner: string,
  organization: OrganizationFacts,
): boolean {
  return (
    ASSUMING.has(request.action.toLowerCase()) &&
    organization.stateOf(owner) === 'SUSPENDED' &&
    request.principal.accountId === organization.managementAccountId &&
    /:role\/(?:.*\/)?([^/]+)$/.exec(request.resource)?.[1] === RECOVERY_ROLE
  );
}

/** "account 111122223333 is suspended (SUSPENDED)". */
export function stateSentence(accountId: string, state: AccountState): string {
  return `account ${accountId} is ${STATE_RULES[state].phrase} (${state})`;
}
