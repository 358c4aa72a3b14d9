/**
 * Tags. Condition keys ignore letter case (spec iam 1.3), so two tags that differ only in case would make a condition
 * ambiguous: they are refused, within one request and against what is already there.
 */
export interface Tag {
  Key: string;
  Value: string;
}

export type TagProblem = { code: 'InvalidInput' | 'LimitExceeded'; message: string };

/** What tags are unique under: the same folding as the condition context. */
export function tagKey(key: string): string {
  return key.toLowerCase();
}

/** What is wrong with a list of tags that shall be added to `existing`; undefined: nothing. */
export function checkTags(added: readonly Tag[], existing: readonly Tag[], limit: number): TagProblem | undefined {
  const known = new Map(existing.map((tag) => [tagKey(tag.Key), tag.Key]));
  const seen = new Set<string>();
  for (const { Key } of added) {
    const folded = tagKey(Key);
    if (folded.startsWith('aws:')) return invalid(`tag key ${Key} begins with aws:, which is reserved`);
    if (seen.has(folded)) return invalid('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
    const before = known.get(folded);
    if (before !== undefined && before !== Key)
      return invalid(`tag key ${Key} differs only in letter case from the existing tag ${before}`);
    seen.add(folded);
    known.set(folded, Key);
  }
  if (known.size > limit)
    return { code: 'LimitExceeded', message: `Cannot exceed quota for TagsPerResource: ${limit}` };
  return undefined;
}

function invalid(message: string): TagProblem {
  return { code: 'InvalidInput', message };
}
