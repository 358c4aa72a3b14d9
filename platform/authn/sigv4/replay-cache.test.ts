import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReplayCache, replayKey } from './replay-cache.ts';

const key = (n: number) => replayKey('AKIAEXAMPLEEXAMPLE00', String(n));

describe('replay cache', () => {
  it('answers replayed for the second use of one signature inside the window', () => {
    const cache = createReplayCache({ maxEntries: 4, maxAgeMs: 1000 });
    expect(cache.check(key(1), 0)).toBe('fresh');
    expect(cache.check(key(1), 1000)).toBe('replayed');
  });

  it('forgets a signature when it is too old to be accepted again', () => {
    const cache = createReplayCache({ maxEntries: 4, maxAgeMs: 1000 });
    cache.check(key(1), 0);
    expect(cache.check(key(1), 1001)).toBe('fresh');
    expect(cache.size).toBe(1);
  });

  it('answers full instead of forgetting a live signature', () => {
    const cache = createReplayCache({ maxEntries: 2, maxAgeMs: 1000 });
    cache.check(key(1), 0);
    cache.check(key(2), 0);
    expect(cache.check(key(3), 500)).toBe('full');
    expect(cache.check(key(1), 500)).toBe('replayed');
    expect(cache.check(key(3), 1001)).toBe('fresh');
  });

  it('keeps signatures when the clock goes back', () => {
    const cache = createReplayCache({ maxEntries: 4, maxAgeMs: 1000 });
    cache.check(key(1), 5000);
    cache.check(key(2), 100);
    expect(cache.check(key(2), 5500)).toBe('replayed');
    expect(cache.check(key(1), 200)).toBe('replayed');
  });

  it('keeps access keys apart when id and signature run together', () => {
    expect(replayKey('AB', 'C').equals(replayKey('A', 'BC'))).toBe(false);
  });

  it('agrees with a plain map over any sequence of uses', () => {
    const steps = fc.array(fc.record({ n: fc.integer({ min: 0, max: 30 }), wait: fc.integer({ min: 0, max: 40 }) }), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 12 }), (sequence, capacity) => {
        const cache = createReplayCache({ maxEntries: capacity, maxAgeMs: 100 });
        const model = new Map<number, number>();
        let now = 0;
        for (const { n, wait } of sequence) {
          now += wait;
          for (const [k, at] of model) if (now - at > 100) model.delete(k);
          const expected = model.has(n) ? 'replayed' : model.size >= capacity ? 'full' : 'fresh';
          if (expected === 'fresh') model.set(n, now);
          expect(cache.check(key(n), now)).toBe(expected);
          expect(cache.size).toBe(model.size);
        }
      }),
      { numRuns: 300 },
    );
  });
});
