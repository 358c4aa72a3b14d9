/** Every query about ACME directories and the keys that bind accounts. Whether rows are genuine is for `RowGuard` to say. */
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { GuardedRow } from '../../../../platform/store/row-guard.ts';
import {
  type BindingKeyRow,
  bindingKeyRowBytes,
  type DirectoryRow,
  directoryRowBytes,
} from '../../domain/acme/rows.ts';
import { own, type Reader } from '../authority-queries.ts';
import { listPage, type PageOf, replaceVersion } from '../versioned-rows.ts';

export function guardedDirectory(row: DirectoryRow): GuardedRow {
  return { name: `ACME directory ${row.directory_id}`, data: directoryRowBytes(row), mac: row.row_mac };
}

export function guardedBindingKey(row: BindingKeyRow): GuardedRow {
  return { name: `ACME binding key ${row.key_id}`, data: bindingKeyRowBytes(row), mac: row.row_mac };
}

export function readDirectory(db: Reader, directoryId: string): Promise<DirectoryRow | undefined> {
  return db.selectFrom('acme_directory').selectAll().where('directory_id', '=', directoryId).executeTakeFirst();
}

/** Those of an authority that are not deleted, one more than the limit. */
export function listDirectories(db: Reader, authorityId: string, { after, limit }: PageOf): Promise<DirectoryRow[]> {
  return db
    .selectFrom('acme_directory')
    .selectAll()
    .where('authority_id', '=', authorityId)
    .where('state', '=', 'active')
    .where('directory_id', '>', after)
    .orderBy('directory_id')
    .limit(limit + 1)
    .execute();
}

export async function countDirectories(tx: AnyTransaction, authorityId: string): Promise<number> {
  const { count } = await own(tx)
    .selectFrom('acme_directory')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('authority_id', '=', authorityId)
    .where('state', '=', 'active')
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function insertDirectory(tx: AnyTransaction, row: DirectoryRow): Promise<void> {
  await own(tx).insertInto('acme_directory').values(row).execute();
}

/** False when it is not the version before any more. */
export function replaceDirectory(tx: AnyTransaction, row: DirectoryRow): Promise<boolean> {
  return replaceVersion(tx, 'acme_directory', row);
}

export function readBindingKey(db: Reader, keyId: string): Promise<BindingKeyRow | undefined> {
  return db.selectFrom('acme_binding_key').selectAll().where('key_id', '=', keyId).executeTakeFirst();
}

export function listBindingKeys(db: Reader, directoryId: string, page: PageOf): Promise<BindingKeyRow[]> {
  return listPage(db, 'acme_binding_key', ['directory_id', directoryId], page);
}

export async function countOpenBindingKeys(tx: AnyTransaction, directoryId: string, now: number): Promise<number> {
  const { count } = await own(tx)
    .selectFrom('acme_binding_key')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('directory_id', '=', directoryId)
    .where('state', '=', 'open')
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function insertBindingKey(tx: AnyTransaction, row: BindingKeyRow): Promise<void> {
  await own(tx).insertInto('acme_binding_key').values(row).execute();
}

export function replaceBindingKey(tx: AnyTransaction, row: BindingKeyRow): Promise<boolean> {
  return replaceVersion(tx, 'acme_binding_key', row);
}
