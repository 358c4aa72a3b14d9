import type { Migration } from '../../../../platform/store/index.ts';

/** Policies of authorities stand in their rows, under their MAC: one that was taken away must not go unseen. */
export const sharing: Migration = {
  name: '0006_sharing',
  async up(db) {
    await db.schema
      .alterTable('authority')
      .addColumn('policy', 'text', (c) => c.notNull().defaultTo(''))
      .execute();
    await db.schema
      .alterTable('authority')
      .addColumn('policy_principals', 'text', (c) => c.notNull().defaultTo('[]'))
      .execute();
    await db.schema
      .createTable('permission')
      .addColumn('authority_id', 'text', (c) => c.notNull())
      .addColumn('principal', 'text', (c) => c.notNull())
      .addColumn('source_account', 'text', (c) => c.notNull())
      .addColumn('actions', 'text', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('row_mac', 'blob', (c) => c.notNull())
      .addPrimaryKeyConstraint('permission_of', ['authority_id', 'principal', 'source_account'])
      .execute();
  },
};
