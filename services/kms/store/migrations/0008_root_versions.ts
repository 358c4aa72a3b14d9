import type { Migration } from '../../../../platform/store/index.ts';

export const rootVersions: Migration = {
  name: '0008_root_versions',
  async up(db) {
    await db.schema
      .createTable('root_version')
      .addColumn('version', 'integer', (c) => c.primaryKey().notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('changed_at', 'integer', (c) => c.notNull())
      .addColumn('row_mac', 'blob', (c) => c.notNull())
      .execute();
  },
};
