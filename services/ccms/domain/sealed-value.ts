/**
 * The stored form of a value (spec ccms 3.8):
 * `format (1) | algorithm (1) | u16 length, key ARN | u16 length, wrapped data key | iv (12) | ciphertext | tag (16)`.
 * AES-256-GCM under a data key of its own; the additional data are account, ARN, version id, kind and the header, each
 * with its length. A value that was moved to another account, secret or version, or changed by a bit, does not open.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { lengthPrefixed } from '../../../platform/contract/canonical-row.ts';

const FORMAT = 1;
const AES_256_GCM = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/** What a value belongs to. */
export interface ValueOwner {
  accountId: string;
  arn: string;
  versionId: string;
  kind: 'text' | 'binary';
}

export interface ValueHeader {
  keyArn: string;
  wrappedKey: Buffer;
}

/** What kms binds the data key to. */
export function encryptionContext(arn: string, versionId: string): Record<string, string> {
  return { SecretARN: arn, SecretVersionId: versionId };
}

/** In the place of the version id when only the use of a key is tried. */
export const KEY_ACCESS_CHECK = 'RequestToValidateKeyAccess';

/** @param iv 12 bytes from the generator; the data key is used once, so no two values share it. */
export function sealValue(owner: ValueOwner, header: ValueHeader, dataKey: Buffer, iv: Buffer, value: Buffer): Buffer {
  const head = headerBytes(header);
  const cipher = createCipheriv(CIPHER, dataKey, iv);
  cipher.setAAD(additionalData(owner, head));
  const body = cipher.update(value);
  cipher.final();
  return Buffer.concat([head, iv, body, cipher.getAuthTag()]);
}

/** Undefined: these bytes are nothing that `sealValue` made. */
export function readHeader(sealed: Buffer): ValueHeader | undefined {
  return parse(sealed)?.header;
}

/** The value; undefined: it is not what was sealed for this owner under this key. */
export function openValue(owner: ValueOwner, dataKey: Buffer, sealed: Buffer): Buffer | undefined {
  const parts = parse(sealed);
  if (!parts) return undefined;
  const decipher = createDecipheriv(CIPHER, dataKey, parts.iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(additionalData(owner, parts.head));
  decipher.setAuthTag(parts.tag);
  const value = decipher.update(parts.body);
  try {
    decipher.final();
    return value;
  } catch {
    // SECURITY: nothing of what did not verify leaves this function.
    value.fill(0);
    return undefined;
  }
}

function headerBytes({ keyArn, wrappedKey }: ValueHeader): Buffer {
  const arn = Buffer.from(keyArn, 'utf8');
  const lengths = [arn.length, wrappedKey.length].map((length) => {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16BE(length);
    return bytes;
  });
  return Buffer.concat([Buffer.of(FORMAT, AES_256_GCM), lengths[0]!, arn, lengths[1]!, wrappedKey]);
}

function parse(sealed: Buffer) {
  if (sealed[0] !== FORMAT || sealed[1] !== AES_256_GCM) return undefined;
  const arn = field(sealed, 2);
  const wrapped = arn && field(sealed, arn.end);
  if (!arn || !wrapped || sealed.length < wrapped.end + IV_BYTES + TAG_BYTES) return undefined;
  const bodyAt = wrapped.end + IV_BYTES;
  return {
    header: { keyArn: arn.bytes.toString('utf8'), wrappedKey: wrapped.bytes },
    head: sealed.subarray(0, wrapped.end),
    iv: sealed.subarray(wrapped.end, bodyAt),
    body: sealed.subarray(bodyAt, sealed.length - TAG_BYTES),
    tag: sealed.subarray(sealed.length - TAG_BYTES),
  };
}

function field(bytes: Buffer, at: number): { bytes: Buffer; end: number } | undefined {
  if (bytes.length < at + 2) return undefined;
  const end = at + 2 + bytes.readUInt16BE(at);
  return bytes.length < end ? undefined : { bytes: bytes.subarray(at + 2, end), end };
}

function additionalData({ accountId, arn, versionId, kind }: ValueOwner, head: Buffer): Buffer {
  const texts = [accountId, arn, versionId, kind].map((text) => Buffer.from(text, 'utf8'));
  return lengthPrefixed([...texts, head]);
}
