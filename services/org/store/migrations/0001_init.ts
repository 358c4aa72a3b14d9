import { sql } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';

export const init: Migration = {
  name: '0001_init',
  async up(db) {
    await db.schema
      .createTable('organization')
      .addColumn('organization_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('slot', 'integer', (c) => c.notNull().unique())
      .addColumn('management_account_id', 'text', (c) => c.notNull())
      .addColumn('root_id', 'text', (c) => c.notNull().unique())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addCheckConstraint('organization_only_one', sql`slot = 1`)
      .execute();

    await db.schema
      .createTable('node')
      .addColumn('node_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('organization_id', 'text', (c) => c.notNull().references('organization.organization_id'))
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('parent_id', 'text')
      .addColumn('parent_depth', 'integer')
      .addColumn('depth', 'integer', (c) => c.notNull())
      .addColumn('path', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('name_key', 'text', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addUniqueConstraint('node_place', ['node_id', 'depth'])
      .addUniqueConstraint('node_sibling', ['parent_id', 'name_key'])
      .addCheckConstraint('node_kind', sql`kind in ('root', 'unit')`)
      .addCheckConstraint('node_depth', sql`depth between 0 and 10`)
      .addCheckConstraint(
        'node_parent',
        sql`(kind = 'root' and parent_id is null and parent_depth is null and depth = 0)
          or (kind = 'unit' and parent_id is not null and parent_depth is not null and depth = parent_depth + 1)`,
      )
      // Checked at the commit: a move changes the depths of a whole subtree.
      .addForeignKeyConstraint('node_under', ['parent_id', 'parent_depth'], 'node', ['node_id', 'depth'], (c) =>
        c.deferrable().initiallyDeferred(),
      )
      .execute();
    await db.schema
      .createIndex('node_root')
      .unique()
      .on('node')
      .column('organization_id')
      .where(sql.ref('kind'), '=', 'root')
      .execute();
    await db.schema.createIndex('node_path').on('node').column('path').execute();

    await db.schema
      .createTable('account')
      .addColumn('account_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('organization_id', 'text', (c) => c.references('organization.organization_id'))
      .addColumn('parent_id', 'text', (c) => c.references('node.node_id'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('email', 'text')
      .addColumn('email_key', 'text', (c) => c.unique())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('keep_cross_account_use', 'integer', (c) => c.notNull())
      .addColumn('joined_method', 'text', (c) => c.notNull())
      .addColumn('joined_at', 'integer', (c) => c.notNull())
      .addColumn('closed_at', 'integer')
      .addCheckConstraint(
        'account_state',
        sql`state in ('PENDING_ACTIVATION', 'ACTIVE', 'SUSPENDED', 'PENDING_CLOSURE', 'CLOSED')`,
      )
      .addCheckConstraint('account_place', sql`(organization_id is null) = (parent_id is null)`)
      .execute();
    await db.schema.createIndex('account_parent').on('account').columns(['parent_id', 'account_id']).execute();
    await db.schema.createIndex('account_closed').on('account').columns(['state', 'closed_at']).execute();

    await db.schema
      .createTable('creation')
      .addColumn('request_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('organization_id', 'text', (c) => c.notNull().references('organization.organization_id'))
      .addColumn('account_id', 'text', (c) => c.notNull().unique())
      .addColumn('account_name', 'text', (c) => c.notNull())
      .addColumn('role_name', 'text')
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('failure_reason', 'text')
      .addColumn('requested_at', 'integer', (c) => c.notNull())
      .addColumn('completed_at', 'integer')
      .execute();
    await db.schema.createIndex('creation_state').on('creation').columns(['state', 'request_id']).execute();

    await db.schema
      .createTable('policy_type')
      .addColumn('organization_id', 'text', (c) => c.notNull().references('organization.organization_id'))
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('enabled_at', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('policy_type_key', ['organization_id', 'type'])
      .execute();

    await db.schema
      .createTable('policy')
      .addColumn('policy_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('organization_id', 'text', (c) => c.notNull().references('organization.organization_id'))
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('name_key', 'text', (c) => c.notNull())
      .addColumn('description', 'text', (c) => c.notNull())
      .addColumn('content', 'text', (c) => c.notNull())
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('updated_at', 'integer', (c) => c.notNull())
      .addUniqueConstraint('policy_name', ['organization_id', 'type', 'name_key'])
      .addUniqueConstraint('policy_type_of', ['policy_id', 'type'])
      .execute();

    await db.schema
      .createTable('attachment')
      .addColumn('target_id', 'text', (c) => c.notNull())
      .addColumn('policy_id', 'text', (c) => c.notNull())
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('mode', 'text', (c) => c.notNull())
      .addColumn('node_id', 'text', (c) => c.references('node.node_id'))
      .addColumn('account_id', 'text', (c) => c.references('account.account_id'))
      .addColumn('own_policy_id', 'text')
      .addColumn('attached_at', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('attachment_key', ['target_id', 'policy_id'])
      .addForeignKeyConstraint('attachment_policy', ['own_policy_id', 'type'], 'policy', ['policy_id', 'type'])
      .addCheckConstraint('attachment_mode', sql`mode in ('enforce', 'observe')`)
      .addCheckConstraint(
        'attachment_target',
        sql`(node_id is not null and account_id is null and target_id = node_id)
          or (node_id is null and account_id is not null and target_id = account_id)`,
      )
      .addCheckConstraint('attachment_own', sql`own_policy_id is null or own_policy_id = policy_id`)
      .execute();
    await db.schema.createIndex('attachment_of').on('attachment').columns(['policy_id', 'target_id']).execute();
    await db.schema.createIndex('attachment_type').on('attachment').columns(['target_id', 'type']).execute();

    await db.schema
      .createTable('handshake')
      .addColumn('handshake_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('organization_id', 'text', (c) => c.notNull().references('organization.organization_id'))
      .addColumn('account_id', 'text', (c) => c.notNull())
      .addColumn('target_type', 'text', (c) => c.notNull())
      .addColumn('target_value', 'text', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('notes', 'text')
      .addColumn('tags', 'text', (c) => c.notNull())
      .addColumn('requested_at', 'integer', (c) => c.notNull())
      .addColumn('expires_at', 'integer', (c) => c.notNull())
      .addColumn('ended_at', 'integer')
      .addCheckConstraint(
        'handshake_state',
        sql`state in ('REQUESTED', 'OPEN', 'CANCELED', 'ACCEPTED', 'DECLINED', 'EXPIRED')`,
      )
      .addCheckConstraint('handshake_end', sql`(ended_at is null) = (state in ('REQUESTED', 'OPEN'))`)
      .execute();
    await db.schema
      .createIndex('handshake_pending')
      .unique()
      .on('handshake')
      .columns(['organization_id', 'account_id'])
      .where(sql.ref('state'), '=', 'REQUESTED')
      .execute();
    await db.schema.createIndex('handshake_account').on('handshake').columns(['account_id', 'handshake_id']).execute();
    await db.schema.createIndex('handshake_expiry').on('handshake').columns(['state', 'expires_at']).execute();

    await db.schema
      .createTable('service_access')
      .addColumn('organization_id', 'text', (c) => c.notNull().references('organization.organization_id'))
      .addColumn('service_principal', 'text', (c) => c.notNull())
      .addColumn('enabled_at', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('service_access_key', ['organization_id', 'service_principal'])
      .execute();

    // Only for trusted services, only for accounts that the organization knows.
    await db.schema
      .createTable('delegated_administrator')
      .addColumn('service_principal', 'text', (c) => c.notNull())
      .addColumn('account_id', 'text', (c) => c.notNull().references('account.account_id'))
      .addColumn('organization_id', 'text', (c) => c.notNull())
      .addColumn('enabled_at', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('delegated_administrator_key', ['service_principal', 'account_id'])
      .addForeignKeyConstraint(
        'delegated_administrator_trust',
        ['organization_id', 'service_principal'],
        'service_access',
        ['organization_id', 'service_principal'],
      )
      .execute();
    await db.schema
      .createIndex('delegated_administrator_account')
      .on('delegated_administrator')
      .column('account_id')
      .execute();

    await db.schema
      .createTable('resource_policy')
      .addColumn('organization_id', 'text', (c) => c.primaryKey().notNull().references('organization.organization_id'))
      .addColumn('policy_id', 'text', (c) => c.notNull())
      .addColumn('content', 'text', (c) => c.notNull())
      .addColumn('updated_at', 'integer', (c) => c.notNull())
      .execute();

    await db.schema
      .createTable('tag')
      .addColumn('owner_id', 'text', (c) => c.notNull())
      .addColumn('key_key', 'text', (c) => c.notNull())
      .addColumn('key', 'text', (c) => c.notNull())
      .addColumn('value', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('tag_key', ['owner_id', 'key_key'])
      .execute();
  },
};
