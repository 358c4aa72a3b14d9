import { addTags, type Tag, type Tagged, type TagMap } from '../../../platform/contract/tags.ts';

export { readTags, type TagMap, tagList, tagMap, tagsColumn, withoutTags } from '../../../platform/contract/tags.ts';

/** `existing` with the given tags added or changed. */
export function withTags(existing: TagMap, added: readonly Tag[]): Tagged {
  return addTags(existing, added, 'a secret');
}
