import type { Kysely } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';
import type { AuditDatabase } from '../schema.ts';

// Every index costs each record about two microseconds, so there is one per filter that selects few records; the
// other filters (source, outcome) are applied while walking one of these.
const SEARCHED = ['name', 'actor', 'access_key'] as const;

async function up(db: Kysely<AuditDatabase>): Promise<void> {
  await db.schema
    .createTable('record')
    .addColumn('event_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('sequence', 'integer', (c) => c.notNull())
    .addColumn('time', 'integer', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('principal', 'text')
    .addColumn('actor', 'text')
    .addColumn('access_key', 'text')
    .addColumn('outcome', 'text', (c) => c.notNull())
    .addColumn('request_id', 'text')
    .addColumn('hash', 'text', (c) => c.notNull())
    // Last, so that walking the other columns does not read the pages of a long text.
    .addColumn('record', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('record_stream').unique().on('record').columns(['account_id', 'sequence']).execute();
  await db.schema.createIndex('record_time').on('record').columns(['account_id', 'time', 'sequence']).execute();
  await db.schema.createIndex('record_request').on('record').columns(['request_id']).execute();
  for (const column of SEARCHED) {
    await db.schema
      .createIndex(`record_${column}`)
      .on('record')
      .columns(['account_id', column, 'time', 'sequence'])
      .execute();
  }

  await db.schema
    .createTable('record_resource')
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('arn', 'text', (c) => c.notNull())
    .addColumn('time', 'integer', (c) => c.notNull())
    .addColumn('sequence', 'integer', (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('record_resource_arn')
    .on('record_resource')
    .columns(['account_id', 'arn', 'time', 'sequence'])
    .execute();

  await db.schema
    .createTable('pending')
    .addColumn('event_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('position', 'integer', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('record', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('pending_position').on('pending').columns(['position']).execute();

  await db.schema
    .createTable('stream_head')
    .addColumn('account_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('sequence', 'integer', (c) => c.notNull())
    .addColumn('hash', 'text', (c) => c.notNull())
    .addColumn('first_time', 'integer', (c) => c.notNull())
    .addColumn('last_time', 'integer', (c) => c.notNull())
    .execute();

  await db.schema
    .createTable('writer')
    .addColumn('boot', 'text', (c) => c.primaryKey().notNull())
    .addColumn('node', 'text', (c) => c.notNull())
    .addColumn('highest', 'integer', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('writer_hole')
    .addColumn('boot', 'text', (c) => c.notNull())
    .addColumn('first', 'integer', (c) => c.notNull())
    .addColumn('last', 'integer', (c) => c.notNull())
    .addColumn('noticed_at', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('writer_hole_key', ['boot', 'first'])
    .execute();
}

export const init: Migration = { name: '0001_init', up };
