import { describe, expect, it } from 'vitest';
import {
  certificateDueAt,
  newlyIssued,
  notSuggested,
  renewalCancelled,
  renewalFailed,
  renewing,
  revocationRefused,
  revoked,
  revoking,
  suggested,
  thirdLeft,
} from './certificate.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const FACTS = {
  names: ['a.example'],
  keyAlgorithm: 'EC_prime256v1' as const,
  serial: '01',
  notBefore: 0,
  notAfter: 90 * DAY,
  renewalId: 'AA.AQ',
};
const made = () => newlyIssued(FACTS, HOUR);

describe('a certificate from outside', () => {
  it('is renewed when a third of its life is left', () => {
    expect(thirdLeft(FACTS)).toBe(60 * DAY);
    expect(made().renewAt).toBe(60 * DAY);
  });

  it('that came late in its life is not renewed at once', () => {
    const now = 80 * DAY;
    expect(newlyIssued(FACTS, now).renewAt).toBe(now + Math.floor((10 * DAY) / 3));
  });

  it('asks its CA first, when it can be asked', () => {
    expect(certificateDueAt(made())).toBe(HOUR);
    const { renewalId: _, ...without } = FACTS;
    expect(certificateDueAt(newlyIssued(without, HOUR))).toBe(60 * DAY);
  });

  it.each([
    ['in the middle of its window', { start: 50 * DAY, end: 52 * DAY }, 0.5, 51 * DAY],
    ['at once, when the window is over', { start: -2 * DAY, end: -DAY }, 0.5, 2 * HOUR],
    ['when a third is left, if the CA would have it later', { start: 80 * DAY, end: 82 * DAY }, 0, 60 * DAY],
  ])('is renewed %s', (_name, window, chance, at) => {
    const next = suggested(made(), { ...window, retryAfterMs: 6 * HOUR }, chance, 2 * HOUR);
    expect([next.renewAt, next.askAt]).toEqual([at, 8 * HOUR]);
  });

  it('keeps its moment as long as the window is the same', () => {
    const window = { start: 50 * DAY, end: 52 * DAY, retryAfterMs: undefined };
    const first = suggested(made(), window, 0.2, DAY);
    expect(suggested(first, window, 0.9, 2 * DAY).renewAt).toBe(first.renewAt);
    const moved = { ...window, start: 40 * DAY };
    expect(suggested(first, moved, 0, 2 * DAY).renewAt).toBe(40 * DAY);
  });

  it('is asked about no more where the CA does not say, and later when it did not answer', () => {
    expect(suggested(made(), undefined, 0, DAY).askAt).toBeUndefined();
    expect(notSuggested(made(), DAY)).toMatchObject({ askAt: DAY + 6 * HOUR, renewAt: 60 * DAY });
  });

  it('is waited for while its order is under way', () => {
    expect(certificateDueAt(renewing(made(), 'order'))).toBeNull();
  });

  it('is tried again after an hour, then after two, at most after a day, for ever', () => {
    const problem = { message: 'no', next: 'wait' };
    let of = made();
    const pauses = Array.from({ length: 8 }, () => {
      of = renewalFailed(renewing(of, 'order'), problem, 0);
      return of.renewAt / HOUR;
    });
    expect(pauses).toEqual([1, 2, 4, 8, 16, 24, 24, 24]);
    // What the CA suggests does not shorten the pause.
    expect(suggested(of, { start: 0, end: 1, retryAfterMs: 0 }, 0, 0).renewAt).toBe(24 * HOUR);
    expect(of).toMatchObject({ problem, state: 'active' });
    expect(certificateDueAt(of)).not.toBeNull();
  });

  it('whose renewal was given up comes again in a day', () => {
    expect(renewalCancelled(renewing(made(), 'order'), 70 * DAY).renewAt).toBe(71 * DAY);
    expect(renewalCancelled(renewing(made(), 'order'), DAY).renewAt).toBe(60 * DAY);
  });

  it('is looked at no more once it is revoked, and lives on when the CA refuses that', () => {
    const wished = revoking(made(), 4, DAY);
    expect(certificateDueAt(wished)).toBe(DAY);
    expect(certificateDueAt(revoked(wished))).toBeNull();
    const refused = revocationRefused(wished, { message: 'no', next: 'ask' });
    expect(refused).toMatchObject({ state: 'active', renewAt: 60 * DAY });
    expect(refused.reason).toBeUndefined();
  });
});
