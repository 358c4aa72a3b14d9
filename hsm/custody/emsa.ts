/**
 * What an RSA signature is over: EMSA-PKCS1-v1_5 and EMSA-PSS of RFC 8017 section 9, over a hash that the caller made.
 * node:crypto signs messages only, so signatures over digests encode here and use the bare RSA operation.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export type SignatureHash = 'sha256' | 'sha384' | 'sha512';

/** DER of DigestInfo up to the hash (RFC 8017 section 9.2, note 1). */
const DIGEST_INFO: Readonly<Record<SignatureHash, Buffer>> = {
  sha256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  sha384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  sha512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
};

/** `00 01 ff .. ff 00 DigestInfo`, `bytes` long. */
export function encodePkcs1(hash: SignatureHash, digest: Buffer, bytes: number): Buffer {
  const out = Buffer.alloc(bytes, 0xff);
  const info = DIGEST_INFO[hash];
  const start = bytes - info.length - digest.length;
  out[0] = 0;
  out[1] = 1;
  out[start - 1] = 0;
  info.copy(out, start);
  digest.copy(out, start + info.length);
  return out;
}

/** EMSA-PSS with a random salt as long as the hash and MGF1 over the same hash; `bytes` is the length of the modulus. */
export function encodePss(hash: SignatureHash, digest: Buffer, bytes: number): Buffer {
  const salt = randomBytes(digest.length);
  const out = Buffer.alloc(bytes);
  const maskLength = bytes - digest.length - 1;
  const seed = pssHash(hash, digest, salt);
  out[maskLength - salt.length - 1] = 1;
  salt.copy(out, maskLength - salt.length);
  unmask(hash, seed, out.subarray(0, maskLength));
  seed.copy(out, maskLength);
  out[bytes - 1] = 0xbc;
  return out;
}

/** RFC 8017 section 9.1.2, for moduli whose length is a multiple of 8 bits and a salt as long as the hash. */
export function verifyPss(hash: SignatureHash, digest: Buffer, encoded: Buffer): boolean {
  const maskLength = encoded.length - digest.length - 1;
  if (encoded[encoded.length - 1] !== 0xbc || (encoded[0]! & 0x80) !== 0) return false;
  const seed = encoded.subarray(maskLength, -1);
  const block = Buffer.from(encoded.subarray(0, maskLength));
  unmask(hash, seed, block);
  const separator = maskLength - digest.length - 1;
  for (let at = 0; at < separator; at += 1) if (block[at] !== 0) return false;
  if (block[separator] !== 1) return false;
  return timingSafeEqual(pssHash(hash, digest, block.subarray(separator + 1)), seed);
}

function pssHash(hash: SignatureHash, digest: Buffer, salt: Buffer): Buffer {
  return createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest();
}

/** MGF1 over the block, whose first bit stays zero: the encoded message has one bit less than the modulus. */
function unmask(hash: SignatureHash, seed: Buffer, block: Buffer): void {
  const counter = Buffer.alloc(4);
  for (let at = 0; at < block.length; ) {
    const mask = createHash(hash).update(seed).update(counter).digest();
    for (const byte of mask) {
      if (at === block.length) break;
      block[at] = block[at]! ^ byte;
      at += 1;
    }
    counter.writeUInt32BE(counter.readUInt32BE() + 1);
  }
  block[0] = block[0]! & 0x7f;
}
