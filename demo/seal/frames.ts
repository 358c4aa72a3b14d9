/**
 * A stream sealed in frames of a mebibyte, each AES-256-GCM. The nonce holds the number of the frame and whether it is the
 * last, so frames cannot be swapped, repeated or cut off. A key seals one stream.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';

export const FRAME_BYTES = 1 << 20;
export const TAG_BYTES = 16;
const NONCE_BYTES = 12;

export function sealFrame(key: Uint8Array, index: number, last: boolean, plain: Buffer): Buffer[] {
  const cipher = createCipheriv('aes-256-gcm', key, nonce(index, last));
  return [cipher.update(plain), cipher.final(), cipher.getAuthTag()];
}

/** Throws when it is not the frame that was sealed at this place. */
export function openFrame(key: Uint8Array, index: number, last: boolean, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(index, last), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plain = decipher.update(sealed.subarray(0, -TAG_BYTES));
  decipher.final();
  return plain;
}

function nonce(index: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(NONCE_BYTES);
  bytes.writeUInt32BE(index, NONCE_BYTES - 5);
  bytes[NONCE_BYTES - 1] = last ? 1 : 0;
  return bytes;
}
