/**
 * Tags of one key: a map with at most 50 names, none of them reserved, no two that differ only in case. Texts are AWS's.
 *
 * SECURITY: policies read tags through condition keys, whose names have no case. With both `team` and `Team` a request
 * could show one value to the policy that guards tagging and leave the other one on the key.
 */
import { MAX_TAGS_PER_KEY } from './limits.ts';

export type TagMap = Readonly<Record<string, string>>;
export interface Tag {
  TagKey: string;
  TagValue: string;
}

export type Tagged = { ok: true; tags: TagMap } | { ok: false; message: string };

/** `existing` with the given tags added or changed. */
export function withTags(existing: TagMap, added: readonly Tag[]): Tagged {
  const names = added.map((tag) => tag.TagKey);
  if (!areDistinct(names)) return { ok: false, message: 'Duplicate tag keys' };
  if (names.some(isReserved)) return { ok: false, message: 'Tags beginning with aws: are reserved' };
  const tags = new Map(Object.entries(existing));
  for (const tag of added) tags.set(tag.TagKey, tag.TagValue);
  if (!areDistinct([...tags.keys()])) return { ok: false, message: 'Duplicate tag keys' };
  if (tags.size > MAX_TAGS_PER_KEY) return { ok: false, message: 'Too many tags' };
  return { ok: true, tags: asMap(tags) };
}

export function withoutTags(existing: TagMap, removed: readonly string[]): Tagged {
  if (removed.some(isReserved)) return { ok: false, message: 'Tags beginning with aws: are reserved' };
  const tags = new Map(Object.entries(existing));
  for (const name of removed) tags.delete(name);
  return { ok: true, tags: asMap(tags) };
}

/** Without prototype: a tag may be called `constructor`. */
export function tagMap(tags: readonly Tag[]): TagMap {
  return asMap(new Map(tags.map((tag) => [tag.TagKey, tag.TagValue])));
}

export function tagList(tags: TagMap): Tag[] {
  return Object.keys(tags)
    .sort()
    .map((name) => ({ TagKey: name, TagValue: tags[name]! }));
}

/** The tags as a key row holds them: JSON list of [name, value], sorted by name. */
export function tagsColumn(tags: TagMap): string {
  return JSON.stringify(tagList(tags).map((tag) => [tag.TagKey, tag.TagValue]));
}

function asMap(entries: ReadonlyMap<string, string>): TagMap {
  const map: Record<string, string> = Object.create(null);
  for (const [name, value] of entries) Object.defineProperty(map, name, { value, enumerable: true });
  return map;
}

function areDistinct(names: readonly string[]): boolean {
  return new Set(names.map((name) => name.toLowerCase())).size === names.length;
}

function isReserved(name: string): boolean {
  return name.slice(0, 4).toLowerCase() === 'aws:';
}
