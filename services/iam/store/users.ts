import type { Db, Range, Tx, UserRow } from './db.ts';

/** By exact bytes: `Alice` does not find `alice`. */
export function userByName(db: Db, accountId: string, name: string): Promise<UserRow | undefined> {
  return db
    .selectFrom('iam_user')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '=', name)
    .executeTakeFirst();
}

export function userById(db: Db, userId: string): Promise<UserRow | undefined> {
  return db.selectFrom('iam_user').selectAll().where('user_id', '=', userId).executeTakeFirst();
}

/** Locks the row until the transaction ends, so that nothing is attached to a user while it is deleted. */
export function lockUser(tx: Tx, userId: string): Promise<UserRow | undefined> {
  return tx.selectFrom('iam_user').selectAll().where('user_id', '=', userId).forUpdate().executeTakeFirst();
}

export function listUsers(db: Db, accountId: string, pathPrefix: string, range: Range): Promise<UserRow[]> {
  return db
    .selectFrom('iam_user')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('path', '>=', pathPrefix)
    .where('path', '<', after(pathPrefix))
    .where('name_key', '>', range.after ?? '')
    .orderBy('name_key')
    .limit(range.limit)
    .execute();
}

/** The first text above every text that begins with `prefix` (paths are ASCII without 0x7f). */
export function after(prefix: string): string {
  return `${prefix}\x7f`;
}

export async function countUsers(db: Db, accountId: string): Promise<number> {
  const row = await db
    .selectFrom('iam_user')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return Number(row.n);
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
