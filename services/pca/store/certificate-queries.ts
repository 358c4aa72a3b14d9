/** Every query about issued certificates and blocked keys. */
import { sql } from 'kysely';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import type { BlockedKeyRow, CertificateRow } from '../domain/rows.ts';
import { own, type Reader } from './authority-queries.ts';
import { blockedKey, insertReserved, updateReserved } from './issuing-statements.ts';
import { insertNames } from './search/certificate-search.ts';

/** False when the authority has used the serial number. */
export async function reserveSerial(tx: AnyTransaction, row: CertificateRow): Promise<boolean> {
  return (await insertReserved(own(tx), row)) === 1;
}

/** Ends a reservation; false when it had ended. `names`: under which the certificate is found. */
export async function endReservation(
  tx: AnyTransaction,
  row: CertificateRow,
  names: readonly string[],
): Promise<boolean> {
  const { authority_id, serial, state, certificate, row_mac } = row;
  if ((await updateReserved(own(tx), { authority_id, serial, state, certificate, row_mac })) !== 1) return false;
  await insertNames(tx, row, names);
  return true;
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

/** Literally: the planner must see that it is the condition of the index. */
const RESERVED = sql.lit('reserved' as const);
const ISSUED = sql.lit('issued' as const);

/** Reservations from before a moment, oldest first. */
export function listReserved(db: Reader, before: number, limit: number): Promise<CertificateRow[]> {
  return db
    .selectFrom('certificate')
    .selectAll()
    .where('state', '=', RESERVED)
    .where('created_at', '<', before)
    .orderBy('created_at')
    .limit(limit)
    .execute();
}

const LOOKED_AT = 1_000;

/** Whether one of the newest certificates that the account has for the key is for another subject. */
export async function isKeyOfAnother(
  db: Reader,
  row: Pick<CertificateRow, 'account_id' | 'public_key_hash' | 'subject_hash'>,
): Promise<boolean> {
  const newest = await db
    .selectFrom('certificate')
    .select('subject_hash')
    .where('state', '=', ISSUED)
    .where('account_id', '=', row.account_id)
    .where('public_key_hash', '=', row.public_key_hash)
    .orderBy('created_at', 'desc')
    .limit(LOOKED_AT)
    .execute();
  return newest.some((found) => found.subject_hash !== row.subject_hash);
}

export async function readBlockedKey(db: Reader, accountId: string, hash: string): Promise<BlockedKeyRow | undefined> {
  return (await blockedKey(db, accountId, hash))[0];
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
