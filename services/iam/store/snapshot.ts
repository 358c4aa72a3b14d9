/** A principal with everything that decides for it, read in one snapshot: half a change is never seen. */
import type { z } from 'zod';
import type { PrincipalSnapshotShape } from '../api/internal.ts';
import { type ArnScope, inlinePolicyArn, rootArn, userArn } from '../domain/names.ts';
import type { ShippedPolicies } from '../domain/shipped.ts';
import { accountById } from './accounts.ts';
import type { Db, GroupRow, UserRow } from './db.ts';
import { groupsOfUser } from './groups.ts';
import { tagRecord, tagsOf } from './tags.ts';
import { userById } from './users.ts';

export type PrincipalView = z.output<typeof PrincipalSnapshotShape>;

type SnapshotPolicy = PrincipalView['Policies'][number];
const EVERYTHING = { after: undefined, limit: 10_000 };

export async function readPrincipal(
  view: Db,
  principalId: string,
  partition: string,
  shipped: ShippedPolicies,
): Promise<PrincipalView | undefined> {
  const version = await view.selectFrom('global_version').select('v').where('id', '=', 1).executeTakeFirstOrThrow();
  if (/^\d{12}$/.test(principalId)) return readRoot(view, principalId, partition, version.v);
  const user = await userById(view, principalId);
  if (!user) return undefined;
  const scope = { partition, accountId: user.account_id };
  const groups = await groupsOfUser(view, user.user_id, EVERYTHING);
  const owners = new Map([[user.user_id, user.name], ...groups.map((g) => [g.group_id, g.name] as const)]);
  const boundary = await readBoundary(view, user, shipped);
  const keys = await view
    .selectFrom('access_key')
    .select('access_key_id')
    .where('user_id', '=', user.user_id)
    .where('status', '=', 'Active')
    .orderBy('access_key_id')
    .execute();
  return {
    Arn: userArn(scope, user.path, user.name),
    AccountId: user.account_id,
    Kind: 'user',
    PrincipalId: user.user_id,
    UserName: user.name,
    Tags: tagRecord(await tagsOf(view, user.user_id)),
    Policies: [
      ...(await readInline(view, owners, scope)),
      ...(await readManaged(view, [...owners.keys()], shipped)),
      ...boundary,
    ],
    ActiveAccessKeyIds: keys.map((key) => key.access_key_id),
    Version: version.v,
  };
}

/** The policies of a group: inline ones and attached ones. */
export async function readGroupPolicies(
  view: Db,
  group: GroupRow,
  partition: string,
  shipped: ShippedPolicies,
): Promise<SnapshotPolicy[]> {
  const owners = new Map([[group.group_id, group.name]]);
  return [
    ...(await readInline(view, owners, { partition, accountId: group.account_id })),
    ...(await readManaged(view, [group.group_id], shipped)),
  ];
}

async function readRoot(
  view: Db,
  accountId: string,
  partition: string,
  version: number,
): Promise<PrincipalView | undefined> {
  if (!(await accountById(view, accountId))) return undefined;
  return {
    Arn: rootArn({ partition, accountId }),
    AccountId: accountId,
    Kind: 'root',
    PrincipalId: accountId,
    Tags: {},
    Policies: [],
    ActiveAccessKeyIds: [],
    Version: version,
  };
}

/** Owners: unique id to name. */
async function readInline(view: Db, owners: ReadonlyMap<string, string>, scope: ArnScope): Promise<SnapshotPolicy[]> {
  const rows = await view
    .selectFrom('inline_policy')
    .select(['owner_kind', 'owner_id', 'name', 'document', 'digest'])
    .where('owner_id', 'in', [...owners.keys()])
    .orderBy('owner_id')
    .orderBy('name_key')
    .execute();
  return rows.map((row) => ({
    Arn: inlinePolicyArn(scope, row.owner_kind, owners.get(row.owner_id) as string, row.name),
    Version: row.digest,
    Name: row.name,
    Kind: 'identity' as const,
    Document: row.document,
  }));
}

/** A policy that reaches the user by several ways counts once. */
async function readManaged(view: Db, owners: string[], shipped: ShippedPolicies): Promise<SnapshotPolicy[]> {
  const attached = await view
    .selectFrom('attachment')
    .leftJoin('managed_policy', 'managed_policy.policy_id', 'attachment.policy_id')
    .leftJoin('policy_version', (join) =>
      join
        .onRef('policy_version.policy_id', '=', 'managed_policy.policy_id')
        .onRef('policy_version.version', '=', 'managed_policy.default_version'),
    )
    .select([
      'attachment.policy_arn as arn',
      'managed_policy.name',
      'policy_version.version',
      'policy_version.document',
    ])
    .where('attachment.owner_id', 'in', owners)
    .orderBy('attachment.policy_arn')
    .execute();
  const found = new Map<string, SnapshotPolicy>();
  for (const row of attached) {
    const own: SnapshotPolicy | undefined =
      row.name !== null && row.version !== null && row.document !== null
        ? { Arn: row.arn, Version: `v${row.version}`, Name: row.name, Kind: 'identity', Document: row.document }
        : shippedPolicy(shipped, row.arn, 'identity');
    if (own) found.set(row.arn, own);
  }
  return [...found.values()];
}

/**
 * SECURITY: a boundary that cannot be read still bounds: it becomes a document that allows nothing, never an absent
 * layer. (A shipped policy that a later release no longer has.)
 */
async function readBoundary(view: Db, user: UserRow, shipped: ShippedPolicies): Promise<SnapshotPolicy[]> {
  const arn = user.boundary_arn;
  if (arn === null) return [];
  const row = await view
    .selectFrom('managed_policy')
    .innerJoin('policy_version', (join) =>
      join
        .onRef('policy_version.policy_id', '=', 'managed_policy.policy_id')
        .onRef('policy_version.version', '=', 'managed_policy.default_version'),
    )
    .select(['managed_policy.name', 'policy_version.version', 'policy_version.document'])
    .where('managed_policy.policy_id', '=', user.boundary_policy_id ?? '')
    .executeTakeFirst();
  if (row) return [{ Arn: arn, Version: `v${row.version}`, Name: row.name, Kind: 'boundary', Document: row.document }];
  return [shippedPolicy(shipped, arn, 'boundary') ?? { ...NOTHING, Arn: arn }];
}

const NOTHING: SnapshotPolicy = {
  Arn: '',
  Version: 'missing',
  Name: 'missing',
  Kind: 'boundary',
  Document: '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}',
};

function shippedPolicy(
  shipped: ShippedPolicies,
  arn: string,
  kind: SnapshotPolicy['Kind'],
): SnapshotPolicy | undefined {
  const policy = shipped.get(arn);
  return policy && { Arn: arn, Version: 'v1', Name: policy.name, Kind: kind, Document: policy.document };
}

/** Unique ids of the ARNs (or account ids) that exist. */
export async function resolveArns(
  db: Db,
  wanted: readonly { arn: string; accountId: string; path?: string; name?: string }[],
): Promise<{ Arn: string; PrincipalId: string }[]> {
  const found: { Arn: string; PrincipalId: string }[] = [];
  for (const { arn, accountId, path, name } of wanted) {
    if (name === undefined) {
      if (await accountById(db, accountId)) found.push({ Arn: arn, PrincipalId: accountId });
      continue;
    }
    const user = await db
      .selectFrom('iam_user')
      .select('user_id')
      .where('account_id', '=', accountId)
      .where('name', '=', name)
      .where('path', '=', path ?? '/')
      .executeTakeFirst();
    if (user) found.push({ Arn: arn, PrincipalId: user.user_id });
  }
  return found;
}
