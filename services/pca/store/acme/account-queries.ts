/** Every query about ACME accounts, their orders, and nonces that were used. */
import { type AnyTransaction, restoredAt } from '../../../../platform/store/index.ts';
import type { GuardedRow } from '../../../../platform/store/row-guard.ts';
import { type AcmeAccountRow, acmeAccountRowBytes, type OrderRow, orderRowBytes } from '../../domain/acme/rows.ts';
import { own, type Reader } from '../authority-queries.ts';
import { listPage, type PageOf, replaceVersion } from '../versioned-rows.ts';

export function guardedAccount(row: AcmeAccountRow): GuardedRow {
  return { name: `ACME account ${row.acme_account_id}`, data: acmeAccountRowBytes(row), mac: row.row_mac };
}

export function guardedOrder(row: OrderRow): GuardedRow {
  return { name: `ACME order ${row.order_id}`, data: orderRowBytes(row), mac: row.row_mac };
}

export function readAccount(db: Reader, accountId: string): Promise<AcmeAccountRow | undefined> {
  return db.selectFrom('acme_account').selectAll().where('acme_account_id', '=', accountId).executeTakeFirst();
}

export function readAccountByKey(
  db: Reader,
  directoryId: string,
  thumbprint: string,
): Promise<AcmeAccountRow | undefined> {
  return db
    .selectFrom('acme_account')
    .selectAll()
    .where('directory_id', '=', directoryId)
    .where('thumbprint', '=', thumbprint)
    .executeTakeFirst();
}

export function listAccounts(db: Reader, directoryId: string, page: PageOf): Promise<AcmeAccountRow[]> {
  return listPage(db, 'acme_account', ['directory_id', directoryId], page);
}

