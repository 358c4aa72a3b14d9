/** Every query about orders at outside CAs, what answers their proofs, and the certificates that came of them. */
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { GuardedRow } from '../../../../platform/store/row-guard.ts';
import {
  type OutsideCertificateRow,
  type OutsideOrderRow,
  outsideCertificateRowBytes,
  outsideOrderRowBytes,
} from '../../domain/outside/rows.ts';
import type { PageOf } from '../acme/directory-queries.ts';
import { own, type Reader } from '../authority-queries.ts';

export function guardedOutsideOrder(row: OutsideOrderRow): GuardedRow {
  return { name: `outside order ${row.order_id}`, data: outsideOrderRowBytes(row), mac: row.row_mac };
}

export function guardedOutsideCertificate(row: OutsideCertificateRow): GuardedRow {
  const name = `outside certificate ${row.certificate_id}`;
  return { name, data: outsideCertificateRowBytes(row), mac: row.row_mac };
}

export function readOutsideOrder(db: Reader, orderId: string): Promise<OutsideOrderRow | undefined> {
  return db.selectFrom('outside_order').selectAll().where('order_id', '=', orderId).executeTakeFirst();
}

/** The newest first, one more than the limit. */
export function listOutsideOrders(
  db: Reader,
  outsideAuthorityId: string,
  { after, limit }: PageOf,
): Promise<OutsideOrderRow[]> {
  let query = db.selectFrom('outside_order').selectAll().where('outside_authority_id', '=', outsideAuthorityId);
  if (after !== '') query = query.where('order_id', '<', after);
  return query
    .orderBy('order_id', 'desc')
    .limit(limit + 1)
    .execute();
}

export async function countOpenOutsideOrders(tx: AnyTransaction, outsideAuthorityId: string): Promise<number> {
  const { count } = await own(tx)
    .selectFrom('outside_order')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('outside_authority_id', '=', outsideAuthorityId)
    .where('due_at', 'is not', null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function insertOutsideOrder(tx: AnyTransaction, row: OutsideOrderRow): Promise<void> {
  await own(tx).insertInto('outside_order').values(row).execute();
}

/** False when it is not the version before any more. */
export async function replaceOutsideOrder(tx: AnyTransaction, row: OutsideOrderRow): Promise<boolean> {
  const result = await own(tx)
    .updateTable('outside_order')
    .set(row)
    .where('order_id', '=', row.order_id)
    .where('version', '=', row.version - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Those that a job has to look at, the longest due first. */
export function listDueOutsideOrders(db: Reader, now: number, limit: number): Promise<OutsideOrderRow[]> {
  return db.selectFrom('outside_order').selectAll().where('due_at', '<=', now).orderBy('due_at').limit(limit).execute();
}

/** In the place of those that there were for the order. */
export async function replaceProofs(tx: AnyTransaction, orderId: string, tokens: readonly string[]): Promise<void> {
  const db = own(tx);
  await db.deleteFrom('outside_proof').where('order_id', '=', orderId).execute();
  for (const token of tokens)
    await db
      .insertInto('outside_proof')
      .values({ token, order_id: orderId })
      // A token that another order has is answered for that one: the answer is the same for one account.
      .onConflict((conflict) => conflict.column('token').doNothing())
      .execute();
}

export async function orderOfProof(db: Reader, token: string): Promise<string | undefined> {
  const row = await db.selectFrom('outside_proof').select('order_id').where('token', '=', token).executeTakeFirst();
  return row?.order_id;
}

export function readOutsideCertificate(db: Reader, certificateId: string): Promise<OutsideCertificateRow | undefined> {
  return db
    .selectFrom('outside_certificate')
    .selectAll()
    .where('certificate_id', '=', certificateId)
    .executeTakeFirst();
}

/** Oldest first, one more than the limit. */
export function listOutsideCertificates(
  db: Reader,
  outsideAuthorityId: string,
  { after, limit }: PageOf,
): Promise<OutsideCertificateRow[]> {
  return db
    .selectFrom('outside_certificate')
    .selectAll()
    .where('outside_authority_id', '=', outsideAuthorityId)
    .where('certificate_id', '>', after)
    .orderBy('certificate_id')
    .limit(limit + 1)
    .execute();
}

export async function insertOutsideCertificate(tx: AnyTransaction, row: OutsideCertificateRow): Promise<void> {
  await own(tx).insertInto('outside_certificate').values(row).execute();
}

/** False when it is not the version before any more. */
export async function replaceOutsideCertificate(tx: AnyTransaction, row: OutsideCertificateRow): Promise<boolean> {
  const result = await own(tx)
    .updateTable('outside_certificate')
    .set(row)
    .where('certificate_id', '=', row.certificate_id)
    .where('version', '=', row.version - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export function listDueOutsideCertificates(db: Reader, now: number, limit: number): Promise<OutsideCertificateRow[]> {
  return db
    .selectFrom('outside_certificate')
    .selectAll()
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .limit(limit)
    .execute();
}
