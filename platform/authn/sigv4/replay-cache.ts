import { hash } from 'node:crypto';

/**
 * Remembers signatures of state-changing requests for as long as the clock window would accept them again, because
 * Signature Version 4 has no nonce.
 *
 * Guarantees: a signature answered `fresh` is not answered `fresh` again before it is too old to be accepted; memory
 * is bounded. Refuses to forget early: when every entry is still live it answers `full` and the caller answers 503,
 * since evicting a live entry would let an attacker flush his victim's signature.
 */
export interface ReplayCache {
  /**
   * Looks up and remembers in one step.
   * @param key 32 bytes from `replayKey`.
   * @param now milliseconds of a clock that nobody sets; going backwards only makes entries live longer.
   */
  check(key: Buffer, now: number): 'fresh' | 'replayed' | 'full';
  readonly size: number;
}

export interface ReplayCacheOptions {
  /** Most signatures kept (default 262,144: about 20 MB). */
  readonly maxEntries?: number;
  /**
   * How long a signature stays acceptable, in milliseconds. INVARIANT: at least twice the clock window, since a
   * request may be dated up to one window in the future. Default 600,000 (window of 5 minutes).
   */
  readonly maxAgeMs?: number;
}

/** SHA-256 over length-prefixed access key id and signature. */
export function replayKey(accessKeyId: string, signature: string): Buffer {
  return hash('sha256', `${accessKeyId.length}:${accessKeyId}${signature}`, 'buffer');
}

const EMPTY = -1;
const KEY_BYTES = 32;

/**
 * A ring in order of arrival beside an open-addressing index, both in typed arrays: no object per entry, so that a
 * quarter of a million signatures cost the garbage collector nothing.
 */
export function createReplayCache(options: ReplayCacheOptions = {}): ReplayCache {
  const capacity = options.maxEntries ?? 262_144;
  const maxAgeMs = options.maxAgeMs ?? 600_000;
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > 2 ** 24) {
    throw new RangeError('replay cache size is not a whole number from 1 to 16777216');
  }
  const keys = Buffer.alloc(capacity * KEY_BYTES);
  const seenAt = new Float64Array(capacity);
  const buckets = 2 ** Math.ceil(Math.log2(capacity * 2));
  const index = new Int32Array(buckets).fill(EMPTY);
  const mask = buckets - 1;
  let oldest = 0;
  let count = 0;
  let newestTime = Number.NEGATIVE_INFINITY;

  /** Bucket that holds the key, or the empty bucket where it would go. Keys are uniform: four bytes are a hash. */
  function bucketOf(key: Buffer): number {
    let bucket = key.readUInt32LE(0) & mask;
    for (;;) {
      const slot = index[bucket] as number;
      if (slot === EMPTY) return bucket;
      if (keys.compare(key, 0, KEY_BYTES, slot * KEY_BYTES, (slot + 1) * KEY_BYTES) === 0) return bucket;
      bucket = (bucket + 1) & mask;
    }
  }

  function dropOldest(): void {
    let hole = bucketOf(keys.subarray(oldest * KEY_BYTES, (oldest + 1) * KEY_BYTES));
    index[hole] = EMPTY;
    // Backward-shift deletion keeps every probe sequence free of gaps without tombstones.
    for (let next = (hole + 1) & mask; index[next] !== EMPTY; next = (next + 1) & mask) {
      const slot = index[next] as number;
      const home = keys.readUInt32LE(slot * KEY_BYTES) & mask;
      if (((next - home) & mask) >= ((next - hole) & mask)) {
        index[hole] = slot;
        index[next] = EMPTY;
        hole = next;
      }
    }
    oldest = (oldest + 1) % capacity;
    count--;
  }

  return {
    check(key, now) {
      if (key.length !== KEY_BYTES) throw new RangeError('replay key is not 32 bytes');
      // Entries are in order of time only if time never goes back.
      newestTime = Math.max(newestTime, now);
      while (count > 0 && newestTime - (seenAt[oldest] as number) > maxAgeMs) dropOldest();
      const bucket = bucketOf(key);
      if (index[bucket] !== EMPTY) return 'replayed';
      if (count === capacity) return 'full';
      const slot = (oldest + count) % capacity;
      keys.set(key, slot * KEY_BYTES);
      seenAt[slot] = newestTime;
      index[bucket] = slot;
      count++;
      return 'fresh';
    },
    get size() {
      return count;
    },
  };
}
