import { type Kysely, sql } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: a migration sees the schema as it was then, not as it is typed now
async function up(db: Kysely<any>): Promise<void> {
  await db.schema
    .createTable('secret_rotation')
    .addColumn('secret_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('strategy', 'text', (c) => c.notNull())
    .addColumn('lane', 'text', (c) => c.notNull())
    .addColumn('enabled', 'integer', (c) => c.notNull())
    .addColumn('rules', 'text', (c) => c.notNull())
    .addColumn('rules_set_at', 'integer', (c) => c.notNull())
    .addColumn('due_at', 'integer')
    .addColumn('promised_at', 'integer')
    .addColumn('last_rotated_at', 'integer')
    .addColumn('moved_at', 'integer')
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('secret_rotation_due')
    .on('secret_rotation')
    .column('due_at')
    .where('due_at', 'is not', null)
    .execute();
  await db.schema
    .createIndex('secret_rotation_promised')
    .on('secret_rotation')
    .column('promised_at')
    .where('promised_at', 'is not', null)
    .execute();

  await db.schema.createIndex('secret_rotation_lane').on('secret_rotation').column('lane').execute();

  await db.schema
    .createTable('rotation_run')
    .addColumn('run_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('secret_id', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('token', 'text', (c) => c.notNull())
    .addColumn('strategy', 'text', (c) => c.notNull())
    .addColumn('lane', 'text', (c) => c.notNull())
    .addColumn('started_by', 'text', (c) => c.notNull())
    .addColumn('reason', 'text')
    .addColumn('outgoing', 'text')
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('step', 'text')
    .addColumn('attempt', 'integer', (c) => c.notNull())
    .addColumn('next_attempt_at', 'integer', (c) => c.notNull())
    .addColumn('window_ends_at', 'integer', (c) => c.notNull())
    .addColumn('failure', 'text')
    .addColumn('guard_waived', 'integer', (c) => c.notNull())
    .addColumn('fence', 'integer', (c) => c.notNull())
    .addColumn('owner', 'text')
    .addColumn('lease_until', 'integer', (c) => c.notNull())
    .addColumn('started_at', 'integer', (c) => c.notNull())
    .addColumn('finished_at', 'integer')
    .addColumn('ended_at', 'integer')
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .execute();
  // Never a second pending value: one run of a secret has not moved the stage yet.
  await db.schema
    .createIndex('rotation_run_unfinished')
    .unique()
    .on('rotation_run')
    .column('secret_id')
    .where(sql<boolean>`finished_at is null and ended_at is null`)
    .execute();
  await db.schema
    .createIndex('rotation_run_due')
    .on('rotation_run')
    .columns(['next_attempt_at', 'run_id'])
    .where(sql<boolean>`ended_at is null`)
    .execute();
  await db.schema.createIndex('rotation_run_secret').on('rotation_run').columns(['secret_id', 'run_id']).execute();

  await db.schema
    .createTable('rotation_function')
    .addColumn('function_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('ca', 'text')
    .addColumn('role_arn', 'text', (c) => c.notNull())
    .addColumn('signing_secret_arn', 'text', (c) => c.notNull())
    .addColumn('enterprise_project_id', 'text', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('changed_at', 'integer', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('row_mac', 'blob', (c) => c.notNull())
    .addUniqueConstraint('rotation_function_name', ['account_id', 'name'])
    .execute();
  await db.schema
    .createIndex('rotation_function_project')
    .on('rotation_function')
    .columns(['account_id', 'enterprise_project_id', 'function_id'])
    .execute();
}

export const migration: Migration = { name: '0003_rotation', up };
