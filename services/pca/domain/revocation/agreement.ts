/**
 * What became of a certificate stands in two rows: its own and that of its revocation. Whoever can write to the database
 * can take one away, or put an older copy back; then the two differ, and what is worse for the certificate is true.
 */
import type { CertificateRow } from '../rows.ts';
import type { Revocation } from './reason.ts';
import type { RevocationRow } from './rows.ts';

type OwnFacts = Pick<CertificateRow, 'revocation_state' | 'revocation_reason' | 'revoked_at'>;
type RowFacts = Pick<RevocationRow, 'state' | 'reason' | 'revoked_at'>;

export interface Agreement {
  /** Undefined: it was never revoked or on hold. */
  revocation: Revocation | undefined;
  agree: boolean;
}

/** As the row of the certificate has it. */
export function ownFacts({ state, reason, revokedAt }: Revocation): OwnFacts {
  return { revocation_state: state, revocation_reason: reason, revoked_at: revokedAt };
}

const RANK = { released: 0, held: 1, revoked: 2 } as const;

/** Of rows that were verified; without a row of the certificate there is nothing that the other one could agree with. */
export function agreementOf(certificate: OwnFacts | undefined, row: RowFacts | undefined): Agreement {
  const own = certificate && factsOf(certificate);
  const other = row && { state: row.state, reason: row.reason, revokedAt: row.revoked_at };
  const agree = own?.state === other?.state && own?.reason === other?.reason && own?.revokedAt === other?.revokedAt;
  return { revocation: worse(own, other), agree };
}

function factsOf({ revocation_state, revocation_reason, revoked_at }: OwnFacts): Revocation | undefined {
  if (revocation_state === null) return undefined;
  return { state: revocation_state, reason: revocation_reason ?? 0, revokedAt: revoked_at ?? 0 };
}

function worse(own: Revocation | undefined, other: Revocation | undefined): Revocation | undefined {
  if (!own || !other) return own ?? other;
  return RANK[other.state] > RANK[own.state] ? other : own;
}

export function isTrusted(
  revocation: Revocation | undefined,
): revocation is undefined | (Revocation & { state: 'released' }) {
  return revocation === undefined || revocation.state === 'released';
}
