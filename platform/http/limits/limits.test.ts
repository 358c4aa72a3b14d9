import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createConcurrencyLimit } from './concurrency.ts';
import { plainAddress, sourceKey } from './source-key.ts';
import { createTokenBuckets } from './token-bucket.ts';

describe('token buckets', () => {
  it('let a burst through and then the rate', () => {
    const buckets = createTokenBuckets({ ratePerSecond: 10, burst: 3 });
    expect([0, 0, 0, 0].map((now) => buckets.take('a', now).ok)).toEqual([true, true, true, false]);
    expect(buckets.take('a', 99).ok).toBe(false);
    expect(buckets.take('a', 100).ok).toBe(true);
    expect(buckets.take('b', 100).ok).toBe(true);
  });

  it('say in whole seconds and milliseconds when to come back', () => {
    const buckets = createTokenBuckets({ ratePerSecond: 0.4, burst: 1 });
    buckets.take('a', 0);
    expect(buckets.take('a', 0)).toEqual({ ok: false, retryAfterMs: 2500, retryAfterSeconds: 3 });
    expect(buckets.take('a', 2499)).toEqual({ ok: false, retryAfterMs: 1, retryAfterSeconds: 1 });
    expect(buckets.take('a', 2500).ok).toBe(true);
  });

  it('do not spend on a peek or a refusal', () => {
    const buckets = createTokenBuckets({ ratePerSecond: 1, burst: 2 });
    for (let i = 0; i < 9; i++) expect(buckets.peek('a', 0)).toEqual({ ok: true, remaining: 1 });
    expect(buckets.take('a', 0, 2).ok).toBe(true);
    for (let i = 0; i < 9; i++) expect(buckets.take('a', 500).ok).toBe(false);
    expect(buckets.take('a', 1000).ok).toBe(true);
  });

  it('give nothing for a clock that goes back and forth', () => {
    const buckets = createTokenBuckets({ ratePerSecond: 1, burst: 1 });
    expect(buckets.take('a', 5000).ok).toBe(true);
    for (const now of [0, 5000, 100, 5000, 5500]) expect(buckets.take('a', now).ok).toBe(false);
  });

  it('remember a bounded number of keys', () => {
    const buckets = createTokenBuckets({ ratePerSecond: 1, burst: 1, maxKeys: 100 });
    for (let i = 0; i < 10_000; i++) buckets.take(`k${i}`, 0);
    expect(buckets.size).toBe(100);
  });

  it('keep the promise of rate and of the answered wait over any traffic', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), (waits, rate, burst) => {
        const buckets = createTokenBuckets({ ratePerSecond: rate, burst });
        let now = 0;
        let spent = 0;
        for (const wait of waits) {
          now += wait;
          const answer = buckets.take('a', now);
          if (answer.ok) spent++;
          else {
            expect(buckets.peek('a', now + answer.retryAfterMs).ok).toBe(true);
            // One millisecond earlier it would still be refused, give or take rounding of fractions.
            if (answer.retryAfterMs > 2) expect(buckets.peek('a', now + answer.retryAfterMs - 2).ok).toBe(false);
          }
          expect(spent).toBeLessThanOrEqual(burst + (rate * now) / 1000 + 1e-6);
        }
      }),
    );
  });

  it.each([
    { ratePerSecond: 0, burst: 1 },
    { ratePerSecond: Number.NaN, burst: 1 },
    { ratePerSecond: 1, burst: 0 },
  ])('refuse the settings %j', (options) => {
    expect(() => createTokenBuckets(options)).toThrow(RangeError);
  });
});

describe('concurrency limit', () => {
  it('holds at most its number per key and forgets keys that hold nothing', () => {
    const limit = createConcurrencyLimit(2);
    expect([1, 2, 3].map(() => limit.acquire('a'))).toEqual([true, true, false]);
    expect(limit.acquire('b')).toBe(true);
    limit.release('a');
    expect(limit.acquire('a')).toBe(true);
    for (const key of ['a', 'a', 'b']) limit.release(key);
    expect([limit.keys, limit.held('a')]).toEqual([0, 0]);
  });
});

describe('source key', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::ffff', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['', ''],
  ])('counts %s as %s', (address, key) => {
    expect(sourceKey(address)).toBe(key);
  });

  it('prints mapped addresses plainly', () => {
    expect(plainAddress('::ffff:10.0.0.1')).toBe('10.0.0.1');
    expect(plainAddress('::1')).toBe('::1');
    expect(plainAddress(undefined)).toBe('');
  });
});
