import type { IamDeps } from '../../deps.ts';
import { userArn } from '../../domain/names.ts';
import type { Tag } from '../../domain/tags.ts';
import type { UserRow } from '../../store/db.ts';

/** A user as answers show it. Lists leave tags out, like AWS. */
export function showUser(deps: IamDeps, user: UserRow, tags?: readonly Tag[]) {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.user_id,
    Arn: userArn({ partition: deps.settings.partition, accountId: user.account_id }, user.path, user.name),
    CreateDate: user.created_at,
    EnterpriseProjectId: user.enterprise_project_id,
    ...(tags &&
      user.boundary_arn !== null && {
        PermissionsBoundary: {
          PermissionsBoundaryType: 'PermissionsBoundaryPolicy' as const,
          PermissionsBoundaryArn: user.boundary_arn,
        },
      }),
    ...(tags && tags.length > 0 && { Tags: [...tags] }),
  };
}
