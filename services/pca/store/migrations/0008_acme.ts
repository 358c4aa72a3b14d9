import type { Kysely } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: a migration sees the schema as it was then, not as it is typed now
async function up(db: Kysely<any>): Promise<void> {
  await db.schema
    .createTable('acme_directory')
    .addColumn('directory_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('authority_id', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('rules', 'text', (c) => c.notNull())
    .addColumn('principal_id', 'text', (c) => c.notNull())
    .addColumn('principal_arn', 'text', (c) => c.notNull())
    .addColumn('principal_kind', 'text', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('acme_directory_of_authority')
    .on('acme_directory')
    .columns(['authority_id', 'directory_id'])
    .execute();

  await db.schema
    .createTable('acme_binding_key')
    .addColumn('key_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('directory_id', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('sealed', 'blob', (c) => c.notNull())
    .addColumn('expires_at', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('used_by', 'text')
    .addColumn('principal_id', 'text', (c) => c.notNull())
    .addColumn('principal_arn', 'text', (c) => c.notNull())
    .addColumn('principal_kind', 'text', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('acme_binding_key_of_directory')
    .on('acme_binding_key')
    .columns(['directory_id', 'key_id'])
    .execute();

  await db.schema
    .createTable('acme_account')
    .addColumn('acme_account_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('directory_id', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('jwk', 'text', (c) => c.notNull())
    .addColumn('thumbprint', 'text', (c) => c.notNull())
    .addColumn('contacts', 'text', (c) => c.notNull())
    .addColumn('binding_key_id', 'text')
    .addColumn('principal_id', 'text', (c) => c.notNull())
    .addColumn('principal_arn', 'text', (c) => c.notNull())
    .addColumn('principal_kind', 'text', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('acme_account_key')
    .unique()
    .on('acme_account')
    .columns(['directory_id', 'thumbprint'])
    .execute();
  await db.schema
    .createIndex('acme_account_of_directory')
    .on('acme_account')
    .columns(['directory_id', 'acme_account_id'])
    .execute();

  await db.schema
    .createTable('acme_order')
    .addColumn('order_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('acme_account_id', 'text', (c) => c.notNull())
    .addColumn('directory_id', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('body', 'text', (c) => c.notNull())
    .addColumn('replaces', 'text')
    .addColumn('serial', 'text')
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('due_at', 'integer')
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('acme_order_of_account')
    .on('acme_order')
    .columns(['acme_account_id', 'order_id'])
    .execute();
  await db.schema
    .createIndex('acme_order_of_directory')
    .on('acme_order')
    .columns(['directory_id', 'created_at'])
    .execute();
  await db.schema.createIndex('acme_order_due').on('acme_order').column('due_at').execute();
  await db.schema.createIndex('acme_order_serial').on('acme_order').columns(['directory_id', 'serial']).execute();
  await db.schema.createIndex('acme_order_replaces').on('acme_order').columns(['directory_id', 'replaces']).execute();

  await db.schema
    .createTable('acme_nonce')
    .addColumn('nonce', 'text', (c) => c.primaryKey().notNull())
    .addColumn('expires_at', 'integer', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('acme_nonce_end').on('acme_nonce').column('expires_at').execute();
}

export const migration: Migration = { name: '0008_acme', up };
