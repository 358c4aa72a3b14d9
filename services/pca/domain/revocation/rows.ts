/** The rows of revocation and what the MAC of each covers. */
import { canonicalRow } from '../../../../platform/contract/canonical-row.ts';
import type { Unsealed } from '../rows.ts';
import type { RevocationState } from './reason.ts';

/**
 * pending: the list does not show it yet; listed: it does; left: it has left the list, because it expired or was released;
 * changed: the list shows what was before.
 */
export const LISTED = { pending: 0, listed: 1, left: 2, changed: 3 } as const;
/** What the next list has to look at, and what the last one shows. */
export const TO_BE_LISTED = [LISTED.pending, LISTED.changed];
export const ON_LIST = [LISTED.listed, LISTED.changed];

export interface RevocationRow {
  authority_id: string;
  /** Hexadecimal. */
  serial: string;
  account_id: string;
  state: RevocationState;
  /** As lists and OCSP have it. */
  reason: number;
  revoked_at: number;
  changed_at: number;
  /** Of the certificate. */
  not_after: number;
  /** The certificate of an authority. */
  is_authority: 0 | 1;
  /** SHA-256 of the certificate, hexadecimal. */
  certificate_hash: string;
  /** Follows from the serial number and the settings, so that no MAC covers it; null: the authority has no lists. */
  shard: number | null;
  /** What lists have said: bookkeeping, without MAC. */
  listed: number;
  row_mac: Buffer;
}

/**
 * A list as it was signed, and what is to be done about it. Without MAC: what is in a list its signature says, and a number
 * that was put back is passed by the clock.
 */
export interface ListRow {
  authority_id: string;
  shard: number;
  account_id: string;
  number: number;
  /** When the next one is to be made; null: none is. */
  due_at: number | null;
  leased_until: number;
  fence: number;
  list: Buffer | null;
  list_number: number | null;
  /** Of the list, hexadecimal. */
  sha256: string | null;
  this_update: number | null;
  next_update: number | null;
  entries: number | null;
  /** Where else it is published; null: nowhere. */
  store: string | null;
  /** The number that was seen there. */
  stored_number: number | null;
  deliver_at: number | null;
  attempts: number;
  /** Why the last attempt to make or to publish it failed. */
  problem: string | null;
}

export interface ResponderRow {
  authority_id: string;
  serial: string;
  account_id: string;
  certificate: Buffer;
  not_after: number;
  created_at: number;
  tenant_id: string;
  wrapped: Buffer;
  binding: Buffer;
  key_mac: Buffer;
  root_version: number;
  row_mac: Buffer;
}

export function revocationRowBytes(row: Omit<Unsealed<RevocationRow>, 'shard' | 'listed'>): Buffer {
  return canonicalRow('revocation', [
    row.authority_id,
    row.serial,
    row.account_id,
    row.state,
    row.reason,
    row.revoked_at,
    row.changed_at,
    row.not_after,
    row.is_authority,
    row.certificate_hash,
  ]);
}

export function responderRowBytes(row: Unsealed<ResponderRow>): Buffer {
  return canonicalRow('ocsp-responder', [
    row.authority_id,
    row.serial,
    row.account_id,
    row.certificate,
    row.not_after,
    row.created_at,
    row.tenant_id,
    row.wrapped,
    row.binding,
    row.key_mac,
    row.root_version,
  ]);
}

/** What the HSM binds the key of a responder to. */
export function responderKeyBinding(key: { accountId: string; tenantId: string; authorityId: string }): Buffer {
  return canonicalRow('parapet/pca/responder-key', [1, key.accountId, key.tenantId, key.authorityId]);
}
