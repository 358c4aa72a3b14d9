/** Trusted services, delegated administrators, the policy of the organization. */
import type { Selectable } from 'kysely';
import { count, type Db, type Range, type Tx } from './db.ts';
import type { DelegatedAdministratorTable, ResourcePolicyTable, ServiceAccessTable } from './schema.ts';

export type ServiceAccessRow = Selectable<ServiceAccessTable>;
export type DelegationRow = Selectable<DelegatedAdministratorTable>;
export type ResourcePolicyRow = Selectable<ResourcePolicyTable>;

export function serviceAccess(db: Db, organizationId: string, name: string): Promise<ServiceAccessRow | undefined> {
  return db
    .selectFrom('service_access')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('service_principal', '=', name)
    .executeTakeFirst();
}

export function listServiceAccess(db: Db, organizationId: string, range: Range): Promise<ServiceAccessRow[]> {
  return db
    .selectFrom('service_access')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('service_principal', '>', range.after ?? '')
    .orderBy('service_principal')
    .limit(range.limit)
    .execute();
}

export async function trustService(tx: Tx, organizationId: string, name: string, now: number): Promise<void> {
  await tx
    .insertInto('service_access')
    .values({ organization_id: organizationId, service_principal: name, enabled_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Its delegated administrators go with it. */
export async function distrustService(tx: Tx, organizationId: string, name: string): Promise<void> {
  await tx
    .deleteFrom('delegated_administrator')
    .where('organization_id', '=', organizationId)
    .where('service_principal', '=', name)
    .execute();
  await tx
    .deleteFrom('service_access')
    .where('organization_id', '=', organizationId)
    .where('service_principal', '=', name)
    .execute();
}

export function delegationsOf(db: Db, accountId: string, range?: Range): Promise<DelegationRow[]> {
  let query = db
    .selectFrom('delegated_administrator')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('service_principal');
  if (range) query = query.where('service_principal', '>', range.after ?? '').limit(range.limit);
  return query.execute();
}

/** One row per account: its first delegation, of the service when one is named. */
export async function listDelegations(
  db: Db,
  organizationId: string,
  service: string | undefined,
  range: Range,
): Promise<Pick<DelegationRow, 'account_id' | 'enabled_at'>[]> {
  let query = db
    .selectFrom('delegated_administrator')
    .select((eb) => ['account_id', eb.fn.min<number>('enabled_at').as('enabled_at')])
    .where('organization_id', '=', organizationId)
    .where('account_id', '>', range.after ?? '');
  if (service !== undefined) query = query.where('service_principal', '=', service);
  const rows = await query.groupBy('account_id').orderBy('account_id').limit(range.limit).execute();
  return rows.map((row) => ({ account_id: row.account_id, enabled_at: Number(row.enabled_at) }));
}

export function countDelegations(db: Db, organizationId: string, service: string): Promise<number> {
  return count(
    db
      .selectFrom('delegated_administrator')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('organization_id', '=', organizationId)
      .where('service_principal', '=', service)
      .executeTakeFirstOrThrow(),
  );
}

export async function insertDelegation(tx: Tx, row: DelegationRow): Promise<void> {
  await tx.insertInto('delegated_administrator').values(row).execute();
}

export async function deleteDelegation(tx: Tx, accountId: string, service: string): Promise<boolean> {
  const result = await tx
    .deleteFrom('delegated_administrator')
    .where('account_id', '=', accountId)
    .where('service_principal', '=', service)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

export function resourcePolicy(db: Db, organizationId: string): Promise<ResourcePolicyRow | undefined> {
  return db.selectFrom('resource_policy').selectAll().where('organization_id', '=', organizationId).executeTakeFirst();
}

export async function putResourcePolicy(tx: Tx, row: ResourcePolicyRow): Promise<void> {
  await tx
    .insertInto('resource_policy')
    .values(row)
    .onConflict((conflict) =>
      conflict.column('organization_id').doUpdateSet({ content: row.content, updated_at: row.updated_at }),
    )
    .execute();
}

export async function deleteResourcePolicy(tx: Tx, { organization_id, policy_id }: ResourcePolicyRow): Promise<void> {
  await tx.deleteFrom('tag').where('owner_id', '=', policy_id).execute();
  await tx.deleteFrom('resource_policy').where('organization_id', '=', organization_id).execute();
}
