/**
 * Every query about secrets but the sorted list. Rows go in and out as they are; whether they are genuine is the
 * business of `RowGuard`. Writes take a transaction and answer whether they found the version they were made for.
 */
import type { Kysely, Transaction } from 'kysely';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import { prepareQuery, prepareWrite } from '../../../platform/store/prepared-query.ts';
import type { GuardedRow } from '../../../platform/store/row-guard.ts';
import {
  type ListedSecret,
  type SecretRow,
  secretRowBytes,
  type TombstoneRow,
  type VersionRow,
  versionRowBytes,
} from '../domain/rows.ts';
import type { CcmsTables } from './tables.ts';

export type Reader = Kysely<CcmsTables>;
const own = (tx: AnyTransaction) => tx as Transaction<CcmsTables>;

const secretByName = prepareQuery((db: Reader, accountId: string, name: string) =>
  db.selectFrom('secret').selectAll().where('account_id', '=', accountId).where('name', '=', name),
);

export async function readSecretByName(db: Reader, accountId: string, name: string): Promise<SecretRow | undefined> {
  const [row] = await secretByName(db, accountId, name);
  return row;
}

const secretById = prepareQuery((db: Reader, secretId: string) =>
  db.selectFrom('secret').selectAll().where('secret_id', '=', secretId),
);

export async function readSecret(db: Reader, secretId: string): Promise<SecretRow | undefined> {
  const [row] = await secretById(db, secretId);
  return row;
}

/** Every version but its value, newest first. */
export type ListedVersion = Omit<VersionRow, 'sealed'>;

const VERSION_COLUMNS = [
  'secret_id',
  'version_id',
  'account_id',
  'ordinal',
  'created_at',
  'created_by',
  'key_arn',
  'key_name',
  'kind',
  'fingerprint',
  'expires_at',
  'version',
  'row_mac',
] as const;

/** At most a few hundred: the number of versions is limited. */
export function listVersions(db: Reader, secretId: string): Promise<ListedVersion[]> {
  return db
    .selectFrom('secret_version')
    .select(VERSION_COLUMNS)
    .where('secret_id', '=', secretId)
    .orderBy('ordinal', 'desc')
    .execute();
}

const versionById = prepareQuery((db: Reader, secretId: string, versionId: string) =>
  db.selectFrom('secret_version').selectAll().where('secret_id', '=', secretId).where('version_id', '=', versionId),
);

export async function readVersion(db: Reader, secretId: string, versionId: string): Promise<VersionRow | undefined> {
  const [row] = await versionById(db, secretId, versionId);
  return row;
}

export function guardedSecret(row: ListedSecret): GuardedRow {
  return { name: `secret ${row.secret_id}`, data: secretRowBytes(row), mac: row.row_mac };
}

export function guardedVersion(row: ListedVersion): GuardedRow {
  return { name: `version ${row.version_id} of ${row.secret_id}`, data: versionRowBytes(row), mac: row.row_mac };
}

