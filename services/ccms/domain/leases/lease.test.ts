import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CLAIM_MS,
  capCheck,
  claimed,
  databaseExpiry,
  ended,
  forgotten,
  ISSUING_MS,
  isDueForRevocation,
  issued,
  issuing,
  type Lease,
  type LeaseOutcome,
  renewed,
  revocationFailed,
  revoked,
  revoking,
} from './lease.ts';
import { findOrphans } from './orphans.ts';
import { createdAtOf, leaseUsername } from './username.ts';

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

function lease(outcome: LeaseOutcome): Lease {
  if ('refused' in outcome) throw new Error(outcome.refused);
  return outcome.lease;
}

const begun = () => issuing('v-app-shop-x', NOW, HOUR, 4 * HOUR);
const active = () => lease(issued(begun()));

describe('a lease', () => {
  it('never lives longer than its role allows', () => {
    expect(issuing('u', NOW, 9 * HOUR, 4 * HOUR).expiresAt).toBe(NOW + 4 * HOUR);
    expect(lease(renewed(active(), NOW + HOUR - 1, HOUR)).expiresAt).toBe(NOW + 2 * HOUR - 1);
    let one = active();
    for (let turns = 0; turns < 9; turns += 1) one = lease(renewed(one, one.expiresAt - 1, HOUR));
    expect(one.expiresAt).toBe(NOW + 4 * HOUR);
    expect(renewed(one, one.expiresAt, HOUR)).toEqual({ refused: 'expired' });
    expect(databaseExpiry(one)).toBe(NOW + 4 * HOUR + 5000);
  });

  it('counts as abandoned when its issue takes too long, and the issuer comes too late then', () => {
    expect(isDueForRevocation(begun(), NOW + ISSUING_MS - 1)).toBe(false);
    expect(isDueForRevocation(begun(), NOW + ISSUING_MS)).toBe(true);
    const abandoned = lease(revoking(begun(), 'expired', NOW + ISSUING_MS));
    expect(issued(abandoned)).toEqual({ refused: 'not-in-this-state' });
    const gone = lease(revoked(abandoned));
    expect(gone.state).toBe('ABORTED');
    expect(issued(gone)).toEqual({ refused: 'not-in-this-state' });
  });

  it('is revoked once, by whomever and however often', () => {
    const first = lease(revoking(active(), 'requested', NOW));
    expect(lease(revoking(first, 'expired', NOW))).toEqual(first);
    expect(renewed(first, NOW, HOUR)).toEqual({ refused: 'not-in-this-state' });
    const gone = lease(revoked(first));
    expect(gone).toMatchObject({ state: 'REVOKED', trigger: 'requested' });
    expect(lease(revoked(gone))).toEqual(gone);
    expect(revoking(gone, 'requested', NOW)).toEqual({ refused: 'not-in-this-state' });
    expect(revoked(active())).toEqual({ refused: 'not-in-this-state' });
  });

  it('tries six times, ever more slowly, and then every hour until it works', () => {
    let one = lease(revoking(active(), 'expired', NOW));
    const delays: number[] = [];
    for (let failures = 0; failures < 8; failures += 1) {
      one = lease(revocationFailed(one, NOW, 0.5));
      delays.push((one.nextAttemptAt - NOW) / 1000);
    }
    expect(delays).toEqual([10, 20, 40, 80, 160, 3600, 3600, 3600]);
    expect(one.state).toBe('STUCK');
    expect(isDueForRevocation(one, NOW + HOUR)).toBe(true);
    expect(isDueForRevocation(lease(revoking(one, 'break-glass', NOW + 1)), NOW + 1)).toBe(true);
    expect(lease(revoked(one)).state).toBe('REVOKED');
  });

  it('ends nothing of its own accord after a restore, but what somebody asked for', () => {
    expect(isDueForRevocation(active(), NOW + 9 * HOUR, true)).toBe(false);
    expect(isDueForRevocation(lease(revoking(active(), 'expired', NOW)), NOW, true)).toBe(false);
    expect(isDueForRevocation(lease(revoking(active(), 'requested', NOW)), NOW, true)).toBe(true);
  });

  it('is ended by one at a time, and by the next when that one does not come back', () => {
    const due = active();
    expect(claimed(due, due.expiresAt - 1)).toEqual({ refused: 'not-due' });
    const mine = lease(claimed(due, due.expiresAt));
    expect(mine).toMatchObject({ state: 'REVOKING', trigger: 'expired' });
    expect(claimed(mine, due.expiresAt + CLAIM_MS - 1)).toEqual({ refused: 'not-due' });
    expect(lease(claimed(mine, due.expiresAt + CLAIM_MS))).toMatchObject({ state: 'REVOKING', attempt: 0 });
    expect(claimed(due, due.expiresAt, true)).toEqual({ refused: 'not-due' });
  });

  it('that is still being issued is ended once more when no issue can be that slow', () => {
    const given = lease(revoking(begun(), 'break-glass', NOW + 5));
    expect(given).toMatchObject({ state: 'ISSUING', trigger: 'not-issued' });
    const once = lease(ended(given, NOW + 10));
    expect(once).toMatchObject({ state: 'ISSUING', nextAttemptAt: NOW + ISSUING_MS });
    expect(issued(once)).toEqual({ refused: 'not-in-this-state' });
    expect(lease(ended(once, NOW + ISSUING_MS)).state).toBe('ABORTED');
  });

  it('that expired is no longer held back when somebody asks for its end', () => {
    const expired = lease(revoking(active(), 'expired', NOW));
    expect(isDueForRevocation(expired, NOW, true)).toBe(false);
    expect(isDueForRevocation(lease(revoking(expired, 'requested', NOW)), NOW, true)).toBe(true);
  });

  it('is given up from every state that has a user, and only once', () => {
    for (const one of [active(), lease(revoking(active(), 'expired', NOW))])
      expect(lease(forgotten(one, NOW)).state).toBe('REVOKED');
    const aborted = lease(forgotten(begun(), NOW));
    expect(aborted.state).toBe('ABORTED');
    expect(forgotten(aborted, NOW)).toEqual({ refused: 'not-in-this-state' });
  });

  it('ends in every order of events, and no user is left behind', () => {
    const event = fc.constantFrom('issue', 'late issue', 'renew', 'revoke', 'fail', 'succeed', 'time');
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let one = begun();
        let now = NOW;
        let exists = false;
        const step = (outcome: LeaseOutcome) => {
          if ('lease' in outcome) one = outcome.lease;
          return 'lease' in outcome;
        };
        for (const what of events) {
          if (what === 'issue' && one.state === 'ISSUING') {
            exists = true;
            // Somebody was faster: what was made is taken back at once.
            if (!step(issued(one))) exists = false;
          } else if (what === 'late issue' && one.state === 'ISSUING') exists = true;
          else if (what === 'renew') step(renewed(one, now, HOUR));
          else if (what === 'revoke') step(revoking(one, 'requested', now));
          else if (what === 'fail') step(revocationFailed(one, now, 0.3));
          else if (what === 'succeed' && one.trigger !== undefined && one.state !== 'ACTIVE') {
            exists = false;
            step(revoked(one));
          } else now += 20 * 60_000;
          // INVARIANT: who has a user has a lease that is not over.
          if (exists) expect(['REVOKED', 'ABORTED']).not.toContain(one.state);
        }
        for (let turns = 0; turns < 3 && one.state !== 'REVOKED' && one.state !== 'ABORTED'; turns += 1) {
          now = Math.max(now, one.nextAttemptAt);
          expect(isDueForRevocation(one, now)).toBe(true);
          if (one.trigger === undefined) step(revoking(one, 'expired', now));
          step(revoked(one));
        }
        expect(['REVOKED', 'ABORTED']).toContain(one.state);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [{ perRole: 0, perPrincipal: 0 }, 'ok'],
    [{ perRole: 799, perPrincipal: 0 }, 'warn'],
    [{ perRole: 1000, perPrincipal: 0 }, 'role-full'],
    [{ perRole: 100, perPrincipal: 39 }, 'warn'],
    [{ perRole: 100, perPrincipal: 50 }, 'principal-full'],
  ])('with %o active leases is %s', (count, expected) => {
    expect(capCheck(count)).toBe(expected);
  });
});

