import { describe, expect, it } from 'vitest';
import { ParapetError } from './error.ts';
import { parseRetryAfter, retryDelay } from './retry.ts';

const policy = { maxAttempts: 4, maxDelayMs: 20_000 };
const most = (max: number) => max;
const failure = (status: number, retryAfterMs?: number) => new ParapetError('Any', 'any', { status, retryAfterMs });

describe('retryDelay', () => {
  it.each([
    ['503', failure(503), true],
    ['429', failure(429), true],
    ['a lost connection', new ParapetError('Unreachable', 'gone'), true],
    ['no answer in time', new ParapetError('Timeout', 'slow'), true],
    ['400', failure(400), false],
    ['403', failure(403), false],
    ['500, which comes again', failure(500), false],
    ['an untrusted certificate', new ParapetError('Untrusted', 'no'), false],
    ['an abort', new ParapetError('Aborted', 'stop'), false],
  ])('repeats after %s: %s', (_, error, again) => {
    expect(retryDelay(error, 1, policy, most) !== undefined).toBe(again);
  });

  it('doubles the longest wait with every attempt and starts higher when throttled', () => {
    expect([1, 2, 3].map((attempt) => retryDelay(failure(503), attempt, policy, most))).toEqual([100, 200, 400]);
    expect([1, 2, 3].map((attempt) => retryDelay(failure(429), attempt, policy, most))).toEqual([500, 1000, 2000]);
  });

  it('never waits less than the server asked for', () => {
    expect(retryDelay(failure(503, 2000), 1, policy, () => 0)).toBe(2000);
    expect(retryDelay(failure(503, 2000), 1, policy, most)).toBe(2100);
  });

  it('gives up at once when the server asks for more patience than allowed', () => {
    expect(retryDelay(failure(503, 60_000), 1, policy, most)).toBeUndefined();
  });

  it('gives up after the last attempt', () => {
    expect(retryDelay(failure(503), 4, policy, most)).toBeUndefined();
  });
});

describe('parseRetryAfter', () => {
  const now = Date.UTC(2026, 0, 2, 3, 4, 5);
  it.each([
    ['2', 2000],
    ['0.5', 500],
    ['Fri, 02 Jan 2026 03:04:15 GMT', 10_000],
    ['Fri, 02 Jan 2026 03:00:00 GMT', 0],
    ['-1', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('reads %s as %s', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected);
  });
});
