import type { Migration } from '../../../../platform/store/index.ts';

export const leaseAsked: Migration = {
  name: '0007_lease_asked',
  async up(db) {
    await db.schema.alterTable('lease').addColumn('asked', 'text').execute();
  },
};
