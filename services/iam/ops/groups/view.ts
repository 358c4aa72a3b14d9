import type { IamDeps } from '../../deps.ts';
import { groupArn } from '../../domain/names.ts';
import type { GroupRow } from '../../store/db.ts';

export function showGroup(deps: IamDeps, group: GroupRow) {
  return {
    Path: group.path,
    GroupName: group.name,
    GroupId: group.group_id,
    Arn: groupArn({ partition: deps.settings.partition, accountId: group.account_id }, group.path, group.name),
    CreateDate: group.created_at,
    EnterpriseProjectId: group.enterprise_project_id,
  };
}
