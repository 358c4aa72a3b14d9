import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrive, type WriterState } from './holes.ts';

const NEW: WriterState = { highest: 0, holes: [] };
const missing = (state: WriterState) =>
  state.holes.flatMap((hole) => Array.from({ length: hole.last - hole.first + 1 }, (_, i) => hole.first + i));

describe('numbers of a writer', () => {
  it('are complete when every number arrived, in whatever order and however often', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.infiniteStream(fc.nat()), (count, order) => {
        const numbers = Array.from({ length: count }, (_, i) => ({ number: i + 1, key: order.next().value as number }));
        numbers.sort((a, b) => a.key - b.key);
        let state = NEW;
        for (const { number } of numbers) state = arrive(state, [number, number], 0);
        expect(state).toEqual({ highest: count, holes: [] });
      }),
    );
  });

  it('miss exactly those below the largest that did not arrive', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), { minLength: 1 }),
        (batches) => {
          let state = NEW;
          for (const batch of batches) state = arrive(state, batch, 0);
          const seen = new Set(batches.flat());
          const highest = Math.max(...seen);
          const absent = Array.from({ length: highest }, (_, i) => i + 1).filter((number) => !seen.has(number));
          expect(state.highest).toBe(highest);
          expect(missing(state).sort((a, b) => a - b)).toEqual(absent);
        },
      ),
    );
  });

  it('keep the moment a hole was noticed when a part of it is filled', () => {
    const holes = arrive(arrive(NEW, [10], 5), [4], 9).holes;
    expect(holes).toEqual([
      { first: 1, last: 3, noticedAt: 5 },
      { first: 5, last: 9, noticedAt: 5 },
    ]);
  });
});
