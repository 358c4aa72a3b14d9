/** Policies of the organization's own; the shipped ones are in the code. */
import type { GuardrailType } from '../domain/shipped.ts';
import { count, type Db, type PolicyRow, type Range, type Tx } from './db.ts';

export function policyById(db: Db, organizationId: string, policyId: string): Promise<PolicyRow | undefined> {
  return db
    .selectFrom('policy')
    .selectAll()
    .where('policy_id', '=', policyId)
    .where('organization_id', '=', organizationId)
    .executeTakeFirst();
}

export function policiesById(db: Db, policyIds: readonly string[]): Promise<PolicyRow[]> {
  if (policyIds.length === 0) return Promise.resolve([]);
  return db.selectFrom('policy').selectAll().where('policy_id', 'in', policyIds).execute();
}

export function listPolicies(db: Db, organizationId: string, type: GuardrailType, range: Range): Promise<PolicyRow[]> {
  return db
    .selectFrom('policy')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('type', '=', type)
    .where('policy_id', '>', range.after ?? '')
    .orderBy('policy_id')
    .limit(range.limit)
    .execute();
}

export function countPolicies(db: Db, organizationId: string, type: GuardrailType): Promise<number> {
  return count(
    db
      .selectFrom('policy')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('organization_id', '=', organizationId)
      .where('type', '=', type)
      .executeTakeFirstOrThrow(),
  );
}

export async function insertPolicy(tx: Tx, row: PolicyRow): Promise<void> {
  await tx.insertInto('policy').values(row).execute();
}

export async function updatePolicy(tx: Tx, policyId: string, set: Partial<PolicyRow>): Promise<void> {
  await tx.updateTable('policy').set(set).where('policy_id', '=', policyId).execute();
}

export async function deletePolicy(tx: Tx, policyId: string): Promise<void> {
  await tx.deleteFrom('tag').where('owner_id', '=', policyId).execute();
  await tx.deleteFrom('policy').where('policy_id', '=', policyId).execute();
}

export async function enabledTypes(db: Db, organizationId: string): Promise<GuardrailType[]> {
  const rows = await db
    .selectFrom('policy_type')
    .select('type')
    .where('organization_id', '=', organizationId)
    .orderBy('type', 'desc')
    .execute();
  return rows.map((row) => row.type);
}

export async function enableType(tx: Tx, organizationId: string, type: GuardrailType, now: number): Promise<void> {
  await tx.insertInto('policy_type').values({ organization_id: organizationId, type, enabled_at: now }).execute();
}

export async function disableType(tx: Tx, organizationId: string, type: GuardrailType): Promise<void> {
  await tx.deleteFrom('policy_type').where('organization_id', '=', organizationId).where('type', '=', type).execute();
}
