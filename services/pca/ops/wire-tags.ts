import type { Tag } from '../../../platform/contract/tags.ts';

/** A tag without a value has an empty one. */
export function tagsOf(tags: readonly { Key: string; Value?: string | undefined }[]): Tag[] {
  return tags.map(({ Key, Value = '' }) => ({ Key, Value }));
}
