/**
 * Tags of one resource: at most 50, none of them reserved, no two that differ only in case: policies read tags through
 * condition keys, whose names have no case.
 */
const MAX_TAGS = 50;

export type TagMap = Readonly<Record<string, string>>;
export interface Tag {
  Key: string;
  Value: string;
}

export type Tagged = { ok: true; tags: TagMap } | { ok: false; tooMany: boolean; message: string };

/** `existing` with the given tags added or changed; `resource`: what has them, with its article. */
export function addTags(existing: TagMap, added: readonly Tag[], resource: string): Tagged {
  const refused = (message: string, tooMany = false): Tagged => ({ ok: false, tooMany, message });
  const names = added.map((tag) => tag.Key);
  if (!areDistinct(names)) return refused('two tags have the same key');
  const reserved = names.find((name) => name.toLowerCase().startsWith('aws:'));
  if (reserved !== undefined) return refused(`tag key ${reserved} begins with aws:, which is reserved`);
  const tags = new Map(Object.entries(existing));
  for (const tag of added) tags.set(tag.Key, tag.Value);
  if (!areDistinct([...tags.keys()])) return refused('two tag keys differ only in letter case');
  if (tags.size > MAX_TAGS) return refused(`${resource} has at most ${MAX_TAGS} tags`, true);
  return { ok: true, tags: asMap(tags) };
}

export function withoutTags(existing: TagMap, removed: readonly string[]): TagMap {
  const tags = new Map(Object.entries(existing));
  for (const name of removed) tags.delete(name);
  return asMap(tags);
}

/** Without prototype: a tag may be called `constructor`. */
export function tagMap(tags: readonly Tag[]): TagMap {
  return asMap(new Map(tags.map((tag) => [tag.Key, tag.Value])));
}

export function tagList(tags: TagMap): Tag[] {
  return Object.keys(tags)
    .sort()
    .map((Key) => ({ Key, Value: tags[Key]! }));
}

/** The tags as a row holds them: JSON list of [key, value], sorted by key. */
export function tagsColumn(tags: TagMap): string {
  return JSON.stringify(tagList(tags).map((tag) => [tag.Key, tag.Value]));
}

export function readTags(column: string): TagMap {
  return asMap(new Map(JSON.parse(column) as [string, string][]));
}

function asMap(entries: ReadonlyMap<string, string>): TagMap {
  const map: Record<string, string> = Object.create(null);
  for (const [name, value] of entries) Object.defineProperty(map, name, { value, enumerable: true });
  return map;
}

function areDistinct(names: readonly string[]): boolean {
  return new Set(names.map((name) => name.toLowerCase())).size === names.length;
}
