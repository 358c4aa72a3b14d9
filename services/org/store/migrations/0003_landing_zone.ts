import { sql } from 'kysely';
import type { Migration } from '../../../../platform/store/index.ts';

/** Landing zones, and the log of who changed what that drift is explained by. */
export const landingZone: Migration = {
  name: '0003_landing_zone',
  async up(db) {
    await db.schema
      .createTable('change_note')
      .addColumn('event_id', 'text', (c) => c.notNull())
      .addColumn('object_id', 'text', (c) => c.notNull())
      .addColumn('at', 'integer', (c) => c.notNull())
      .addColumn('operation', 'text', (c) => c.notNull())
      .addColumn('actor', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('change_note_key', ['event_id', 'object_id'])
      .execute();
    await db.schema.createIndex('change_note_object').on('change_note').columns(['object_id', 'at']).execute();

    await db.schema
      .createTable('landing_zone')
      .addColumn('organization_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('document', 'text', (c) => c.notNull())
      .addColumn('apply_id', 'text', (c) => c.notNull())
      .addColumn('applied_at', 'integer', (c) => c.notNull())
      .execute();

    await db.schema
      .createTable('landing_zone_object')
      .addColumn('organization_id', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('key', 'text', (c) => c.notNull())
      .addColumn('object_id', 'text')
      .addColumn('state', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('landing_zone_object_key', ['organization_id', 'kind', 'key'])
      .execute();
    // One key per object.
    await db.schema
      .createIndex('landing_zone_object_id')
      .unique()
      .on('landing_zone_object')
      .columns(['organization_id', 'object_id'])
      .where(sql.ref('object_id'), 'is not', null)
      .execute();

    await db.schema
      .createTable('landing_zone_plan')
      .addColumn('plan_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('organization_id', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('sha256', 'text', (c) => c.notNull())
      .addColumn('revision', 'integer', (c) => c.notNull())
      .addColumn('document', 'text', (c) => c.notNull())
      .addColumn('body', 'text', (c) => c.notNull())
      .addColumn('created_by', 'text', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('expires_at', 'integer', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('landing_zone_plan_expiry').on('landing_zone_plan').column('expires_at').execute();

    await db.schema
      .createTable('landing_zone_step')
      .addColumn('plan_id', 'text', (c) => c.notNull().references('landing_zone_plan.plan_id'))
      .addColumn('position', 'integer', (c) => c.notNull())
      .addColumn('body', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('landing_zone_step_key', ['plan_id', 'position'])
      .execute();

    await db.schema
      .createTable('landing_zone_apply')
      .addColumn('apply_id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('organization_id', 'text', (c) => c.notNull())
      .addColumn('plan_id', 'text', (c) => c.notNull().references('landing_zone_plan.plan_id'))
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('total', 'integer', (c) => c.notNull())
      .addColumn('done', 'integer', (c) => c.notNull())
      .addColumn('caller', 'text', (c) => c.notNull())
      .addColumn('request_id', 'text', (c) => c.notNull())
      .addColumn('started_at', 'integer', (c) => c.notNull())
      .addColumn('ended_at', 'integer')
      .addColumn('failure', 'text')
      .addCheckConstraint('landing_zone_apply_state', sql`state in ('RUNNING', 'SUCCEEDED', 'FAILED')`)
      .addCheckConstraint('landing_zone_apply_end', sql`(ended_at is null) = (state = 'RUNNING')`)
      .execute();
    // The lock of the organization: one apply runs at a time.
    await db.schema
      .createIndex('landing_zone_apply_running')
      .unique()
      .on('landing_zone_apply')
      .column('organization_id')
      .where(sql.ref('state'), '=', 'RUNNING')
      .execute();
    await db.schema
      .createIndex('landing_zone_apply_time')
      .on('landing_zone_apply')
      .columns(['organization_id', 'apply_id'])
      .execute();

    await db.schema
      .createTable('landing_zone_journal')
      .addColumn('apply_id', 'text', (c) => c.notNull().references('landing_zone_apply.apply_id'))
      .addColumn('position', 'integer', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('at', 'integer', (c) => c.notNull())
      .addColumn('detail', 'text')
      .addPrimaryKeyConstraint('landing_zone_journal_key', ['apply_id', 'position'])
      .addCheckConstraint('landing_zone_journal_state', sql`state in ('WAITING', 'DONE', 'FAILED')`)
      .execute();
  },
};
