import type { Migration } from '../../../../platform/store/index.ts';

/** Keys from before do not rotate, and their material came with the key: the MACs of their rows cover that. */
export const rotation: Migration = {
  name: '0006_rotation',
  async up(db) {
    await db.schema.alterTable('kms_key').addColumn('rotation_period_days', 'integer').execute();
    await db.schema.alterTable('kms_key').addColumn('next_rotation_at', 'integer').execute();
    await db.schema
      .createIndex('kms_key_rotation')
      .on('kms_key')
      .column('next_rotation_at')
      .where('next_rotation_at', 'is not', null)
      .execute();
    await db.schema.alterTable('key_material').addColumn('rotation_type', 'text').execute();
  },
};
