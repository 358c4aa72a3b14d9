import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEAST_OVERLAP_MS } from './overlap.ts';
import { laterRead, readerRow } from './readers.ts';

const NOW = 1_800_000_000_000;
const read = { readerId: 'AIDA1', readerArn: 'arn:aws:iam::111122223333:user/a', grantIds: ['g'] };
const at = (now: number, maxCacheSeconds?: number) => readerRow('s', 'v', { ...read, maxCacheSeconds }, now);

describe('who has a value in use', () => {
  it('keeps it as long as its grants say, and never less than two default caches', () => {
    expect(at(NOW).keeps_until).toBe(NOW + LEAST_OVERLAP_MS);
    expect(at(NOW, 60).keeps_until).toBe(NOW + LEAST_OVERLAP_MS);
    expect(at(NOW, 7200).keeps_until).toBe(NOW + 7_200_000);
  });

  it('is never said to have let go of it too early, and by a minute too late at most', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 12), fc.nat(86_400), (now, seconds) => {
        const truth = now + Math.max(seconds * 1000, LEAST_OVERLAP_MS);
        const late = at(now, seconds).keeps_until - truth;
        expect(late).toBeGreaterThanOrEqual(0);
        expect(late).toBeLessThan(60_000);
      }),
    );
  });

  it('a later read does not shorten what an earlier one was promised, in whatever order they are written', () => {
    const [long, short] = [at(NOW, 7200), at(NOW + 60_000)];
    const both = { ...short, keeps_until: long.keeps_until };
    expect(laterRead(long, short)).toEqual(both);
    expect(laterRead(short, long)).toEqual(both);
  });
});
