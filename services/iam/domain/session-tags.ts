/** Session tags of role chains: transitive ones follow into every further session and cannot be changed there. */
import { type Tag, tagKey } from './tags.ts';

export interface Inherited {
  tags: readonly Tag[];
  transitiveKeys: readonly string[];
}

export type ChainedTags = { ok: true; tags: Tag[]; transitiveKeys: string[] } | { ok: false; message: string };

export function chainTags(
  given: readonly Tag[],
  givenTransitive: readonly string[],
  inherited: Inherited,
): ChainedTags {
  const transitive = new Set(inherited.transitiveKeys.map(tagKey));
  const followed = inherited.tags.filter((tag) => transitive.has(tagKey(tag.Key)));
  const set = new Set(followed.map((tag) => tagKey(tag.Key)));
  const clash = given.find((tag) => set.has(tagKey(tag.Key)));
  if (clash)
    return { ok: false, message: `session tag ${clash.Key} is transitive and set by an earlier session of the chain` };
  const tags = [...given, ...followed];
  const keys = new Map(tags.map((tag) => [tagKey(tag.Key), tag.Key]));
  const unknown = givenTransitive.find((key) => !keys.has(tagKey(key)));
  if (unknown !== undefined) return { ok: false, message: `transitive tag key ${unknown} is not a session tag` };
  const transitiveKeys = new Set([
    ...followed.map((tag) => tag.Key),
    ...givenTransitive.map((key) => keys.get(tagKey(key)) as string),
  ]);
  return { ok: true, tags, transitiveKeys: [...transitiveKeys] };
}
