/** Users, groups, roles and policies as what they are in an enterprise project. */
import { type ArnScope, groupArn, policyArn, roleArn, userArn } from '../domain/names.ts';
import type { Db, Range, Tx } from './db.ts';
import { lockGroup, updateGroup } from './groups.ts';
import { lockPolicy, updatePolicy } from './policies.ts';
import { lockRole, updateRole } from './roles.ts';
import { lockUser, updateUser } from './users.ts';

/** In the order in which they are listed. */
export const RESOURCE_KINDS = ['group', 'policy', 'role', 'user'] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

const TABLES = {
  group: { table: 'iam_group', id: 'group_id', arn: groupArn },
  policy: { table: 'managed_policy', id: 'policy_id', arn: policyArn },
  role: { table: 'iam_role', id: 'role_id', arn: roleArn },
  user: { table: 'iam_user', id: 'user_id', arn: userArn },
} as const;

export interface PlacedEntity {
  id: string;
  arn: string;
}

/** Of one kind, by unique id. */
export async function entitiesOfProject(
  db: Db,
  kind: ResourceKind,
  place: ArnScope & { projectId: string },
  range: Range,
): Promise<PlacedEntity[]> {
  const { table, id, arn } = TABLES[kind];
  const rows = await db
    .selectFrom(table as 'iam_user')
    .select([`${id as 'user_id'} as id`, 'name', 'path'])
    .where('account_id', '=', place.accountId)
    .where('enterprise_project_id', '=', place.projectId)
    .where(id as 'user_id', '>', range.after ?? '')
    .orderBy(id as 'user_id')
    .limit(range.limit)
    .execute();
  return rows.map((row) => ({ id: row.id, arn: arn(place, row.path, row.name) }));
}

const LOCKS = { group: lockGroup, policy: lockPolicy, role: lockRole, user: lockUser } as const;
const UPDATES = { group: updateGroup, policy: updatePolicy, role: updateRole, user: updateUser } as const;

/** False when it is no longer in the project it was found in. */
export async function moveEntity(
  tx: Tx,
  kind: ResourceKind,
  id: string,
  move: { from: string; to: string },
): Promise<boolean> {
  const current = await LOCKS[kind](tx, id);
  if (current?.enterprise_project_id !== move.from) return false;
  await UPDATES[kind](tx, id, { enterprise_project_id: move.to });
  return true;
}
