import { describe, expect, it } from 'vitest';
import { CKR } from './constants.ts';
import { describeReturnValue, remedyFor, returnValueOf } from './return-value.ts';

describe('return values of PKCS#11', () => {
  it('reads the number after the colon, whatever the name before it says', () => {
    expect(returnValueOf(new Error('CKR_VENDOR_DEFINED:27'))).toBe(CKR.ACTION_PROHIBITED);
    expect(returnValueOf(new Error('CKR_ATTRIBUTE_READ_ONLY:16'))).toBe(16);
  });

  it('falls back to the code pkcs11js gives on other paths', () => {
    expect(returnValueOf(Object.assign(new Error('CKR_GENERAL_ERROR'), { code: 5 }))).toBe(CKR.GENERAL_ERROR);
  });

  it('finds none in errors that are not of PKCS#11', () => {
    expect(returnValueOf(new TypeError('buffer expected'))).toBeUndefined();
    expect(returnValueOf(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBeUndefined();
    expect(returnValueOf('CKR_X:5')).toBeUndefined();
  });

  it.each([
    ['SESSION_HANDLE_INVALID', 'session'],
    ['SESSION_CLOSED', 'session'],
    ['OPERATION_ACTIVE', 'session'],
    ['USER_NOT_LOGGED_IN', 'login'],
    ['OBJECT_HANDLE_INVALID', 'login'],
    ['KEY_HANDLE_INVALID', 'login'],
    ['UNWRAPPING_KEY_HANDLE_INVALID', 'login'],
    ['GENERAL_ERROR', 'doubtful'],
    ['FUNCTION_FAILED', 'doubtful'],
    ['DEVICE_ERROR', 'lost'],
    ['DEVICE_REMOVED', 'lost'],
    ['TOKEN_NOT_PRESENT', 'lost'],
    ['CRYPTOKI_NOT_INITIALIZED', 'lost'],
    ['ENCRYPTED_DATA_INVALID', 'request'],
    ['MECHANISM_INVALID', 'request'],
  ] as const)('cures CKR_%s by %s', (name, remedy) => {
    expect(remedyFor(CKR[name])).toBe(remedy);
    expect(describeReturnValue(CKR[name])).toBe(`CKR_${name}`);
  });

  it('doubts the token, not the caller, on values it does not know', () => {
    expect(remedyFor(0x8000_0001)).toBe('doubtful');
    expect(remedyFor(undefined)).toBe('lost');
    expect(describeReturnValue(0x8000_0001)).toBe('CKR 0x80000001');
  });
});
