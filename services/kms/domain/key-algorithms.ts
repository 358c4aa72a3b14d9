/** What a key of each spec and usage can compute (spec kms 3.4, 3.8 and Appendix A). */
import type { EncryptionAlgorithm, KeySpec, KeyUsage, MacAlgorithm, SigningAlgorithm } from '../api/shapes.ts';

const RSA_SIGNING: readonly SigningAlgorithm[] = [
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
];
const SIGNING: Partial<Record<KeySpec, readonly SigningAlgorithm[]>> = {
  RSA_2048: RSA_SIGNING,
  RSA_3072: RSA_SIGNING,
  RSA_4096: RSA_SIGNING,
  ECC_NIST_P256: ['ECDSA_SHA_256'],
  ECC_NIST_P384: ['ECDSA_SHA_384'],
  ECC_NIST_P521: ['ECDSA_SHA_512'],
  ECC_SECG_P256K1: ['ECDSA_SHA_256'],
  ECC_NIST_EDWARDS25519: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'],
};
const RSA_ENCRYPTION: readonly EncryptionAlgorithm[] = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'];
const ENCRYPTION: Partial<Record<KeySpec, readonly EncryptionAlgorithm[]>> = {
  SYMMETRIC_DEFAULT: ['SYMMETRIC_DEFAULT'],
  RSA_2048: RSA_ENCRYPTION,
  RSA_3072: RSA_ENCRYPTION,
  RSA_4096: RSA_ENCRYPTION,
};
const MAC: Partial<Record<KeySpec, readonly MacAlgorithm[]>> = {
  HMAC_224: ['HMAC_SHA_224'],
  HMAC_256: ['HMAC_SHA_256'],
  HMAC_384: ['HMAC_SHA_384'],
  HMAC_512: ['HMAC_SHA_512'],
};

export interface KeyAlgorithms {
  EncryptionAlgorithms?: EncryptionAlgorithm[];
  SigningAlgorithms?: SigningAlgorithm[];
  MacAlgorithms?: MacAlgorithm[];
}

interface KeyKind {
  spec: KeySpec;
  usage: KeyUsage;
}

/** The member of KeyMetadata for the usage of a key, and no other. */
export function algorithmsOf({ spec, usage }: KeyKind): KeyAlgorithms {
  if (usage === 'ENCRYPT_DECRYPT') return { EncryptionAlgorithms: [...(ENCRYPTION[spec] ?? [])] };
  if (usage === 'SIGN_VERIFY') return { SigningAlgorithms: [...(SIGNING[spec] ?? [])] };
  if (usage === 'GENERATE_VERIFY_MAC') return { MacAlgorithms: [...(MAC[spec] ?? [])] };
  return {};
}

const BY_USAGE: Partial<Record<KeyUsage, Partial<Record<KeySpec, readonly string[]>>>> = {
  ENCRYPT_DECRYPT: ENCRYPTION,
  SIGN_VERIFY: SIGNING,
  GENERATE_VERIFY_MAC: MAC,
};

export function fits({ spec, usage }: KeyKind, algorithm: string): boolean {
  return BY_USAGE[usage]?.[spec]?.includes(algorithm) ?? false;
}

export type OaepAlgorithm = Extract<EncryptionAlgorithm, `RSAES_${string}`>;

export function isOaep(algorithm: EncryptionAlgorithm | undefined): algorithm is OaepAlgorithm {
  return algorithm === 'RSAES_OAEP_SHA_1' || algorithm === 'RSAES_OAEP_SHA_256';
}

const MODULUS_BYTES: Partial<Record<KeySpec, number>> = { RSA_2048: 256, RSA_3072: 384, RSA_4096: 512 };

/** Modulus less two hashes and two bytes (RFC 8017 section 7.1.1). */
export function maxPlaintextBytes(spec: KeySpec, algorithm: OaepAlgorithm): number {
  return (MODULUS_BYTES[spec] ?? 0) - (algorithm === 'RSAES_OAEP_SHA_1' ? 42 : 66);
}

export interface Message {
  SigningAlgorithm: SigningAlgorithm;
  Message: Buffer;
  MessageType?: 'RAW' | 'DIGEST' | 'EXTERNAL_MU' | undefined;
}

/** Why a message cannot be signed in the way that is asked for, or undefined. */
export function messageProblem({ SigningAlgorithm, Message, MessageType = 'RAW' }: Message): string | undefined {
  if (MessageType === 'EXTERNAL_MU') return `MessageType EXTERNAL_MU is not compatible with ${SigningAlgorithm}.`;
  const isDigest = MessageType === 'DIGEST';
  if (SigningAlgorithm === 'ED25519_SHA_512' && isDigest) return `${SigningAlgorithm} requires MessageType RAW.`;
  if (SigningAlgorithm === 'ED25519_PH_SHA_512' && !isDigest) return `${SigningAlgorithm} requires MessageType DIGEST.`;
  if (isDigest && Message.length !== Number(SigningAlgorithm.slice(-3)) / 8) {
    return `Digest is invalid length for algorithm ${SigningAlgorithm}.`;
  }
  return undefined;
}
