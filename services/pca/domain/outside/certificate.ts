/** When a certificate from outside is renewed, and what became of it. Times are milliseconds. */
import { DAY_MS } from '../validity.ts';
import type { KeyAlgorithm } from '../x509/algorithm.ts';

export type OutsideCertificateState = 'active' | 'revoking' | 'revoked';

export interface OutsideCertificate {
  state: OutsideCertificateState;
  names: readonly string[];
  keyAlgorithm: KeyAlgorithm;
  serial: string;
  notBefore: number;
  notAfter: number;
  issuedAt: number;
  /** When the next one is ordered. */
  renewAt: number;
  /** What the CA suggested, as long as it suggests the same. */
  window?: { start: number; end: number };
  /** When the CA is asked when to renew (RFC 9773); absent: it does not say. */
  askAt?: number;
  /** Of the certificate, for that question; absent: it has no key identifier of its authority. */
  renewalId?: string;
  /** The order under way. */
  orderId?: string;
  /** Of renewals, or of asking to revoke, in a row. */
  failures: number;
  problem?: { message: string; next: string };
  /** RFC 5280 5.3.1, from when it is revoked. */
  reason?: number;
}

/** At most; a CA that is asked without need is asked this often. */
const ASK_MS = 6 * 3_600_000;
const LEAST_ASK_MS = 60_000;
const HOUR_MS = 3_600_000;

export type Facts = Pick<
  OutsideCertificate,
  'names' | 'keyAlgorithm' | 'serial' | 'notBefore' | 'notAfter' | 'renewalId'
>;

/** A third of its life is left. */
export function thirdLeft({ notBefore, notAfter }: Pick<Facts, 'notBefore' | 'notAfter'>): number {
  return notAfter - Math.floor((notAfter - notBefore) / 3);
}

export function newlyIssued(facts: Facts, now: number): OutsideCertificate {
  const asks = facts.renewalId === undefined ? {} : { askAt: now };
  // One that comes late in its life is not followed by the next one at once, again and again.
  const renewAt = Math.max(thirdLeft(facts), now + Math.floor((facts.notAfter - now) / 3));
  return { state: 'active', ...facts, issuedAt: now, renewAt, ...asks, failures: 0 };
}

/** When a job has to look at it; null: it is waited for something else. */
export function certificateDueAt(of: OutsideCertificate): number | null {
  if (of.state === 'revoked' || of.orderId !== undefined) return null;
  if (of.state === 'revoking') return of.renewAt;
  return Math.min(of.renewAt, of.askAt ?? of.renewAt);
}

export interface SuggestedWindow {
  start: number;
  end: number;
  retryAfterMs: number | undefined;
}

/**
 * What the CA suggests: a moment within its window, never later than it would be renewed anyway.
 * @param chance 0 to 1: where in the window, so that the certificates of all do not come at once (RFC 9773 4.2)
 */
export function suggested(
  of: OutsideCertificate,
  suggestion: SuggestedWindow | undefined,
  chance: number,
  now: number,
): OutsideCertificate {
  const { askAt: _, window: before, ...rest } = of;
  if (!suggestion) return rest;
  const { start, end, retryAfterMs } = suggestion;
  const window = { start, end };
  // Whatever the CA suggests, a certificate is used for an hour.
  const within = Math.min(start + Math.floor((end - start) * chance), of.renewAt);
  const chosen = Math.max(within, of.issuedAt + HOUR_MS);
  // A moment that was chosen stays, and so does the pause after a failure.
  const isKept = of.failures > 0 || (before?.start === start && before.end === end);
  const askAt = now + Math.min(Math.max(retryAfterMs ?? ASK_MS, LEAST_ASK_MS), DAY_MS);
  return { ...rest, window, renewAt: isKept ? of.renewAt : chosen, askAt };
}

/** The CA did not say: it is asked later, and what is known holds. */
export function notSuggested(of: OutsideCertificate, now: number): OutsideCertificate {
  return { ...of, askAt: now + ASK_MS };
}

export function renewing(of: OutsideCertificate, orderId: string): OutsideCertificate {
  return { ...of, orderId };
}

/** The order came to nothing: the next one is later, longer after each time, and never given up. */
export function renewalFailed(
  of: OutsideCertificate,
  problem: { message: string; next: string },
  now: number,
): OutsideCertificate {
  const { orderId: _, ...rest } = of;
  const failures = of.failures + 1;
  return { ...rest, failures, problem, renewAt: now + Math.min(HOUR_MS * 2 ** Math.min(failures - 1, 10), DAY_MS) };
}

/** Somebody gave the order up: the next one is when it would have been. */
export function renewalCancelled(of: OutsideCertificate, now: number): OutsideCertificate {
  const { orderId: _, ...rest } = of;
  return { ...rest, renewAt: Math.max(thirdLeft(of), now + DAY_MS) };
}

export function revoking(of: OutsideCertificate, reason: number, now: number): OutsideCertificate {
  const { problem: _, ...rest } = of;
  return { ...rest, state: 'revoking', reason, failures: 0, renewAt: now };
}

export function revocationFailed(
  of: OutsideCertificate,
  problem: { message: string; next: string },
  pauseMs: number,
  now: number,
): OutsideCertificate {
  return { ...of, failures: of.failures + 1, problem, renewAt: now + pauseMs };
}

/** The CA does not revoke it, and will not: it is as before. */
export function revocationRefused(
  of: OutsideCertificate,
  problem: { message: string; next: string },
): OutsideCertificate {
  const { reason: _, ...rest } = of;
  return { ...rest, state: 'active', failures: of.failures + 1, problem, renewAt: thirdLeft(of) };
}

export function revoked(of: OutsideCertificate): OutsideCertificate {
  const { problem: _, ...rest } = of;
  return { ...rest, state: 'revoked', failures: 0 };
}
