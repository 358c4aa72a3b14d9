import type { Db, MfaDeviceRow, Range, Tx } from './db.ts';

export function deviceBySerial(db: Db, accountId: string, serial: string): Promise<MfaDeviceRow | undefined> {
  return db
    .selectFrom('mfa_device')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('serial', '=', serial)
    .executeTakeFirst();
}

/** Locks the row until the transaction ends: codes are used and counted one at a time. */
export function lockDevice(tx: Tx, serial: string): Promise<MfaDeviceRow | undefined> {
  return tx.selectFrom('mfa_device').selectAll().where('serial', '=', serial).forUpdate().executeTakeFirst();
}

export function devicesOf(db: Db, ownerId: string, range: Range): Promise<MfaDeviceRow[]> {
  return db
    .selectFrom('mfa_device')
    .selectAll()
    .where('owner_id', '=', ownerId)
    .where('serial', '>', range.after ?? '')
    .orderBy('serial')
    .limit(range.limit)
    .execute();
}

export type Assignment = 'Assigned' | 'Unassigned' | 'Any';

export function listDevices(db: Db, accountId: string, assignment: Assignment, range: Range): Promise<MfaDeviceRow[]> {
  let query = db
    .selectFrom('mfa_device')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('serial', '>', range.after ?? '');
  if (assignment !== 'Any') query = query.where('owner_id', assignment === 'Assigned' ? 'is not' : 'is', null);
  return query.orderBy('serial').limit(range.limit).execute();
}

export async function countDevices(db: Db, accountId: string): Promise<{ all: number; inUse: number }> {
  const row = await db
    .selectFrom('mfa_device')
    .select((eb) => [eb.fn.countAll<number>().as('all'), eb.fn.count<number>('owner_id').as('inUse')])
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return { all: Number(row.all), inUse: Number(row.inUse) };
}

export async function insertDevice(tx: Tx, row: MfaDeviceRow): Promise<void> {
  await tx.insertInto('mfa_device').values(row).execute();
}

export async function updateDevice(tx: Tx, serial: string, set: Partial<MfaDeviceRow>): Promise<void> {
  await tx.updateTable('mfa_device').set(set).where('serial', '=', serial).execute();
}

/** Takes every device from its owner. Answers their serial numbers. */
export async function releaseDevicesOf(tx: Tx, ownerId: string): Promise<string[]> {
  const rows = await tx
    .updateTable('mfa_device')
    .set({ owner_id: null, enabled_at: null })
    .where('owner_id', '=', ownerId)
    .returning('serial')
    .execute();
  return rows.map((row) => row.serial);
}

export async function deleteDevice(tx: Tx, serial: string): Promise<void> {
  await tx.deleteFrom('tag').where('owner_id', '=', serial).execute();
  await tx.deleteFrom('mfa_device').where('serial', '=', serial).execute();
}
