/** Every query about issued certificates and blocked keys. */
import type { AnyTransaction } from '../../../platform/store/index.ts';
import type { BlockedKeyRow, CertificateRow } from '../domain/rows.ts';
import { own, type Reader } from './authority-queries.ts';

/** False when the authority has used the serial number. */
export async function reserveSerial(tx: AnyTransaction, row: CertificateRow): Promise<boolean> {
  const result = await own(tx)
    .insertInto('certificate')
    .values(row)
    .onConflict((conflict) => conflict.columns(['authority_id', 'serial']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Ends a reservation; false when it had ended. */
export async function endReservation(
  tx: AnyTransaction,
  { authority_id, serial, state, certificate, row_mac }: CertificateRow,
): Promise<boolean> {
  const result = await own(tx)
    .updateTable('certificate')
    .set({ state, certificate, row_mac })
    .where('authority_id', '=', authority_id)
    .where('serial', '=', serial)
    .where('state', '=', 'reserved')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export function readCertificateRow(
  db: Reader,
  authorityId: string,
  serial: string,
): Promise<CertificateRow | undefined> {
  return db
    .selectFrom('certificate')
    .selectAll()
    .where('authority_id', '=', authorityId)
    .where('serial', '=', serial)
    .executeTakeFirst();
}

/** Reservations from before a moment, oldest first. */
export function listReserved(db: Reader, before: number, limit: number): Promise<CertificateRow[]> {
  return db
    .selectFrom('certificate')
    .selectAll()
    .where('state', '=', 'reserved')
    .where('created_at', '<', before)
    .orderBy('created_at')
    .limit(limit)
    .execute();
}

/** Whether the account has a certificate for the key under another subject. */
export async function isKeyOfAnother(
  db: Reader,
  row: Pick<CertificateRow, 'account_id' | 'public_key_hash' | 'subject_hash'>,
): Promise<boolean> {
  const found = await db
    .selectFrom('certificate')
    .select('serial')
    .where('account_id', '=', row.account_id)
    .where('public_key_hash', '=', row.public_key_hash)
    .where('subject_hash', '!=', row.subject_hash)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

export function readBlockedKey(db: Reader, accountId: string, hash: string): Promise<BlockedKeyRow | undefined> {
  return db
    .selectFrom('blocked_key')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('public_key_hash', '=', hash)
    .executeTakeFirst();
}

export function listBlockedKeys(db: Reader, accountId: string, after: string, limit: number): Promise<BlockedKeyRow[]> {
  return db
    .selectFrom('blocked_key')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('public_key_hash', '>', after)
    .orderBy('public_key_hash')
    .limit(limit)
    .execute();
}

export async function countBlockedKeys(tx: AnyTransaction, accountId: string): Promise<number> {
  const { count } = await own(tx)
    .selectFrom('blocked_key')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The first block of a key stays. */
export async function insertBlockedKey(tx: AnyTransaction, row: BlockedKeyRow): Promise<BlockedKeyRow> {
  await own(tx)
    .insertInto('blocked_key')
    .values(row)
    .onConflict((conflict) => conflict.columns(['account_id', 'public_key_hash']).doNothing())
    .execute();
  return (await readBlockedKey(own(tx), row.account_id, row.public_key_hash))!;
}

export async function deleteBlockedKey(tx: AnyTransaction, accountId: string, hash: string): Promise<boolean> {
  const result = await own(tx)
    .deleteFrom('blocked_key')
    .where('account_id', '=', accountId)
    .where('public_key_hash', '=', hash)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}
