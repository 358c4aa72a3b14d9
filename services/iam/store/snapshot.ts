/** A principal with everything that decides for it, read in one snapshot: half a change is never seen. */
import type { z } from 'zod';
import type { PrincipalSnapshotShape } from '../api/internal.ts';
import { type ArnScope, inlinePolicyArn, roleArn, rootArn, userArn } from '../domain/names.ts';
import type { PrincipalName } from '../domain/principal-names.ts';
import type { ShippedPolicies } from '../domain/shipped.ts';
import { accountById } from './accounts.ts';
import type { Db, GroupRow, RoleRow } from './db.ts';
import { groupsOfUser } from './groups.ts';
import { roleById, roleByName } from './roles.ts';
import { tagRecord, tagsOf } from './tags.ts';
import { userById, userByName } from './users.ts';

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
  const role = principalId.startsWith('AROA') ? await roleById(view, principalId) : undefined;
  if (role) return readRole(view, role, { partition, accountId: role.account_id }, version.v, shipped);
  const user = await userById(view, principalId);
  if (!user) return undefined;
  const scope = { partition, accountId: user.account_id };
  const groups = await groupsOfUser(view, user.user_id, EVERYTHING);
  const owners = [
    { kind: 'user', id: user.user_id, name: user.name } as const,
    ...groups.map((group) => ({ kind: 'group', id: group.group_id, name: group.name }) as const),
  ];
  return {
    Arn: userArn(scope, user.path, user.name),
    AccountId: user.account_id,
    Kind: 'user',
    PrincipalId: user.user_id,
    UserName: user.name,
    EnterpriseProjectId: user.enterprise_project_id,
    Tags: tagRecord(await tagsOf(view, user.user_id)),
    Policies: await readPolicies(view, owners, user, scope, shipped),
    ActiveAccessKeyIds: await activeKeys(view, user.user_id),
    Version: version.v,
  };
}

async function readRole(
  view: Db,
  role: RoleRow,
  scope: ArnScope,
  version: number,
  shipped: ShippedPolicies,
): Promise<PrincipalView> {
  return {
    Arn: roleArn(scope, role.path, role.name),
    AccountId: role.account_id,
    Kind: 'role',
    PrincipalId: role.role_id,
    RoleName: role.name,
    EnterpriseProjectId: role.enterprise_project_id,
    Tags: tagRecord(await tagsOf(view, role.role_id)),
    Policies: await readPolicies(view, [{ kind: 'role', id: role.role_id, name: role.name }], role, scope, shipped),
    ActiveAccessKeyIds: [],
    Version: version,
  };
}

/** Whose policies a principal has: a user and its groups, or a role. */
interface PolicyOwner {
  kind: 'user' | 'group' | 'role';
  id: string;
  name: string;
}

interface Bounded {
  boundary_arn: string | null;
  boundary_policy_id: string | null;
}

async function readPolicies(
  view: Db,
  owners: readonly PolicyOwner[],
  bounded: Bounded,
  scope: ArnScope,
  shipped: ShippedPolicies,
): Promise<SnapshotPolicy[]> {
  return [...(await readGranting(view, owners, scope, shipped)), ...(await readBoundary(view, bounded, shipped))];
}

async function readGranting(
  view: Db,
  owners: readonly PolicyOwner[],
  scope: ArnScope,
  shipped: ShippedPolicies,
): Promise<SnapshotPolicy[]> {
  const ids = owners.map((owner) => owner.id);
  return [
    ...(await readInline(view, owners, scope)),
    ...(await readManaged(view, ids, shipped)),
    ...(await readGrants(view, ids, shipped)),
  ];
}

async function activeKeys(view: Db, ownerId: string): Promise<string[]> {
  const keys = await view
    .selectFrom('access_key')
    .select('access_key_id')
    .where('owner_id', '=', ownerId)
    .where('status', '=', 'Active')
    .orderBy('access_key_id')
    .execute();
  return keys.map((key) => key.access_key_id);
}

/** The policies of a group: inline ones, attached ones, and grants in projects. */
export async function readGroupPolicies(
  view: Db,
  group: GroupRow,
  partition: string,
  shipped: ShippedPolicies,
): Promise<SnapshotPolicy[]> {
  const owners = [{ kind: 'group', id: group.group_id, name: group.name }] as const;
  return readGranting(view, owners, { partition, accountId: group.account_id }, shipped);
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
    ActiveAccessKeyIds: await activeKeys(view, accountId),
    Version: version,
  };
}

async function readInline(view: Db, owners: readonly PolicyOwner[], scope: ArnScope): Promise<SnapshotPolicy[]> {
  const names = new Map(owners.map((owner) => [owner.id, owner.name]));
  const rows = await view
    .selectFrom('inline_policy')
    .select(['owner_kind', 'owner_id', 'name', 'document', 'digest'])
    .where('owner_id', 'in', [...names.keys()])
    .orderBy('owner_id')
    .orderBy('name_key')
    .execute();
  return rows.map((row) => ({
    Arn: inlinePolicyArn(scope, row.owner_kind, names.get(row.owner_id) as string, row.name),
    Version: row.digest,
    Name: row.name,
    Kind: 'identity' as const,
    Document: row.document,
  }));
}

