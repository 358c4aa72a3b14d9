/** From the name in a request to a credential role, and to the question that authorization is asked about it. */
import type { ServiceError } from '../../../../platform/contract/error.ts';
import type { AuthorizationTarget, Resolved } from '../../../../platform/runtime/call.ts';
import type { CcmsDeps } from '../../deps.ts';
import { credentialRoleArn, parseCredentialRole } from '../../domain/leases/credential-role.ts';
import type { CredentialRole } from '../../store/credential-roles.ts';
import type { TargetRecord } from '../../store/targets.ts';
import { type AnyCall, type Condition, placeOf } from '../secret-access.ts';

export const ROLE_TYPE = 'Parapet::SecretsManager::CredentialRole';

/** What an operation adds to the question about a role. */
export interface RoleQuestion {
  action?: string;
  conditions?: readonly Condition[];
}

export function targetOfRole({ arn, row }: CredentialRole, question: RoleQuestion = {}): AuthorizationTarget {
  return {
    ...asked(question),
    resource: arn,
    accountId: row.account_id,
    project: row.enterprise_project_id,
  };
}

/** The question about a role that is not there; by default about any. */
export function targetOfNoRole(
  call: AnyCall,
  deps: CcmsDeps,
  question: RoleQuestion = {},
  arn = credentialRoleArn(placeOf(call, deps), '*'),
): AuthorizationTarget {
  return { ...asked(question), resource: arn };
}

function asked({ action, conditions }: RoleQuestion) {
  return { ...(action !== undefined && { action }), ...(conditions && { context: conditions }) };
}

/** `resolve` of an operation on one role. Roles of other accounts do not exist. */
export async function resolveRole(
  call: AnyCall,
  deps: CcmsDeps,
  text: string,
  questionOf: (role: CredentialRole | undefined) => RoleQuestion = () => ({}),
): Promise<Resolved<CredentialRole>> {
  const reference = parseCredentialRole(text, placeOf(call, deps));
  const isOwn = reference?.accountId === call.caller.accountId;
  const role = reference && isOwn ? await deps.roles.byName(reference.accountId, reference.name) : undefined;
  if (role) {
    touchRole(call, role);
    return { targets: [targetOfRole(role, questionOf(role))], state: role };
  }
  const target = targetOfNoRole(call, deps, questionOf(undefined), reference?.arn);
  return { targets: [target], state: undefined as never, absent: missingRole(call) };
}

export function touchRole(call: AnyCall, { arn, row }: CredentialRole): void {
  call.touches(arn, ROLE_TYPE, row.account_id);
}

export function missingRole(call: AnyCall): ServiceError {
  return call.fail('NotFound', 'the credential role does not exist', {
    hint: 'ListCredentialRoles shows those of the account',
  });
}

/** Who defines what users at a target may do uses the administrative rights of the target. */
export function useOfTarget(target: TargetRecord): AuthorizationTarget {
  return {
    action: 'secretsmanager:UseTarget',
    resource: target.arn,
    accountId: target.row.account_id,
    project: target.row.enterprise_project_id,
  };
}
