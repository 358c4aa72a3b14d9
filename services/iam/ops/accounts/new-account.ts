/**
 * An account and its first administrator. Used by CreateAccount and by the first run, so that no account can come into
 * being without somebody who can work in it.
 */

import type { NewTenantKey } from '../../../../hsm/port.ts';
import { DEFAULT_PROJECT } from '../../../../platform/contract/enterprise-project.ts';
import type { IamDeps } from '../../deps.ts';
import { tenantBinding } from '../../domain/access-key-format.ts';
import { nameKey } from '../../domain/names.ts';
import { insertAccessKey } from '../../store/access-keys.ts';
import { insertAccount } from '../../store/accounts.ts';
import { attach } from '../../store/attachments.ts';
import type { AccountRow, Tx } from '../../store/db.ts';
import { insertTenantKey } from '../../store/tenant-keys.ts';
import { insertUser } from '../../store/users.ts';
import { makeAccessKey, type NewAccessKey } from '../tenant-key.ts';

export interface NewAccount {
  account: AccountRow;
  tenant: NewTenantKey;
  userId: string;
  userName: string;
  /** The secret is the caller's to show and to zeroise. */
  key: NewAccessKey;
}

export interface AccountRequest {
  name: string;
  email: string | null;
  kind: AccountRow['kind'];
  userName: string;
  now: number;
}

/** Everything that needs the HSM; writes nothing. */
export async function planAccount(deps: IamDeps, request: AccountRequest): Promise<NewAccount> {
  const accountId = deps.ids.digits(12);
  const userId = deps.ids.unique('AIDA', 17);
  const tenant = await deps.hsm.createTenantKey(tenantBinding(accountId));
  return {
    account: {
      account_id: accountId,
      name: request.name,
      email: request.email,
      kind: request.kind,
      created_at: request.now,
    },
    tenant,
    userId,
    userName: request.userName,
    key: await makeAccessKey(deps, tenant, accountId, userId),
  };
}

/** ARN of the policy every first administrator has. */
export function administratorAccess(partition: string): string {
  return `arn:${partition}:iam::aws:policy/AdministratorAccess`;
}

export async function insertPlanned(tx: Tx, deps: IamDeps, plan: NewAccount): Promise<void> {
  const { account, key, userId, userName } = plan;
  await insertAccount(tx, account);
  await insertTenantKey(tx, account.account_id, plan.tenant, account.created_at);
  await insertUser(tx, {
    user_id: userId,
    account_id: account.account_id,
    name: userName,
    name_key: nameKey(userName),
    path: '/',
    boundary_arn: null,
    boundary_policy_id: null,
    sessions_not_before: 0,
    enterprise_project_id: DEFAULT_PROJECT,
    created_at: account.created_at,
  });
  await attach(tx, {
    accountId: account.account_id,
    ownerKind: 'user',
    ownerId: userId,
    policyArn: administratorAccess(deps.settings.partition),
    policyId: null,
  });
  await insertAccessKey(tx, {
    access_key_id: key.accessKeyId,
    account_id: account.account_id,
    owner_id: userId,
    sealed: key.sealed,
    status: 'Active',
    created_at: account.created_at,
  });
}
