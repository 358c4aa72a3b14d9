import type { AccessKeyRow, Db, Range, Tx, Use } from './db.ts';

export function accessKeyById(db: Db, accessKeyId: string): Promise<AccessKeyRow | undefined> {
  return db.selectFrom('access_key').selectAll().where('access_key_id', '=', accessKeyId).executeTakeFirst();
}

export function accessKeysOf(db: Db, ownerId: string, range: Range): Promise<AccessKeyRow[]> {
  return db
    .selectFrom('access_key')
    .selectAll()
    .where('owner_id', '=', ownerId)
    .where('access_key_id', '>', range.after ?? '')
    .orderBy('access_key_id')
    .limit(range.limit)
    .execute();
}

export async function insertAccessKey(
  tx: Tx,
  row: Omit<AccessKeyRow, 'last_used_at' | 'last_used_service' | 'last_used_region'>,
): Promise<void> {
  await tx
    .insertInto('access_key')
    .values({ ...row, last_used_at: null, last_used_service: null, last_used_region: null })
    .execute();
}

/** False when the owner has no such key (any more). */
export async function setKeyStatus(
  tx: Tx,
  ownerId: string,
  accessKeyId: string,
  status: 'Active' | 'Inactive',
): Promise<boolean> {
  const result = await tx
    .updateTable('access_key')
    .set({ status })
    .where('access_key_id', '=', accessKeyId)
    .where('owner_id', '=', ownerId)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

export async function deleteAccessKey(tx: Tx, ownerId: string, accessKeyId: string): Promise<boolean> {
  const result = await tx
    .deleteFrom('access_key')
    .where('access_key_id', '=', accessKeyId)
    .where('owner_id', '=', ownerId)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

export async function deleteAccessKeysOf(tx: Tx, ownerId: string): Promise<void> {
  await tx.deleteFrom('access_key').where('owner_id', '=', ownerId).execute();
}

/** Keeps the newest use; one that arrives late changes nothing. */
export async function noteKeyUse(tx: Tx, use: Use): Promise<void> {
  await tx
    .updateTable('access_key')
    .set({ last_used_at: use.at, last_used_service: use.service, last_used_region: use.region })
    .where('access_key_id', '=', use.id)
    .where((eb) => eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<', use.at)]))
    .execute();
}
