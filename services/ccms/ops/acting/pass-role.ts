/**
 * Who names a role for the vault to act in hands over what the role may do, so `iam:PassRole` is asked for the role, as
 * AWS does. Whether the role lets the vault in is looked at once when it is named; iam asks its trust policy each time.
 */
import { servicePrincipal } from '../../../../platform/contract/service-names.ts';
import type { AuthorizationTarget } from '../../../../platform/runtime/call.ts';
import type { CcmsDeps } from '../../deps.ts';
import type { AnyCall } from '../secret-access.ts';

export interface PassedRole {
  target: AuthorizationTarget;
  /** Undefined: it does not exist in the account of the resource. */
  trusted: boolean | undefined;
}

/** For `resolve`. @param sourceArn the resource for which the vault is to act; it may not exist yet */
export async function passedRole(deps: CcmsDeps, RoleArn: string, SourceArn: string): Promise<PassedRole> {
  const { Role } = await deps.clients.iam.DescribeServiceRole({ RoleArn, SourceArn });
  const target: AuthorizationTarget = {
    action: 'iam:PassRole',
    resource: RoleArn,
    ...(Role && { project: Role.EnterpriseProjectId, resourceTags: Role.Tags }),
    // What the role may do may lie in any project.
    beyondProject: true,
    context: [
      ['iam:PassedToService', servicePrincipal('ccms')],
      ['iam:AssociatedResourceArn', SourceArn],
      ...Object.entries(Role?.Tags ?? {}).map(([key, value]) => [`iam:ResourceTag/${key}`, value] as const),
    ],
  };
  return { target, trusted: Role?.Trusted };
}

/** For `run`, after the caller was found to have the permission. */
export function requireTrust(call: AnyCall, { trusted, target }: PassedRole): void {
  if (trusted === undefined)
    throw call.fail('InvalidParameter', `role ${target.resource} does not exist in the account`, {
      hint: 'give the ARN of a role of the same account',
    });
  if (!trusted)
    throw call.fail('InvalidParameter', `role ${target.resource} does not let the vault in`, {
      hint: `its trust policy must allow sts:AssumeRole to {"Service": "${servicePrincipal('ccms')}"}`,
    });
}
