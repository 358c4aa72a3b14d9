import { describe, expect, it } from 'vitest';
import { KEY_SPECS } from '../api/shapes.ts';
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
      { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' },
      'UnsupportedOperation',
      'KeySpec RSA_2048 is not offered yet, only SYMMETRIC_DEFAULT is',
    ],
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

  it.each(KEY_SPECS.filter((spec) => spec !== 'SYMMETRIC_DEFAULT'))('makes no key of spec %s', (KeySpec) => {
    for (const KeyUsage of ['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'GENERATE_VERIFY_MAC', 'KEY_AGREEMENT'] as const)
      expect(newKeyProblem({ KeySpec, KeyUsage })).toBeDefined();
  });
});
