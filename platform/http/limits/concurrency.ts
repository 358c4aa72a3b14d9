/**
 * How many things one key may hold at once (connections of a source). Memory is bounded by what is held: a key with
 * nothing open is not remembered.
 */
export interface ConcurrencyLimit {
  /** True, and one more is held; or false, and nothing changed. Every true needs one `release`. */
  acquire(key: string): boolean;
  release(key: string): void;
  held(key: string): number;
  readonly keys: number;
}

export function createConcurrencyLimit(maxPerKey: number): ConcurrencyLimit {
  if (!(maxPerKey >= 1)) throw new RangeError('concurrency limit is not at least 1');
  const counts = new Map<string, number>();
  return {
    acquire(key) {
      const held = counts.get(key) ?? 0;
      if (held >= maxPerKey) return false;
      counts.set(key, held + 1);
      return true;
    },
    release(key) {
      const held = counts.get(key) ?? 0;
      if (held > 1) counts.set(key, held - 1);
      else counts.delete(key);
    },
    held: (key) => counts.get(key) ?? 0,
    get keys() {
      return counts.size;
    },
  };
}
