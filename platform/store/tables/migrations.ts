import { type Kysely, sql } from 'kysely';
import type { Migration } from '../migrate.ts';
import type { PlatformTables } from './schema.ts';

async function init(db: Kysely<PlatformTables>): Promise<void> {
  await db.schema
    .createTable('audit_outbox')
    .addColumn('event_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('position', 'integer', (c) => c.notNull())
    .addColumn('account_id', 'text')
    .addColumn('wseq', 'integer', (c) => c.notNull())
    .addColumn('boot', 'text', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('record', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('audit_outbox_position').on('audit_outbox').column('position').execute();

  await db.schema
    .createTable('idempotency')
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('principal', 'text', (c) => c.notNull())
    .addColumn('operation', 'text', (c) => c.notNull())
    .addColumn('token', 'text', (c) => c.notNull())
    .addColumn('request_hash', 'text', (c) => c.notNull())
    .addColumn('response', 'blob')
    .addColumn('resource_ref', 'text')
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('idempotency_key', ['account_id', 'principal', 'operation', 'token'])
    .execute();
  await db.schema.createIndex('idempotency_expiry').on('idempotency').column('expires_at').execute();

  await db.schema
    .createTable('job')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('run_at', 'integer', (c) => c.notNull())
    .addColumn('lease_owner', 'text')
    .addColumn('lease_until', 'integer')
    .addColumn('fence', 'integer', (c) => c.notNull())
    .addColumn('attempt', 'integer', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('payload', 'text', (c) => c.notNull())
    .addColumn('progress', 'text')
    .addColumn('last_error', 'text')
    .execute();
  await db.schema
    .createIndex('job_active_key')
    .unique()
    .on('job')
    .columns(['type', 'key'])
    .where(sql.ref('state'), 'in', ['waiting', 'running'])
    .execute();
  await db.schema.createIndex('job_due').on('job').columns(['state', 'run_at']).execute();

  await db.schema
    .createTable('change_log')
    .addColumn('v', 'integer', (c) => c.primaryKey().notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('object_id', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text')
    .addColumn('at', 'integer', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('global_version')
    .addColumn('id', 'integer', (c) => c.primaryKey().notNull())
    .addColumn('v', 'integer', (c) => c.notNull())
    .execute();
  await db.insertInto('global_version').values({ id: 1, v: 0 }).execute();
}

async function renewal(db: Kysely<PlatformTables>): Promise<void> {
  await db.schema
    .createTable('renewal')
    .addColumn('step', 'text', (c) => c.primaryKey().notNull())
    .addColumn('form', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('begins_at', 'integer', (c) => c.notNull())
    .addColumn('wanted', 'integer', (c) => c.notNull())
    .addColumn('after', 'text')
    .addColumn('total', 'integer', (c) => c.notNull())
    .addColumn('seen', 'integer', (c) => c.notNull())
    .addColumn('renewed', 'integer', (c) => c.notNull())
    .addColumn('refused', 'integer', (c) => c.notNull())
    .execute();
}

async function appliedRestore(db: Kysely<PlatformTables>): Promise<void> {
  await db.schema
    .createTable('applied_restore')
    .addColumn('restore_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('applied_at', 'integer', (c) => c.notNull())
    .execute();
}

export const platformMigrations: readonly Migration[] = [
  { name: '0001_platform', up: init },
  { name: '0002_renewal', up: renewal },
  { name: '0003_applied_restore', up: appliedRestore },
];
