/** What has a name under a path in an account: users, roles, groups and managed policies are found and listed alike. */
import type { Selectable } from 'kysely';
import type { Db, Range } from './db.ts';
import type { IamDb } from './schema.ts';

type NamedTable = 'iam_user' | 'iam_role' | 'iam_group' | 'managed_policy';

export function named<T extends NamedTable>(table: T) {
  type Row = Selectable<IamDb[T]>;
  // The columns used here are in every one of the tables; for a union of tables Kysely cannot say so.
  const from = (db: Db) => db.selectFrom(table as 'iam_user');
  return {
    /** By exact bytes: `Alice` does not find `alice`. */
    byName(db: Db, accountId: string, name: string): Promise<Row | undefined> {
      const found = from(db).selectAll().where('account_id', '=', accountId).where('name', '=', name);
      return found.executeTakeFirst() as Promise<Row | undefined>;
    },

    /** In the order of names, those whose path begins with `pathPrefix`. */
    list(db: Db, accountId: string, pathPrefix: string, range: Range): Promise<Row[]> {
      const found = from(db)
        .selectAll()
        .where('account_id', '=', accountId)
        .where('path', '>=', pathPrefix)
        .where('path', '<', after(pathPrefix))
        .where('name_key', '>', range.after ?? '')
        .orderBy('name_key')
        .limit(range.limit);
      return found.execute() as Promise<unknown[]> as Promise<Row[]>;
    },

    async count(db: Db, accountId: string): Promise<number> {
      const counted = from(db)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .where('account_id', '=', accountId);
      return Number((await counted.executeTakeFirstOrThrow()).n);
    },
  };
}

/** The first text above every text that begins with `prefix` (paths are ASCII without 0x7f). */
export function after(prefix: string): string {
  return `${prefix}\x7f`;
}
