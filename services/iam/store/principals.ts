/** Everybody who can ask for something in an account: its root user first, then its users by name. */
import type { Db } from './db.ts';

export interface ListedPrincipal {
  principalId: string;
  /** Where the list goes on behind it. */
  position: string;
}

/** At most `limit` behind `after`; fewer only at the end. */
export async function principalsAfter(
  db: Db,
  accountId: string,
  after: string | undefined,
  limit: number,
): Promise<ListedPrincipal[]> {
  const root: ListedPrincipal[] = after === undefined ? [{ principalId: accountId, position: '' }] : [];
  const rows = await db
    .selectFrom('iam_user')
    .select(['user_id', 'name_key'])
    .where('account_id', '=', accountId)
    .where('name_key', '>', after ?? '')
    .orderBy('name_key')
    .limit(limit - root.length)
    .execute();
  return [...root, ...rows.map((row) => ({ principalId: row.user_id, position: row.name_key }))];
}
