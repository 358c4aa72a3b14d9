import type { Kysely } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: a migration sees the schema as it was then, not as it is typed now
async function up(db: Kysely<any>): Promise<void> {
  await db.schema
    .createTable('tenant_key')
    .addColumn('account_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('tenant_id', 'text', (c) => c.notNull().unique())
    .addColumn('wrapped', 'blob', (c) => c.notNull())
    .addColumn('binding', 'blob', (c) => c.notNull())
    .addColumn('mac', 'blob', (c) => c.notNull())
    .addColumn('root_version', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .execute();

  await db.schema
    .createTable('kms_key')
    .addColumn('key_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('partition', 'text', (c) => c.notNull())
    .addColumn('region', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('spec', 'text', (c) => c.notNull())
    .addColumn('usage', 'text', (c) => c.notNull())
    .addColumn('origin', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('deletion_date', 'integer')
    .addColumn('pending_window_days', 'integer')
    .addColumn('material_id', 'text', (c) => c.notNull())
    .addColumn('aliases', 'text', (c) => c.notNull())
    .addColumn('tags', 'text', (c) => c.notNull())
    .addColumn('policy', 'text', (c) => c.notNull())
    .addColumn('policy_principals', 'text', (c) => c.notNull())
    .addColumn('policy_hash', 'text', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('kms_key_account').on('kms_key').columns(['account_id', 'key_id']).execute();
  await db.schema
    .createIndex('kms_key_deletion')
    .on('kms_key')
    .column('deletion_date')
    .where('deletion_date', 'is not', null)
    .execute();

  await db.schema
    .createTable('key_material')
    .addColumn('key_id', 'text', (c) => c.notNull())
    .addColumn('material_id', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('tenant_id', 'text', (c) => c.notNull())
    .addColumn('wrapped', 'blob', (c) => c.notNull())
    .addColumn('binding', 'blob', (c) => c.notNull())
    .addColumn('mac', 'blob', (c) => c.notNull())
    .addColumn('root_version', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .addPrimaryKeyConstraint('key_material_key', ['key_id', 'material_id'])
    .execute();

  await db.schema
    .createTable('key_alias')
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('key_id', 'text', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('updated_at', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .addPrimaryKeyConstraint('key_alias_key', ['account_id', 'name'])
    .execute();
  await db.schema.createIndex('key_alias_target').on('key_alias').columns(['account_id', 'key_id', 'name']).execute();
}

export const migration: Migration = { name: '0001_init', up };
