import type { Migration } from '../../../../platform/store/index.ts';

/** Keys from before are in the default project: the MACs of their rows cover that (domain/rows.ts). */
export const enterpriseProjects: Migration = {
  name: '0003_enterprise_projects',
  async up(db) {
    await db.schema
      .alterTable('kms_key')
      .addColumn('enterprise_project_id', 'text', (c) => c.notNull().defaultTo('0'))
      .execute();
    await db.schema
      .createIndex('kms_key_project')
      .on('kms_key')
      .columns(['account_id', 'enterprise_project_id', 'key_id'])
      .execute();
  },
};
