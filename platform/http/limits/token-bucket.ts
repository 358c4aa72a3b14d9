import { LRUCache } from 'lru-cache';

/**
 * Rate limits: one token bucket per key (a principal, a source).
 *
 * Guarantees: over any span of time a key spends at most `burst + ratePerSecond * span` tokens, and a refusal says
 * exactly when the same request would pass. Memory is bounded; the key not used for longest is forgotten first, which
 * only ever gives it a full bucket it would have had soon anyway. A clock that goes back gives no tokens.
 */

export interface TokenBucketOptions {
  readonly ratePerSecond: number;
  /** Most tokens a bucket holds; a new key starts with as many. */
  readonly burst: number;
  /** Most keys remembered (default 100,000: about 20 MB). */
  readonly maxKeys?: number;
}

export type TokenAnswer =
  | { readonly ok: true; readonly remaining: number }
  | {
      readonly ok: false;
      /** Value of `x-amz-retry-after`. */
      readonly retryAfterMs: number;
      /** Value of `Retry-After`: whole seconds, at least 1. */
      readonly retryAfterSeconds: number;
    };

export interface TokenBuckets {
  /** Spends `cost` tokens (default 1) or answers how long to wait. `now` in milliseconds. */
  take(key: string, now: number, cost?: number): TokenAnswer;
  /** What `take` would answer, without spending. */
  peek(key: string, now: number, cost?: number): TokenAnswer;
  readonly size: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

export function createTokenBuckets(options: TokenBucketOptions): TokenBuckets {
  const { ratePerSecond, burst } = options;
  if (!(ratePerSecond > 0 && Number.isFinite(ratePerSecond))) throw new RangeError('rate is not a positive number');
  if (!(burst >= 1 && Number.isFinite(burst))) throw new RangeError('burst is not at least 1');
  const buckets = new LRUCache<string, Bucket>({ max: options.maxKeys ?? 100_000 });

  function available(bucket: Bucket | undefined, now: number): number {
    if (bucket === undefined) return burst;
    return Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) * ratePerSecond) / 1000);
  }

  function answer(tokens: number, cost: number): TokenAnswer {
    if (!(cost > 0 && cost <= burst)) throw new RangeError('cost is not between 0 and the burst');
    if (tokens >= cost) return { ok: true, remaining: tokens - cost };
    const retryAfterMs = Math.max(1, Math.ceil(((cost - tokens) * 1000) / ratePerSecond));
    return { ok: false, retryAfterMs, retryAfterSeconds: Math.ceil(retryAfterMs / 1000) };
  }

  return {
    take(key, now, cost = 1) {
      const bucket = buckets.get(key);
      const tokens = available(bucket, now);
      const result = answer(tokens, cost);
      const left = result.ok ? result.remaining : tokens;
      if (bucket === undefined) {
        buckets.set(key, { tokens: left, at: now });
      } else {
        bucket.tokens = left;
        bucket.at = Math.max(bucket.at, now);
      }
      return result;
    },
    peek: (key, now, cost = 1) => answer(available(buckets.peek(key), now), cost),
    get size() {
      return buckets.size;
    },
  };
}
