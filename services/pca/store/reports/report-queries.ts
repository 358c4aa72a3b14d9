import { sql } from 'kysely';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { GuardedRow } from '../../../../platform/store/row-guard.ts';
import { type AuditReportRow, auditReportRowBytes } from '../../domain/rows.ts';
import { own, type Reader } from '../authority-queries.ts';

/** False while another report of the authority is being written. */
export async function insertReport(tx: AnyTransaction, row: AuditReportRow): Promise<boolean> {
  const result = await own(tx)
    .insertInto('audit_report')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .column('authority_id')
        .where('status', '=', sql.lit('CREATING' as const))
        .doNothing(),
    )
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

export async function finishReport(
  tx: AnyTransaction,
  { report_id, status, size, sha256, row_mac }: AuditReportRow,
): Promise<boolean> {
  const result = await own(tx)
    .updateTable('audit_report')
    .set({ status, size, sha256, row_mac })
    .where('report_id', '=', report_id)
    .where('status', '=', 'CREATING')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export function readReport(db: Reader, reportId: string): Promise<AuditReportRow | undefined> {
  return db.selectFrom('audit_report').selectAll().where('report_id', '=', reportId).executeTakeFirst();
}

/** Those that are to be written, oldest first. */
export function listUnwritten(db: Reader, limit: number): Promise<AuditReportRow[]> {
  return db
    .selectFrom('audit_report')
    .selectAll()
    .where('status', '=', 'CREATING')
    .orderBy('created_at')
    .limit(limit)
    .execute();
}

export function guardedReport(row: AuditReportRow): GuardedRow {
  return { name: `audit report ${row.report_id}`, data: auditReportRowBytes(row), mac: row.row_mac };
}
