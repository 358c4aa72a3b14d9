/** What CreateKey is asked for, against what this service can make. Texts are AWS's where AWS has one. */
import type { KeySpec, KeyUsage, Origin } from '../api/shapes.ts';

export interface NewKeyRequest {
  KeySpec?: KeySpec | undefined;
  CustomerMasterKeySpec?: KeySpec | undefined;
  KeyUsage?: KeyUsage | undefined;
  Origin?: Origin | undefined;
  MultiRegion?: boolean | undefined;
}

export interface NewKey {
  spec: KeySpec;
  usage: KeyUsage;
  origin: Origin;
}

export interface NewKeyProblem {
  code: 'Validation' | 'UnsupportedOperation';
  message: string;
}

const USAGES: Readonly<Record<KeySpec, readonly KeyUsage[]>> = {
  SYMMETRIC_DEFAULT: ['ENCRYPT_DECRYPT'],
  RSA_2048: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
  RSA_3072: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
  RSA_4096: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
  ECC_NIST_P256: ['SIGN_VERIFY', 'KEY_AGREEMENT'],
  ECC_NIST_P384: ['SIGN_VERIFY', 'KEY_AGREEMENT'],
  ECC_NIST_P521: ['SIGN_VERIFY', 'KEY_AGREEMENT'],
  ECC_SECG_P256K1: ['SIGN_VERIFY'],
  ECC_NIST_EDWARDS25519: ['SIGN_VERIFY'],
  HMAC_224: ['GENERATE_VERIFY_MAC'],
  HMAC_256: ['GENERATE_VERIFY_MAC'],
  HMAC_384: ['GENERATE_VERIFY_MAC'],
  HMAC_512: ['GENERATE_VERIFY_MAC'],
  SM2: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'KEY_AGREEMENT'],
  ML_DSA_44: ['SIGN_VERIFY'],
  ML_DSA_65: ['SIGN_VERIFY'],
  ML_DSA_87: ['SIGN_VERIFY'],
};

/** The properties with which a request is authorized, before anything of it is checked. */
export function requestedKey(request: NewKeyRequest): NewKey {
  return {
    spec: request.KeySpec ?? request.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT',
    usage: request.KeyUsage ?? 'ENCRYPT_DECRYPT',
    origin: request.Origin ?? 'AWS_KMS',
  };
}

export function newKeyProblem(request: NewKeyRequest): NewKeyProblem | undefined {
  if (request.KeySpec !== undefined && request.CustomerMasterKeySpec !== undefined) {
    return invalid(
      'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.',
    );
  }
  const { spec, usage, origin } = requestedKey(request);
  if (request.KeyUsage === undefined && spec !== 'SYMMETRIC_DEFAULT') {
    return invalid('You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.');
  }
  if (!USAGES[spec].includes(usage)) return invalid(`KeyUsage ${usage} is not compatible with KeySpec ${spec}`);
  if (spec === 'SM2' || spec.startsWith('ML_DSA')) return unsupported(`KeySpec ${spec} is not offered`);
  if (usage === 'KEY_AGREEMENT') return unsupported(`KeyUsage ${usage} is not offered yet`);
  if (origin !== 'AWS_KMS') return unsupported(`Origin ${origin} is not offered yet, only AWS_KMS is`);
  if (request.MultiRegion === true) return unsupported('multi-Region keys are not offered: there is one Region');
  return undefined;
}

function invalid(message: string): NewKeyProblem {
  return { code: 'Validation', message };
}

function unsupported(message: string): NewKeyProblem {
  return { code: 'UnsupportedOperation', message };
}
