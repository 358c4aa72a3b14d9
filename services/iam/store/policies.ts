import type { Db, PolicyRow, PolicyVersionRow, Tx } from './db.ts';
import { named } from './named.ts';

export const { list: listPolicies, count: countPolicies } = named('managed_policy');

/** Name and path are both part of the ARN: a policy is found only under the path it has. */
export function policyByName(db: Db, accountId: string, path: string, name: string): Promise<PolicyRow | undefined> {
  return db
    .selectFrom('managed_policy')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '=', name)
    .where('path', '=', path)
    .executeTakeFirst();
}

/** Locks the row until the transaction ends: versions are counted and attachments made against it. */
export function lockPolicy(tx: Tx, policyId: string): Promise<PolicyRow | undefined> {
  return tx.selectFrom('managed_policy').selectAll().where('policy_id', '=', policyId).forUpdate().executeTakeFirst();
}

export async function countVersions(db: Db, accountId: string): Promise<number> {
  const row = await db
    .selectFrom('policy_version')
    .innerJoin('managed_policy', 'managed_policy.policy_id', 'policy_version.policy_id')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('managed_policy.account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

export async function insertPolicy(tx: Tx, row: PolicyRow, document: string): Promise<void> {
  await tx.insertInto('managed_policy').values(row).execute();
  await insertVersion(tx, { policy_id: row.policy_id, version: 1, document, created_at: row.created_at });
}

export async function insertVersion(tx: Tx, row: PolicyVersionRow): Promise<void> {
  await tx.insertInto('policy_version').values(row).execute();
}

export async function updatePolicy(tx: Tx, policyId: string, set: Partial<PolicyRow>): Promise<void> {
  await tx.updateTable('managed_policy').set(set).where('policy_id', '=', policyId).execute();
}

export function versionOf(db: Db, policyId: string, version: number): Promise<PolicyVersionRow | undefined> {
  return db
    .selectFrom('policy_version')
    .selectAll()
    .where('policy_id', '=', policyId)
    .where('version', '=', version)
    .executeTakeFirst();
}

/** Newest first; there are never more than a handful. */
export function versionsOf(db: Db, policyId: string): Promise<Pick<PolicyVersionRow, 'version' | 'created_at'>[]> {
  return db
    .selectFrom('policy_version')
    .select(['version', 'created_at'])
    .where('policy_id', '=', policyId)
    .orderBy('version', 'desc')
    .execute();
}

export async function deleteVersion(tx: Tx, policyId: string, version: number): Promise<void> {
  await tx.deleteFrom('policy_version').where('policy_id', '=', policyId).where('version', '=', version).execute();
}

export async function deletePolicy(tx: Tx, policyId: string): Promise<void> {
  await tx.deleteFrom('tag').where('owner_id', '=', policyId).execute();
  await tx.deleteFrom('policy_version').where('policy_id', '=', policyId).execute();
  await tx.deleteFrom('managed_policy').where('policy_id', '=', policyId).execute();
}
