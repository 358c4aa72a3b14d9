import { DEFAULT_PROJECT } from '../../../../platform/contract/enterprise-project.ts';
import { DEFAULT_PROJECT_NAME } from '../../domain/enterprise-project.ts';
import { type ArnScope, projectArn } from '../../domain/names.ts';
import type { ProjectRow } from '../../store/db.ts';

/** A project as answers show it; without a row the default one. */
export function showProject(scope: ArnScope, row: ProjectRow | undefined) {
  const id = row?.project_id ?? DEFAULT_PROJECT;
  return {
    EnterpriseProjectId: id,
    Arn: projectArn(scope, id),
    Name: row?.name ?? DEFAULT_PROJECT_NAME,
    Description: row?.description ?? 'everything that is in no other project',
    Status: row === undefined || row.enabled === 1 ? ('Enabled' as const) : ('Disabled' as const),
    ...(row && { CreateDate: row.created_at, UpdateDate: row.updated_at }),
  };
}
