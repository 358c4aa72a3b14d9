import type { Migration } from '../../../../platform/store/index.ts';

export const auditReports: Migration = {
  name: '0007_audit_reports',
  async up(db) {
    await db.schema
      .createTable('audit_report')
      .addColumn('report_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('authority_id', 'text', (c) => c.notNull())
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('bucket', 'text', (c) => c.notNull())
      .addColumn('format', 'text', (c) => c.notNull())
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('size', 'integer', (c) => c.notNull())
      .addColumn('sha256', 'text', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('row_mac', 'blob', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('audit_report_status').on('audit_report').columns(['status', 'created_at']).execute();
    // INVARIANT: one at a time for each authority.
    await db.schema
      .createIndex('audit_report_in_progress')
      .on('audit_report')
      .column('authority_id')
      .unique()
      // Of an index on a part of a table the condition may name indexed columns only, as the types have it.
      .where('status' as never, '=', 'CREATING')
      .execute();
  },
};
