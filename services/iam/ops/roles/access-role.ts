/**
 * The role through which the management account reaches into a new account: trusted to the management account as a
 * whole, AdministratorAccess, sessions of an hour. Who of the management account may assume it is for the identity
 * policies there to say (`sts:AssumeRole` on its ARN).
 */
import { DEFAULT_PROJECT } from '../../../../platform/contract/enterprise-project.ts';
import type { IamDeps } from '../../deps.ts';
import { nameKey, roleArn, rootArn } from '../../domain/names.ts';
import { attach } from '../../store/attachments.ts';
import type { Tx } from '../../store/db.ts';
import { insertRole } from '../../store/roles.ts';
import { administratorAccess } from '../accounts/new-account.ts';

/** The name AWS gives it, which scripts rely on. */
export const ACCESS_ROLE = 'OrganizationAccountAccessRole';
const SESSION_SECONDS = 3600;
const MFA_AGE_SECONDS = 900;

export interface AccessRoleRequest {
  /** The new account; its row exists in this transaction. */
  accountId: string;
  managementAccountId: string;
  roleName?: string | undefined;
  /**
   * Asks for a second factor that is younger than 15 minutes and for a session tag `ticket`, so that every use has a
   * reason in the record. AWS's role does not, and its tools then cannot assume this one without more.
   */
  hardened?: boolean | undefined;
  now: number;
}

/** Makes the role within a transaction that moves the version of the account afterwards. Answers its ARN. */
export async function insertAccessRole(tx: Tx, deps: IamDeps, request: AccessRoleRequest): Promise<string> {
  const { accountId, managementAccountId, roleName = ACCESS_ROLE } = request;
  const { partition } = deps.settings;
  const trusted = rootArn({ partition, accountId: managementAccountId });
  const roleId = deps.ids.unique('AROA', 17);
  await insertRole(tx, {
    role_id: roleId,
    account_id: accountId,
    name: roleName,
    name_key: nameKey(roleName),
    path: '/',
    description: 'access of the management account',
    trust: trustPolicy(trusted, request.hardened ?? false),
    trust_principals: JSON.stringify([[trusted, managementAccountId]]),
    max_session_seconds: SESSION_SECONDS,
    boundary_arn: null,
    boundary_policy_id: null,
    sessions_not_before: 0,
    enterprise_project_id: DEFAULT_PROJECT,
    created_at: request.now,
  });
  await attach(tx, {
    accountId,
    ownerKind: 'role',
    ownerId: roleId,
    policyArn: administratorAccess(partition),
    policyId: null,
  });
  return roleArn({ partition, accountId }, '/', roleName);
}

function trustPolicy(trusted: string, hardened: boolean): string {
  const statement = {
    Sid: 'ManagementAccount',
    Effect: 'Allow',
    Principal: { AWS: trusted },
    Action: hardened ? ['sts:AssumeRole', 'sts:TagSession'] : 'sts:AssumeRole',
    ...(hardened && {
      Condition: {
        Bool: { 'aws:MultiFactorAuthPresent': 'true' },
        NumericLessThan: { 'aws:MultiFactorAuthAge': String(MFA_AGE_SECONDS) },
        Null: { 'aws:RequestTag/ticket': 'false' },
      },
    }),
  };
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] }, undefined, 2);
}
