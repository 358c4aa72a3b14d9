/** Managed policies granted to users, groups and roles within one enterprise project. */
import type { Db, GrantRow, Range, Tx } from './db.ts';

/** True when it was not granted before. */
export async function insertGrant(tx: Tx, row: GrantRow): Promise<boolean> {
  const result = await tx
    .insertInto('project_grant')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export type GrantKey = Pick<GrantRow, 'owner_id' | 'project_id' | 'policy_arn'>;

/** False when it was not granted. */
export async function deleteGrant(tx: Tx, grant: GrantKey): Promise<boolean> {
  const result = await tx
    .deleteFrom('project_grant')
    .where('owner_id', '=', grant.owner_id)
    .where('project_id', '=', grant.project_id)
    .where('policy_arn', '=', grant.policy_arn)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

export async function countGrants(db: Db, ownerId: string): Promise<number> {
  const row = await db
    .selectFrom('project_grant')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('owner_id', '=', ownerId)
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

/** Of one owner, as `project: policy`, for whoever wants to know what is in the way of its deletion. */
export async function grantsOf(db: Db, ownerId: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('project_grant')
    .select(['project_id', 'policy_arn'])
    .where('owner_id', '=', ownerId)
    .orderBy('project_id')
    .orderBy('policy_arn')
    .limit(limit)
    .execute();
  return rows.map((row) => `${row.project_id}: ${row.policy_arn}`);
}

export interface ListedGrant {
  owner_kind: GrantRow['owner_kind'];
  owner_id: string;
  policy_arn: string;
  created_at: number;
  /** Name of the owner. */
  name: string;
  path: string;
}

/** The place of a grant in the order of the list. */
export const grantPosition = (grant: ListedGrant) => `${grant.owner_id}|${grant.policy_arn}`;

/** Grants in a project, by owner and policy; of one owner when it is given. */
export async function listGrants(
  db: Db,
  filter: { accountId: string; projectId: string; ownerId?: string | undefined },
  range: Range,
): Promise<ListedGrant[]> {
  const [owner = '', policy = ''] = (range.after ?? '').split('|');
  let query = db
    .selectFrom('project_grant')
    .leftJoin('iam_user', 'iam_user.user_id', 'project_grant.owner_id')
    .leftJoin('iam_group', 'iam_group.group_id', 'project_grant.owner_id')
    .leftJoin('iam_role', 'iam_role.role_id', 'project_grant.owner_id')
    .select((eb) => [
      'project_grant.owner_kind',
      'project_grant.owner_id',
      'project_grant.policy_arn',
      'project_grant.created_at',
      eb.fn.coalesce('iam_user.name', 'iam_group.name', 'iam_role.name').as('name'),
      eb.fn.coalesce('iam_user.path', 'iam_group.path', 'iam_role.path').as('path'),
    ])
    .where('project_grant.account_id', '=', filter.accountId)
    .where('project_grant.project_id', '=', filter.projectId)
    .where((eb) =>
      eb.or([
        eb('project_grant.owner_id', '>', owner),
        eb.and([eb('project_grant.owner_id', '=', owner), eb('project_grant.policy_arn', '>', policy)]),
      ]),
    );
  if (filter.ownerId !== undefined) query = query.where('project_grant.owner_id', '=', filter.ownerId);
  const rows = await query
    .orderBy('project_grant.owner_id')
    .orderBy('project_grant.policy_arn')
    .limit(range.limit)
    .execute();
  return rows.map((row) => ({ ...row, name: row.name ?? row.owner_id, path: row.path ?? '/' }));
}
