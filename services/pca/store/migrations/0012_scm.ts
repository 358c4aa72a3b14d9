/** Certificates from elsewhere, their versions before, which certificate replaces which, and how far reminders are. */
import type { Migration } from '../../../../platform/store/index.ts';

export const scm: Migration = {
  name: '0012_scm',
  async up(db) {
    await db.schema
      .createTable('kept_certificate')
      .addColumn('certificate_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('certificate_version', 'integer', (c) => c.notNull())
      .addColumn('certificate', 'blob', (c) => c.notNull())
      .addColumn('chain', 'blob')
      .addColumn('fingerprint', 'text', (c) => c.notNull())
      .addColumn('has_key', 'integer', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('revoked_at', 'integer')
      .addColumn('revocation_reason', 'text')
      .addColumn('imported_at', 'integer', (c) => c.notNull())
      .addColumn('imported_by', 'text', (c) => c.notNull())
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('partition', 'text', (c) => c.notNull())
      .addColumn('region', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('description', 'text', (c) => c.notNull())
      .addColumn('source', 'text', (c) => c.notNull())
      .addColumn('order_reference', 'text')
      .addColumn('serial', 'text', (c) => c.notNull())
      .addColumn('public_key_hash', 'text', (c) => c.notNull())
      .addColumn('not_before', 'integer', (c) => c.notNull())
      .addColumn('not_after', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('restorable_until', 'integer')
      .addColumn('tags', 'text', (c) => c.notNull())
      .addColumn('enterprise_project_id', 'text', (c) => c.notNull())
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('row_mac', 'blob', (c) => c.notNull())
      .execute();
    const index = (name: string, columns: string[]) =>
      db.schema.createIndex(name).on('kept_certificate').columns(columns);
    await index('kept_newest', ['account_id', 'created_at', 'certificate_id']).execute();
    await index('kept_newest_of_key', ['account_id', 'public_key_hash', 'created_at', 'certificate_id']).execute();
    await index('kept_expiry', ['account_id', 'not_after', 'certificate_id']).execute();
    await index('kept_expiry_of_all', ['not_after', 'certificate_id']).execute();
    await index('kept_serial', ['account_id', 'serial']).execute();
    await index('kept_project', ['account_id', 'enterprise_project_id', 'certificate_id']).execute();
    await index('kept_deletion', ['restorable_until', 'certificate_id'])
      .where('restorable_until', 'is not', null)
      .execute();
    // INVARIANT: an account has no certificate twice.
    await index('kept_fingerprint', ['account_id', 'fingerprint']).unique().execute();

    await db.schema
      .createTable('kept_version')
      .addColumn('certificate_id', 'text', (c) => c.notNull())
      .addColumn('certificate_version', 'integer', (c) => c.notNull())
      .addColumn('certificate', 'blob', (c) => c.notNull())
      .addColumn('chain', 'blob')
      .addColumn('fingerprint', 'text', (c) => c.notNull())
      .addColumn('has_key', 'integer', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('revoked_at', 'integer')
      .addColumn('revocation_reason', 'text')
      .addColumn('imported_at', 'integer', (c) => c.notNull())
      .addColumn('imported_by', 'text', (c) => c.notNull())
      .addColumn('replaced_at', 'integer', (c) => c.notNull())
      .addColumn('row_mac', 'blob', (c) => c.notNull())
      .addPrimaryKeyConstraint('kept_version_of', ['certificate_id', 'certificate_version'])
      .execute();

    await db.schema
      .createTable('reissue')
      .addColumn('authority_id', 'text', (c) => c.notNull())
      .addColumn('serial', 'text', (c) => c.notNull())
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('replaces_serial', 'text', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('row_mac', 'blob', (c) => c.notNull())
      .addPrimaryKeyConstraint('reissue_of', ['authority_id', 'serial'])
      .execute();
    await db.schema
      .createIndex('reissue_replaced')
      .on('reissue')
      .columns(['authority_id', 'replaces_serial'])
      .execute();

    await db.schema
      .createTable('expiry_walk')
      .addColumn('source', 'text', (c) => c.notNull())
      .addColumn('days', 'integer', (c) => c.notNull())
      .addColumn('walked_until', 'integer', (c) => c.notNull())
      .addColumn('walks_to', 'integer')
      .addColumn('position', 'text')
      .addColumn('version', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('expiry_walk_of', ['source', 'days'])
      .execute();
  },
};
