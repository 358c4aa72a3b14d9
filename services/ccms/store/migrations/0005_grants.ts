import type { Migration } from '../../../../platform/store/index.ts';

export const grants: Migration = {
  name: '0005_grants',
  async up(db) {
    await db.schema
      .createTable('secret_grant')
      .addColumn('grant_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('secret_id', 'text', (c) => c.notNull())
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('secret_arn', 'text', (c) => c.notNull())
      .addColumn('grantee', 'text', (c) => c.notNull())
      .addColumn('grantee_id', 'text', (c) => c.notNull())
      .addColumn('grantee_account', 'text', (c) => c.notNull())
      .addColumn('actions', 'text', (c) => c.notNull())
      .addColumn('stages', 'text', (c) => c.notNull())
      .addColumn('fields', 'text')
      .addColumn('not_before', 'integer')
      .addColumn('expires_at', 'integer')
      .addColumn('addresses', 'text')
      .addColumn('purpose', 'text')
      .addColumn('max_cache_seconds', 'integer')
      .addColumn('approved_by', 'text')
      .addColumn('key_arn', 'text')
      .addColumn('key_grant_id', 'text')
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('created_by', 'text', (c) => c.notNull())
      .addColumn('revoked_at', 'integer')
      .addColumn('revoked_by', 'text')
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('row_mac', 'blob', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('secret_grant_secret').on('secret_grant').columns(['secret_id', 'grant_id']).execute();
    await db.schema
      .createIndex('secret_grant_grantee')
      .on('secret_grant')
      .columns(['grantee_id', 'grant_id'])
      .execute();
    await db.schema.createIndex('secret_grant_revoked').on('secret_grant').column('revoked_at').execute();
    await db.schema.createIndex('secret_grant_expired').on('secret_grant').column('expires_at').execute();
    await db.schema
      .createTable('secret_wrapping')
      .addColumn('wrapping_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('secret_id', 'text', (c) => c.notNull())
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('secret_arn', 'text', (c) => c.notNull())
      .addColumn('version_id', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('fields', 'text')
      .addColumn('recipient', 'text', (c) => c.notNull())
      .addColumn('recipient_id', 'text', (c) => c.notNull())
      .addColumn('recipient_account', 'text', (c) => c.notNull())
      .addColumn('token_hash', 'blob', (c) => c.notNull().unique())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('created_by', 'text', (c) => c.notNull())
      .addColumn('expires_at', 'integer', (c) => c.notNull())
      .addColumn('sealed', 'blob')
      .addColumn('unwrapped_at', 'integer')
      .addColumn('unwrapped_by', 'text')
      .addColumn('unwrapped_from', 'text')
      .addColumn('revoked_at', 'integer')
      .addColumn('misuse_count', 'integer', (c) => c.notNull())
      .addColumn('misuses', 'text', (c) => c.notNull())
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('row_mac', 'blob', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('secret_wrapping_secret')
      .on('secret_wrapping')
      .columns(['secret_id', 'wrapping_id'])
      .execute();
    await db.schema.createIndex('secret_wrapping_expired').on('secret_wrapping').column('expires_at').execute();
  },
};
