/**
 * What a PKCS#11 error means for the connection to the token (spec kms 4.5). pkcs11js reports return values in several
 * ways: `code` on most paths, none on others, where only the text `NAME:number` is true (and NAME may be wrong, as in
 * `CKR_VENDOR_DEFINED:27`). So the number after the colon decides, then `code`.
 */
import { CKR } from './constants.ts';

/**
 * - `request`: the token works and refuses this request.
 * - `session`: a new session cures it.
 * - `login`: log in and find the keys again (private handles die with the login); if that does not help, it is lost.
 * - `doubtful`: may be either; a second one in a short time means `lost`.
 * - `lost`: only finalize, initialize and a health probe help.
 */
export type Remedy = 'request' | 'session' | 'login' | 'doubtful' | 'lost';

const REMEDIES: ReadonlyMap<number, Remedy> = new Map<number, Remedy>([
  [CKR.SESSION_HANDLE_INVALID, 'session'],
  [CKR.SESSION_CLOSED, 'session'],
  [CKR.OPERATION_ACTIVE, 'session'],
  [CKR.OPERATION_NOT_INITIALIZED, 'session'],
  [CKR.USER_NOT_LOGGED_IN, 'login'],
  [CKR.OBJECT_HANDLE_INVALID, 'login'],
  [CKR.KEY_HANDLE_INVALID, 'login'],
  [CKR.WRAPPING_KEY_HANDLE_INVALID, 'login'],
  [CKR.UNWRAPPING_KEY_HANDLE_INVALID, 'login'],
  [CKR.GENERAL_ERROR, 'doubtful'],
  [CKR.FUNCTION_FAILED, 'doubtful'],
  [CKR.DEVICE_ERROR, 'lost'],
  [CKR.DEVICE_MEMORY, 'lost'],
  [CKR.DEVICE_REMOVED, 'lost'],
  [CKR.TOKEN_NOT_PRESENT, 'lost'],
  [CKR.TOKEN_NOT_RECOGNIZED, 'lost'],
  [CKR.CRYPTOKI_NOT_INITIALIZED, 'lost'],
  [CKR.ENCRYPTED_DATA_INVALID, 'request'],
  [CKR.WRAPPED_KEY_INVALID, 'request'],
  [CKR.WRAPPED_KEY_LEN_RANGE, 'request'],
  [CKR.ATTRIBUTE_SENSITIVE, 'request'],
  [CKR.ACTION_PROHIBITED, 'request'],
  [CKR.KEY_FUNCTION_NOT_PERMITTED, 'request'],
  [CKR.MECHANISM_INVALID, 'request'],
]);

/** The CK_RV of an error thrown by pkcs11js, or undefined when it is not one. */
export function returnValueOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const found = /\bCKR_\w+:(\d+)/.exec(error.message);
  if (found !== null) return Number(found[1]);
  const { code } = error as { code?: unknown };
  return typeof code === 'number' && code > 0 ? code : undefined;
}

/** Unknown return values are `doubtful`: never assumed to be the caller's fault. */
export function remedyFor(returnValue: number | undefined): Remedy {
  if (returnValue === undefined) return 'lost';
  return REMEDIES.get(returnValue) ?? 'doubtful';
}

/** `CKR 0x5` style text for operators; never the driver's own text. */
export function describeReturnValue(returnValue: number | undefined): string {
  if (returnValue === undefined) return 'the driver failed outside PKCS#11';
  const known = Object.entries(CKR).find(([, value]) => value === returnValue)?.[0];
  return known === undefined ? `CKR 0x${returnValue.toString(16)}` : `CKR_${known}`;
}
