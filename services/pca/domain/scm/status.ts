/** In which state a certificate from elsewhere is, and what may be done with it then. */
import type { STATUSES } from '../../api/scm/shapes.ts';
import type { KeptCertificateRow } from './rows.ts';

export type CertificateStatus = (typeof STATUSES)[number];

export function keptStatus(
  { state, not_after, restorable_until }: Pick<KeptCertificateRow, 'state' | 'not_after' | 'restorable_until'>,
  now: number,
): CertificateStatus {
  if (restorable_until !== null) return 'DELETED';
  if (state === 'REVOKED') return 'REVOKED';
  return not_after < now ? 'EXPIRED' : 'ACTIVE';
}

const TABLE = {
  Read: ['ACTIVE', 'EXPIRED', 'REVOKED', 'DELETED'],
  Download: ['ACTIVE', 'EXPIRED', 'REVOKED'],
  /** Name, description, tags, project. */
  Update: ['ACTIVE', 'EXPIRED', 'REVOKED'],
  Replace: ['ACTIVE', 'EXPIRED', 'REVOKED'],
  Revoke: ['ACTIVE', 'EXPIRED'],
  Delete: ['ACTIVE', 'EXPIRED', 'REVOKED'],
  Restore: ['DELETED'],
} as const satisfies Record<string, readonly CertificateStatus[]>;

export type KeptAction = keyof typeof TABLE;

export function permitsKept(action: KeptAction, status: CertificateStatus): boolean {
  return (TABLE[action] as readonly CertificateStatus[]).includes(status);
}
