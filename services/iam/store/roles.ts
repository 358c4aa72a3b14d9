import type { Db, NewRole, Range, RoleRow, Tx, Use } from './db.ts';
import { after } from './users.ts';

/** By exact bytes. */
export function roleByName(db: Db, accountId: string, name: string): Promise<RoleRow | undefined> {
  return db
    .selectFrom('iam_role')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '=', name)
    .executeTakeFirst();
}

export function roleById(db: Db, roleId: string): Promise<RoleRow | undefined> {
  return db.selectFrom('iam_role').selectAll().where('role_id', '=', roleId).executeTakeFirst();
}

/** Locks the row until the transaction ends, so that nothing is attached to a role while it is deleted. */
export function lockRole(tx: Tx, roleId: string): Promise<RoleRow | undefined> {
  return tx.selectFrom('iam_role').selectAll().where('role_id', '=', roleId).forUpdate().executeTakeFirst();
}

export function listRoles(db: Db, accountId: string, pathPrefix: string, range: Range): Promise<RoleRow[]> {
  return db
    .selectFrom('iam_role')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('path', '>=', pathPrefix)
    .where('path', '<', after(pathPrefix))
    .where('name_key', '>', range.after ?? '')
    .orderBy('name_key')
    .limit(range.limit)
    .execute();
}

export async function countRoles(db: Db, accountId: string): Promise<number> {
  const row = await db
    .selectFrom('iam_role')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

export async function insertRole(tx: Tx, row: NewRole): Promise<void> {
  await tx
    .insertInto('iam_role')
    .values({ ...row, last_used_at: null, last_used_region: null })
    .execute();
}

/** Keeps the newest use; one that arrives late changes nothing. */
export async function noteRoleUse(tx: Tx, { id, at, region }: Use): Promise<void> {
  await tx
    .updateTable('iam_role')
    .set({ last_used_at: at, last_used_region: region })
    .where('role_id', '=', id)
    .where((eb) => eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<', at)]))
    .execute();
}

export async function updateRole(tx: Tx, roleId: string, set: Partial<RoleRow>): Promise<void> {
  await tx.updateTable('iam_role').set(set).where('role_id', '=', roleId).execute();
}

/** With its tags and sessions. */
export async function deleteRole(tx: Tx, roleId: string): Promise<void> {
  await tx.deleteFrom('tag').where('owner_id', '=', roleId).execute();
  await tx.deleteFrom('session').where('entity_id', '=', roleId).execute();
  await tx.deleteFrom('iam_role').where('role_id', '=', roleId).execute();
}
