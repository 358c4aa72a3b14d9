import type { Db, GroupRow, Range, Tx, UserRow } from './db.ts';
import { named } from './named.ts';

export const { byName: groupByName, list: listGroups, count: countGroups } = named('iam_group');

export function lockGroup(tx: Tx, groupId: string): Promise<GroupRow | undefined> {
  return tx.selectFrom('iam_group').selectAll().where('group_id', '=', groupId).forUpdate().executeTakeFirst();
}

export function groupsOfUser(db: Db, userId: string, range: Range): Promise<GroupRow[]> {
  return db
    .selectFrom('group_member')
    .innerJoin('iam_group', 'iam_group.group_id', 'group_member.group_id')
    .selectAll('iam_group')
    .where('group_member.user_id', '=', userId)
    .where('iam_group.name_key', '>', range.after ?? '')
    .orderBy('iam_group.name_key')
    .limit(range.limit)
    .execute();
}

export function usersOfGroup(db: Db, groupId: string, range: Range): Promise<UserRow[]> {
  return db
    .selectFrom('group_member')
    .innerJoin('iam_user', 'iam_user.user_id', 'group_member.user_id')
    .selectAll('iam_user')
    .where('group_member.group_id', '=', groupId)
    .where('iam_user.name_key', '>', range.after ?? '')
    .orderBy('iam_user.name_key')
    .limit(range.limit)
    .execute();
}

export async function insertGroup(tx: Tx, row: GroupRow): Promise<void> {
  await tx.insertInto('iam_group').values(row).execute();
}

export async function updateGroup(tx: Tx, groupId: string, set: Partial<GroupRow>): Promise<void> {
  await tx.updateTable('iam_group').set(set).where('group_id', '=', groupId).execute();
}

export async function deleteGroup(tx: Tx, groupId: string): Promise<void> {
  await tx.deleteFrom('iam_group').where('group_id', '=', groupId).execute();
}

/** True when the user was not a member before. */
export async function addMember(tx: Tx, groupId: string, userId: string): Promise<boolean> {
  const result = await tx
    .insertInto('group_member')
    .values({ group_id: groupId, user_id: userId })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** False when the user was no member. */
export async function removeMember(tx: Tx, groupId: string, userId: string): Promise<boolean> {
  const result = await tx
    .deleteFrom('group_member')
    .where('group_id', '=', groupId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}
