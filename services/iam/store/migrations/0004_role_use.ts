import type { Migration } from '../../../../platform/store/index.ts';

export const roleUse: Migration = {
  name: '0004_role_use',
  async up(db) {
    await db.schema.alterTable('iam_role').addColumn('last_used_at', 'integer').execute();
    await db.schema.alterTable('iam_role').addColumn('last_used_region', 'text').execute();
  },
};
