import type { Kysely } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';
import type { AuditDatabase } from '../schema.ts';

/** Why the log has more than one name: each from the second on was opened by a declared restore. */
async function up(db: Kysely<AuditDatabase>): Promise<void> {
  await db.schema
    .createTable('log_restore')
    .addColumn('epoch', 'integer', (c) => c.primaryKey().notNull())
    .addColumn('restore_id', 'text', (c) => c.notNull())
    .addColumn('backup_id', 'text')
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('declared_at', 'integer', (c) => c.notNull())
    .addColumn('size', 'integer', (c) => c.notNull())
    .addColumn('root', 'blob', (c) => c.notNull())
    .addColumn('signed_before', 'integer', (c) => c.notNull())
    .execute();
}

export const restores: Migration = { name: '0009_restores', up };
