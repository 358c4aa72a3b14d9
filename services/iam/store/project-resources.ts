/** Users, groups, roles, policies, MFA devices and action namespaces as what they are in an enterprise project. */
import { type ArnScope, groupArn, namespaceArn, type PathName, policyArn, roleArn, userArn } from '../domain/names.ts';
import type { Db, Range, Tx } from './db.ts';
import { lockGroup, updateGroup } from './groups.ts';
import { lockDevice, updateDevice } from './mfa-devices.ts';
import { lockNamespace, updateNamespace } from './namespaces.ts';
import { lockPolicy, updatePolicy } from './policies.ts';
import { lockRole, updateRole } from './roles.ts';
import { lockUser, updateUser } from './users.ts';

/** In the order in which they are listed. */
export const RESOURCE_KINDS = ['group', 'mfa', 'namespace', 'policy', 'role', 'user'] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

/** As operations name the kinds. */
export const RESOURCE_TYPES = {
  group: 'iam:group',
  mfa: 'iam:mfa',
  namespace: 'authz:namespace',
  policy: 'iam:policy',
  role: 'iam:role',
  user: 'iam:user',
} as const satisfies Record<ResourceKind, string>;

type Scope = ArnScope & { region: string };
export type ProjectPlace = Scope & { projectId: string };

export interface PlacedEntity {
  /** Its place in the list of its kind. */
  position: string;
  arn: string;
}

const NAMED = {
  group: { table: 'iam_group', id: 'group_id', arn: groupArn },
  policy: { table: 'managed_policy', id: 'policy_id', arn: policyArn },
  role: { table: 'iam_role', id: 'role_id', arn: roleArn },
  user: { table: 'iam_user', id: 'user_id', arn: userArn },
} as const;

/** Of one kind, by position. */
export async function entitiesOfProject(
  db: Db,
  kind: ResourceKind,
  place: ProjectPlace,
  range: Range,
): Promise<PlacedEntity[]> {
  if (kind === 'mfa') {
    const rows = await inProject(db, 'mfa_device', 'name_key', ['serial'], place, range);
    return rows.map((row) => ({ position: row.position, arn: row.serial }));
  }
  if (kind === 'namespace') {
    const rows = await inProject(db, 'namespace', 'name', [], place, range);
    return rows.map((row) => ({ position: row.position, arn: namespaceArn(place, row.position) }));
  }
  const { table, id, arn } = NAMED[kind];
  const rows = await inProject(db, table, id, ['name', 'path'], place, range);
  return rows.map((row) => ({ position: row.position, arn: arn(place, row.path, row.name) }));
}

interface PlacedRow extends PathName {
  position: string;
  serial: string;
}

async function inProject(
  db: Db,
  table: string,
  position: string,
  columns: readonly (keyof PathName | 'serial')[],
  { accountId, projectId }: ProjectPlace,
  { after, limit }: Range,
): Promise<PlacedRow[]> {
  // The tables have the columns in common that this reads; the columns beside them are named by the caller.
  const from = db.selectFrom(table as 'iam_user');
  const rows = await from
    .select([`${position as 'user_id'} as position`, ...(columns as readonly 'name'[])])
    .where('account_id', '=', accountId)
    .where('enterprise_project_id', '=', projectId)
    .where(position as 'user_id', '>', after ?? '')
    .orderBy(position as 'user_id')
    .limit(limit)
    .execute();
  return rows as unknown as PlacedRow[];
}

/** What a change takes to find a row: its unique id, serial number or name, and the account. */
export interface EntityKey {
  kind: ResourceKind;
  accountId: string;
  id: string;
}

type Column = { enterprise_project_id: string };

const MOVES: Record<
  ResourceKind,
  {
    lock: (tx: Tx, id: string, accountId: string) => Promise<Column | undefined>;
    update: (tx: Tx, id: string, set: Column, accountId: string) => Promise<void>;
  }
> = {
  group: { lock: lockGroup, update: updateGroup },
  mfa: { lock: lockDevice, update: updateDevice },
  namespace: { lock: lockNamespace, update: updateNamespace },
  policy: { lock: lockPolicy, update: updatePolicy },
  role: { lock: lockRole, update: updateRole },
  user: { lock: lockUser, update: updateUser },
};

/** False when it is no longer in the project it was found in. */
export async function moveEntity(
  tx: Tx,
  { kind, accountId, id }: EntityKey,
  move: { from: string; to: string },
): Promise<boolean> {
  const { lock, update } = MOVES[kind];
  if ((await lock(tx, id, accountId))?.enterprise_project_id !== move.from) return false;
  await update(tx, id, { enterprise_project_id: move.to }, accountId);
  return true;
}
