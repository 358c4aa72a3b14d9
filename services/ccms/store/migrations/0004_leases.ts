import { type Kysely, sql } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: a migration sees the schema as it was then, not as it is typed now
async function up(db: Kysely<any>): Promise<void> {
  await db.schema
    .createTable('credential_role')
    .addColumn('role_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('partition', 'text', (c) => c.notNull())
    .addColumn('region', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('target_id', 'text', (c) => c.notNull())
    .addColumn('settings', 'text', (c) => c.notNull())
    .addColumn('default_ttl_seconds', 'integer', (c) => c.notNull())
    .addColumn('max_ttl_seconds', 'integer', (c) => c.notNull())
    .addColumn('max_leases', 'integer', (c) => c.notNull())
    .addColumn('max_leases_per_principal', 'integer', (c) => c.notNull())
    .addColumn('connection_limit', 'integer')
    .addColumn('enterprise_project_id', 'text', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('changed_at', 'integer', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .addUniqueConstraint('credential_role_name', ['account_id', 'name'])
    .execute();
  await db.schema
    .createIndex('credential_role_target')
    .on('credential_role')
    .columns(['target_id', 'role_id'])
    .execute();
  await db.schema
    .createIndex('credential_role_project')
    .on('credential_role')
    .columns(['account_id', 'enterprise_project_id', 'role_id'])
    .execute();

  await db.schema
    .createTable('lease')
    .addColumn('lease_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('role_id', 'text', (c) => c.notNull())
    .addColumn('target_id', 'text', (c) => c.notNull())
    .addColumn('username', 'text', (c) => c.notNull())
    .addColumn('principal_id', 'text', (c) => c.notNull())
    .addColumn('principal_arn', 'text', (c) => c.notNull())
    .addColumn('entity_id', 'text', (c) => c.notNull())
    .addColumn('session_id', 'text')
    .addColumn('request_id', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('expires_at', 'integer', (c) => c.notNull())
    .addColumn('max_expires_at', 'integer', (c) => c.notNull())
    .addColumn('attempt', 'integer', (c) => c.notNull())
    .addColumn('next_attempt_at', 'integer', (c) => c.notNull())
    .addColumn('ended_by', 'text')
    .addColumn('failure', 'text')
    .addColumn('forgotten', 'integer', (c) => c.notNull())
    .addColumn('ended_at', 'integer')
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .addUniqueConstraint('lease_username', ['username'])
    .execute();
  await db.schema.createIndex('lease_account').on('lease').columns(['account_id', 'lease_id']).execute();
  // What is not over: the queue of each target, and the counts of each role.
  await db.schema
    .createIndex('lease_due')
    .on('lease')
    .columns(['target_id', 'next_attempt_at'])
    .where(sql.ref('ended_at'), 'is', null)
    .execute();
  await db.schema
    .createIndex('lease_open')
    .on('lease')
    .columns(['role_id', 'entity_id'])
    .where(sql.ref('ended_at'), 'is', null)
    .execute();
  await db.schema
    .createIndex('lease_state')
    .on('lease')
    .columns(['state', 'next_attempt_at'])
    .where(sql.ref('ended_at'), 'is', null)
    .execute();
  await db.schema
    .createIndex('lease_ended')
    .on('lease')
    .columns(['ended_at', 'lease_id'])
    .where('ended_at', 'is not', null)
    .execute();

  await db.schema
    .createTable('lease_orphan')
    .addColumn('target_id', 'text', (c) => c.notNull())
    .addColumn('username', 'text', (c) => c.notNull())
    .addColumn('found_at', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('lease_orphan_key', ['target_id', 'username'])
    .execute();
}

export const migration: Migration = { name: '0004_leases', up };
