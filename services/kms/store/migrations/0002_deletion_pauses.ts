import type { Kysely } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: a migration sees the schema as it was then, not as it is typed now
async function up(db: Kysely<any>): Promise<void> {
  await db.schema
    .createTable('deletion_pause')
    .addColumn('account_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('since', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .execute();
}

export const migration: Migration = { name: '0002_deletion_pauses', up };
