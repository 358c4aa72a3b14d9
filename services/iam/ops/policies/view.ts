import type { Tag } from '../../domain/tags.ts';
import type { Usage } from '../../store/attachments.ts';
import type { PolicyVersionRow } from '../../store/db.ts';
import type { PolicyRef } from '../targets.ts';

/** Shipped policies have existed since before any account. */
const SHIPPED_AT = Date.UTC(2026, 0, 1);
const UNUSED: Usage = { attachments: 0, boundaries: 0 };

/** A policy as answers show it. Lists leave tags and descriptions out, like AWS. */
export function showPolicy(ref: PolicyRef, usage: Usage = UNUSED, tags?: readonly Tag[]) {
  const shipped = ref.kind === 'shipped';
  const description = shipped ? ref.policy.description : ref.row.description;
  return {
    PolicyName: shipped ? ref.policy.name : ref.row.name,
    PolicyId: shipped ? ref.policy.policyId : ref.row.policy_id,
    Arn: ref.arn,
    Path: shipped ? ref.policy.path : ref.row.path,
    DefaultVersionId: shipped ? 'v1' : `v${ref.row.default_version}`,
    AttachmentCount: usage.attachments,
    PermissionsBoundaryUsageCount: usage.boundaries,
    IsAttachable: true,
    ...(tags && description !== null && { Description: description }),
    CreateDate: shipped ? SHIPPED_AT : ref.row.created_at,
    UpdateDate: shipped ? SHIPPED_AT : ref.row.updated_at,
    ...(!shipped && { EnterpriseProjectId: ref.row.enterprise_project_id }),
    ...(tags && tags.length > 0 && { Tags: [...tags] }),
  };
}

export function showVersion(
  row: Pick<PolicyVersionRow, 'version' | 'created_at'> & { document?: string },
  defaultVersion: number,
) {
  return {
    ...(row.document !== undefined && { Document: row.document }),
    VersionId: `v${row.version}`,
    IsDefaultVersion: row.version === defaultVersion,
    CreateDate: row.created_at,
  };
}

export function showShippedVersion(document?: string) {
  return showVersion({ version: 1, created_at: SHIPPED_AT, ...(document !== undefined && { document }) }, 1);
}
