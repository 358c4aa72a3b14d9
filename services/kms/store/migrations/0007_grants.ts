import type { Migration } from '../../../../platform/store/index.ts';

export const grants: Migration = {
  name: '0007_grants',
  async up(db) {
    await db.schema
      .createTable('kms_grant')
      .addColumn('grant_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('key_id', 'text', (c) => c.notNull())
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('name', 'text')
      .addColumn('grantee', 'text', (c) => c.notNull())
      .addColumn('grantee_id', 'text', (c) => c.notNull())
      .addColumn('retiring', 'text')
      .addColumn('retiring_id', 'text')
      .addColumn('issuing_account', 'text', (c) => c.notNull())
      .addColumn('operations', 'text', (c) => c.notNull())
      .addColumn('constraints', 'text', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('same_as', 'text', (c) => c.unique())
      .addColumn('row_mac', 'blob', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('kms_grant_key').on('kms_grant').columns(['key_id', 'grant_id']).execute();
    await db.schema.createIndex('kms_grant_grantee').on('kms_grant').columns(['key_id', 'grantee_id']).execute();
    await db.schema.createIndex('kms_grant_retiring').on('kms_grant').columns(['retiring', 'grant_id']).execute();
  },
};
