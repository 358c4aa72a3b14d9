import type { Kysely } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';

/** Exports, how far each is, what was refused, and the files of archives. */
// biome-ignore lint/suspicious/noExplicitAny: a migration sees the schema as it was then, not as it is typed now
async function up(db: Kysely<any>): Promise<void> {
  await db.schema
    .createTable('tenant_key')
    .addColumn('account_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('tenant_id', 'text', (c) => c.notNull().unique())
    .addColumn('wrapped', 'blob', (c) => c.notNull())
    .addColumn('binding', 'blob', (c) => c.notNull())
    .addColumn('mac', 'blob', (c) => c.notNull())
    .addColumn('root_version', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .execute();

  await db.schema
    .createTable('export')
    .addColumn('export_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('scope', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('format', 'text', (c) => c.notNull())
    .addColumn('destination', 'text', (c) => c.notNull())
    .addColumn('secrets', 'blob')
    .addColumn('filter', 'text', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('changed_at', 'integer', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('export_name').unique().on('export').columns(['account_id', 'name']).execute();

  // Without MAC: whoever can write to the database could leave records out by other means, too; reconciling finds it.
  await db.schema
    .createTable('export_progress')
    .addColumn('export_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('first', 'integer', (c) => c.notNull())
    .addColumn('position', 'integer', (c) => c.notNull())
    .addColumn('delivered', 'integer', (c) => c.notNull())
    .addColumn('refused', 'integer', (c) => c.notNull())
    .addColumn('delivered_at', 'integer')
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('next_at', 'integer', (c) => c.notNull())
    .addColumn('problem', 'text')
    .addColumn('problem_at', 'integer')
    .addColumn('lease_until', 'integer', (c) => c.notNull())
    .addColumn('fence', 'integer', (c) => c.notNull())
    .addColumn('planned', 'integer')
    .addColumn('digest_at', 'integer')
    .execute();

  await db.schema
    .createTable('export_refusal')
    .addColumn('export_id', 'text', (c) => c.notNull())
    .addColumn('position', 'integer', (c) => c.notNull())
    .addColumn('event_id', 'text', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('refused_at', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('export_refusal_key', ['export_id', 'position'])
    .execute();

  await db.schema
    .createTable('export_file')
    .addColumn('export_id', 'text', (c) => c.notNull())
    .addColumn('path', 'text', (c) => c.notNull())
    .addColumn('sha256', 'text', (c) => c.notNull())
    .addColumn('oldest', 'integer', (c) => c.notNull())
    .addColumn('newest', 'integer', (c) => c.notNull())
    .addColumn('written_at', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('export_file_key', ['export_id', 'path'])
    .execute();
  await db.schema.createIndex('export_file_written').on('export_file').columns(['export_id', 'written_at']).execute();

  await db.schema
    .createTable('export_digest')
    .addColumn('export_id', 'text', (c) => c.notNull())
    .addColumn('ends_at', 'integer', (c) => c.notNull())
    .addColumn('path', 'text', (c) => c.notNull())
    .addColumn('sha256', 'text', (c) => c.notNull())
    .addColumn('signature', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('export_digest_key', ['export_id', 'ends_at'])
    .execute();
}

export const exports: Migration = { name: '0010_exports', up };
