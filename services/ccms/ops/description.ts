/** What descriptions and lists tell of a secret. */
import type { ListedSecret } from '../domain/rows.ts';
import { type StageMap, stagesByVersion } from '../domain/stages.ts';
import { readTags, tagList } from '../domain/tags.ts';
import { arnOf } from '../store/secret-record.ts';

/** `days`: when each version was last read. */
export function described(row: ListedSecret, days: ReadonlyMap<string, number>) {
  const tags = tagList(readTags(row.tags));
  const lastAccess = Math.max(0, ...days.values());
  return {
    ARN: arnOf(row),
    Name: row.name,
    ...(row.description !== '' && { Description: row.description }),
    ...(row.kms_key_id !== null && { KmsKeyId: row.kms_key_id }),
    LastChangedDate: row.changed_at,
    ...(lastAccess > 0 && { LastAccessedDate: lastAccess }),
    ...(row.deleted_at !== null && { DeletedDate: row.deleted_at }),
    ...(tags.length > 0 && { Tags: tags }),
    CreatedDate: row.created_at,
    EnterpriseProjectId: row.enterprise_project_id,
  };
}

/** Undefined while there is no version. */
export function stagesShown(stages: StageMap): Record<string, string[]> | undefined {
  return stages.size === 0 ? undefined : stagesByVersion(stages);
}
