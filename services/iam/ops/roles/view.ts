import type { IamDeps } from '../../deps.ts';
import { roleArn } from '../../domain/names.ts';
import type { Tag } from '../../domain/tags.ts';
import type { NewRole, RoleRow } from '../../store/db.ts';

/** Of 400 days, like AWS. */
const TRACKED_MS = 400 * 86_400_000;

/** Empty when the role was not used in the time that is looked at. */
export function lastUseOf(deps: IamDeps, { role_id, last_used_at, last_used_region }: RoleRow, now: number) {
  const recent = deps.roleUses.latest(role_id);
  const [at, region] =
    recent && recent.at >= (last_used_at ?? 0) ? [recent.at, recent.region] : [last_used_at, last_used_region];
  if (at === null || region === null || at <= now - TRACKED_MS) return {};
  return { LastUsedDate: at, Region: region };
}

/** A role as answers show it. Lists leave tags, boundary and last use out, like AWS. */
export function showRole(deps: IamDeps, role: NewRole, tags?: readonly Tag[]) {
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
  };
}
