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
    .createTable('authority')
    .addColumn('authority_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('partition', 'text', (c) => c.notNull())
    .addColumn('region', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('usage_mode', 'text', (c) => c.notNull())
    .addColumn('key_algorithm', 'text', (c) => c.notNull())
    .addColumn('signing_algorithm', 'text', (c) => c.notNull())
    .addColumn('key_storage', 'text', (c) => c.notNull())
    .addColumn('configuration', 'text', (c) => c.notNull())
    .addColumn('subject_hash', 'text', (c) => c.notNull())
    .addColumn('public_key', 'blob', (c) => c.notNull())
    .addColumn('public_key_hash', 'text', (c) => c.notNull())
    .addColumn('csr', 'blob', (c) => c.notNull())
    .addColumn('certificate', 'blob')
    .addColumn('chain', 'blob')
    .addColumn('not_before', 'integer')
    .addColumn('not_after', 'integer')
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('state_changed_at', 'integer', (c) => c.notNull())
    .addColumn('restorable_until', 'integer')
    .addColumn('tags', 'text', (c) => c.notNull())
    .addColumn('enterprise_project_id', 'text', (c) => c.notNull())
    .addColumn('tenant_id', 'text', (c) => c.notNull())
    .addColumn('wrapped', 'blob', (c) => c.notNull())
    .addColumn('binding', 'blob', (c) => c.notNull())
    .addColumn('key_mac', 'blob', (c) => c.notNull())
    .addColumn('root_version', 'integer', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('authority_account').on('authority').columns(['account_id', 'authority_id']).execute();
  await db.schema
    .createIndex('authority_project')
    .on('authority')
    .columns(['account_id', 'enterprise_project_id', 'authority_id'])
    .execute();
  await db.schema.createIndex('authority_key').on('authority').column('public_key_hash').execute();
  await db.schema.createIndex('authority_subject').on('authority').columns(['account_id', 'subject_hash']).execute();
  await db.schema
    .createIndex('authority_deletion')
    .on('authority')
    .column('restorable_until')
    .where('restorable_until', 'is not', null)
    .execute();

  await db.schema
    .createTable('certificate')
    .addColumn('authority_id', 'text', (c) => c.notNull())
    .addColumn('serial', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('template', 'text', (c) => c.notNull())
    .addColumn('tbs', 'blob', (c) => c.notNull())
    .addColumn('certificate', 'blob')
    .addColumn('not_before', 'integer', (c) => c.notNull())
    .addColumn('not_after', 'integer', (c) => c.notNull())
    .addColumn('subject_hash', 'text', (c) => c.notNull())
    .addColumn('public_key_hash', 'text', (c) => c.notNull())
    .addColumn('requested_by', 'text', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    // INVARIANT: no authority has two certificates with one serial number.
    .addPrimaryKeyConstraint('certificate_serial', ['authority_id', 'serial'])
    .execute();
  await db.schema
    .createIndex('certificate_key')
    .on('certificate')
    .columns(['account_id', 'public_key_hash', 'subject_hash'])
    .execute();
  await db.schema.createIndex('certificate_reserved').on('certificate').columns(['state', 'created_at']).execute();

  await db.schema
    .createTable('blocked_key')
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('public_key_hash', 'text', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('blocked_at', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('blocked_key_hash', ['account_id', 'public_key_hash'])
    .execute();
}

export const migration: Migration = { name: '0001_init', up };