/** A policy that reaches the principal by several ways counts once. */
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
    const policy = inForce(row, shipped);
    if (policy) found.set(row.arn, policy);
  }
  return [...found.values()];
}

/** Policies that hold in one project only. One that reaches the principal by several ways counts once per project. */
async function readGrants(view: Db, owners: string[], shipped: ShippedPolicies): Promise<SnapshotPolicy[]> {
  const granted = await view
    .selectFrom('project_grant')
    .leftJoin('managed_policy', 'managed_policy.policy_id', 'project_grant.policy_id')
    .leftJoin('policy_version', (join) =>
      join
        .onRef('policy_version.policy_id', '=', 'managed_policy.policy_id')
        .onRef('policy_version.version', '=', 'managed_policy.default_version'),
    )
    .select([
      'project_grant.project_id as project',
      'project_grant.policy_arn as arn',
      'managed_policy.name',
      'policy_version.version',
      'policy_version.document',
    ])
    .distinct()
    .where('project_grant.owner_id', 'in', owners)
    .orderBy('project_grant.project_id')
    .orderBy('project_grant.policy_arn')
    .execute();
  return granted.flatMap((row) => {
    const policy = inForce(row, shipped);
    return policy ? [{ ...policy, EnterpriseProjectId: row.project }] : [];
  });
}

/** A policy of the account in its version in force, or a shipped one; undefined: a later release no longer has it. */
function inForce(
  row: { arn: string; name: string | null; version: number | null; document: string | null },
  shipped: ShippedPolicies,
): SnapshotPolicy | undefined {
  const { arn, name, version, document } = row;
  if (name === null || version === null || document === null) return shippedPolicy(shipped, arn, 'identity');
  return { Arn: arn, Version: `v${version}`, Name: name, Kind: 'identity', Document: document };
}

/**
 * SECURITY: a boundary that cannot be read still bounds: it becomes a document that allows nothing, never an absent
 * layer. (A shipped policy that a later release no longer has.)
 */
async function readBoundary(view: Db, bounded: Bounded, shipped: ShippedPolicies): Promise<SnapshotPolicy[]> {
  const arn = bounded.boundary_arn;
  if (arn === null) return [];
  const own = await ownPolicy(view, bounded.boundary_policy_id ?? '', 'boundary');
  if (own) return [{ ...own, Arn: arn }];
  return [shippedPolicy(shipped, arn, 'boundary') ?? { ...NOTHING, Arn: arn }];
}

/** A policy of the account in its version in force; the ARN is the reader's to fill in. */
export async function ownPolicy(
  view: Db,
  policyId: string,
  kind: SnapshotPolicy['Kind'],
): Promise<Omit<SnapshotPolicy, 'Arn'> | undefined> {
  const row = await view
    .selectFrom('managed_policy')
    .innerJoin('policy_version', (join) =>
      join
        .onRef('policy_version.policy_id', '=', 'managed_policy.policy_id')
        .onRef('policy_version.version', '=', 'managed_policy.default_version'),
    )
    .select(['managed_policy.name', 'policy_version.version', 'policy_version.document'])
    .where('managed_policy.policy_id', '=', policyId)
    .executeTakeFirst();
  return row && { Version: `v${row.version}`, Name: row.name, Kind: kind, Document: row.document };
}

/** In place of a policy that limits and cannot be read. */
export const NOTHING: SnapshotPolicy = {
  Arn: '',
  Version: 'missing',
  Name: 'missing',
  Kind: 'boundary',
  Document: '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}',
};

export function shippedPolicy(
  shipped: ShippedPolicies,
  arn: string,
  kind: SnapshotPolicy['Kind'],
): SnapshotPolicy | undefined {
  const policy = shipped.get(arn);
  return policy && { Arn: arn, Version: 'v1', Name: policy.name, Kind: kind, Document: policy.document };
}

/** Unique ids of the ARNs (or account ids) that exist. A session of a role is known by the id of its role. */
export async function resolveArns(
  db: Db,
  wanted: readonly PrincipalName[],
): Promise<{ Arn: string; PrincipalId: string }[]> {
  const found: { Arn: string; PrincipalId: string }[] = [];
  for (const name of wanted) {
    const PrincipalId = await idOf(db, name);
    if (PrincipalId !== undefined) found.push({ Arn: name.arn, PrincipalId });
  }
  return found;
}

async function idOf(db: Db, wanted: PrincipalName): Promise<string | undefined> {
  switch (wanted.type) {
    case 'account':
      return (await accountById(db, wanted.accountId))?.account_id;
    case 'user': {
      const user = await userByName(db, wanted.accountId, wanted.name);
      return user?.path === wanted.path ? user.user_id : undefined;
    }
    case 'role': {
      const role = await roleByName(db, wanted.accountId, wanted.name);
      return role?.path === wanted.path ? role.role_id : undefined;
    }
    case 'role-session':
      return (await roleByName(db, wanted.accountId, wanted.name))?.role_id;
  }
}
