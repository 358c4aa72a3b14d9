import type { Kysely } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: a migration sees the schema as it was then, not as it is typed now
async function up(db: Kysely<any>): Promise<void> {
  await db.schema
    .createTable('config_type')
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('title', 'text', (c) => c.notNull())
    .addColumn('schema', 'text', (c) => c.notNull())
    .addColumn('freshness_hours', 'integer', (c) => c.notNull())
    .addColumn('updated_at', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('config_type_key', ['account_id', 'type'])
    .execute();

  await db.schema
    .createTable('config_item')
    .addColumn('arn', 'text', (c) => c.primaryKey().notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('recorder', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'integer')
    .addColumn('captured_at', 'integer', (c) => c.notNull())
    .addColumn('confirmed_at', 'integer', (c) => c.notNull())
    .addColumn('event_id', 'text')
    .addColumn('event_name', 'text')
    .addColumn('actor', 'text')
    .addColumn('hash', 'text', (c) => c.notNull())
    .addColumn('tags', 'text', (c) => c.notNull())
    .addColumn('configuration', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('config_item_account').on('config_item').columns(['account_id', 'arn']).execute();
  await db.schema.createIndex('config_item_type').on('config_item').columns(['type', 'account_id', 'arn']).execute();
  await db.schema
    .createIndex('config_item_recorder')
    .on('config_item')
    .columns(['recorder', 'status', 'confirmed_at'])
    .execute();

  await db.schema
    .createTable('config_version')
    .addColumn('arn', 'text', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('captured_at', 'integer', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('event_id', 'text')
    .addColumn('event_name', 'text')
    .addColumn('actor', 'text')
    .addColumn('tags', 'text', (c) => c.notNull())
    .addColumn('configuration', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('config_version_key', ['arn', 'version'])
    .execute();

  await db.schema
    .createTable('config_relation')
    .addColumn('to_arn', 'text', (c) => c.notNull())
    .addColumn('from_arn', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('config_relation_key', ['to_arn', 'from_arn'])
    .execute();
  await db.schema.createIndex('config_relation_from').on('config_relation').column('from_arn').execute();

  await db.schema
    .createTable('config_verdict')
    .addColumn('arn', 'text', (c) => c.notNull())
    .addColumn('rule_id', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('severity', 'text', (c) => c.notNull())
    .addColumn('verdict', 'text', (c) => c.notNull())
    .addColumn('annotation', 'text')
    .addColumn('since', 'integer', (c) => c.notNull())
    .addColumn('exception_id', 'text')
    .addColumn('exempt_until', 'integer')
    .addPrimaryKeyConstraint('config_verdict_key', ['arn', 'rule_id'])
    .execute();
  await db.schema
    .createIndex('config_verdict_account')
    .on('config_verdict')
    .columns(['account_id', 'arn', 'rule_id'])
    .execute();
  await db.schema
    .createIndex('config_verdict_bad')
    .on('config_verdict')
    .columns(['verdict', 'account_id', 'arn', 'rule_id'])
    .execute();
  await db.schema
    .createIndex('config_verdict_rule')
    .on('config_verdict')
    .columns(['rule_id', 'account_id', 'arn'])
    .execute();
  // Holds all that the score is made of.
  await db.schema
    .createIndex('config_verdict_score')
    .on('config_verdict')
    .columns(['account_id', 'severity', 'verdict', 'exempt_until'])
    .execute();

  await db.schema
    .createTable('config_verdict_change')
    .addColumn('arn', 'text', (c) => c.notNull())
    .addColumn('at', 'integer', (c) => c.notNull())
    .addColumn('rule_id', 'text', (c) => c.notNull())
    .addColumn('before', 'text')
    .addColumn('after', 'text')
    .addPrimaryKeyConstraint('config_verdict_change_key', ['arn', 'at', 'rule_id'])
    .execute();

  await db.schema
    .createTable('config_rule')
    .addColumn('rule_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('target_id', 'text', (c) => c.notNull())
    .addColumn('title', 'text', (c) => c.notNull())
    .addColumn('severity', 'text', (c) => c.notNull())
    .addColumn('types', 'text', (c) => c.notNull())
    .addColumn('expression', 'text', (c) => c.notNull())
    .addColumn('message', 'text', (c) => c.notNull())
    .addColumn('parameters', 'text', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('updated_at', 'integer', (c) => c.notNull())
    .execute();

  await db.schema
    .createTable('config_pack')
    .addColumn('pack_name', 'text', (c) => c.notNull())
    .addColumn('target_id', 'text', (c) => c.notNull())
    /** Empty for what came with the product. */
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('parameters', 'text', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('config_pack_key', ['pack_name', 'target_id'])
    .execute();

  await db.schema
    .createTable('config_exception')
    .addColumn('exception_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('rule_id', 'text', (c) => c.notNull())
    .addColumn('scope_kind', 'text', (c) => c.notNull())
    .addColumn('scope_id', 'text', (c) => c.notNull())
    .addColumn('category', 'text', (c) => c.notNull())
    .addColumn('owner', 'text', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('created_by', 'text', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('expires_at', 'integer', (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('config_exception_end')
    .on('config_exception')
    .columns(['expires_at', 'exception_id'])
    .execute();

  // One row per thing to remember: the version of the rules, and what the follower was asked for.
  await db.schema
    .createTable('config_state')
    .addColumn('name', 'text', (c) => c.primaryKey().notNull())
    .addColumn('value', 'integer', (c) => c.notNull())
    .execute();
  await db.insertInto('config_state').values({ name: 'rules', value: 1 }).execute();
  // What every organization checks is checked from the first start on.
  await db
    .insertInto('config_pack')
    .values({ pack_name: 'core', target_id: '*', account_id: '', parameters: '{}', created_at: 0 })
    .execute();
}

export const detective: Migration = { name: '0002_detective', up };
