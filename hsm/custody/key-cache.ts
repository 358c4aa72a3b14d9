/**
 * Unwrapped keys of PROCESS custody, for a bounded time and number of uses. A key is found only by the exact bytes of
 * the reference it was verified from, so a changed blob, binding or MAC never meets a cached key. Every key that
 * leaves is zeroised; callers must not hold one across a call that may evict.
 */

export interface KeyCacheLimits {
  /** Lifetime since the unwrap, in milliseconds. */
  ttlMs: number;
  entries: number;
  /** Uses of one unwrapped key before it is unwrapped and verified again. */
  uses: number;
}

export const DEFAULT_CACHE_LIMITS: KeyCacheLimits = { ttlMs: 5 * 60_000, entries: 10_000, uses: 10_000 };

export function zeroise(key: Buffer): void {
  key.fill(0);
}

interface Entry<Key> {
  key: Key;
  expiresAt: number;
  usesLeft: number;
}

export class KeyCache<Key = Buffer> {
  readonly #entries = new Map<string, Entry<Key>>();
  readonly #limits: KeyCacheLimits;
  readonly #now: () => number;
  readonly #wipe: (key: Key) => void;
  hits = 0;
  misses = 0;

  constructor(limits: KeyCacheLimits, now: () => number, wipe: (key: Key) => void) {
    this.#limits = limits;
    this.#now = now;
    this.#wipe = wipe;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The key for a reference, counting one use; undefined when it must be unwrapped (again). */
  get(reference: string): Key | undefined {
    const entry = this.#entries.get(reference);
    if (entry !== undefined) {
      if (entry.usesLeft > 0 && this.#now() < entry.expiresAt) {
        entry.usesLeft -= 1;
        this.hits += 1;
        return entry.key;
      }
      this.#remove(reference, entry);
    }
    this.misses += 1;
    return undefined;
  }

  /** Takes ownership of the key. The oldest unwraps go first: with one TTL for all, insertion order is expiry order. */
  put(reference: string, key: Key): void {
    const previous = this.#entries.get(reference);
    if (previous !== undefined) this.#remove(reference, previous);
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size < this.#limits.entries) break;
      this.#remove(oldest, entry);
    }
    this.#entries.set(reference, {
      key,
      expiresAt: this.#now() + this.#limits.ttlMs,
      usesLeft: this.#limits.uses - 1,
    });
  }

  /** Zeroises what has expired; to be called on a timer, so that idle keys go too. */
  sweep(): void {
    const now = this.#now();
    for (const [reference, entry] of this.#entries) {
      if (now < entry.expiresAt) break;
      this.#remove(reference, entry);
    }
  }

  clear(): void {
    for (const [reference, entry] of this.#entries) this.#remove(reference, entry);
  }

  #remove(reference: string, entry: Entry<Key>): void {
    this.#wipe(entry.key);
    this.#entries.delete(reference);
  }
}
