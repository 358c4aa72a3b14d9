/** Roles: who may assume them, and what they then may do. */
import { createHash } from 'node:crypto';
import type { ConfigurationItem } from '../../../../platform/contract/configuration.ts';
import { accountsLetIn } from '../../../../policies/engine/index.ts';
import { type ArnScope, roleArn } from '../../domain/names.ts';
import { compileTrust } from '../../domain/trust.ts';
import type { Db, RoleRow } from '../db.ts';
import { iso, permissionsOf, tagsOfOwners } from './permissions.ts';

/** Longer trust policies are told by their digest only. */
const MOST_TRUST_CHARACTERS = 16_384;

export async function roleItems(db: Db, scope: ArnScope, roles: readonly RoleRow[]): Promise<ConfigurationItem[]> {
  if (roles.length === 0) return [];
  const ids = roles.map((role) => role.role_id);
  const permissions = await permissionsOf(db, ids);
  const tags = await tagsOfOwners(db, ids);
  return roles.map((role) => {
    const arn = roleArn(scope, role.path, role.name);
    return {
      Arn: arn,
      Type: 'iam:role',
      AccountId: role.account_id,
      Name: role.name,
      CreatedAt: role.created_at,
      Tags: tags.get(role.role_id) ?? {},
      Configuration: JSON.stringify({
        roleId: role.role_id,
        name: role.name,
        path: role.path,
        description: role.description,
        enterpriseProject: role.enterprise_project_id,
        maxSessionSeconds: role.max_session_seconds,
        trustedAccounts: accountsLetIn(compileTrust(role.trust, arn)),
        trustDigest: createHash('sha256').update(role.trust).digest('hex'),
        ...(role.trust.length <= MOST_TRUST_CHARACTERS && { trustPolicy: role.trust }),
        ...permissions(role.role_id),
        ...(role.boundary_arn !== null && { boundary: role.boundary_arn }),
        // Null: it was never assumed.
        lastUsedAt: role.last_used_at === null ? null : iso(role.last_used_at),
      }),
      Deleted: false,
    };
  });
}
