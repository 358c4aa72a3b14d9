import type { Kysely } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: a migration sees the schema as it was then, not as it is typed now
async function up(db: Kysely<any>): Promise<void> {
  await db.schema
    .createTable('secret')
    .addColumn('secret_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('partition', 'text', (c) => c.notNull())
    .addColumn('region', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('suffix', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('kms_key_id', 'text')
    .addColumn('stages', 'text', (c) => c.notNull())
    .addColumn('tags', 'text', (c) => c.notNull())
    .addColumn('policy', 'text', (c) => c.notNull())
    .addColumn('policy_principals', 'text', (c) => c.notNull())
    .addColumn('policy_hash', 'text', (c) => c.notNull())
    .addColumn('enterprise_project_id', 'text', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('changed_at', 'integer', (c) => c.notNull())
    .addColumn('deletion_date', 'integer')
    .addColumn('deleted_at', 'integer')
    .addColumn('create_token', 'text', (c) => c.notNull())
    .addColumn('last_ordinal', 'integer', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .addUniqueConstraint('secret_name', ['account_id', 'name'])
    .execute();
  await db.schema
    .createIndex('secret_project')
    .on('secret')
    .columns(['account_id', 'enterprise_project_id', 'secret_id'])
    .execute();
  await db.schema
    .createIndex('secret_created')
    .on('secret')
    .columns(['account_id', 'created_at', 'secret_id'])
    .execute();
  await db.schema
    .createIndex('secret_changed')
    .on('secret')
    .columns(['account_id', 'changed_at', 'secret_id'])
    .execute();
  await db.schema
    .createIndex('secret_deletion')
    .on('secret')
    .column('deletion_date')
    .where('deletion_date', 'is not', null)
    .execute();

  await db.schema
    .createTable('secret_version')
    .addColumn('secret_id', 'text', (c) => c.notNull())
    .addColumn('version_id', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('ordinal', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('created_by', 'text', (c) => c.notNull())
    .addColumn('key_arn', 'text')
    .addColumn('key_name', 'text', (c) => c.notNull())
    .addColumn('kind', 'text')
    .addColumn('fingerprint', 'blob')
    .addColumn('expires_at', 'integer')
    .addColumn('sealed', 'blob')
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .addPrimaryKeyConstraint('secret_version_key', ['secret_id', 'version_id'])
    .addUniqueConstraint('secret_version_ordinal', ['secret_id', 'ordinal'])
    .execute();

  await db.schema
    .createTable('secret_tombstone')
    .addColumn('arn', 'text', (c) => c.primaryKey().notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('destroyed_at', 'integer', (c) => c.notNull())
    .addColumn('destroyed_by', 'text', (c) => c.notNull())
    .execute();

  await db.schema
    .createTable('version_access')
    .addColumn('secret_id', 'text', (c) => c.notNull())
    .addColumn('version_id', 'text', (c) => c.notNull())
    .addColumn('day', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('version_access_key', ['secret_id', 'version_id'])
    .execute();
}

export const migration: Migration = { name: '0001_init', up };
