/**
 * Signatures over digests. node:crypto hashes what it signs, and PKCS#11 tokens take private keys in their own objects
 * only, so: RSA encodes here and uses the bare RSA operation of OpenSSL; elliptic curves use @noble/curves.
 *
 * SECURITY: the elliptic curve arithmetic of @noble/curves is written to take the same steps for every key, but big
 * integers of JavaScript promise no constant time; nonces are RFC 6979 hedged with fresh randomness. Messages
 * (`isDigest` false) are signed by OpenSSL.
 */
import { constants, createHash, privateEncrypt, publicDecrypt, timingSafeEqual } from 'node:crypto';
import { eddsa } from '@noble/curves/abstract/edwards.js';
import type { ECDSA } from '@noble/curves/abstract/weierstrass.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { KeyPairSpec } from '../port.ts';
import { encodePkcs1, encodePss, type SignatureHash, verifyPss } from './emsa.ts';
import type { KeyPair } from './key-pair.ts';

const CURVES: Partial<Record<KeyPairSpec, ECDSA>> = {
  ECC_NIST_P256: p256,
  ECC_NIST_P384: p384,
  ECC_NIST_P521: p521,
  ECC_SECG_P256K1: secp256k1,
};
/** The curve's own half of the sign of s is a rule of some currencies, not of FIPS 186-5. */
const PLAIN = { prehash: false, lowS: false, format: 'der' } as const;

export function signDigestEcdsa(pair: KeyPair, digest: Buffer): Buffer {
  return Buffer.from(CURVES[pair.spec]!.sign(digest, pair.secret!, { ...PLAIN, extraEntropy: true }));
}

export function verifyDigestEcdsa(pair: KeyPair, digest: Buffer, signature: Buffer): boolean {
  const curve = CURVES[pair.spec]!;
  const point = pair.spki.subarray(-(1 + 2 * curve.Point.Fp.BYTES));
  try {
    return curve.verify(signature, digest, point, PLAIN);
  } catch {
    return false;
  }
}

/** RFC 8032 section 2: what dom2 adds, with an empty context and the flag of the prehashed variant. */
const DOM2 = Buffer.concat([Buffer.from('SigEd25519 no Ed25519 collisions', 'ascii'), Buffer.from([1, 0])]);
const sha512 = Object.assign((message: Uint8Array) => new Uint8Array(createHash('sha512').update(message).digest()), {
  outputLen: 64,
  blockLen: 128,
});

/** Ed25519ph whose message was hashed before: the prehash is the identity. */
const ed25519ph = eddsa(ed25519.Point, sha512 as never, {
  adjustScalarBytes(bytes: Uint8Array) {
    bytes[0]! &= 248;
    bytes[31] = (bytes[31]! & 127) | 64;
    return bytes as never;
  },
  domain: (data: Uint8Array) => new Uint8Array(Buffer.concat([DOM2, data])),
  prehash: ((digest: Uint8Array) => digest) as never,
});

export function signDigestEd25519(pair: KeyPair, digest: Buffer): Buffer {
  return Buffer.from(ed25519ph.sign(digest, pair.secret!));
}

export function verifyDigestEd25519(pair: KeyPair, digest: Buffer, signature: Buffer): boolean {
  try {
    return ed25519ph.verify(signature, digest, pair.spki.subarray(-32), { zip215: false });
  } catch {
    return false;
  }
}

type RsaScheme = 'pss' | 'pkcs1';

export function signDigestRsa(pair: KeyPair, scheme: RsaScheme, hash: SignatureHash, digest: Buffer): Buffer {
  const encode = scheme === 'pss' ? encodePss : encodePkcs1;
  return privateEncrypt(bare(pair.privateKey), encode(hash, digest, modulusBytes(pair)));
}

export function verifyDigestRsa(
  pair: KeyPair,
  scheme: RsaScheme,
  hash: SignatureHash,
  digest: Buffer,
  signature: Buffer,
): boolean {
  const bytes = modulusBytes(pair);
  if (signature.length !== bytes) return false;
  let encoded: Buffer;
  try {
    encoded = publicDecrypt(bare(pair.publicKey), signature);
  } catch {
    return false;
  }
  // The whole encoding is compared, never parsed: nothing of it is left for a forger to choose.
  return scheme === 'pss'
    ? verifyPss(hash, digest, encoded)
    : timingSafeEqual(encoded, encodePkcs1(hash, digest, bytes));
}

function bare<Key>(key: Key): { key: Key; padding: number } {
  return { key, padding: constants.RSA_NO_PADDING };
}

function modulusBytes(pair: KeyPair): number {
  return pair.publicKey.asymmetricKeyDetails!.modulusLength! / 8;
}
