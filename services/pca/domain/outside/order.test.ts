import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FailureKind, judge, OutsideFailure } from './failure.ts';
import {
  answering,
  cancelled,
  failedAttempt,
  finalizing,
  isOver,
  issued,
  lost,
  newOutsideOrder,
  ORDER_TRIED_MS,
  type OutsideOrder,
  pause,
  placed,
  waiting,
} from './order.ts';

const NOW = 1_000_000;
const fresh = () => newOutsideOrder({ names: ['a.example'], keyAlgorithm: 'EC_prime256v1', csr: 'AA' }, NOW);
const KINDS: FailureKind[] = [
  'unreachable',
  'untrusted',
  'address-refused',
  'malformed',
  'problem',
  'wrong-certificate',
];
const PROBLEMS = ['rateLimited', 'unauthorized', 'serverInternal', 'badCSR', 'accountDoesNotExist', 'whatever'];

const failure = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    type: fc.constantFrom(...PROBLEMS),
    status: fc.constantFrom(400, 404, 429, 503),
    retryAfterMs: fc.option(fc.nat(7 * 86_400_000), { nil: undefined }),
  })
  .map(({ kind, type, status, retryAfterMs }) => {
    return new OutsideFailure(kind, 'it went wrong', {
      type,
      status,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  });

type Step = (order: OutsideOrder, now: number) => OutsideOrder | undefined;
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>((order, now) => placed(order, 'https://ca.example/order/1', now)),
  fc.constant<Step>((order, now) => answering(order, [{ name: 'a.example', token: 't'.repeat(43) }], now)),
  fc.constant<Step>(finalizing),
  fc.constant<Step>(issued),
  fc.constant<Step>(cancelled),
  fc.nat(100_000).map(
    (ms): Step =>
      (order, now) =>
        waiting(order, ms, now),
  ),
  failure.map(
    (one): Step =>
      (order, now) =>
        failedAttempt(order, one, now),
  ),
  failure.map(
    (one): Step =>
      (order, now) =>
        lost(order, one, now),
  ),
);

const MAY_FOLLOW: Record<string, readonly string[]> = {
  requested: ['requested', 'proving', 'failed', 'cancelled'],
  proving: ['requested', 'proving', 'finalizing', 'failed', 'cancelled'],
  finalizing: ['finalizing', 'issued', 'failed'],
};

describe('an order at an outside CA', () => {
  it('goes only the ways there are, whatever happens, and ends for good', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.nat(3_600_000)), { maxLength: 60 }), (steps) => {
        let order = fresh();
        let now = NOW;
        for (const [change, ms] of steps) {
          now += ms;
          let next: OutsideOrder | undefined;
          try {
            next = change(order, now);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
            continue;
          }
          if (!next) continue;
          expect(isOver(order)).toBe(false);
          expect(MAY_FOLLOW[order.status]).toContain(next.status);
          // Whoever is told to wait is not told to wait for ever.
          if (!isOver(next)) expect(next.nextAt).toBeLessThanOrEqual(next.deadline);
          // What is not to be proven any more is not answered any more.
          if (isOver(next)) expect(next.proofs).toEqual([]);
          // The way out is said.
          if (next.status === 'failed') expect(next.problem?.next.length).toBeGreaterThan(10);
          expect([next.names, next.csr, next.deadline]).toEqual([order.names, order.csr, order.deadline]);
          order = next;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('that the CA was asked to issue is never given up or begun again', () => {
    const asked = finalizing(placed(fresh(), 'https://ca.example/order/1', NOW), NOW);
    expect(cancelled(asked)).toBeUndefined();
    const gone = new OutsideFailure('problem', 'no such order', { status: 404, type: 'malformed' });
    expect(lost(asked, gone, NOW).status).toBe('failed');
    expect(lost(placed(fresh(), 'https://ca.example/order/1', NOW), gone, NOW)).toMatchObject({ status: 'requested' });
  });

  it('waits longer after each failure, at most an hour, and as long as the CA says', () => {
    expect([1, 2, 3, 30].map(pause)).toEqual([5_000, 10_000, 20_000, 3_600_000]);
    const limited = new OutsideFailure('problem', 'too many', {
      type: 'rateLimited',
      status: 429,
      retryAfterMs: 7_200_000,
    });
    expect(failedAttempt(fresh(), limited, NOW)).toMatchObject({ status: 'requested', nextAt: NOW + 7_200_000 });
  });

  it('ends when it was tried for three days', () => {
    const away = new OutsideFailure('unreachable', 'nobody there');
    let order = fresh();
    while (!isOver(order)) order = failedAttempt(order, away, order.nextAt);
    expect(order).toMatchObject({ status: 'failed', problem: { message: 'nobody there' } });
    expect(order.nextAt).toBeGreaterThan(NOW + ORDER_TRIED_MS - 3_700_000);
  });
});

describe('a failure', () => {
  it.each([
    ['unreachable', {}, false],
    ['untrusted', {}, false],
    ['malformed', {}, false],
    ['address-refused', {}, true],
    ['wrong-certificate', {}, true],
    ['problem', { type: 'rateLimited', status: 429 }, false],
    ['problem', { type: 'badNonce', status: 400 }, false],
    ['problem', { type: 'serverInternal', status: 500 }, false],
    ['problem', { type: 'unknown', status: 503 }, false],
    ['problem', { type: 'unauthorized', status: 403 }, true],
    ['problem', { type: 'rejectedIdentifier', status: 400 }, true],
    ['problem', { type: 'externalAccountRequired', status: 401 }, true],
    ['problem', { type: 'userActionRequired', status: 403 }, true],
  ] as const)('of the kind %s %o is final: %s', (kind, facts, isFinal) => {
    const { next, ...verdict } = judge(new OutsideFailure(kind, 'x', facts));
    expect(verdict).toEqual({ isFinal });
    expect(next).not.toBe('');
  });
});
