/**
 * Whether the principal of a lease could still ask for it: the question of `IssueCredential`, put again with what it was
 * asked with. An answer is a decision; what cannot be decided (iam is away) ends nothing.
 */
import { callerRefusal } from '../../../../platform/authz/account-state.ts';
import { authorize } from '../../../../platform/authz/authorize.ts';
import { globalContext } from '../../../../platform/authz/context.ts';
import { IssueCredential } from '../../api/leases.ts';
import type { CcmsDeps } from '../../deps.ts';
import type { RevocationTrigger } from '../../domain/leases/lease.ts';
import type { LeaseRow } from '../../domain/leases/rows.ts';
import type { CredentialRole } from '../../store/credential-roles.ts';
import { askedAgain } from './asked.ts';
import { ttlConditions } from './issue-credential.ts';
import { targetOfRole } from './role-access.ts';

/** Undefined: it may go on. */
export async function endOfPermission(
  deps: CcmsDeps,
  lease: LeaseRow,
  role: CredentialRole,
): Promise<RevocationTrigger | undefined> {
  const now = deps.clock.now();
  const asked = askedAgain(lease, now, deps.ids.uuidv7());
  if (!asked) return undefined;
  const { caller, origin, ttlSeconds } = asked;
  const principal = await deps.directory.of(caller);
  if (!principal) return 'parent-ended';
  const organization = await deps.organization.snapshot();
  if (callerRefusal(caller, principal, organization, origin.requestId)) return 'grant-removed';
  const context = globalContext(caller, principal, origin, now, deps.settings.region, organization);
  const target = targetOfRole(role, { conditions: ttlConditions({ TtlSeconds: ttlSeconds }, role) });
  const { action } = IssueCredential.authz as { action: string };
  const { allowed } = authorize(caller, principal, action, [target], context, organization);
  return allowed ? undefined : 'grant-removed';
}
