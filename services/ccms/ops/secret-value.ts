/** From the members of a request to sealed bytes in a row, and back. Plain bytes are zeroed as soon as they were used. */
import { randomBytes } from 'node:crypto';
import { ServiceError } from '../../../platform/contract/error.ts';
import { MAX_VALUE_BYTES } from '../api/shapes.ts';
import type { CcmsDeps } from '../deps.ts';
import type { VersionRow } from '../domain/rows.ts';
import { openValue, readHeader, sealValue } from '../domain/sealed-value.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import { DEFAULT_KEY_NAME, type KeyHolder, newDataKey, openDataKey } from './data-keys.ts';
import type { AnyCall } from './secret-access.ts';

export interface PlainValue {
  kind: 'text' | 'binary';
  bytes: Buffer;
}

interface ValueInput {
  SecretString?: string | undefined;
  SecretBinary?: Buffer | undefined;
}

/** Undefined: the request has no value. */
export function requestedValue(call: AnyCall, { SecretString, SecretBinary }: ValueInput): PlainValue | undefined {
  if (SecretString !== undefined && SecretBinary !== undefined)
    throw call.fail('InvalidParameter', 'give SecretString or SecretBinary, not both');
  // A copy: what was handed over belongs to whoever handed it over.
  if (SecretBinary !== undefined) return { kind: 'binary', bytes: Buffer.from(SecretBinary) };
  if (SecretString === undefined) return undefined;
  const bytes = Buffer.from(SecretString, 'utf8');
  if (bytes.length <= MAX_VALUE_BYTES) return { kind: 'text', bytes };
  bytes.fill(0);
  throw call.fail('InvalidParameter', `SecretString is longer than ${MAX_VALUE_BYTES} bytes`);
}

export type SealedColumns = Pick<VersionRow, 'key_arn' | 'key_name' | 'kind' | 'sealed'>;

/** Seals a value under a data key of its own. */
export async function sealed(
  call: AnyCall,
  deps: CcmsDeps,
  holder: KeyHolder,
  versionId: string,
  value: PlainValue,
): Promise<SealedColumns> {
  const { key, wrapped, keyArn } = await newDataKey(call, deps, holder, versionId);
  try {
    const owner = { accountId: holder.place.accountId, arn: holder.arn, versionId, kind: value.kind };
    const bytes = sealValue(owner, { keyArn, wrappedKey: wrapped }, key, randomBytes(12), value.bytes);
    const key_name = holder.keyId === null ? DEFAULT_KEY_NAME : keyArn;
    return { key_arn: keyArn, key_name, kind: value.kind, sealed: bytes };
  } finally {
    key.fill(0);
  }
}

/** Opens a value; whatever is not as it was written is a DecryptionFailure. */
export async function opened(
  call: AnyCall,
  deps: CcmsDeps,
  secret: SecretRecord,
  row: VersionRow,
): Promise<PlainValue> {
  const { kind, key_arn, sealed: bytes, version_id: versionId } = row;
  const header = bytes && readHeader(bytes);
  if (!kind || !bytes || !header || header.keyArn !== key_arn) throw damaged(call);
  const { arn } = secret;
  const key = await openDataKey(call, deps, { arn, versionId, keyArn: header.keyArn, wrapped: header.wrappedKey });
  try {
    const value = openValue({ accountId: secret.row.account_id, arn, versionId, kind }, key, bytes);
    if (!value) throw damaged(call);
    return { kind, bytes: value };
  } finally {
    key.fill(0);
  }
}

/** Reads rows for their values: a row that does not verify is a value that cannot be opened. */
export async function readable<T>(call: AnyCall, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'Internal') throw damaged(call);
    throw error;
  }
}

function damaged(call: AnyCall): ServiceError {
  return call.fail('DecryptionFailure', 'the stored value is not what was written', {
    hint: 'somebody changed the database: keep a copy for the investigation, then restore a backup',
  });
}
