/** Every query about exports themselves, and the tenant keys that their secrets are sealed under. */
import type { Kysely, Transaction } from 'kysely';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { TenantTable } from '../../../../platform/store/tenant-keys.ts';
import { type ExportRow, tenantBinding, tenantRowBytes } from '../../domain/export/rows.ts';
import type { AuditDatabase } from '../schema.ts';

type Reader = Kysely<AuditDatabase>;
const own = (tx: AnyTransaction) => tx as unknown as Transaction<AuditDatabase>;

export function readExportByName(db: Reader, accountId: string, name: string): Promise<ExportRow | undefined> {
  return db
    .selectFrom('export')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '=', name)
    .executeTakeFirst();
}

export function readExport(db: Reader, exportId: string): Promise<ExportRow | undefined> {
  return db.selectFrom('export').selectAll().where('export_id', '=', exportId).executeTakeFirst();
}

/** By name, after one of them. */
export function listExports(db: Reader, accountId: string, after: string, limit: number): Promise<ExportRow[]> {
  return db
    .selectFrom('export')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute();
}

export async function countExports(tx: AnyTransaction, accountId: string): Promise<number> {
  const { count } = await own(tx)
    .selectFrom('export')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** False when the name is taken. */
export async function insertExport(tx: AnyTransaction, row: ExportRow, position: number): Promise<boolean> {
  const result = await own(tx)
    .insertInto('export')
    .values(row)
    .onConflict((conflict) => conflict.columns(['account_id', 'name']).doNothing())
    .executeTakeFirst();
  if (result.numInsertedOrUpdatedRows !== 1n) return false;
  const progress = {
    export_id: row.export_id,
    first: position,
    position,
    delivered: 0,
    refused: 0,
    attempts: 0,
    next_at: 0,
  };
  await own(tx)
    .insertInto('export_progress')
    .values({
      ...progress,
      ...{ delivered_at: null, problem: null, problem_at: null, planned: null, digest_at: null },
      ...{ lease_until: 0, fence: 0 },
    })
    .execute();
  return true;
}

/** Replaces a row that still has the version before `row.version`; false when somebody was faster. */
export async function replaceExport(tx: AnyTransaction, row: ExportRow): Promise<boolean> {
  const { export_id, ...columns } = row;
  const result = await own(tx)
    .updateTable('export')
    .set(columns)
    .where('export_id', '=', export_id)
    .where('version', '=', row.version - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

const TABLES = ['export_progress', 'export_refusal', 'export_file', 'export_digest'] as const;

/** With all that is known about it; false when it is not as it was read. */
export async function deleteExport(tx: AnyTransaction, { export_id, version }: ExportRow): Promise<boolean> {
  const result = await own(tx)
    .deleteFrom('export')
    .where('export_id', '=', export_id)
    .where('version', '=', version)
    .executeTakeFirst();
  if (result.numDeletedRows !== 1n) return false;
  for (const table of TABLES) await own(tx).deleteFrom(table).where('export_id', '=', export_id).execute();
  return true;
}

export const tenantTable: TenantTable<AuditDatabase> = {
  read: (db, accountId) =>
    (db as Reader).selectFrom('tenant_key').selectAll().where('account_id', '=', accountId).executeTakeFirst(),
  async insert(tx, row) {
    await own(tx)
      .insertInto('tenant_key')
      .values(row)
      .onConflict((conflict) => conflict.column('account_id').doNothing())
      .execute();
  },
  async replace(tx, row, from) {
    await own(tx)
      .updateTable('tenant_key')
      .set({ wrapped: row.wrapped, mac: row.mac, root_version: row.root_version, row_mac: row.row_mac })
      .where('account_id', '=', row.account_id)
      .where('row_mac', '=', from)
      .execute();
  },
  binding: tenantBinding,
  bytes: tenantRowBytes,
};
