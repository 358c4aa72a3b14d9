import type { Kysely } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';
import type { AuditDatabase } from '../schema.ts';

/** Short forms of decisions. Records from before have none: theirs are taken from the record when they are read. */
async function up(db: Kysely<AuditDatabase>): Promise<void> {
  await db.schema.alterTable('record').addColumn('decisions', 'text').execute();
  await db.schema
    .createTable('decision_setting')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('text', 'text', (c) => c.notNull())
    .execute();
}

export const decisions: Migration = { name: '0003_decisions', up };
