import type { Migration } from '../../../../platform/store/index.ts';

export const init: Migration = {
  name: '0001_init',
  async up(db) {
    await db.schema
      .createTable('account')
      .addColumn('account_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('email', 'text')
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('account_management')
      .unique()
      .on('account')
      .column('kind')
      .where('kind', '=', 'management')
      .execute();

    await db.schema
      .createTable('tenant_key')
      .addColumn('account_id', 'text', (c) => c.primaryKey().notNull().references('account.account_id'))
      .addColumn('wrapped', 'blob', (c) => c.notNull())
      .addColumn('binding', 'blob', (c) => c.notNull())
      .addColumn('mac', 'blob', (c) => c.notNull())
      .addColumn('root_version', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .execute();

    await db.schema
      .createTable('managed_policy')
      .addColumn('policy_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('account_id', 'text', (c) => c.notNull().references('account.account_id'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('name_key', 'text', (c) => c.notNull())
      .addColumn('path', 'text', (c) => c.notNull())
      .addColumn('description', 'text')
      .addColumn('default_version', 'integer', (c) => c.notNull())
      .addColumn('last_version', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('updated_at', 'integer', (c) => c.notNull())
      .addUniqueConstraint('managed_policy_name', ['account_id', 'name_key'])
      .execute();
    await db.schema
      .createTable('policy_version')
      .addColumn('policy_id', 'text', (c) => c.notNull().references('managed_policy.policy_id'))
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('document', 'text', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('policy_version_key', ['policy_id', 'version'])
      .execute();

    await db.schema
      .createTable('iam_user')
      .addColumn('user_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('account_id', 'text', (c) => c.notNull().references('account.account_id'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('name_key', 'text', (c) => c.notNull())
      .addColumn('path', 'text', (c) => c.notNull())
      .addColumn('boundary_arn', 'text')
      .addColumn('boundary_policy_id', 'text', (c) => c.references('managed_policy.policy_id'))
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addUniqueConstraint('iam_user_name', ['account_id', 'name_key'])
      .execute();
    await db.schema.createIndex('iam_user_boundary').on('iam_user').columns(['account_id', 'boundary_arn']).execute();

    await db.schema
      .createTable('iam_group')
      .addColumn('group_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('account_id', 'text', (c) => c.notNull().references('account.account_id'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('name_key', 'text', (c) => c.notNull())
      .addColumn('path', 'text', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addUniqueConstraint('iam_group_name', ['account_id', 'name_key'])
      .execute();
    await db.schema
      .createTable('group_member')
      .addColumn('group_id', 'text', (c) => c.notNull().references('iam_group.group_id'))
      .addColumn('user_id', 'text', (c) => c.notNull().references('iam_user.user_id'))
      .addPrimaryKeyConstraint('group_member_key', ['group_id', 'user_id'])
      .execute();
    await db.schema.createIndex('group_member_user').on('group_member').column('user_id').execute();

    await db.schema
      .createTable('attachment')
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('owner_kind', 'text', (c) => c.notNull())
      .addColumn('owner_id', 'text', (c) => c.notNull())
      .addColumn('policy_arn', 'text', (c) => c.notNull())
      .addColumn('policy_id', 'text', (c) => c.references('managed_policy.policy_id'))
      .addPrimaryKeyConstraint('attachment_key', ['owner_id', 'policy_arn'])
      .execute();
    await db.schema.createIndex('attachment_policy').on('attachment').columns(['account_id', 'policy_arn']).execute();

    await db.schema
      .createTable('inline_policy')
      .addColumn('owner_kind', 'text', (c) => c.notNull())
      .addColumn('owner_id', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('name_key', 'text', (c) => c.notNull())
      .addColumn('document', 'text', (c) => c.notNull())
      .addColumn('digest', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('inline_policy_key', ['owner_id', 'name_key'])
      .execute();

    await db.schema
      .createTable('access_key')
      .addColumn('access_key_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('user_id', 'text', (c) => c.notNull().references('iam_user.user_id'))
      .addColumn('sealed', 'blob', (c) => c.notNull())
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('last_used_at', 'integer')
      .addColumn('last_used_service', 'text')
      .addColumn('last_used_region', 'text')
      .execute();
    await db.schema.createIndex('access_key_user').on('access_key').column('user_id').execute();

    await db.schema
      .createTable('tag')
      .addColumn('owner_id', 'text', (c) => c.notNull())
      .addColumn('key_key', 'text', (c) => c.notNull())
      .addColumn('key', 'text', (c) => c.notNull())
      .addColumn('value', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('tag_key', ['owner_id', 'key_key'])
      .execute();

    await db.schema
      .createTable('namespace')
      .addColumn('account_id', 'text', (c) => c.notNull().references('account.account_id'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('definition', 'text', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('namespace_key', ['account_id', 'name'])
      .execute();

    await db.schema
      .createTable('installation')
      .addColumn('id', 'integer', (c) => c.primaryKey().notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('user_id', 'text', (c) => c.notNull())
      .addColumn('access_key_id', 'text', (c) => c.notNull())
      .execute();
  },
};
