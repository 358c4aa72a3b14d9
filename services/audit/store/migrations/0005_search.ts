import type { Kysely } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';
import type { AuditDatabase } from '../schema.ts';

/**
 * What denied, and the enterprise project. Records from before have neither: rows of this table are never updated. The
 * indexes leave out what most records are, so that these cost nothing.
 */
async function up(db: Kysely<AuditDatabase>): Promise<void> {
  await db.schema.alterTable('record').addColumn('layer', 'text').execute();
  await db.schema.alterTable('record').addColumn('project', 'text').execute();
  for (const column of ['layer', 'project'] as const) {
    await db.schema
      .createIndex(`record_${column}`)
      .on('record')
      .columns(['account_id', column, 'time', 'sequence'])
      .where(column, 'is not', null)
      .execute();
  }
  // Of all accounts.
  await db.schema.createIndex('record_when').on('record').columns(['time', 'account_id', 'sequence']).execute();
}

export const search: Migration = { name: '0005_search', up };
