/**
 * A dynamic credential's life (spec ccms 3.7).
 *
 * ```
 * ISSUING -> ACTIVE -> REVOKING -> REVOKED
 *    |                    |  ^
 *    +-> ABORTED          v  | hourly
 *    (revoked by name)   STUCK
 * ```
 *
 * INVARIANT: the lease is committed before the user exists, and ends after the user is gone: there is no moment at
 * which a user could exist that no lease knows.
 */

export type LeaseState = 'ISSUING' | 'ACTIVE' | 'REVOKING' | 'STUCK' | 'REVOKED' | 'ABORTED';
export type RevocationTrigger =
  | 'expired'
  | 'requested'
  | 'parent-ended'
  | 'grant-removed'
  | 'break-glass'
  | 'not-issued';

export interface Lease {
  readonly state: LeaseState;
  readonly username: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly maxExpiresAt: number;
  /** Revocations that failed in a row. */
  readonly attempt: number;
  readonly nextAttemptAt: number;
  /** Why it is being ended, or was. */
  readonly trigger: RevocationTrigger | undefined;
}

export type LeaseOutcome = { readonly lease: Lease } | { readonly refused: LeaseRefusal };
export type LeaseRefusal = 'not-in-this-state' | 'expired' | 'on-hold' | 'not-due';

/** How long an issue may take before it counts as abandoned: a connection and its statements, which take moments. */
export const ISSUING_MS = 30_000;
/** The database ends a user a little later than we do, so that we are first as long as we are there. */
const DATABASE_SLACK_MS = 5000;

export function databaseExpiry(lease: Lease): number {
  return lease.expiresAt + DATABASE_SLACK_MS;
}

export function issuing(username: string, now: number, ttlMs: number, maxTtlMs: number): Lease {
  const maxExpiresAt = now + maxTtlMs;
  return {
    state: 'ISSUING',
    username,
    createdAt: now,
    expiresAt: Math.min(now + ttlMs, maxExpiresAt),
    maxExpiresAt,
    attempt: 0,
    nextAttemptAt: now + ISSUING_MS,
    trigger: undefined,
  };
}

/** The user exists. Refused when somebody has given the issue up meanwhile: then the caller revokes what it made. */
export function issued(lease: Lease): LeaseOutcome {
  if (lease.state !== 'ISSUING' || lease.trigger !== undefined) return { refused: 'not-in-this-state' };
  return { lease: { ...lease, state: 'ACTIVE', nextAttemptAt: lease.expiresAt } };
}

/** What the database is told first, and what becomes of the row after it. */
export function renewed(lease: Lease, now: number, ttlMs: number): LeaseOutcome {
  if (lease.state !== 'ACTIVE') return { refused: 'not-in-this-state' };
  // An expired one is due to be revoked, whether or not somebody has come to it yet.
  if (now >= lease.expiresAt) return { refused: 'expired' };
  const expiresAt = Math.min(now + ttlMs, lease.maxExpiresAt);
  return { lease: { ...lease, expiresAt, nextAttemptAt: expiresAt } };
}

/** @param hold after a restore, when leases may have been renewed that this database does not know of */
export function isDueForRevocation(lease: Lease, now: number, hold = false): boolean {
  if (lease.state === 'REVOKED' || lease.state === 'ABORTED') return false;
  const ownAccord = lease.state === 'ACTIVE' || lease.state === 'ISSUING' || lease.trigger === 'expired';
  if (hold && ownAccord) return false;
  return now >= lease.nextAttemptAt;
}

/** Somebody wants it gone now; asking twice is the same as once. */
export function revoking(lease: Lease, trigger: RevocationTrigger, now: number): LeaseOutcome {
  if (lease.state === 'REVOKED' || lease.state === 'ABORTED') return { refused: 'not-in-this-state' };
  // An issue that is under way ends as an issue; its trigger tells the issuer that it is too late.
  if (lease.state === 'ISSUING') return { lease: { ...lease, trigger: 'not-issued', nextAttemptAt: now } };
  if (lease.state !== 'ACTIVE') {
    // What somebody asks for is not held back, whatever it began as.
    const first = lease.trigger === 'expired' ? trigger : lease.trigger;
    return { lease: { ...lease, trigger: first, nextAttemptAt: Math.min(lease.nextAttemptAt, now) } };
  }
  return { lease: { ...lease, state: 'REVOKING', trigger, attempt: 0, nextAttemptAt: now } };
}

