import type { Kysely } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';
import type { AuditDatabase } from '../schema.ts';

/** Successful writes of all accounts in one order. Records from before have none: whoever follows looks once itself. */
async function up(db: Kysely<AuditDatabase>): Promise<void> {
  await db.schema
    .createTable('write_order')
    .addColumn('position', 'integer', (c) => c.primaryKey().notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('sequence', 'integer', (c) => c.notNull())
    .execute();
}

export const changes: Migration = { name: '0002_changes', up };
