import type { Kysely } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: a migration sees the schema as it was then, not as it is typed now
async function up(db: Kysely<any>): Promise<void> {
  await db.schema.alterTable('authority').addColumn('revocation', 'text').execute();

  await db.schema
    .createTable('revocation')
    .addColumn('authority_id', 'text', (c) => c.notNull())
    .addColumn('serial', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('reason', 'integer', (c) => c.notNull())
    .addColumn('revoked_at', 'integer', (c) => c.notNull())
    .addColumn('changed_at', 'integer', (c) => c.notNull())
    .addColumn('not_after', 'integer', (c) => c.notNull())
    .addColumn('is_authority', 'integer', (c) => c.notNull())
    .addColumn('certificate_hash', 'text', (c) => c.notNull())
    .addColumn('shard', 'integer')
    .addColumn('listed', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .addPrimaryKeyConstraint('revocation_serial', ['authority_id', 'serial'])
    .execute();
  await db.schema
    .createIndex('revocation_of_list')
    .on('revocation')
    .columns(['authority_id', 'shard', 'listed', 'not_after'])
    .execute();
  await db.schema.createIndex('revocation_certificate').on('revocation').column('certificate_hash').execute();

  await db.schema
    .createTable('revocation_list')
    .addColumn('authority_id', 'text', (c) => c.notNull())
    .addColumn('shard', 'integer', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    // Of the list that is about to be signed or was; it only grows.
    .addColumn('number', 'integer', (c) => c.notNull())
    .addColumn('due_at', 'integer')
    .addColumn('leased_until', 'integer', (c) => c.notNull())
    .addColumn('fence', 'integer', (c) => c.notNull())
    .addColumn('list', 'blob')
    .addColumn('list_number', 'integer')
    .addColumn('sha256', 'text')
    .addColumn('this_update', 'integer')
    .addColumn('next_update', 'integer')
    .addColumn('entries', 'integer')
    .addColumn('store', 'text')
    .addColumn('stored_number', 'integer')
    .addColumn('deliver_at', 'integer')
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('problem', 'text')
    .addPrimaryKeyConstraint('revocation_list_shard', ['authority_id', 'shard'])
    .execute();
  await db.schema
    .createIndex('revocation_list_due')
    .on('revocation_list')
    .column('due_at')
    .where('due_at', 'is not', null)
    .execute();
  await db.schema
    .createIndex('revocation_list_deliver')
    .on('revocation_list')
    .column('deliver_at')
    .where('deliver_at', 'is not', null)
    .execute();

  await db.schema
    .createTable('ocsp_responder')
    .addColumn('authority_id', 'text', (c) => c.notNull())
    .addColumn('serial', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('certificate', 'blob', (c) => c.notNull())
    .addColumn('not_after', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('tenant_id', 'text', (c) => c.notNull())
    .addColumn('wrapped', 'blob', (c) => c.notNull())
    .addColumn('binding', 'blob', (c) => c.notNull())
    .addColumn('key_mac', 'blob', (c) => c.notNull())
    .addColumn('root_version', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .addPrimaryKeyConstraint('ocsp_responder_serial', ['authority_id', 'serial'])
    .execute();
  await db.schema
    .createIndex('ocsp_responder_age')
    .on('ocsp_responder')
    .columns(['authority_id', 'created_at'])
    .execute();
}

export const migration: Migration = { name: '0002_revocation', up };
