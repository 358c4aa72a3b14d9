import type { Migration } from '../../../../platform/store/index.ts';

/** Keys from before belong to customers: the MACs of their rows cover that (domain/rows.ts). */
export const defaultKeys: Migration = {
  name: '0005_default_keys',
  async up(db) {
    await db.schema.alterTable('kms_key').addColumn('managed_by', 'text').execute();
  },
};
