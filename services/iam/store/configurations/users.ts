/** Users and groups. */
import type { ConfigurationItem } from '../../../../platform/contract/configuration.ts';
import { type ArnScope, groupArn, userArn } from '../../domain/names.ts';
import type { Db, GroupRow, UserRow } from '../db.ts';
import { credentialsOf } from './credentials.ts';
import { MOST_NAMES, permissionsOf, tagsOfOwners } from './permissions.ts';

export async function userItems(db: Db, scope: ArnScope, users: readonly UserRow[]): Promise<ConfigurationItem[]> {
  if (users.length === 0) return [];
  const ids = users.map((user) => user.user_id);
  const credentials = await credentialsOf(db, ids);
  const groups = await db
    .selectFrom('group_member')
    .innerJoin('iam_group', 'iam_group.group_id', 'group_member.group_id')
    .select(['group_member.user_id', 'iam_group.name'])
    .where('group_member.user_id', 'in', ids)
    .orderBy('iam_group.name_key')
    .execute();
  const permissions = await permissionsOf(db, ids);
  const tags = await tagsOfOwners(db, ids);
  return users.map((user) => ({
    Arn: userArn(scope, user.path, user.name),
    Type: 'iam:user',
    AccountId: user.account_id,
    Name: user.name,
    CreatedAt: user.created_at,
    Tags: tags.get(user.user_id) ?? {},
    Configuration: JSON.stringify({
      userId: user.user_id,
      name: user.name,
      path: user.path,
      enterpriseProject: user.enterprise_project_id,
      ...credentials(user.user_id),
      // There are no passwords.
      consoleAccess: false,
      groups: groups.filter((group) => group.user_id === user.user_id).map((group) => group.name),
      ...permissions(user.user_id),
      ...(user.boundary_arn !== null && { boundary: user.boundary_arn }),
    }),
    Deleted: false,
  }));
}

export async function groupItems(db: Db, scope: ArnScope, groups: readonly GroupRow[]): Promise<ConfigurationItem[]> {
  if (groups.length === 0) return [];
  const ids = groups.map((group) => group.group_id);
  const permissions = await permissionsOf(db, ids);
  const items: ConfigurationItem[] = [];
  for (const group of groups) {
    const members = await db
      .selectFrom('group_member')
      .innerJoin('iam_user', 'iam_user.user_id', 'group_member.user_id')
      .select('iam_user.name')
      .where('group_member.group_id', '=', group.group_id)
      .orderBy('iam_user.name_key')
      .limit(MOST_NAMES)
      .execute();
    items.push({
      Arn: groupArn(scope, group.path, group.name),
      Type: 'iam:group',
      AccountId: group.account_id,
      Name: group.name,
      CreatedAt: group.created_at,
      Tags: {},
      Configuration: JSON.stringify({
        groupId: group.group_id,
        name: group.name,
        path: group.path,
        enterpriseProject: group.enterprise_project_id,
        members: members.map((member) => member.name),
        ...permissions(group.group_id),
      }),
      Deleted: false,
    });
  }
  return items;
}