/** False when the directory has an account with that key. */
export async function insertAccount(tx: AnyTransaction, row: AcmeAccountRow): Promise<boolean> {
  const result = await own(tx)
    .insertInto('acme_account')
    .values(row)
    .onConflict((conflict) => conflict.columns(['directory_id', 'thumbprint']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

export function replaceAccount(tx: AnyTransaction, row: AcmeAccountRow): Promise<boolean> {
  return replaceVersion(tx, 'acme_account', row);
}

export async function countAccountsSince(tx: AnyTransaction, directoryId: string, since: number): Promise<number> {
  const { count } = await own(tx)
    .selectFrom('acme_account')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('directory_id', '=', directoryId)
    .where('created_at', '>', since)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export function readOrder(db: Reader, orderId: string): Promise<OrderRow | undefined> {
  return db.selectFrom('acme_order').selectAll().where('order_id', '=', orderId).executeTakeFirst();
}

/** Of one account, or of all of a directory; one more than the limit. */
export function listOrders(
  db: Reader,
  of: { directoryId: string; acmeAccountId?: string | undefined },
  { after, limit }: PageOf,
): Promise<OrderRow[]> {
  let query = db.selectFrom('acme_order').selectAll().where('directory_id', '=', of.directoryId);
  if (of.acmeAccountId !== undefined) query = query.where('acme_account_id', '=', of.acmeAccountId);
  return query
    .where('status', 'in', ['pending', 'ready', 'processing', 'valid', 'invalid'])
    .where('order_id', '>', after)
    .orderBy('order_id')
    .limit(limit + 1)
    .execute();
}

/** The order that a certificate came from. */
export function readOrderOfCertificate(db: Reader, directoryId: string, serial: string): Promise<OrderRow | undefined> {
  return db
    .selectFrom('acme_order')
    .selectAll()
    .where('directory_id', '=', directoryId)
    .where('serial', '=', serial)
    .executeTakeFirst();
}

/** Orders of an account since a moment, newest first. */
export function recentOrders(db: Reader, account: AcmeAccountRow, since: number, limit: number): Promise<OrderRow[]> {
  return db
    .selectFrom('acme_order')
    .selectAll()
    .where('acme_account_id', '=', account.acme_account_id)
    .where('created_at', '>', since)
    .orderBy('order_id', 'desc')
    .limit(limit)
    .execute();
}

/** What an account has proven without an order since a moment, newest first. */
export function listPreauthorizations(
  db: Reader,
  account: AcmeAccountRow,
  since: number,
  limit: number,
): Promise<OrderRow[]> {
  return db
    .selectFrom('acme_order')
    .selectAll()
    .where('acme_account_id', '=', account.acme_account_id)
    .where('created_at', '>', since)
    .where('status', '=', 'authorization-ready')
    .orderBy('created_at', 'desc')
    .limit(limit)
    .execute();
}

/** An order that is to replace a certificate, or did. */
export function readReplacement(
  tx: AnyTransaction,
  directoryId: string,
  replaces: string,
): Promise<OrderRow | undefined> {
  return own(tx)
    .selectFrom('acme_order')
    .selectAll()
    .where('directory_id', '=', directoryId)
    .where('replaces', '=', replaces)
    .where('status', '<>', 'invalid')
    .executeTakeFirst();
}

/** An order of a directory of the authority that has a certificate in the place of that one. */
export function readReplacingOrder(db: Reader, authorityId: string, serial: string): Promise<OrderRow | undefined> {
  const directories = db.selectFrom('acme_directory').select('directory_id').where('authority_id', '=', authorityId);
  return db
    .selectFrom('acme_order')
    .selectAll()
    .where('directory_id', 'in', directories)
    .where('replaces', '=', serial)
    .where('status', '=', 'valid')
    .limit(1)
    .executeTakeFirst();
}

export async function countOrdersSince(
  tx: AnyTransaction,
  of: { directoryId: string; acmeAccountId?: string },
  since: number,
): Promise<number> {
  let query = own(tx)
    .selectFrom('acme_order')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('directory_id', '=', of.directoryId);
  if (of.acmeAccountId !== undefined) query = query.where('acme_account_id', '=', of.acmeAccountId);
  const { count } = await query.where('created_at', '>', since).executeTakeFirstOrThrow();
  return Number(count);
}

/** Orders of an account made since a moment that have no end yet; they are counted, not believed. */
export function listOpenOrders(
  tx: AnyTransaction,
  acmeAccountId: string,
  since: number,
  limit: number,
): Promise<Pick<OrderRow, 'body' | 'created_at'>[]> {
  return own(tx)
    .selectFrom('acme_order')
    .select(['body', 'created_at'])
    .where('acme_account_id', '=', acmeAccountId)
    .where('created_at', '>', since)
    .where('status', 'in', ['pending', 'ready', 'processing', 'authorization-pending'])
    .orderBy('created_at')
    .limit(limit)
    .execute();
}

/** Nobody else changes the account, or orders for it, before the transaction ends. False: it is not as it was read. */
export async function lockAccount(tx: AnyTransaction, row: AcmeAccountRow): Promise<boolean> {
  const found = await own(tx)
    .selectFrom('acme_account')
    .select('version')
    .where('acme_account_id', '=', row.acme_account_id)
    .forUpdate()
    .executeTakeFirst();
  return found?.version === row.version;
}

export async function insertOrder(tx: AnyTransaction, row: OrderRow): Promise<void> {
  await own(tx).insertInto('acme_order').values(row).execute();
}

export function replaceOrder(tx: AnyTransaction, row: OrderRow): Promise<boolean> {
  return replaceVersion(tx, 'acme_order', row);
}

/** Orders that a job has to look at, in the order of their ids. */
export function listDueOrders(db: Reader, now: number, after: string, limit: number): Promise<OrderRow[]> {
  return db
    .selectFrom('acme_order')
    .selectAll()
    .where('due_at', '<=', now)
    .where('order_id', '>', after)
    .orderBy('order_id')
    .limit(limit)
    .execute();
}

/** False: it was used before, or may have been: of those from before a restore nobody knows which were. */
export async function useNonce(
  tx: AnyTransaction,
  nonce: string,
  { madeAt, expiresAt }: { madeAt: number; expiresAt: number },
): Promise<boolean> {
  if (madeAt <= (await restoredAt(tx))) return false;
  const result = await own(tx)
    .insertInto('acme_nonce')
    .values({ nonce, expires_at: expiresAt })
    .onConflict((conflict) => conflict.column('nonce').doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

export async function forgetNonces(tx: AnyTransaction, before: number): Promise<void> {
  await own(tx).deleteFrom('acme_nonce').where('expires_at', '<', before).execute();
}