describe('names of dynamic users', () => {
  const random = 'abcdefghij0123456789';

  it('fit the database and tell who, what and when, whatever the principal is called', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.integer({ min: 0, max: 4_000_000_000_000 }),
        (principal, role, createdAt) => {
          for (const max of [63, 32]) {
            const name = leaseUsername({ principal, role, random, createdAt }, max);
            expect(name).toMatch(/^v-[a-z0-9-]+$/);
            expect(name.length).toBeLessThanOrEqual(max);
            expect(createdAtOf(name)).toBe(Math.floor(createdAt / 1000) * 1000);
          }
        },
      ),
    );
    expect(leaseUsername({ principal: 'user/Alice Smith', role: 'reporting', random, createdAt: NOW }, 63)).toBe(
      'v-useralic-reportin-abcdefghij0123456789-1800000000',
    );
  });

  it.each([
    'root',
    'v-',
    'v-a-b-c-1',
    'v-app-shop-abcdefghij0123456789-99999999999999',
    'V-app-shop-abcdefghij0123456789-1',
  ])('%s is none of ours', (name) => {
    expect(createdAtOf(name)).toBeUndefined();
  });

  it('find users no lease knows, and drop only those older than any lease', () => {
    const name = (createdAt: number) => leaseUsername({ principal: 'app', role: 'shop', random, createdAt }, 63);
    const [old, young, known, ended] = [NOW - 9 * HOUR, NOW - HOUR, NOW - 8 * HOUR, NOW - 2 * HOUR].map(name) as [
      string,
      string,
      string,
      string,
    ];
    const leases = new Map([
      [known, 'ACTIVE'],
      [ended, 'ABORTED'],
    ] as const);
    const found = [old, young, known, ended, 'v-somebody'];
    expect(findOrphans(found, leases, NOW, 4 * HOUR)).toEqual([
      { username: old, action: 'drop' },
      { username: young, action: 'report' },
      { username: ended, action: 'drop' },
      { username: 'v-somebody', action: 'report' },
    ]);
    expect(findOrphans(found, leases, NOW, 4 * HOUR, true).every(({ action }) => action === 'report')).toBe(true);
  });
});
