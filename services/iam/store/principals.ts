import { accountById } from './accounts.ts';
import type { Db, Range } from './db.ts';

/**
 * Unique ids of the root user, the users and the roles of an account, in their order: the account id is the one of the
 * root user, and ids of roles (AROA) come after those of users (AIDA).
 */
export async function principalIds(db: Db, accountId: string, range: Range): Promise<string[]> {
  const after = range.after ?? '';
  const ids = after < accountId && (await accountById(db, accountId)) ? [accountId] : [];
  const users = await db
    .selectFrom('iam_user')
    .select('user_id')
    .where('account_id', '=', accountId)
    .where('user_id', '>', after)
    .orderBy('user_id')
    .limit(range.limit - ids.length)
    .execute();
  ids.push(...users.map((user) => user.user_id));
  if (ids.length >= range.limit) return ids;
  const roles = await db
    .selectFrom('iam_role')
    .select('role_id')
    .where('account_id', '=', accountId)
    .where('role_id', '>', after)
    .orderBy('role_id')
    .limit(range.limit - ids.length)
    .execute();
  return [...ids, ...roles.map((role) => role.role_id)];
}
