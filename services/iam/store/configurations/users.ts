/**
 * What identities look like to the detective engine: facts about credentials and permissions. Never a secret: access
 * keys by their id and age only.
 */
import type { ConfigurationItem } from '../../../platform/contract/configuration.ts';
import { type ArnScope, groupArn, policyArn, rootArn, userArn } from '../domain/names.ts';
import { allowsEverything } from '../domain/wide-policy.ts';
import { usageOf } from './attachments.ts';
import type { AccountRow, Db, GroupRow, PolicyRow, UserRow } from './db.ts';
import { versionOf } from './policies.ts';

/** Of lists inside a configuration; there are limits far below it on everything but the members of a group. */
const MOST = 1_000;
const iso = (time: number) => new Date(time).toISOString();

export async function rootItem(db: Db, partition: string, account: AccountRow): Promise<ConfigurationItem> {
  const scope = { partition, accountId: account.account_id };
  const credentials = (await credentialsOf(db, [account.account_id]))(account.account_id);
  return {
    Arn: rootArn(scope),
    Type: 'iam:root',
    AccountId: account.account_id,
    Name: account.name,
    CreatedAt: account.created_at,
    Tags: {},
    Configuration: JSON.stringify({
      accountName: account.name,
      kind: account.kind,
      // There are no passwords: whoever has no key cannot sign in.
      loginEnabled: credentials.accessKeys.length > 0,
      ...credentials,
      lastUsedAt: credentials.accessKeys.reduce<string | null>(
        (last, { lastUsedAt }) =>
          lastUsedAt !== undefined && (last === null || lastUsedAt > last) ? lastUsedAt : last,
        null,
      ),
    }),
    Deleted: false,
  };
}

interface Credentials {
  accessKeys: { id: string; status: string; createdAt: string; lastUsedAt?: string }[];
  mfaEnabled: boolean;
}

/** Access keys and second factors of users, or of root users by the id of their account. */
async function credentialsOf(db: Db, ownerIds: readonly string[]): Promise<(ownerId: string) => Credentials> {
  const keys = await db
    .selectFrom('access_key')
    .selectAll()
    .where('owner_id', 'in', ownerIds)
    .orderBy('access_key_id')
    .execute();
  const devices = await db.selectFrom('mfa_device').select('owner_id').where('owner_id', 'in', ownerIds).execute();
  const protectedIds = new Set(devices.map((device) => device.owner_id));
  return (ownerId) => ({
    accessKeys: keys
      .filter((key) => key.owner_id === ownerId)
      .map((key) => ({
        id: key.access_key_id,
        status: key.status,
        createdAt: iso(key.created_at),
        ...(key.last_used_at !== null && { lastUsedAt: iso(key.last_used_at) }),
      })),
    mfaEnabled: protectedIds.has(ownerId),
  });
}

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
      .limit(MOST)
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
        members: members.map((member) => member.name),
        ...permissions(group.group_id),
      }),
      Deleted: false,
    });
  }
  return items;
}

export async function policyItems(
  db: Db,
  scope: ArnScope,
  policies: readonly PolicyRow[],
): Promise<ConfigurationItem[]> {
  if (policies.length === 0) return [];
  const arnOf = (policy: PolicyRow) => policyArn(scope, policy.path, policy.name);
  const usage = await usageOf(db, scope.accountId, policies.map(arnOf));
  const tags = await tagsOfOwners(
    db,
    policies.map((policy) => policy.policy_id),
  );
  const items: ConfigurationItem[] = [];
  for (const policy of policies) {
    const version = await versionOf(db, policy.policy_id, policy.default_version);
    const used = usage.get(arnOf(policy));
    items.push({
      Arn: arnOf(policy),
      Type: 'iam:policy',
      AccountId: policy.account_id,
      Name: policy.name,
      CreatedAt: policy.created_at,
      Tags: tags.get(policy.policy_id) ?? {},
      Configuration: JSON.stringify({
        policyId: policy.policy_id,
        name: policy.name,
        path: policy.path,
        defaultVersion: `v${policy.default_version}`,
        attachmentCount: used?.attachments ?? 0,
        boundaryCount: used?.boundaries ?? 0,
        ...(version && { allowsEverything: allowsEverything(version.document) }),
      }),
      Deleted: false,
    });
  }
  return items;
}

/** Attached and inline policies of users or groups. */
async function permissionsOf(db: Db, owners: readonly string[]) {
  const attached = await db
    .selectFrom('attachment')
    .select(['owner_id', 'policy_arn'])
    .where('owner_id', 'in', owners)
    .orderBy('policy_arn')
    .execute();
  const inline = await db
    .selectFrom('inline_policy')
    .select(['owner_id', 'name', 'document', 'digest'])
    .where('owner_id', 'in', owners)
    .orderBy('name_key')
    .execute();
  return (owner: string) => ({
    attachedPolicies: attached.filter((row) => row.owner_id === owner).map((row) => row.policy_arn),
    inlinePolicies: inline
      .filter((row) => row.owner_id === owner)
      .map((row) => ({ name: row.name, digest: row.digest, allowsEverything: allowsEverything(row.document) })),
  });
}

async function tagsOfOwners(db: Db, owners: readonly string[]): Promise<Map<string, Record<string, string>>> {
  const rows = await db
    .selectFrom('tag')
    .select(['owner_id', 'key', 'value'])
    .where('owner_id', 'in', owners)
    .execute();
  const found = new Map<string, Record<string, string>>();
  for (const { owner_id, key, value } of rows) found.set(owner_id, { ...found.get(owner_id), [key]: value });
  return found;
}
