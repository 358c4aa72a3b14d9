import type { Kysely } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';
import type { AuditDatabase } from '../schema.ts';

/** How often a writer says that it lives. Null: one from before they said so, every five minutes. */
async function up(db: Kysely<AuditDatabase>): Promise<void> {
  await db.schema.alterTable('writer').addColumn('every_ms', 'integer').execute();
}

export const boots: Migration = { name: '0011_boots', up };
