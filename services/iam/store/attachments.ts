import { sql } from 'kysely';
import type { Db, Range, Tx } from './db.ts';
import { after } from './named.ts';
import type { OwnerKind } from './schema.ts';

export interface Usage {
  attachments: number;
  boundaries: number;
}

/** Attached ARNs of one owner, in order. */
export async function attachedArns(db: Db, ownerId: string, range: Range): Promise<string[]> {
  const rows = await db
    .selectFrom('attachment')
    .select('policy_arn')
    .where('owner_id', '=', ownerId)
    .where('policy_arn', '>', range.after ?? '')
    .orderBy('policy_arn')
    .limit(range.limit)
    .execute();
  return rows.map((row) => row.policy_arn);
}

export async function countAttached(db: Db, ownerId: string): Promise<number> {
  const row = await db
    .selectFrom('attachment')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('owner_id', '=', ownerId)
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

export interface Attachment {
  accountId: string;
  ownerKind: OwnerKind;
  ownerId: string;
  policyArn: string;
  policyId: string | null;
}

/** True when it was not attached before. */
export async function attach(tx: Tx, row: Attachment): Promise<boolean> {
  const result = await tx
    .insertInto('attachment')
    .values({
      account_id: row.accountId,
      owner_kind: row.ownerKind,
      owner_id: row.ownerId,
      policy_arn: row.policyArn,
      policy_id: row.policyId,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** False when it was not attached. */
export async function detach(tx: Tx, ownerId: string, policyArn: string): Promise<boolean> {
  const result = await tx
    .deleteFrom('attachment')
    .where('owner_id', '=', ownerId)
    .where('policy_arn', '=', policyArn)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** How often each of the policies is attached, everywhere or in a project, and is a boundary, in this account. */
export async function usageOf(db: Db, accountId: string, arns: readonly string[]): Promise<Map<string, Usage>> {
  const usage = new Map<string, Usage>(arns.map((arn) => [arn, { attachments: 0, boundaries: 0 }]));
  if (arns.length === 0) return usage;
  const attached = await db
    .selectFrom('attachment')
    .select((eb) => ['policy_arn as arn', eb.fn.countAll<number>().as('n')])
    .where('account_id', '=', accountId)
    .where('policy_arn', 'in', arns)
    .groupBy('policy_arn')
    .execute();
  for (const row of attached) (usage.get(row.arn) as Usage).attachments = Number(row.n);
  const granted = await db
    .selectFrom('project_grant')
    .select((eb) => ['policy_arn as arn', eb.fn.countAll<number>().as('n')])
    .where('account_id', '=', accountId)
    .where('policy_arn', 'in', arns)
    .groupBy('policy_arn')
    .execute();
  for (const row of granted) (usage.get(row.arn) as Usage).attachments += Number(row.n);
  for (const table of ['iam_user', 'iam_role'] as const) {
    const bounding = await db
      .selectFrom(table)
      .select((eb) => ['boundary_arn as arn', eb.fn.countAll<number>().as('n')])
      .where('account_id', '=', accountId)
      .where('boundary_arn', 'in', arns)
      .groupBy('boundary_arn')
      .execute();
    for (const row of bounding) (usage.get(row.arn as string) as Usage).boundaries += Number(row.n);
  }
  return usage;
}

export interface Entity {
  kind: OwnerKind;
  id: string;
  name: string;
  nameKey: string;
}

export type PolicyUsage = 'attached' | 'boundary' | 'any';

export interface EntityFilter {
  accountId: string;
  policyArn: string;
  usage: PolicyUsage;
  pathPrefix: string;
}

/** Groups of the account that hold the policy. Groups have no boundary. */
export async function groupsHolding(db: Db, filter: EntityFilter, range: Range): Promise<Entity[]> {
  if (filter.usage === 'boundary') return [];
  const rows = await db
    .selectFrom('iam_group')
    .select(['group_id as id', 'name', 'name_key as nameKey'])
    .where('account_id', '=', filter.accountId)
    .where('path', '>=', filter.pathPrefix)
    .where('path', '<', after(filter.pathPrefix))
    .where('name_key', '>', range.after ?? '')
    .where('group_id', 'in', (eb) =>
      eb.selectFrom('attachment').select('owner_id').where('policy_arn', '=', filter.policyArn),
    )
    .orderBy('name_key')
    .limit(range.limit)
    .execute();
  return rows.map((row) => ({ kind: 'group', ...row }));
}

/** Users of the account that hold the policy themselves or are bounded by it. */
export const usersHolding = principalsHolding('user');

/** Roles of the account that hold the policy or are bounded by it. */
export const rolesHolding = principalsHolding('role');

function principalsHolding(kind: 'user' | 'role') {
  const principalId = sql.ref<string>(`${kind}_id`);
  return async (db: Db, filter: EntityFilter, range: Range): Promise<Entity[]> => {
    const rows = await db
      .selectFrom(`iam_${kind}`)
      .select([principalId.as('id'), 'name', 'name_key as nameKey'])
      .where('account_id', '=', filter.accountId)
      .where('path', '>=', filter.pathPrefix)
      .where('path', '<', after(filter.pathPrefix))
      .where('name_key', '>', range.after ?? '')
      .where((eb) => {
        const owners = eb.selectFrom('attachment').select('owner_id').where('policy_arn', '=', filter.policyArn);
        const holds = eb(principalId, 'in', owners);
        const bound = eb('boundary_arn', '=', filter.policyArn);
        return filter.usage === 'attached' ? holds : filter.usage === 'boundary' ? bound : eb.or([holds, bound]);
      })
      .orderBy('name_key')
      .limit(range.limit)
      .execute();
    return rows.map((row) => ({ kind, ...row }));
  };
}

/** Members of the group who have the policy on another way too: by themselves, or by another group. */
export async function membersAttachedOtherwise(db: Db, groupId: string, policyArn: string): Promise<Set<string>> {
  const members = db.selectFrom('group_member as member').where('member.group_id', '=', groupId);
  const own = await members
    .innerJoin('attachment', 'attachment.owner_id', 'member.user_id')
    .where('attachment.policy_arn', '=', policyArn)
    .select('member.user_id as id')
    .execute();
  const others = await members
    .innerJoin('group_member as other', 'other.user_id', 'member.user_id')
    .innerJoin('attachment', 'attachment.owner_id', 'other.group_id')
    .where('other.group_id', '!=', groupId)
    .where('attachment.policy_arn', '=', policyArn)
    .select('member.user_id as id')
    .execute();
  return new Set([...own, ...others].map(({ id }) => id));
}
