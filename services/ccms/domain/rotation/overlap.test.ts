import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEAST_OVERLAP_MS, minOverlapMs, retireAt, rotationGate } from './overlap.ts';

const NOW = 1_800_000_000_000;
const quiet = { now: NOW, lastFinishedAt: undefined, unfinished: false, graceOpen: false, overlapMs: LEAST_OVERLAP_MS };

describe('the overlap rule', () => {
  it('lasts as long as the slowest consumer, and never less than two default caches', () => {
    expect(minOverlapMs([])).toBe(600_000);
    expect(minOverlapMs([1000, 60_000])).toBe(600_000);
    expect(minOverlapMs([1000, 7_200_000])).toBe(7_200_000);
  });

  it('keeps the outgoing credential for the overlap, whatever the grace', () => {
    expect(retireAt(NOW, 0, 600_000)).toBe(NOW + 600_000);
    expect(retireAt(NOW, 86_400_000, 600_000)).toBe(NOW + 86_400_000);
  });

  it.each([
    ['a secret that never rotated', {}, false, { allowed: true, retireFirst: false, breaksOverlap: false }],
    ['a run that has not finished', { unfinished: true }, true, { allowed: false, why: 'unfinished' }],
    ['too early', { lastFinishedAt: NOW - 1 }, false, { allowed: false, why: 'overlap', notBefore: NOW - 1 + 600_000 }],
    [
      'too early, forced',
      { lastFinishedAt: NOW - 1, graceOpen: true },
      true,
      { allowed: true, retireFirst: true, breaksOverlap: true },
    ],
    [
      'just in time',
      { lastFinishedAt: NOW - 600_000, graceOpen: true },
      false,
      { allowed: true, retireFirst: true, breaksOverlap: false },
    ],
  ])('%s', (_, more, force, expected) => {
    expect(rotationGate({ ...quiet, ...more }, force)).toEqual(expected);
  });

  it('never takes a credential away that a consumer may still use', () => {
    const asks = fc.array(fc.integer({ min: 1, max: 3_000_000 }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(
        asks,
        fc.integer({ min: 0, max: 2_000_000 }),
        fc.integer({ min: 0, max: 86_400_000 }),
        (gaps, ttl, grace) => {
          const overlapMs = minOverlapMs([ttl]);
          let now = NOW;
          let lastFinishedAt: number | undefined;
          let closesAt = Number.POSITIVE_INFINITY;
          for (const gap of gaps) {
            now += gap;
            const graceOpen = now < closesAt && Number.isFinite(closesAt);
            const gate = rotationGate({ now, lastFinishedAt, unfinished: false, graceOpen, overlapMs });
            if (!gate.allowed) continue;
            // The version before last is touched now at the earliest, or was when its grace ended.
            if (lastFinishedAt !== undefined)
              expect(Math.min(now, closesAt) - lastFinishedAt).toBeGreaterThanOrEqual(Math.max(ttl, LEAST_OVERLAP_MS));
            lastFinishedAt = now;
            closesAt = retireAt(now, grace, overlapMs);
          }
        },
      ),
    );
  });
});
