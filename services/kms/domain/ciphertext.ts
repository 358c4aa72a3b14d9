/**
 * The ciphertext of symmetric keys, byte by byte (spec kms 3.3):
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 1 | format version, 0x01 |
 * | 1 | 1 | suite, 0x01: HMAC-derived AES-256-GCM |
 * | 2 | 2 | header length, big endian: 52 |
 * | 4 | 16 | key id (UUID) |
 * | 20 | 32 | key material id |
 * | 52 | 16 | salt |
 * | 68 | 12 | IV |
 * | 80 | n | ciphertext |
 * | 80+n | 16 | GCM tag |
 *
 * The header is the first 52 bytes; the rest is what the HSM answers. Everything here is authenticated by the tag, and
 * so are the account, the owner part of the key's ARN and the context, which are not in the bytes.
 */
import { lengthPrefixed } from '../../../platform/contract/canonical-row.ts';
import { canonicalContext, type EncryptionContext } from './canonical.ts';

const FORMAT = 0x01;
const SUITE_DERIVED_GCM = 0x01;
export const HEADER_BYTES = 52;
/** Salt, IV and tag. */
const SEALED_OVERHEAD = 44;
const MIN_BYTES = HEADER_BYTES + SEALED_OVERHEAD + 1;

const KEY_AT = 4;
const MATERIAL_AT = 20;

export interface Ciphertext {
  keyId: string;
  materialId: string;
  /** The first 52 bytes. */
  header: Buffer;
  /** Salt, IV, ciphertext and tag. */
  sealed: Buffer;
}

/** @param keyId UUID, @param materialId 64 hexadecimal digits; both lower case. */
export function buildHeader(keyId: string, materialId: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = FORMAT;
  header[1] = SUITE_DERIVED_GCM;
  header.writeUInt16BE(HEADER_BYTES, 2);
  const written = header.write(keyId.replaceAll('-', ''), KEY_AT, 'hex') + header.write(materialId, MATERIAL_AT, 'hex');
  if (written !== HEADER_BYTES - KEY_AT) throw new RangeError('key id or material id is not of its form');
  return header;
}

/** Undefined for anything that is not a ciphertext of this layout. The parts are views on `blob`. */
export function parseCiphertext(blob: Buffer): Ciphertext | undefined {
  if (blob.length < MIN_BYTES) return undefined;
  if (blob[0] !== FORMAT || blob[1] !== SUITE_DERIVED_GCM || blob.readUInt16BE(2) !== HEADER_BYTES) return undefined;
  const id = blob.toString('hex', KEY_AT, MATERIAL_AT);
  return {
    keyId: `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`,
    materialId: blob.toString('hex', MATERIAL_AT, HEADER_BYTES),
    header: blob.subarray(0, HEADER_BYTES),
    sealed: blob.subarray(HEADER_BYTES),
  };
}

/** The part of the AAD that is the same for all messages of a key; see `messageAad`. */
export function ownerAad(owner: { accountId: string; arnPrefix: string }): Buffer {
  return lengthPrefixed([Buffer.from(owner.accountId, 'ascii'), Buffer.from(owner.arnPrefix, 'utf8')]);
}

/**
 * What the tag covers besides the header, which the HSM adds itself: the owning account, the owner part of the key's
 * ARN (`arn:aws:kms:region:account`), the canonical context; length-prefixed.
 */
export function messageAad(ownerPart: Buffer, context: EncryptionContext | undefined): Buffer {
  const contextPart = canonicalContext(context);
  const out = Buffer.alloc(ownerPart.length + 4 + contextPart.length);
  ownerPart.copy(out);
  contextPart.copy(out, out.writeUInt32BE(contextPart.length, ownerPart.length));
  return out;
}
