/** The rows of certificates from elsewhere and what the MAC of each covers. */
import { canonicalRow } from '../../../../platform/contract/canonical-row.ts';
import type { Reason } from '../revocation/reason.ts';
import type { Unsealed } from '../rows.ts';

/** Uploaded by somebody, or obtained from an outside authority by an order. */
export const KEPT_SOURCES = ['UPLOADED', 'OUTSIDE'] as const;
export type KeptSource = (typeof KEPT_SOURCES)[number];

/** What is the same of the version in force and of those before it. */
interface VersionColumns {
  certificate_id: string;
  /** From 1 on; importing again makes the next one. Part of the name of its private key. */
  certificate_version: number;
  /** DER. */
  certificate: Buffer;
  /** From its issuer upwards, DER one behind the other; null: none was given. */
  chain: Buffer | null;
  /** SHA-256 of the certificate, hexadecimal. */
  fingerprint: string;
  /** Whether `certificate_key` has the key of this version. */
  has_key: 0 | 1;
  state: 'ACTIVE' | 'REVOKED';
  revoked_at: number | null;
  revocation_reason: Reason | null;
  /** When this version came, and who brought it. */
  imported_at: number;
  imported_by: string;
  row_mac: Buffer;
}

/** A certificate from elsewhere, with its version in force. */
export interface KeptCertificateRow extends VersionColumns {
  account_id: string;
  partition: string;
  region: string;
  /** What people call it. */
  name: string;
  description: string;
  source: KeptSource;
  /** The order at the outside authority; null: it was uploaded. */
  order_reference: string | null;
  /** Hexadecimal. */
  serial: string;
  /** SHA-256 of the SubjectPublicKeyInfo, hexadecimal. */
  public_key_hash: string;
  not_before: number;
  not_after: number;
  created_at: number;
  /** When it is destroyed; null: it is not to be deleted. */
  restorable_until: number | null;
  /** JSON list of [key, value], sorted by key. */
  tags: string;
  enterprise_project_id: string;
  /** Of the row: grows by one with every change. */
  version: number;
}

/** A version that another one has replaced. */
export interface KeptVersionRow extends VersionColumns {
  replaced_at: number;
}

/** Which certificate was issued in the place of which one, by the same authority. */
export interface ReissueRow {
  authority_id: string;
  /** Of the new certificate, hexadecimal. */
  serial: string;
  account_id: string;
  replaces_serial: string;
  created_at: number;
  row_mac: Buffer;
}

/** How far the reminders of one threshold are. Bookkeeping, without MAC. */
export interface ExpiryWalkRow {
  source: string;
  days: number;
  /** Certificates that expire until then were looked at. */
  walked_until: number;
  /** Where the walk that is under way ends; null: none is. */
  walks_to: number | null;
  /** Where it is, JSON; null: at its beginning. */
  position: string | null;
  /** Grows by one with every step. */
  version: number;
}

const versionColumns = (row: Omit<VersionColumns, 'row_mac'>) => [
  row.certificate_id,
  row.certificate_version,
  row.certificate,
  row.chain,
  row.fingerprint,
  row.has_key,
  row.state,
  row.revoked_at,
  row.revocation_reason,
  row.imported_at,
  row.imported_by,
];

export function keptCertificateRowBytes(row: Unsealed<KeptCertificateRow>): Buffer {
  return canonicalRow('kept-certificate', [
    ...versionColumns(row),
    row.account_id,
    row.partition,
    row.region,
    row.name,
    row.description,
    row.source,
    row.order_reference,
    row.serial,
    row.public_key_hash,
    row.not_before,
    row.not_after,
    row.created_at,
    row.restorable_until,
    row.tags,
    row.enterprise_project_id,
    row.version,
  ]);
}

export function keptVersionRowBytes(row: Unsealed<KeptVersionRow>): Buffer {
  return canonicalRow('kept-version', [...versionColumns(row), row.replaced_at]);
}

export function reissueRowBytes(row: Unsealed<ReissueRow>): Buffer {
  const { authority_id, serial, account_id, replaces_serial, created_at } = row;
  return canonicalRow('reissue', [authority_id, serial, account_id, replaces_serial, created_at]);
}
