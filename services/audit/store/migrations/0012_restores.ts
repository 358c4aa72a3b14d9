import type { Kysely } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';
import type { AuditDatabase } from '../schema.ts';

/** Which declared restore opened a name of the log; null: the first name, or one from before these columns were there. */
async function up(db: Kysely<AuditDatabase>): Promise<void> {
  await db.schema.alterTable('log_origin').addColumn('restore_id', 'text').execute();
  await db.schema.alterTable('log_origin').addColumn('backup_id', 'text').execute();
}

export const restores: Migration = { name: '0012_restores', up };
