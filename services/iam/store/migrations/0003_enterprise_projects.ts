import type { Migration } from '../../../../platform/store/index.ts';

/** Whatever was there before is in the default project, which has no row: every account has it. */
export const enterpriseProjects: Migration = {
  name: '0003_enterprise_projects',
  async up(db) {
    await db.schema
      .createTable('enterprise_project')
      .addColumn('project_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('account_id', 'text', (c) => c.notNull().references('account.account_id'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('name_key', 'text', (c) => c.notNull())
      .addColumn('description', 'text', (c) => c.notNull())
      .addColumn('enabled', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('updated_at', 'integer', (c) => c.notNull())
      .addUniqueConstraint('enterprise_project_name', ['account_id', 'name_key'])
      .execute();

    await db.schema
      .createTable('project_grant')
      .addColumn('account_id', 'text', (c) => c.notNull().references('account.account_id'))
      .addColumn('project_id', 'text', (c) => c.notNull())
      .addColumn('owner_kind', 'text', (c) => c.notNull())
      .addColumn('owner_id', 'text', (c) => c.notNull())
      .addColumn('policy_arn', 'text', (c) => c.notNull())
      .addColumn('policy_id', 'text', (c) => c.references('managed_policy.policy_id'))
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('project_grant_key', ['owner_id', 'project_id', 'policy_arn'])
      .execute();
    await db.schema
      .createIndex('project_grant_project')
      .on('project_grant')
      .columns(['account_id', 'project_id', 'owner_id', 'policy_arn'])
      .execute();
    await db.schema
      .createIndex('project_grant_policy')
      .on('project_grant')
      .columns(['account_id', 'policy_arn'])
      .execute();

    for (const [table, id] of [
      ['iam_user', 'user_id'],
      ['iam_group', 'group_id'],
      ['iam_role', 'role_id'],
      ['managed_policy', 'policy_id'],
    ] as const) {
      await db.schema
        .alterTable(table)
        .addColumn('enterprise_project_id', 'text', (c) => c.notNull().defaultTo('0'))
        .execute();
      await db.schema
        .createIndex(`${table}_project`)
        .on(table)
        .columns(['account_id', 'enterprise_project_id', id])
        .execute();
    }
  },
};
