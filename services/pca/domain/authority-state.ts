/** What may be done to an authority in which state, and what becomes of it (spec pca 1.2 and 1.3), as a table. */
import type { AUTHORITY_STATUSES } from '../api/shapes.ts';

/** As a row holds it. That an authority has expired is a matter of the time. */
export type AuthorityState = 'PENDING_CERTIFICATE' | 'ACTIVE' | 'DISABLED' | 'DELETED' | 'DESTROYED';
export type AuthorityStatus = (typeof AUTHORITY_STATUSES)[number];

export function statusOf(
  { state, not_after }: { state: Exclude<AuthorityState, 'DESTROYED'>; not_after: number | null },
  now: number,
): AuthorityStatus {
  return state === 'ACTIVE' && not_after !== null && not_after < now ? 'EXPIRED' : state;
}

type Living = 'PENDING_CERTIFICATE' | 'ACTIVE' | 'DISABLED' | 'EXPIRED' | 'DELETED';

const TABLE = {
  IssueCertificate: ['ACTIVE'],
  /** A root issues its first certificate to itself, and its last one when that has expired. */
  IssueOwnCertificate: ['PENDING_CERTIFICATE', 'ACTIVE', 'EXPIRED'],
  ImportCertificate: ['PENDING_CERTIFICATE', 'ACTIVE', 'DISABLED', 'EXPIRED'],
  GetCertificate: ['ACTIVE', 'DISABLED', 'EXPIRED'],
  GetIssued: ['PENDING_CERTIFICATE', 'ACTIVE', 'DISABLED', 'EXPIRED'],
  /** Whoever is disabled or has expired still says what is not to be trusted. */
  Revoke: ['ACTIVE', 'DISABLED', 'EXPIRED'],
  GetCsr: ['PENDING_CERTIFICATE', 'ACTIVE', 'DISABLED', 'EXPIRED'],
  Disable: ['ACTIVE', 'EXPIRED', 'DISABLED'],
  Enable: ['DISABLED', 'ACTIVE'],
  Delete: ['PENDING_CERTIFICATE', 'DISABLED', 'EXPIRED'],
  Restore: ['DELETED'],
  /** Tags, project, and whatever else changes nothing of what it issues. */
  Tag: ['PENDING_CERTIFICATE', 'ACTIVE', 'DISABLED', 'EXPIRED'],
} as const satisfies Record<string, readonly Living[]>;

export type AuthorityAction = keyof typeof TABLE;
export const AUTHORITY_ACTIONS = Object.keys(TABLE) as AuthorityAction[];

export function permits(action: AuthorityAction, status: AuthorityStatus): boolean {
  return (TABLE[action] as readonly AuthorityStatus[]).includes(status);
}

/** After a deletion was taken back: somebody has to decide that it issues again. */
export function restoredState(hasCertificate: boolean): AuthorityState {
  return hasCertificate ? 'DISABLED' : 'PENDING_CERTIFICATE';
}
