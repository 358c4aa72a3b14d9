import { describe, expect, it } from 'vitest';
import { KEY_SPECS, KEY_USAGES, type KeySpec, type KeyUsage } from '../api/shapes.ts';
import { algorithmsOf } from './key-algorithms.ts';
import { newKeyProblem } from './new-key.ts';

describe('newKeyProblem', () => {
  it.each([
    [{}],
    [{ KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT', Origin: 'AWS_KMS', MultiRegion: false }],
    [{ CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT' }],
  ] as const)('accepts %j', (request) => {
    expect(newKeyProblem(request)).toBeUndefined();
  });

  it.each([
    [
      { KeySpec: 'RSA_2048' },
      'Validation',
      'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    ],
    [
      { KeyUsage: 'SIGN_VERIFY' },
      'Validation',
      'KeyUsage SIGN_VERIFY is not compatible with KeySpec SYMMETRIC_DEFAULT',
    ],
    [
      { KeySpec: 'HMAC_256', KeyUsage: 'SIGN_VERIFY' },
      'Validation',
      'KeyUsage SIGN_VERIFY is not compatible with KeySpec HMAC_256',
    ],
    [
      { KeySpec: 'ECC_NIST_P256', KeyUsage: 'ENCRYPT_DECRYPT' },
      'Validation',
      'KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec ECC_NIST_P256',
    ],
    [
      { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' },
      'UnsupportedOperation',
      'KeyUsage KEY_AGREEMENT is not offered yet',
    ],
    [{ KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' }, 'UnsupportedOperation', 'KeySpec SM2 is not offered'],
    [{ KeySpec: 'ML_DSA_65', KeyUsage: 'SIGN_VERIFY' }, 'UnsupportedOperation', 'KeySpec ML_DSA_65 is not offered'],
    [{ Origin: 'EXTERNAL' }, 'UnsupportedOperation', 'Origin EXTERNAL is not offered yet, only AWS_KMS is'],
    [{ MultiRegion: true }, 'UnsupportedOperation', 'multi-Region keys are not offered: there is one Region'],
    [
      { KeySpec: 'SYMMETRIC_DEFAULT', CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT' },
      'Validation',
      'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.',
    ],
  ] as const)('refuses %j', (request, code, message) => {
    expect(newKeyProblem(request)).toEqual({ code, message });
  });

  const MADE: Partial<Record<KeySpec, readonly KeyUsage[]>> = {
    SYMMETRIC_DEFAULT: ['ENCRYPT_DECRYPT'],
    RSA_2048: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
    RSA_3072: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
    RSA_4096: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
    ECC_NIST_P256: ['SIGN_VERIFY'],
    ECC_NIST_P384: ['SIGN_VERIFY'],
    ECC_NIST_P521: ['SIGN_VERIFY'],
    ECC_SECG_P256K1: ['SIGN_VERIFY'],
    ECC_NIST_EDWARDS25519: ['SIGN_VERIFY'],
    HMAC_224: ['GENERATE_VERIFY_MAC'],
    HMAC_256: ['GENERATE_VERIFY_MAC'],
    HMAC_384: ['GENERATE_VERIFY_MAC'],
    HMAC_512: ['GENERATE_VERIFY_MAC'],
  };

  it.each(KEY_SPECS)('makes keys of spec %s for what they can do and nothing else', (KeySpec) => {
    const made = KEY_USAGES.filter((KeyUsage) => newKeyProblem({ KeySpec, KeyUsage }) === undefined);
    expect([...made].sort()).toEqual([...(MADE[KeySpec] ?? [])].sort());
    // Whatever is made can compute something, and says what.
    for (const usage of made) expect(Object.values(algorithmsOf({ spec: KeySpec, usage })).flat()).not.toEqual([]);
  });
});
