import type { Migration } from '../../../../platform/store/index.ts';

/**
 * Roles, sessions that are kept, second factors, and credentials of root users. `access_key` is made anew because its
 * owner may now be the root user of an account, who is no row of `iam_user`.
 */
export const roles: Migration = {
  name: '0002_roles',
  async up(db) {
    await db.schema
      .createTable('iam_role')
      .addColumn('role_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('account_id', 'text', (c) => c.notNull().references('account.account_id'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('name_key', 'text', (c) => c.notNull())
      .addColumn('path', 'text', (c) => c.notNull())
      .addColumn('description', 'text')
      .addColumn('trust', 'text', (c) => c.notNull())
      .addColumn('trust_principals', 'text', (c) => c.notNull())
      .addColumn('max_session_seconds', 'integer', (c) => c.notNull())
      .addColumn('boundary_arn', 'text')
      .addColumn('boundary_policy_id', 'text', (c) => c.references('managed_policy.policy_id'))
      .addColumn('sessions_not_before', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addUniqueConstraint('iam_role_name', ['account_id', 'name_key'])
      .execute();
    await db.schema.createIndex('iam_role_boundary').on('iam_role').columns(['account_id', 'boundary_arn']).execute();
    await db.schema
      .alterTable('iam_user')
      .addColumn('sessions_not_before', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();

    await db.schema
      .createTable('session')
      .addColumn('session_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('account_id', 'text', (c) => c.notNull().references('account.account_id'))
      .addColumn('entity_id', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('name', 'text')
      .addColumn('origin_key_id', 'text', (c) => c.notNull())
      .addColumn('origin_account_id', 'text', (c) => c.notNull())
      .addColumn('parent_session_id', 'text')
      .addColumn('source_identity', 'text')
      .addColumn('tags', 'text', (c) => c.notNull())
      .addColumn('transitive_keys', 'text', (c) => c.notNull())
      .addColumn('policy', 'text')
      .addColumn('managed_policies', 'text')
      .addColumn('mfa_at', 'integer')
      .addColumn('issued_at', 'integer', (c) => c.notNull())
      .addColumn('expires_at', 'integer', (c) => c.notNull())
      .addColumn('revoked_at', 'integer')
      .execute();
    await db.schema.createIndex('session_entity').on('session').columns(['entity_id', 'session_id']).execute();
    await db.schema.createIndex('session_parent').on('session').column('parent_session_id').execute();
    await db.schema.createIndex('session_expiry').on('session').column('expires_at').execute();

    await db.schema
      .createTable('mfa_device')
      .addColumn('serial', 'text', (c) => c.primaryKey().notNull())
      .addColumn('account_id', 'text', (c) => c.notNull().references('account.account_id'))
      .addColumn('name_key', 'text', (c) => c.notNull())
      .addColumn('sealed', 'blob', (c) => c.notNull())
      .addColumn('owner_id', 'text')
      .addColumn('enabled_at', 'integer')
      .addColumn('drift', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('last_step', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('failures', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('locked_until', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addUniqueConstraint('mfa_device_name', ['account_id', 'name_key'])
      .execute();
    await db.schema.createIndex('mfa_device_owner').on('mfa_device').column('owner_id').execute();

    await db.schema
      .createTable('root_claim')
      .addColumn('account_id', 'text', (c) => c.primaryKey().notNull().references('account.account_id'))
      .addColumn('digest', 'blob', (c) => c.notNull())
      .addColumn('expires_at', 'integer', (c) => c.notNull())
      .execute();

    await db.schema
      .createTable('access_key_2')
      .addColumn('access_key_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('account_id', 'text', (c) => c.notNull().references('account.account_id'))
      .addColumn('owner_id', 'text', (c) => c.notNull())
      .addColumn('sealed', 'blob', (c) => c.notNull())
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('last_used_at', 'integer')
      .addColumn('last_used_service', 'text')
      .addColumn('last_used_region', 'text')
      .execute();
    const kept = ['access_key_id', 'account_id', 'sealed', 'status', 'created_at'] as const;
    const used = ['last_used_at', 'last_used_service', 'last_used_region'] as const;
    await db
      .insertInto('access_key_2')
      .columns([...kept, 'owner_id', ...used])
      .expression(db.selectFrom('access_key').select([...kept, 'user_id', ...used]))
      .execute();
    await db.schema.dropTable('access_key').execute();
    await db.schema.alterTable('access_key_2').renameTo('access_key').execute();
    await db.schema.createIndex('access_key_owner').on('access_key').column('owner_id').execute();
  },
};
