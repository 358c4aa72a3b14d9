import type { Migration } from '../../../../platform/store/index.ts';

/** Private keys of certificates, sealed. A certificate that is renewed under its ARN has a key for each version. */
export const certificateKeys: Migration = {
  name: '0011_certificate_keys',
  async up(db) {
    await db.schema
      .createTable('certificate_key')
      .addColumn('certificate_arn', 'text', (c) => c.notNull())
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('key_algorithm', 'text', (c) => c.notNull())
      .addColumn('public_key_hash', 'text', (c) => c.notNull())
      .addColumn('sealed', 'blob', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('row_mac', 'blob', (c) => c.notNull())
      .addPrimaryKeyConstraint('certificate_key_of', ['certificate_arn', 'version'])
      .execute();
  },
};
