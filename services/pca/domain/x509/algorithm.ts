/** Signature algorithms of certificates: how each is named on the AWS wire, in X.509, by the HSM and by node:crypto. */
import { constants, verify } from 'node:crypto';
import * as der from '../../../../platform/contract/der.ts';
import { keyObject } from './key-object.ts';

export const SIGNING_ALGORITHMS = [
  'SHA256WITHECDSA',
  'SHA384WITHECDSA',
  'SHA512WITHECDSA',
  'SHA256WITHRSA',
  'SHA384WITHRSA',
  'SHA512WITHRSA',
  'SHA256WITHRSA_PSS',
  'SHA384WITHRSA_PSS',
  'SHA512WITHRSA_PSS',
] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

export const KEY_ALGORITHMS = [
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'EC_prime256v1',
  'EC_secp384r1',
  'EC_secp521r1',
] as const;
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

interface Facts {
  family: 'RSA' | 'EC';
  hash: 'sha256' | 'sha384' | 'sha512';
  hsm:
    | 'ECDSA_SHA_256'
    | 'ECDSA_SHA_384'
    | 'ECDSA_SHA_512'
    | 'RSASSA_PKCS1_V1_5_SHA_256'
    | 'RSASSA_PKCS1_V1_5_SHA_384'
    | 'RSASSA_PKCS1_V1_5_SHA_512'
    | 'RSASSA_PSS_SHA_256'
    | 'RSASSA_PSS_SHA_384'
    | 'RSASSA_PSS_SHA_512';
  /** How node:crypto pads; absent: there is one way. */
  padding?: { padding: number; saltLength: number };
  /**
   * AlgorithmIdentifier: NULL parameters for RSA (RFC 8017 A.2.4), none for ECDSA (RFC 5758 3.2), for RSASSA-PSS one hash
   * for message and mask and a salt as long as it: the form that exists in practice.
   */
  identifier: Buffer;
}

const ecdsa = (arc: number) => der.sequence(der.oid(`1.2.840.10045.4.3.${arc}`));
const pss = (arc: number, salt: number) => ({
  padding: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: salt },
  identifier: pssIdentifier(arc, salt),
});
const rsa = (arc: number) => der.sequence(der.oid(`1.2.840.113549.1.1.${arc}`), der.nullValue());

export const ALGORITHM: Readonly<Record<SigningAlgorithm, Facts>> = {
  SHA256WITHECDSA: { family: 'EC', hash: 'sha256', hsm: 'ECDSA_SHA_256', identifier: ecdsa(2) },
  SHA384WITHECDSA: { family: 'EC', hash: 'sha384', hsm: 'ECDSA_SHA_384', identifier: ecdsa(3) },
  SHA512WITHECDSA: { family: 'EC', hash: 'sha512', hsm: 'ECDSA_SHA_512', identifier: ecdsa(4) },
  SHA256WITHRSA: { family: 'RSA', hash: 'sha256', hsm: 'RSASSA_PKCS1_V1_5_SHA_256', identifier: rsa(11) },
  SHA384WITHRSA: { family: 'RSA', hash: 'sha384', hsm: 'RSASSA_PKCS1_V1_5_SHA_384', identifier: rsa(12) },
  SHA512WITHRSA: { family: 'RSA', hash: 'sha512', hsm: 'RSASSA_PKCS1_V1_5_SHA_512', identifier: rsa(13) },
  SHA256WITHRSA_PSS: { family: 'RSA', hash: 'sha256', hsm: 'RSASSA_PSS_SHA_256', ...pss(1, 32) },
  SHA384WITHRSA_PSS: { family: 'RSA', hash: 'sha384', hsm: 'RSASSA_PSS_SHA_384', ...pss(2, 48) },
  SHA512WITHRSA_PSS: { family: 'RSA', hash: 'sha512', hsm: 'RSASSA_PSS_SHA_512', ...pss(3, 64) },
};

/** The pair of the HSM that a key algorithm is. */
export const HSM_SPEC = {
  RSA_2048: 'RSA_2048',
  RSA_3072: 'RSA_3072',
  RSA_4096: 'RSA_4096',
  EC_prime256v1: 'ECC_NIST_P256',
  EC_secp384r1: 'ECC_NIST_P384',
  EC_secp521r1: 'ECC_NIST_P521',
} as const satisfies Record<KeyAlgorithm, string>;

export function familyOf(key: KeyAlgorithm): 'RSA' | 'EC' {
  return key.startsWith('RSA') ? 'RSA' : 'EC';
}

/** Undefined: not an AlgorithmIdentifier that is accepted, byte for byte; hashes weaker than SHA-256 are not. */
export function algorithmOf(identifier: Buffer): SigningAlgorithm | undefined {
  return SIGNING_ALGORITHMS.find((name) => ALGORITHM[name].identifier.equals(identifier));
}

/** False for every signature that is not this key's over these bytes, whatever is wrong with them. */
export function verifies(signed: Buffer, identifier: Buffer, signature: Buffer, publicKey: Buffer): boolean {
  const name = algorithmOf(identifier);
  if (!name) return false;
  const { family, hash, padding } = ALGORITHM[name];
  try {
    const key = keyObject(publicKey);
    if (key.asymmetricKeyType !== (family === 'RSA' ? 'rsa' : 'ec')) return false;
    return verify(hash, signed, { key, ...padding }, signature);
  } catch {
    return false;
  }
}

function pssIdentifier(arc: number, salt: number): Buffer {
  const hash = der.sequence(der.oid(`2.16.840.1.101.3.4.2.${arc}`), der.nullValue());
  const mask = der.sequence(der.oid('1.2.840.113549.1.1.8'), hash);
  const parameters = [hash, mask, der.integer(salt)].map((part, at) => der.contextConstructed(at, part));
  return der.sequence(der.oid('1.2.840.113549.1.1.10'), der.sequence(...parameters));
}

/** The same beside this thread, for where many signatures are verified. */
export async function verifiesBeside(
  signed: Buffer,
  identifier: Buffer,
  signature: Buffer,
  publicKey: Buffer,
): Promise<boolean> {
  const name = algorithmOf(identifier);
  if (!name) return false;
  const { family, hash, padding } = ALGORITHM[name];
  const key = keyObject(publicKey);
  if (key.asymmetricKeyType !== (family === 'RSA' ? 'rsa' : 'ec')) return false;
  return new Promise((answered) => {
    verify(hash, signed, { key, ...padding }, signature, (error, isGenuine) => answered(!error && isGenuine));
  });
}

/** Whether a hash is as strong as the curve that signs with it: SHA-256 for P-256, SHA-384 for P-384, SHA-512 for P-521. */
export function suitsCurve(hash: Facts['hash'], curveBits: number): boolean {
  return Number(hash.slice(3)) >= Math.min(curveBits, 512);
}
