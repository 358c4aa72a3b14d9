/** Every query about outside CAs. Whether rows are genuine is for `RowGuard` to say. */
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { GuardedRow } from '../../../../platform/store/row-guard.ts';
import { type OutsideAuthorityRow, outsideAuthorityRowBytes } from '../../domain/outside/rows.ts';
import type { PageOf } from '../acme/directory-queries.ts';
import { own, type Reader } from '../authority-queries.ts';

export function guardedOutsideAuthority(row: OutsideAuthorityRow): GuardedRow {
  const name = `outside authority ${row.outside_authority_id}`;
  return { name, data: outsideAuthorityRowBytes(row), mac: row.row_mac };
}

export function readOutsideAuthority(db: Reader, id: string): Promise<OutsideAuthorityRow | undefined> {
  return db.selectFrom('outside_authority').selectAll().where('outside_authority_id', '=', id).executeTakeFirst();
}

/** One more than the limit. */
export function listOutsideAuthorities(
  db: Reader,
  accountId: string,
  { after, limit }: PageOf,
): Promise<OutsideAuthorityRow[]> {
  return db
    .selectFrom('outside_authority')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('outside_authority_id', '>', after)
    .orderBy('outside_authority_id')
    .limit(limit + 1)
    .execute();
}

export async function countOutsideAuthorities(tx: AnyTransaction, accountId: string): Promise<number> {
  const { count } = await own(tx)
    .selectFrom('outside_authority')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function insertOutsideAuthority(tx: AnyTransaction, row: OutsideAuthorityRow): Promise<void> {
  await own(tx).insertInto('outside_authority').values(row).execute();
}

/** False when it is not the version before any more. */
export async function replaceOutsideAuthority(tx: AnyTransaction, row: OutsideAuthorityRow): Promise<boolean> {
  const result = await own(tx)
    .updateTable('outside_authority')
    .set(row)
    .where('outside_authority_id', '=', row.outside_authority_id)
    .where('version', '=', row.version - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** With what is known of renewals and orders of it. False when it is not that version any more. */
export async function deleteOutsideAuthority(
  tx: AnyTransaction,
  { outside_authority_id: id, version }: OutsideAuthorityRow,
): Promise<boolean> {
  const db = own(tx);
  const result = await db
    .deleteFrom('outside_authority')
    .where('outside_authority_id', '=', id)
    .where('version', '=', version)
    .executeTakeFirst();
  await db.deleteFrom('outside_certificate').where('outside_authority_id', '=', id).execute();
  await db.deleteFrom('outside_order').where('outside_authority_id', '=', id).execute();
  return result.numDeletedRows === 1n;
}

/** The key of the account in another form, where the row still is what its MAC `from` says. */
export async function replaceOutsideKey(tx: AnyTransaction, row: OutsideAuthorityRow, from: Buffer): Promise<void> {
  await own(tx)
    .updateTable('outside_authority')
    .set({ key_mac: row.key_mac, root_version: row.root_version, version: row.version, row_mac: row.row_mac })
    .where('outside_authority_id', '=', row.outside_authority_id)
    .where('row_mac', '=', from)
    .execute();
}
