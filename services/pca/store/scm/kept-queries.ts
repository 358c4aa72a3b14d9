/**
 * Every query about certificates from elsewhere. Rows go in and out as they are: whether they are genuine `RowGuard` says.
 * Writes take a transaction; what they are found by changes in the same one.
 */
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { GuardedRow } from '../../../../platform/store/row-guard.ts';
import {
  type KeptCertificateRow,
  type KeptVersionRow,
  keptCertificateRowBytes,
  keptVersionRowBytes,
} from '../../domain/scm/rows.ts';
import { own, type Reader } from '../authority-queries.ts';

/** Stands in the index of names in the place of the authority. */
export const KEPT = 'kept';

export function guardedKept(row: KeptCertificateRow): GuardedRow {
  return { name: `certificate ${row.certificate_id}`, data: keptCertificateRowBytes(row), mac: row.row_mac };
}

export function guardedVersion(row: KeptVersionRow): GuardedRow {
  const name = `version ${row.certificate_version} of certificate ${row.certificate_id}`;
  return { name, data: keptVersionRowBytes(row), mac: row.row_mac };
}

export function readKept(db: Reader, certificateId: string): Promise<KeptCertificateRow | undefined> {
  return db.selectFrom('kept_certificate').selectAll().where('certificate_id', '=', certificateId).executeTakeFirst();
}

export function readKeptVersion(
  db: Reader,
  certificateId: string,
  version: number,
): Promise<KeptVersionRow | undefined> {
  return db
    .selectFrom('kept_version')
    .selectAll()
    .where('certificate_id', '=', certificateId)
    .where('certificate_version', '=', version)
    .executeTakeFirst();
}

/** The newest first, from before a version. */
export function listKeptVersions(
  db: Reader,
  certificateId: string,
  before: number,
  limit: number,
): Promise<KeptVersionRow[]> {
  return db
    .selectFrom('kept_version')
    .selectAll()
    .where('certificate_id', '=', certificateId)
    .where('certificate_version', '<', before)
    .orderBy('certificate_version', 'desc')
    .limit(limit)
    .execute();
}

export function readKeptByFingerprint(
  db: Reader,
  accountId: string,
  fingerprint: string,
): Promise<KeptCertificateRow | undefined> {
  return db
    .selectFrom('kept_certificate')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('fingerprint', '=', fingerprint)
    .executeTakeFirst();
}

export async function countKept(tx: AnyTransaction, accountId: string): Promise<number> {
  const { count } = await own(tx)
    .selectFrom('kept_certificate')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** `names`: under which it is found. False when the account has the certificate. */
export async function insertKept(
  tx: AnyTransaction,
  row: KeptCertificateRow,
  names: readonly string[],
): Promise<boolean> {
  const result = await own(tx)
    .insertInto('kept_certificate')
    .values(row)
    .onConflict((conflict) => conflict.columns(['account_id', 'fingerprint']).doNothing())
    .executeTakeFirst();
  if (result.numInsertedOrUpdatedRows !== 1n) return false;
  await insertKeptNames(tx, row, names);
  return true;
}

/** Replaces a row that still has the version before `row.version`; false when somebody was faster. */
export async function replaceKept(tx: AnyTransaction, row: KeptCertificateRow): Promise<boolean> {
  const { certificate_id, ...columns } = row;
  const result = await own(tx)
    .updateTable('kept_certificate')
    .set(columns)
    .where('certificate_id', '=', certificate_id)
    .where('version', '=', row.version - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** With all its versions; false when somebody has changed it. */
export async function deleteKept(tx: AnyTransaction, row: KeptCertificateRow): Promise<boolean> {
  const result = await own(tx)
    .deleteFrom('kept_certificate')
    .where('certificate_id', '=', row.certificate_id)
    .where('version', '=', row.version)
    .executeTakeFirst();
  if (result.numDeletedRows !== 1n) return false;
  await own(tx).deleteFrom('kept_version').where('certificate_id', '=', row.certificate_id).execute();
  return true;
}

export async function insertKeptVersion(tx: AnyTransaction, row: KeptVersionRow): Promise<void> {
  await own(tx).insertInto('kept_version').values(row).execute();
}

export async function deleteKeptVersion(tx: AnyTransaction, certificateId: string, version: number): Promise<void> {
  await own(tx)
    .deleteFrom('kept_version')
    .where('certificate_id', '=', certificateId)
    .where('certificate_version', '=', version)
    .execute();
}

type Named = Pick<KeptCertificateRow, 'account_id' | 'created_at' | 'certificate_id'>;

export async function insertKeptNames(tx: AnyTransaction, row: Named, names: readonly string[]): Promise<void> {
  const { account_id, created_at, certificate_id: serial } = row;
  for (const name of names)
    await own(tx)
      .insertInto('certificate_name')
      .values({ account_id, name, created_at, serial, authority_id: KEPT })
      .execute();
}

export async function deleteKeptNames(tx: AnyTransaction, row: Named, names: readonly string[]): Promise<void> {
  for (const name of names)
    await own(tx)
      .deleteFrom('certificate_name')
      .where('account_id', '=', row.account_id)
      .where('name', '=', name)
      .where('created_at', '=', row.created_at)
      .where('serial', '=', row.certificate_id)
      .execute();
}

/** Whose time to be restored is over, in its order. */
export function listKeptDue(
  db: Reader,
  now: number,
  after: string,
  limit: number,
): Promise<Pick<KeptCertificateRow, 'certificate_id'>[]> {
  return db
    .selectFrom('kept_certificate')
    .select('certificate_id')
    .where('restorable_until', 'is not', null)
    .where('restorable_until', '<=', now)
    .where('certificate_id', '>', after)
    .orderBy('certificate_id')
    .limit(limit)
    .execute();
}

/** Of a project, by id. */
export function listKeptOfProject(
  db: Reader,
  { accountId, projectId, after, limit }: { accountId: string; projectId: string; after: string; limit: number },
): Promise<KeptCertificateRow[]> {
  return db
    .selectFrom('kept_certificate')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('enterprise_project_id', '=', projectId)
    .where('certificate_id', '>', after)
    .orderBy('certificate_id')
    .limit(limit)
    .execute();
}
