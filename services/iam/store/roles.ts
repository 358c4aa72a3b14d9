import type { Db, NewRole, RoleRow, Tx, Use } from './db.ts';
import { named } from './named.ts';

export const { byName: roleByName, list: listRoles, count: countRoles } = named('iam_role');

export function roleById(db: Db, roleId: string): Promise<RoleRow | undefined> {
  return db.selectFrom('iam_role').selectAll().where('role_id', '=', roleId).executeTakeFirst();
}

/** Locks the row until the transaction ends, so that nothing is attached to a role while it is deleted. */
export function lockRole(tx: Tx, roleId: string): Promise<RoleRow | undefined> {
  return tx.selectFrom('iam_role').selectAll().where('role_id', '=', roleId).forUpdate().executeTakeFirst();
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