/** How long one attempt at ending a user may take before somebody else tries. */
export const CLAIM_MS = 30_000;

/** Somebody sets about ending the user; who comes meanwhile finds it not due. */
export function claimed(lease: Lease, now: number, hold = false): LeaseOutcome {
  if (!isDueForRevocation(lease, now, hold)) return { refused: 'not-due' };
  const begun = lease.trigger === undefined ? revoking(lease, 'expired', now) : { lease };
  return 'refused' in begun ? begun : { lease: { ...begun.lease, nextAttemptAt: now + CLAIM_MS } };
}

/**
 * The target has no such user now. An issue that may still be under way could make it yet: its lease stays, and the
 * user is ended once more when no issue can be that slow.
 */
export function ended(lease: Lease, now: number): LeaseOutcome {
  const over = lease.createdAt + ISSUING_MS;
  if (lease.state === 'ISSUING' && lease.trigger !== undefined && now < over)
    return { lease: { ...lease, attempt: 0, nextAttemptAt: over } };
  return revoked(lease);
}

/** Somebody says that there is nothing left to end: the target is gone. */
export function forgotten(lease: Lease, now: number): LeaseOutcome {
  const begun = revoking(lease, 'break-glass', now);
  return 'refused' in begun ? begun : revoked(begun.lease);
}

/** The target says that there is no such user any more, and never was, which is the same. */
export function revoked(lease: Lease): LeaseOutcome {
  if (lease.trigger === undefined || lease.state === 'ACTIVE') return { refused: 'not-in-this-state' };
  if (lease.state === 'REVOKED' || lease.state === 'ABORTED') return { lease };
  return { lease: { ...lease, state: lease.trigger === 'not-issued' ? 'ABORTED' : 'REVOKED', attempt: 0 } };
}

const FIRST_DELAY_MS = 10_000;
const ATTEMPTS = 6;
const STUCK_DELAY_MS = 3_600_000;
const JITTER = 0.5;

/** @param random from 0 to 1, 1 excluded */
export function revocationFailed(lease: Lease, now: number, random: number): LeaseOutcome {
  const trying = lease.state === 'REVOKING' || lease.state === 'STUCK' || lease.state === 'ISSUING';
  if (!trying || lease.trigger === undefined) return { refused: 'not-in-this-state' };
  const attempt = lease.attempt + 1;
  const stuck = attempt >= ATTEMPTS;
  const delay = stuck ? STUCK_DELAY_MS : FIRST_DELAY_MS * 2 ** (attempt - 1);
  return {
    lease: {
      ...lease,
      state: stuck ? 'STUCK' : lease.state,
      attempt,
      nextAttemptAt: now + Math.round(delay * (1 - JITTER + 2 * JITTER * random)),
    },
  };
}

export interface LeaseCaps {
  readonly perRole: number;
  readonly perPrincipal: number;
}

export const DEFAULT_CAPS: LeaseCaps = { perRole: 1000, perPrincipal: 50 };
const WARN_AT = 0.8;

/** @param active leases that have a user, or may have one */
export function capCheck(
  active: LeaseCaps,
  caps: LeaseCaps = DEFAULT_CAPS,
): 'ok' | 'warn' | 'role-full' | 'principal-full' {
  if (active.perRole >= caps.perRole) return 'role-full';
  if (active.perPrincipal >= caps.perPrincipal) return 'principal-full';
  const near = (count: number, cap: number) => count + 1 >= cap * WARN_AT;
  return near(active.perRole, caps.perRole) || near(active.perPrincipal, caps.perPrincipal) ? 'warn' : 'ok';
}
