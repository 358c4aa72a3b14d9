/**
 * Wrapped values: a copy of one version, readable once with its token. The value is sealed under a key that needs both
 * halves: the token, which is not kept, and the HSM, which no thief of a token and a backup has. Used, revoked and
 * expired ones hold no value any more; what is left says who did what with them.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { canonicalRow, lengthPrefixed } from '../../../platform/contract/canonical-row.ts';
import type { Misuse, WRAPPING_STATES } from '../api/wrapping.ts';

export interface WrappingRow {
  wrapping_id: string;
  secret_id: string;
  /** Of the secret. */
  account_id: string;
  secret_arn: string;
  version_id: string;
  kind: 'text' | 'binary';
  /** JSON list of the keys that whoever wrapped it could read; null: the whole value. */
  fields: string | null;
  recipient: string;
  recipient_id: string;
  recipient_account: string;
  token_hash: Buffer;
  created_at: number;
  created_by: string;
  expires_at: number;
  /** Null when it was read, revoked, or its time has passed. */
  sealed: Buffer | null;
  unwrapped_at: number | null;
  unwrapped_by: string | null;
  unwrapped_from: string | null;
  revoked_at: number | null;
  misuse_count: number;
  /** JSON list, newest first. */
  misuses: string;
  version: number;
  row_mac: Buffer;
}

/** The sealed value is bound to its row by its own tag. */
export function wrappingRowBytes(row: Omit<WrappingRow, 'row_mac' | 'sealed'>): Buffer {
  return canonicalRow('secret-wrapping', [
    row.wrapping_id,
    row.secret_id,
    row.account_id,
    row.secret_arn,
    row.version_id,
    row.kind,
    row.fields,
    row.recipient,
    row.recipient_id,
    row.recipient_account,
    row.token_hash,
    row.created_at,
    row.created_by,
    row.expires_at,
    row.unwrapped_at,
    row.unwrapped_by,
    row.unwrapped_from,
    row.revoked_at,
    row.misuse_count,
    row.misuses,
    row.version,
  ]);
}

export function wrappingState(
  row: Pick<WrappingRow, 'unwrapped_at' | 'revoked_at' | 'expires_at'>,
  now: number,
): (typeof WRAPPING_STATES)[number] {
  if (row.unwrapped_at !== null) return 'Unwrapped';
  if (row.revoked_at !== null) return 'Revoked';
  return row.expires_at <= now ? 'Expired' : 'Open';
}

export interface MisuseEntry {
  At: number;
  By: string;
  From: string;
  Reason: Misuse;
}

const KEPT_MISUSES = 20;

export function withMisuse(
  { misuse_count, misuses }: Pick<WrappingRow, 'misuse_count' | 'misuses'>,
  entry: MisuseEntry,
): Pick<WrappingRow, 'misuse_count' | 'misuses'> {
  const kept = [entry, ...(JSON.parse(misuses) as MisuseEntry[])].slice(0, KEPT_MISUSES);
  return { misuse_count: misuse_count + 1, misuses: JSON.stringify(kept) };
}

// --- tokens ----------------------------------------------------------------------------------------------------------

const PREFIX = 'pwt_';
export const TOKEN_BYTES = 32;

export function tokenText(secret: Buffer): string {
  return PREFIX + secret.toString('base64url');
}

/** The secret of a token, to be zeroed; undefined: the text was never one. */
export function readToken(text: string): Buffer | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  const secret = Buffer.from(text.slice(PREFIX.length), 'base64url');
  return secret.length === TOKEN_BYTES && tokenText(secret) === text ? secret : undefined;
}

/** What is kept of a token. It has 256 random bits, so nobody tries guesses. */
export function tokenHash(secret: Buffer): Buffer {
  return createHash('sha256').update('parapet/ccms/wrapping-token/v1').update(secret).digest();
}

// --- the sealed value ------------------------------------------------------------------------------------------------

/** Label of the half that the HSM makes, over `keyScope`. */
export const WRAPPING_KEY_LABEL = 'parapet/ccms/wrapping-key/v1';

type Sealing = Pick<WrappingRow, 'wrapping_id' | 'account_id' | 'secret_arn' | 'version_id' | 'kind' | 'expires_at'>;

export function keyScope(row: Sealing): Buffer {
  const { wrapping_id, account_id, secret_arn, version_id, kind, expires_at } = row;
  return canonicalRow('wrapping-key', [wrapping_id, account_id, secret_arn, version_id, kind, expires_at]);
}

/** The key of one wrapped value, to be zeroed. */
export function wrappingKey(token: Buffer, hsmHalf: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', token, hsmHalf, WRAPPING_KEY_LABEL, 32));
}

const FORMAT = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/** `format (1) | iv (12) | ciphertext | tag (16)`; the key is used once. */
export function wrapValue(row: Sealing, key: Buffer, iv: Buffer, value: Buffer): Buffer {
  const cipher = createCipheriv(CIPHER, key, iv);
  cipher.setAAD(lengthPrefixed([Buffer.of(FORMAT), keyScope(row)]));
  const body = cipher.update(value);
  cipher.final();
  return Buffer.concat([Buffer.of(FORMAT), iv, body, cipher.getAuthTag()]);
}

/** Undefined: it is not what was wrapped for this row under this key. */
export function unwrapValue(row: Sealing, key: Buffer, sealed: Buffer): Buffer | undefined {
  if (sealed[0] !== FORMAT || sealed.length < 1 + IV_BYTES + TAG_BYTES) return undefined;
  const bodyAt = 1 + IV_BYTES;
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(1, bodyAt), { authTagLength: TAG_BYTES });
  decipher.setAAD(lengthPrefixed([Buffer.of(FORMAT), keyScope(row)]));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const value = decipher.update(sealed.subarray(bodyAt, sealed.length - TAG_BYTES));
  try {
    decipher.final();
    return value;
  } catch {
    // SECURITY: nothing of what did not verify leaves this function.
    value.fill(0);
    return undefined;
  }
}
