import type { Migration } from '../../../../platform/store/index.ts';

export const outside: Migration = {
  name: '0013_outside',
  async up(db) {
    await db.schema
      .createTable('outside_authority')
      .addColumn('outside_authority_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('directory_url', 'text', (c) => c.notNull())
      .addColumn('settings', 'text', (c) => c.notNull())
      .addColumn('sealed_binding', 'blob', (c) => c.notNull())
      .addColumn('thumbprint', 'text', (c) => c.notNull())
      .addColumn('public_key', 'blob', (c) => c.notNull())
      .addColumn('tenant_id', 'text', (c) => c.notNull())
      .addColumn('wrapped', 'blob', (c) => c.notNull())
      .addColumn('binding', 'blob', (c) => c.notNull())
      .addColumn('key_mac', 'blob', (c) => c.notNull())
      .addColumn('root_version', 'integer', (c) => c.notNull())
      .addColumn('registered', 'text', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('row_mac', 'blob', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('outside_authority_of_account')
      .on('outside_authority')
      .columns(['account_id', 'outside_authority_id'])
      .execute();

    await db.schema
      .createTable('outside_order')
      .addColumn('order_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('outside_authority_id', 'text', (c) => c.notNull())
      .addColumn('certificate_id', 'text', (c) => c.notNull())
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('body', 'text', (c) => c.notNull())
      .addColumn('requested_by', 'text', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('due_at', 'integer')
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('row_mac', 'blob', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('outside_order_of_authority')
      .on('outside_order')
      .columns(['outside_authority_id', 'order_id'])
      .execute();
    await db.schema.createIndex('outside_order_due').on('outside_order').column('due_at').execute();

    await db.schema
      .createTable('outside_proof')
      .addColumn('token', 'text', (c) => c.primaryKey().notNull())
      .addColumn('order_id', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('outside_proof_of_order').on('outside_proof').column('order_id').execute();

    await db.schema
      .createTable('outside_certificate')
      .addColumn('certificate_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('outside_authority_id', 'text', (c) => c.notNull())
      .addColumn('certificate_version', 'integer', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('body', 'text', (c) => c.notNull())
      .addColumn('certificate', 'blob', (c) => c.notNull())
      .addColumn('requested_by', 'text', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('due_at', 'integer')
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('row_mac', 'blob', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('outside_certificate_of_authority')
      .on('outside_certificate')
      .columns(['outside_authority_id', 'certificate_id'])
      .execute();
    await db.schema.createIndex('outside_certificate_due').on('outside_certificate').column('due_at').execute();
  },
};
