/** Which versions without a stage have to go when a version is added (spec ccms 3.3, R7). */
import { MAX_DEPRECATED, YOUNG_MS } from './limits.ts';
import type { StageMap } from './stages.ts';

export interface KnownVersion {
  version_id: string;
  ordinal: number;
  created_at: number;
}

/** Ids to destroy; undefined: too many are younger than a day, so no version can be added. */
export function toDestroy(versions: readonly KnownVersion[], stages: StageMap, now: number): string[] | undefined {
  const staged = new Set(stages.values());
  const beyond = versions
    .filter(({ version_id }) => !staged.has(version_id))
    .sort((a, b) => b.ordinal - a.ordinal)
    .slice(MAX_DEPRECATED);
  if (beyond.some(({ created_at }) => now - created_at < YOUNG_MS)) return undefined;
  return beyond.map(({ version_id }) => version_id);
}
