import type { Db, Tx, UserRow } from './db.ts';
import { named } from './named.ts';

export const { byName: userByName, list: listUsers, count: countUsers } = named('iam_user');

export function userById(db: Db, userId: string): Promise<UserRow | undefined> {
  return db.selectFrom('iam_user').selectAll().where('user_id', '=', userId).executeTakeFirst();
}

/** Locks the row until the transaction ends, so that nothing is attached to a user while it is deleted. */
export function lockUser(tx: Tx, userId: string): Promise<UserRow | undefined> {
  return tx.selectFrom('iam_user').selectAll().where('user_id', '=', userId).forUpdate().executeTakeFirst();
}

export async function insertUser(tx: Tx, row: UserRow): Promise<void> {
  await tx.insertInto('iam_user').values(row).execute();
}

export async function updateUser(tx: Tx, userId: string, set: Partial<UserRow>): Promise<void> {
  await tx.updateTable('iam_user').set(set).where('user_id', '=', userId).execute();
}

export async function deleteUser(tx: Tx, userId: string): Promise<void> {
  await tx.deleteFrom('tag').where('owner_id', '=', userId).execute();
  await tx.deleteFrom('session').where('entity_id', '=', userId).execute();
  await tx.deleteFrom('iam_user').where('user_id', '=', userId).execute();
}
