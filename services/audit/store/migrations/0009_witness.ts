import type { Kysely } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';
import type { AuditDatabase } from '../schema.ts';

/** What witnesses cosigned, what a log was named before a restore, and when writers were last heard of. */
async function up(db: Kysely<AuditDatabase>): Promise<void> {
  await db.schema
    .createTable('cosignature')
    .addColumn('epoch', 'integer', (c) => c.notNull())
    .addColumn('size', 'integer', (c) => c.notNull())
    .addColumn('witness', 'text', (c) => c.notNull())
    .addColumn('line', 'text', (c) => c.notNull())
    .addColumn('signed_at', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('cosignature_key', ['epoch', 'size', 'witness'])
    .execute();
  // Null: the first name of the log.
  await db.schema.alterTable('log_origin').addColumn('previous', 'text').execute();
  // Null: a writer that was not heard of since this column is there. Zero or one: whether it reports on itself, and ended.
  await db.schema.alterTable('writer').addColumn('seen_at', 'integer').execute();
  await db.schema.alterTable('writer').addColumn('reports', 'integer').execute();
  await db.schema.alterTable('writer').addColumn('ended', 'integer').execute();
}

export const witness: Migration = { name: '0009_witness', up };
