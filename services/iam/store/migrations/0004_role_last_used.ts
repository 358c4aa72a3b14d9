import type { Migration } from '../../../../platform/store/index.ts';

/** When a role was last assumed. What was assumed before the upgrade counts from the sessions that are still kept. */
export const roleLastUsed: Migration = {
  name: '0004_role_last_used',
  async up(db) {
    await db.schema.alterTable('iam_role').addColumn('last_used_at', 'integer').execute();
    await db
      .updateTable('iam_role')
      .set((eb) => ({
        last_used_at: eb
          .selectFrom('session')
          .select((session) => session.fn.max('session.issued_at').as('last'))
          .whereRef('session.entity_id', '=', 'iam_role.role_id'),
      }))
      .execute();
  },
};
