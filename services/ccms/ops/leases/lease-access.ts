/**
 * From the id in a request to a lease. A lease belongs to the principal that asked for it: what is done with it needs
 * the permission on its role, and for everybody else `secretsmanager:ManageLeases` as well. Leases of other accounts,
 * and of others in the account for who may not manage them, do not exist.
 */
import { policiesLetIn } from '../../../../platform/authz/ask.ts';
import type { ServiceError } from '../../../../platform/contract/error.ts';
import type { Resolved } from '../../../../platform/runtime/call.ts';
import type { CcmsDeps } from '../../deps.ts';
import { credentialRoleArn } from '../../domain/leases/credential-role.ts';
import { failureHint } from '../../domain/leases/failure-hints.ts';
import type { LeaseRow } from '../../domain/leases/rows.ts';
import type { CredentialRole } from '../../store/credential-roles.ts';
import { type AnyCall, placeOf } from '../secret-access.ts';
import { type RoleQuestion, targetOfNoRole, targetOfRole, touchRole } from './role-access.ts';

const MANAGE = 'secretsmanager:ManageLeases';

export interface LeaseRecord {
  row: LeaseRow;
  /** Undefined: it was deleted after the lease had ended. */
  role: CredentialRole | undefined;
}

export async function resolveLease(
  call: AnyCall,
  deps: CcmsDeps,
  leaseId: string,
  questionOf: (role: CredentialRole | undefined) => RoleQuestion = () => ({}),
  /** Whether only the principal it was made for may. */
  onlyOwn = false,
): Promise<Resolved<LeaseRecord>> {
  const nothing = {
    targets: [targetOfNoRole(call, deps, questionOf(undefined))],
    state: undefined as never,
    absent: missingLease(call),
  };
  const row = await deps.leases.byId(leaseId);
  if (!row || row.account_id !== call.caller.accountId) return nothing;
  const role = (await deps.roles.byIds([row.role_id])).get(row.role_id);
  const about = (asked: RoleQuestion) => (role ? targetOfRole(role, asked) : targetOfNoRole(call, deps, asked));
  const isOwn = row.principal_id === call.caller.principalId;
  if (!isOwn && (onlyOwn || !(await policiesLetIn(call, deps, about({ action: MANAGE }))))) return nothing;
  if (role) touchRole(call, role);
  const question = questionOf(role);
  const targets = isOwn ? [about(question)] : [about(question), about({ action: MANAGE })];
  return { targets, state: { row, role } };
}

function missingLease(call: AnyCall): ServiceError {
  return call.fail('NotFound', 'the lease does not exist', { hint: 'ListLeases shows those of the account' });
}

export function leaseRaced(call: AnyCall): ServiceError {
  return call.fail('Conflict' as never, 'the lease was changed by somebody else at the same time', {
    hint: 'look at it again, then repeat the request if it is still wanted',
    details: { retryAfterSeconds: 1 },
  });
}

/** Leases as they are shown, with the names of their roles and targets. */
export async function describedLeases(call: AnyCall, deps: CcmsDeps, rows: readonly LeaseRow[]) {
  const roles = await deps.roles.byIds(rows.map((row) => row.role_id));
  const names = new Map<string, string>();
  for (const { target_id } of rows)
    if (!names.has(target_id)) names.set(target_id, (await deps.targets.byId(target_id))?.row.name ?? target_id);
  const nowhere = (roleId: string) => credentialRoleArn(placeOf(call, deps), `deleted/${roleId}`);
  return rows.map((row) => ({
    LeaseId: row.lease_id,
    Role: roles.get(row.role_id)?.arn ?? nowhere(row.role_id),
    Target: names.get(row.target_id) ?? row.target_id,
    Username: row.username,
    State: row.state,
    PrincipalArn: row.principal_arn,
    PrincipalId: row.principal_id,
    RequestId: row.request_id,
    CreatedDate: row.created_at,
    ExpiresAt: row.expires_at,
    MaxExpiresAt: row.max_expires_at,
    ...(row.ended_by !== null && { EndedBy: row.ended_by }),
    ...(row.ended_at === null ? { NextAttemptAt: row.next_attempt_at } : { EndedDate: row.ended_at }),
    FailedAttempts: row.attempt,
    ...(row.failure !== null && { Failure: row.failure, FailureHint: failureHint(row.failure) }),
    ...(row.forgotten === 1 && { Forgotten: true }),
  }));
}
