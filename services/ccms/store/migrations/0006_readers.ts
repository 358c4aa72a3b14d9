import type { Migration } from '../../../../platform/store/index.ts';

export const readers: Migration = {
  name: '0006_readers',
  async up(db) {
    await db.schema
      .createTable('version_reader')
      .addColumn('secret_id', 'text', (c) => c.notNull())
      .addColumn('version_id', 'text', (c) => c.notNull())
      .addColumn('reader_id', 'text', (c) => c.notNull())
      .addColumn('reader_arn', 'text', (c) => c.notNull())
      .addColumn('grants', 'text', (c) => c.notNull())
      .addColumn('minute', 'integer', (c) => c.notNull())
      .addColumn('keeps_until', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('version_reader_key', ['secret_id', 'version_id', 'reader_id'])
      .execute();
    await db.schema.createIndex('version_reader_until').on('version_reader').column('keeps_until').execute();
  },
};
