/**
 * AES key wrap with padding (RFC 5649, SP 800-38F KWP) under a 256-bit key held in this process. Unwrap answers
 * undefined for anything that does not verify; it never says where the blob is wrong.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';

const ALGORITHM = { 16: 'id-aes128-wrap-pad', 24: 'id-aes192-wrap-pad', 32: 'id-aes256-wrap-pad' } as const;
/** RFC 5649 section 3: the constant half of the alternative initial value. */
const ALTERNATIVE_IV = Buffer.from('A65959A6', 'hex');

function algorithmFor(wrappingKey: Buffer): string {
  const name = ALGORITHM[wrappingKey.length as keyof typeof ALGORITHM];
  if (name === undefined) throw new RangeError('wrapping key is not an AES key');
  return name;
}

/** Answers the wrapped key: its length rounded up to 8, plus 8. The key is 1 byte or longer. */
export function wrapKey(wrappingKey: Buffer, key: Buffer): Buffer {
  const cipher = createCipheriv(algorithmFor(wrappingKey), wrappingKey, ALTERNATIVE_IV);
  return Buffer.concat([cipher.update(key), cipher.final()]);
}

/** Answers the key in a buffer of its own (the caller zeroises it), or undefined. */
export function unwrapKey(wrappingKey: Buffer, wrapped: Buffer): Buffer | undefined {
  if (wrapped.length < 16 || wrapped.length % 8 !== 0) return undefined;
  const decipher = createDecipheriv(algorithmFor(wrappingKey), wrappingKey, ALTERNATIVE_IV);
  let first: Buffer | undefined;
  let last: Buffer | undefined;
  try {
    first = decipher.update(wrapped);
    last = decipher.final();
    const key = Buffer.alloc(first.length + last.length);
    first.copy(key);
    last.copy(key, first.length);
    return key;
  } catch {
    return undefined;
  } finally {
    first?.fill(0);
    last?.fill(0);
  }
}
