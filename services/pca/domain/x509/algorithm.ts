/** Signature algorithms of certificates: how each is named on the AWS wire, in X.509, by the HSM and by node:crypto. */
import { constants, createPublicKey, verify } from 'node:crypto';
import * as der from '../../../../platform/contract/der.ts';

export const SIGNING_ALGORITHMS = [
  'SHA256WITHECDSA',
  'SHA384WITHECDSA',
  'SHA512WITHECDSA',
  'SHA256WITHRSA',
  'SHA384WITHRSA',
  'SHA512WITHRSA',
] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

export const KEY_ALGORITHMS = ['RSA_2048', 'RSA_4096', 'EC_prime256v1', 'EC_secp384r1'] as const;
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
    | 'RSASSA_PKCS1_V1_5_SHA_512';
  /** AlgorithmIdentifier: NULL parameters for RSA (RFC 8017 A.2.4), none for ECDSA (RFC 5758 3.2). */
  identifier: Buffer;
}

const ecdsa = (arc: number) => der.sequence(der.oid(`1.2.840.10045.4.3.${arc}`));
const rsa = (arc: number) => der.sequence(der.oid(`1.2.840.113549.1.1.${arc}`), der.nullValue());

export const ALGORITHM: Readonly<Record<SigningAlgorithm, Facts>> = {
  SHA256WITHECDSA: { family: 'EC', hash: 'sha256', hsm: 'ECDSA_SHA_256', identifier: ecdsa(2) },
  SHA384WITHECDSA: { family: 'EC', hash: 'sha384', hsm: 'ECDSA_SHA_384', identifier: ecdsa(3) },
  SHA512WITHECDSA: { family: 'EC', hash: 'sha512', hsm: 'ECDSA_SHA_512', identifier: ecdsa(4) },
  SHA256WITHRSA: { family: 'RSA', hash: 'sha256', hsm: 'RSASSA_PKCS1_V1_5_SHA_256', identifier: rsa(11) },
  SHA384WITHRSA: { family: 'RSA', hash: 'sha384', hsm: 'RSASSA_PKCS1_V1_5_SHA_384', identifier: rsa(12) },
  SHA512WITHRSA: { family: 'RSA', hash: 'sha512', hsm: 'RSASSA_PKCS1_V1_5_SHA_512', identifier: rsa(13) },
};

/** The pair of the HSM that a key algorithm is. */
export const HSM_SPEC = {
  RSA_2048: 'RSA_2048',
  RSA_4096: 'RSA_4096',
  EC_prime256v1: 'ECC_NIST_P256',
  EC_secp384r1: 'ECC_NIST_P384',
} as const satisfies Record<KeyAlgorithm, string>;

export function familyOf(key: KeyAlgorithm): 'RSA' | 'EC' {
  return key.startsWith('RSA') ? 'RSA' : 'EC';
}

/** Undefined: not an AlgorithmIdentifier that is accepted, byte for byte; hashes weaker than SHA-256 are not. */
export function algorithmOf(identifier: Buffer): SigningAlgorithm | undefined {
  return SIGNING_ALGORITHMS.find((name) => ALGORITHM[name].identifier.equals(identifier));
}

const PSS = der.oid('1.2.840.113549.1.1.10');

/**
 * False for every signature that is not this key's over these bytes, whatever is wrong with them. `identifier` may be
 * one that we do not sign with: certificates of other authorities use RSA-PSS, too.
 */
export function verifies(signed: Buffer, identifier: Buffer, signature: Buffer, publicKey: Buffer): boolean {
  try {
    const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
    const name = algorithmOf(identifier);
    if (name) {
      const isFamily = key.asymmetricKeyType === (ALGORITHM[name].family === 'RSA' ? 'rsa' : 'ec');
      return isFamily && verify(ALGORITHM[name].hash, signed, key, signature);
    }
    const hash = pssHash(identifier);
    if (!hash || key.asymmetricKeyType !== 'rsa') return false;
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    return verify(hash, signed, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }, signature);
  } catch {
    return false;
  }
}

/** RSASSA-PSS with one hash for message and mask and a salt as long as it: the three forms that exist in practice. */
function pssHash(identifier: Buffer): 'sha256' | 'sha384' | 'sha512' | undefined {
  const forms = [
    ['sha256', 1, 32],
    ['sha384', 2, 48],
    ['sha512', 3, 64],
  ] as const;
  return forms.find(([, arc, salt]) => pssIdentifier(arc, salt).equals(identifier))?.[0];
}

function pssIdentifier(arc: number, salt: number): Buffer {
  const hash = der.sequence(der.oid(`2.16.840.1.101.3.4.2.${arc}`), der.nullValue());
  const mask = der.sequence(der.oid('1.2.840.113549.1.1.8'), hash);
  const parameters = [hash, mask, der.integer(salt)].map((part, at) => der.contextConstructed(at, part));
  return der.sequence(PSS, der.sequence(...parameters));
}
