/**
 * The overlap rule (spec ccms 3.6.4). A consumer may use the value it read for C (its cache) + L (its connecting) after
 * the next rotation has finished. No login fails if the credential of version k is left alone until then: it is touched
 * by its retirement, or by the start of rotation k+2 that takes its user again.
 */

/** What is assumed of consumers that declared nothing: two of the default caches of 300 s. */
export const LEAST_OVERLAP_MS = 600_000;
export const DEFAULT_GRACE_MS = 86_400_000;

export function minOverlapMs(declaredConsumerTtlsMs: readonly number[]): number {
  return declaredConsumerTtlsMs.reduce((longest, ttl) => Math.max(longest, ttl), LEAST_OVERLAP_MS);
}

/** When the outgoing credential may be closed. A grace below the overlap would break consumers. */
export function retireAt(finishedAt: number, graceMs: number, overlapMs: number): number {
  return finishedAt + Math.max(graceMs, overlapMs);
}

export interface RotationHistory {
  readonly now: number;
  /** When the label last moved; undefined when it never did. */
  readonly lastFinishedAt: number | undefined;
  /** A run has begun and not finished. */
  readonly unfinished: boolean;
  /** The last run has finished, and its outgoing credential is not closed yet. */
  readonly graceOpen: boolean;
  readonly overlapMs: number;
}

export type RotationGate =
  /** `retireFirst`: the credential of the time before goes before its user or place is taken again. */
  | { readonly allowed: true; readonly retireFirst: boolean; readonly breaksOverlap: boolean }
  | { readonly allowed: false; readonly why: 'unfinished' }
  | { readonly allowed: false; readonly why: 'overlap'; readonly notBefore: number };

/** @param force a compromise is worse than failed logins; the caller records the reason */
export function rotationGate(history: RotationHistory, force = false): RotationGate {
  // Never a second pending value: the run that is there goes on with its token.
  if (history.unfinished) return { allowed: false, why: 'unfinished' };
  const { lastFinishedAt } = history;
  const notBefore = lastFinishedAt === undefined ? history.now : lastFinishedAt + history.overlapMs;
  const early = history.now < notBefore;
  if (early && !force) return { allowed: false, why: 'overlap', notBefore };
  return { allowed: true, retireFirst: history.graceOpen, breaksOverlap: early };
}