export async function countSecrets(tx: AnyTransaction, accountId: string): Promise<number> {
  const { count } = await own(tx)
    .selectFrom('secret')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** False when the name is taken. */
export async function insertSecret(tx: AnyTransaction, row: SecretRow): Promise<boolean> {
  const result = await own(tx)
    .insertInto('secret')
    .values(row)
    .onConflict((conflict) => conflict.columns(['account_id', 'name']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

const updateSecret = prepareWrite((db: Reader, { before, secret_id, ...columns }: SecretRow & { before: number }) =>
  db.updateTable('secret').set(columns).where('secret_id', '=', secret_id).where('version', '=', before),
);

/** Replaces a row that still has the version before `row.version`; false when somebody was faster. */
export async function replaceSecret(tx: AnyTransaction, row: SecretRow): Promise<boolean> {
  return (await updateSecret(own(tx), { ...row, before: row.version - 1 })) === 1;
}

const addVersion = prepareWrite((db: Reader, row: VersionRow) => db.insertInto('secret_version').values(row));

export async function insertVersion(tx: AnyTransaction, row: VersionRow): Promise<void> {
  await addVersion(own(tx), row);
}

export async function replaceVersion(tx: AnyTransaction, row: VersionRow): Promise<boolean> {
  const { secret_id, version_id, ...columns } = row;
  const result = await own(tx)
    .updateTable('secret_version')
    .set(columns)
    .where('secret_id', '=', secret_id)
    .where('version_id', '=', version_id)
    .where('version', '=', row.version - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function deleteVersions(tx: AnyTransaction, secretId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  for (const table of ['secret_version', 'version_access', 'version_reader'] as const)
    await own(tx).deleteFrom(table).where('secret_id', '=', secretId).where('version_id', 'in', ids).execute();
}

/** The secret with everything of it, if it still has this version; its ARN stays taken. */
export async function destroySecret(tx: AnyTransaction, row: SecretRow, tombstone: TombstoneRow): Promise<boolean> {
  const result = await own(tx)
    .deleteFrom('secret')
    .where('secret_id', '=', row.secret_id)
    .where('version', '=', row.version)
    .executeTakeFirst();
  if (result.numDeletedRows !== 1n) return false;
  const tables = [
    'secret_version',
    'version_access',
    'version_reader',
    'secret_grant',
    'secret_wrapping',
    'secret_rotation',
    'rotation_run',
  ] as const;
  for (const table of tables) await own(tx).deleteFrom(table).where('secret_id', '=', row.secret_id).execute();
  await own(tx).insertInto('secret_tombstone').values(tombstone).execute();
  return true;
}

export async function hasTombstone(db: Reader, arn: string): Promise<boolean> {
  const row = await db.selectFrom('secret_tombstone').select('arn').where('arn', '=', arn).executeTakeFirst();
  return row !== undefined;
}

/** Where a walk through due secrets stands. */
export interface DueSecret {
  secret_id: string;
  deletion_date: number;
}

/** Secrets whose time has passed, oldest first, after `after`. */
export async function listDue(db: Reader, now: number, after: DueSecret | undefined, limit: number) {
  let query = db
    .selectFrom('secret')
    .select(['secret_id', 'deletion_date'])
    .where('deletion_date', 'is not', null)
    .where('deletion_date', '<=', now);
  if (after) {
    query = query.where((eb) =>
      eb.or([
        eb('deletion_date', '>', after.deletion_date),
        eb.and([eb('deletion_date', '=', after.deletion_date), eb('secret_id', '>', after.secret_id)]),
      ]),
    );
  }
  const rows = await query.orderBy('deletion_date').orderBy('secret_id').limit(limit).execute();
  return rows.map(({ secret_id, deletion_date }): DueSecret => ({ secret_id, deletion_date: deletion_date ?? 0 }));
}

/** Ids of the secrets of all accounts after `after`. */
export async function listSecretIds(db: Reader, after: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('secret')
    .select('secret_id')
    .where('secret_id', '>', after)
    .orderBy('secret_id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.secret_id);
}

/** The last day each version was read. */
export async function readAccess(db: Reader, secretIds: readonly string[]) {
  if (secretIds.length === 0) return [];
  return db.selectFrom('version_access').selectAll().where('secret_id', 'in', secretIds).execute();
}

/** Days only go forward. */
export async function writeAccess(tx: AnyTransaction, rows: readonly CcmsTables['version_access'][]): Promise<void> {
  for (const row of rows) {
    await own(tx)
      .insertInto('version_access')
      .values(row)
      .onConflict((conflict) =>
        conflict
          .columns(['secret_id', 'version_id'])
          .doUpdateSet({ day: row.day })
          .where('version_access.day', '<', row.day),
      )
      .execute();
  }
}

/** Secrets of an account in one project after `after`, by id. */
export function listInProject(
  db: Reader,
  accountId: string,
  projectId: string,
  after: string,
  limit: number,
): Promise<SecretRow[]> {
  return db
    .selectFrom('secret')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('enterprise_project_id', '=', projectId)
    .where('secret_id', '>', after)
    .orderBy('secret_id')
    .limit(limit)
    .execute();
}
