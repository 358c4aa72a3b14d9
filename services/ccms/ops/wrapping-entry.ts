/** Wrapped values as answers show them, and how those of a secret are found. */
import type { CcmsDeps } from '../deps.ts';
import { ENDED_KEPT_MS } from '../domain/limits.ts';
import { type MisuseEntry, type WrappingRow, wrappingState } from '../domain/wrapping.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import type { AnyCall } from './secret-access.ts';

/** For the recipient. */
export function wrappingSummary(row: WrappingRow, now: number) {
  return {
    WrappingId: row.wrapping_id,
    SecretARN: row.secret_arn,
    VersionId: row.version_id,
    Recipient: row.recipient,
    Status: wrappingState(row, now),
    CreatedDate: row.created_at,
    CreatedBy: row.created_by,
    ExpiresAt: row.expires_at,
    ...(row.unwrapped_at !== null && { UnwrappedDate: row.unwrapped_at }),
    ...(row.unwrapped_by !== null && { UnwrappedBy: row.unwrapped_by }),
    ...(row.unwrapped_from !== null && { UnwrappedFrom: row.unwrapped_from }),
    ...(row.revoked_at !== null && { RevokedDate: row.revoked_at }),
  };
}

/** For the account of the secret. */
export function wrappingEntry(row: WrappingRow, now: number) {
  const Misuses = JSON.parse(row.misuses) as MisuseEntry[];
  return { ...wrappingSummary(row, now), MisuseCount: row.misuse_count, Misuses };
}

/** Of this secret. */
export async function requireWrapping(
  call: AnyCall,
  deps: CcmsDeps,
  secret: SecretRecord,
  wrappingId: string,
): Promise<WrappingRow> {
  const row = await deps.wrappings.byId(wrappingId);
  const isOfSecret = row?.secret_id === secret.row.secret_id && row.account_id === secret.row.account_id;
  if (row && isOfSecret && !isOld(row, call.now)) return row;
  throw call.fail('NotFound', `the secret has no wrapped value ${wrappingId}`, { hint: 'ListWrappings shows them' });
}

/** Rows that are only waiting to be removed. */
export function isOld(row: WrappingRow, now: number): boolean {
  return row.expires_at < now - ENDED_KEPT_MS;
}
