/** Whoever policies are attached to: a row that is locked while they are counted. */
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { Call } from '../../../platform/runtime/call.ts';
import type { IamLimits } from '../domain/limits.ts';
import type { GroupRow, RoleRow, Tx, UserRow } from '../store/db.ts';
import { lockGroup } from '../store/groups.ts';
import { lockRole } from '../store/roles.ts';
import type { OwnerKind } from '../store/schema.ts';
import { lockUser } from '../store/users.ts';
import { groupMissing, roleMissing, userMissing } from './targets.ts';

export interface Owner {
  kind: OwnerKind;
  id: string;
  name: string;
}

export const ownerUser = (user: UserRow): Owner => ({ kind: 'user', id: user.user_id, name: user.name });
export const ownerGroup = (group: GroupRow): Owner => ({ kind: 'group', id: group.group_id, name: group.name });
export const ownerRole = (role: RoleRow): Owner => ({ kind: 'role', id: role.role_id, name: role.name });

const LOCKS = { user: lockUser, group: lockGroup, role: lockRole } as const;
const MISSING = { user: userMissing, group: groupMissing, role: roleMissing } as const;

export async function lockOwner(tx: Tx, call: Call<AnyOperation>, owner: Owner): Promise<void> {
  if (!(await LOCKS[owner.kind](tx, owner.id))) throw call.fail('NotFound', MISSING[owner.kind](owner.name));
}

export function attachedLimit(limits: IamLimits, kind: OwnerKind): { limit: number; quota: string } {
  switch (kind) {
    case 'user':
      return { limit: limits.attachedPoliciesPerUser, quota: 'PoliciesPerUser' };
    case 'group':
      return { limit: limits.attachedPoliciesPerGroup, quota: 'PoliciesPerGroup' };
    case 'role':
      return { limit: limits.attachedPoliciesPerRole, quota: 'PoliciesPerRole' };
  }
}

export function inlineLimit(limits: IamLimits, kind: OwnerKind): number {
  switch (kind) {
    case 'user':
      return limits.inlineCharactersPerUser;
    case 'group':
      return limits.inlineCharactersPerGroup;
    case 'role':
      return limits.inlineCharactersPerRole;
  }
}

/** The condition key that lets a policy permit changes only of those who have a certain boundary. */
export function boundaryContext(row: { boundary_arn: string | null } | undefined): [key: string, value: string][] {
  return row?.boundary_arn ? [['iam:PermissionsBoundary', row.boundary_arn]] : [];
}
