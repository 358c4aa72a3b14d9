/** Reasons of revocation (RFC 5280 5.3.1), and what may follow on what: a table without I/O. */
export const REASONS = [
  'UNSPECIFIED',
  'KEY_COMPROMISE',
  'CERTIFICATE_AUTHORITY_COMPROMISE',
  'AFFILIATION_CHANGED',
  'SUPERSEDED',
  'CESSATION_OF_OPERATION',
  'PRIVILEGE_WITHDRAWN',
  'A_A_COMPROMISE',
] as const;
export type Reason = (typeof REASONS)[number];
export type AnyReason = Reason | 'CERTIFICATE_HOLD';

const CODE: Readonly<Record<AnyReason, number>> = {
  UNSPECIFIED: 0,
  KEY_COMPROMISE: 1,
  CERTIFICATE_AUTHORITY_COMPROMISE: 2,
  AFFILIATION_CHANGED: 3,
  SUPERSEDED: 4,
  CESSATION_OF_OPERATION: 5,
  CERTIFICATE_HOLD: 6,
  PRIVILEGE_WITHDRAWN: 9,
  A_A_COMPROMISE: 10,
};

export const UNSPECIFIED = CODE.UNSPECIFIED;
/** That a list may give; unspecified is said by saying nothing. */
export const LISTED_CODES: ReadonlySet<number> = new Set(Object.values(CODE).filter((code) => code !== UNSPECIFIED));

export function codeOf(reason: AnyReason): number {
  return CODE[reason];
}

export function reasonOf(code: number): AnyReason {
  const found = (Object.keys(CODE) as AnyReason[]).find((reason) => CODE[reason] === code);
  if (!found) throw new RangeError(`there is no reason ${code}`);
  return found;
}

/** `released`: it was on hold, and is good again. */
export type RevocationState = 'revoked' | 'held' | 'released';

export interface Revocation {
  state: RevocationState;
  reason: number;
  /** Whole seconds, in milliseconds. */
  revokedAt: number;
}

export type RevocationStep = { kind: 'revoke'; reason: Reason } | { kind: 'hold' | 'release' | 'compromise' };

export type StepProblem = 'already' | 'not-held' | 'not-revoked';
export type Stepped = { ok: true; revocation: Revocation } | { ok: false; problem: StepProblem };

/**
 * What becomes of a certificate. A revocation is final: only a hold ends, and only the reason can become worse. The date
 * stays that of the first moment from which the certificate was not to be trusted.
 */
export function step(before: Revocation | undefined, wanted: RevocationStep, now: number): Stepped {
  const at = Math.floor(now / 1000) * 1000;
  const current = before?.state === 'released' ? undefined : before;
  const made = (state: RevocationState, reason: AnyReason, revokedAt: number): Stepped => ({
    ok: true,
    revocation: { state, reason: codeOf(reason), revokedAt },
  });
  switch (wanted.kind) {
    case 'revoke':
      if (current?.state === 'revoked') return { ok: false, problem: 'already' };
      return made('revoked', wanted.reason, current?.revokedAt ?? at);
    case 'hold':
      if (current) return { ok: false, problem: 'already' };
      return made('held', 'CERTIFICATE_HOLD', at);
    case 'release':
      if (current?.state !== 'held') return { ok: false, problem: 'not-held' };
      return made('released', 'CERTIFICATE_HOLD', current.revokedAt);
    case 'compromise':
      if (current?.state !== 'revoked') return { ok: false, problem: 'not-revoked' };
      if (current.reason === CODE.KEY_COMPROMISE) return { ok: false, problem: 'already' };
      return made('revoked', 'KEY_COMPROMISE', current.revokedAt);
  }
}
