import type { IamDeps } from '../../deps.ts';
import { roleArn } from '../../domain/names.ts';
import type { Tag } from '../../domain/tags.ts';
import type { RoleRow } from '../../store/db.ts';

/** A role as answers show it. Lists leave tags, boundary and last use out, like AWS. */
export function showRole(deps: IamDeps, role: RoleRow, tags?: readonly Tag[]) {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.role_id,
    Arn: roleArn({ partition: deps.settings.partition, accountId: role.account_id }, role.path, role.name),
    CreateDate: role.created_at,
    EnterpriseProjectId: role.enterprise_project_id,
    AssumeRolePolicyDocument: role.trust,
    ...(role.description !== null && { Description: role.description }),
    MaxSessionDuration: role.max_session_seconds,
    ...(tags &&
      role.boundary_arn !== null && {
        PermissionsBoundary: {
          PermissionsBoundaryType: 'PermissionsBoundaryPolicy' as const,
          PermissionsBoundaryArn: role.boundary_arn,
        },
      }),
    ...(tags && tags.length > 0 && { Tags: [...tags] }),
    ...(tags && {
      RoleLastUsed: role.last_used_at === null ? {} : { LastUsedDate: role.last_used_at, Region: deps.settings.region },
    }),
  };
}
