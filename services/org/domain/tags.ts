/** Tags. Condition keys ignore letter case, so two tags that differ only in case are refused. */
export interface Tag {
  Key: string;
  Value: string;
}

export type TagProblem =
  | { code: 'InvalidInput'; reason: 'DUPLICATE_TAG_KEY' | 'INVALID_SYSTEM_TAGS_PARAMETER'; message: string }
  | { code: 'ConstraintViolation'; reason: 'MAX_TAG_LIMIT_EXCEEDED'; message: string };

/** What tags are unique under: the same folding as the condition context. */
export function tagKey(key: string): string {
  return key.toLowerCase();
}

export function tagRecord(tags: readonly Tag[]): Record<string, string> {
  return Object.fromEntries(tags.map((tag) => [tag.Key, tag.Value]));
}

/** What is wrong with tags that shall be added to `existing`; undefined: nothing. */
export function checkTags(added: readonly Tag[], existing: readonly Tag[], limit: number): TagProblem | undefined {
  const known = new Map(existing.map((tag) => [tagKey(tag.Key), tag.Key]));
  const seen = new Set<string>();
  for (const { Key } of added) {
    const folded = tagKey(Key);
    if (folded.startsWith('aws:'))
      return {
        code: 'InvalidInput',
        reason: 'INVALID_SYSTEM_TAGS_PARAMETER',
        message: `tag key ${Key} begins with aws:, which is reserved`,
      };
    const before = known.get(folded);
    if (seen.has(folded) || (before !== undefined && before !== Key))
      return {
        code: 'InvalidInput',
        reason: 'DUPLICATE_TAG_KEY',
        message: `tag key ${Key} is given twice or differs from another only in letter case`,
      };
    seen.add(folded);
    known.set(folded, Key);
  }
  if (known.size > limit)
    return {
      code: 'ConstraintViolation',
      reason: 'MAX_TAG_LIMIT_EXCEEDED',
      message: `a resource has at most ${limit} tags`,
    };
  return undefined;
}
