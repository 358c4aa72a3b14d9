import type { Kysely } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';
import type { AuditDatabase } from '../schema.ts';

/** The Merkle log over the records of all accounts. Records from before are logged by the sequencer when it starts. */
async function up(db: Kysely<AuditDatabase>): Promise<void> {
  await db.schema
    .createTable('log_entry')
    .addColumn('position', 'integer', (c) => c.primaryKey().notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('sequence', 'integer', (c) => c.notNull())
    .addColumn('leaf', 'blob', (c) => c.notNull())
    .execute();
  // INVARIANT: no record is in the log twice.
  await db.schema
    .createIndex('log_entry_record')
    .unique()
    .on('log_entry')
    .columns(['account_id', 'sequence'])
    .execute();
  await db.schema
    .createTable('log_tile')
    .addColumn('level', 'integer', (c) => c.notNull())
    .addColumn('tile', 'integer', (c) => c.notNull())
    .addColumn('root', 'blob', (c) => c.notNull())
    .addColumn('hashes', 'blob', (c) => c.notNull())
    .addPrimaryKeyConstraint('log_tile_key', ['level', 'tile'])
    .execute();
  await db.schema
    .createTable('log_origin')
    .addColumn('epoch', 'integer', (c) => c.primaryKey().notNull())
    .addColumn('origin', 'text', (c) => c.notNull())
    .addColumn('opened_at', 'integer', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('checkpoint')
    .addColumn('epoch', 'integer', (c) => c.notNull())
    .addColumn('size', 'integer', (c) => c.notNull())
    .addColumn('root', 'blob', (c) => c.notNull())
    .addColumn('note', 'text', (c) => c.notNull())
    .addColumn('signed_at', 'integer', (c) => c.notNull())
    // INVARIANT: one root for each size of a log.
    .addPrimaryKeyConstraint('checkpoint_size', ['epoch', 'size'])
    .execute();
}

export const merkleLog: Migration = { name: '0004_log', up };
