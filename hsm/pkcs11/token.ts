/**
 * Objects of one PKCS#11 token: finding the slot (by label and serial, never by index: slot numbers change), finding
 * keys, making the planned keys, checking that they still are what they were made to be.
 */
import type { Handle } from 'pkcs11js';
import { HsmError } from '../port.ts';
import * as ck from './constants.ts';
import { KEY_PLANS, type KeyPlan, rootMacLabel } from './key-templates.ts';
import type { Pkcs11Calls } from './module.ts';
import { describeReturnValue, returnValueOf } from './return-value.ts';

export interface TokenName {
  label: string;
  /** Absent only while the token is being set up. */
  serial?: string;
}

/** What is kept of a token, so that it is recognised ever after. */
export interface TokenRecord {
  label: string;
  serial: string;
  /** Of the root keys by label: they also say which versions there are, whatever else the token holds. */
  fingerprints: Record<string, string>;
  /** Name of the root, hexadecimal; absent while it still has the keys it is named after. */
  rootId?: string;
}

/** Of a record, oldest first. */
export function rootVersionsOf(fingerprints: Readonly<Record<string, string>>): number[] {
  const versions = Object.keys(fingerprints).flatMap((label) => {
    const version = Number(/^root-wrap-v([1-9]\d{0,8})$/.exec(label)?.[1]);
    return rootMacLabel(version) in fingerprints ? [version] : [];
  });
  return versions.sort((a, b) => a - b);
}

export interface FoundToken {
  slot: Handle;
  label: string;
  serial: string;
  flags: number;
}

/** All initialised tokens with that name; text fields of CK_TOKEN_INFO are padded with blanks (or zeros). */
export function findTokens(calls: Pkcs11Calls, name: TokenName): FoundToken[] {
  const found: FoundToken[] = [];
  for (const slot of calls.C_GetSlotList(true)) {
    const info = calls.C_GetTokenInfo(slot);
    const token = { slot, label: unpad(info.label), serial: unpad(info.serialNumber), flags: info.flags };
    const initialised = (info.flags & ck.CKF_TOKEN_INITIALIZED) !== 0;
    if (initialised && token.label === name.label && (name.serial ?? token.serial) === token.serial) found.push(token);
  }
  return found;
}

/** Exactly one token of that name, or `unavailable`. */
export function findToken(calls: Pkcs11Calls, name: TokenName): FoundToken {
  const [token, second] = findTokens(calls, name);
  const shown = name.serial === undefined ? name.label : `${name.label} (serial ${name.serial})`;
  if (token === undefined) throw new HsmError('unavailable', `token ${shown} is not present`);
  if (second !== undefined) throw new HsmError('unavailable', `token ${shown} exists more than once`);
  return token;
}

function unpad(text: string): string {
  const end = text.indexOf('\0');
  return (end < 0 ? text : text.slice(0, end)).trimEnd();
}

/** Logs the process in; being logged in already is success. Throws `unavailable`, with `pinRefused` on a bad PIN. */
export function login(calls: Pkcs11Calls, session: Handle, user: number, pin: Buffer): void {
  try {
    // SECURITY: pkcs11js takes the PIN as a string, which cannot be wiped; it is made here, used once and dropped.
    calls.C_Login(session, user, pin.toString('utf8'));
  } catch (cause) {
    const returnValue = returnValueOf(cause);
    if (returnValue === ck.CKR.USER_ALREADY_LOGGED_IN) return;
    if (returnValue === ck.CKR.PIN_INCORRECT || returnValue === ck.CKR.PIN_LOCKED) throw new PinRefused(returnValue);
    throw new HsmError('unavailable', `login to the token fails: ${describeReturnValue(returnValue)}`, { cause });
  }
}

/** The token refused the PIN; asking again with the same one would only use up tries. */
export class PinRefused extends HsmError {
  constructor(returnValue: number) {
    super(
      'unavailable',
      returnValue === ck.CKR.PIN_LOCKED ? 'PIN of the token is locked' : 'PIN is refused by the token',
    );
  }
}

/** The key of that class and label, undefined when absent; two of them are refused, one might be planted. */
export function findKey(calls: Pkcs11Calls, session: Handle, objectClass: number, label: string): Handle | undefined {
  calls.C_FindObjectsInit(session, [
    { type: ck.CKA_CLASS, value: objectClass },
    { type: ck.CKA_LABEL, value: label },
    { type: ck.CKA_TOKEN, value: true },
  ]);
  let found: Handle[];
  try {
    found = calls.C_FindObjects(session, 2);
  } finally {
    calls.C_FindObjectsFinal(session);
  }
  if (found.length > 1) throw new HsmError('unavailable', `token holds more than one key ${label}`);
  return found[0];
}

/** Makes the planned keys that are missing; answers the labels made. The session must be read-write and logged in. */
export function provisionKeys(calls: Pkcs11Calls, session: Handle, plans: readonly KeyPlan[] = KEY_PLANS): string[] {
  const made: string[] = [];
  for (const plan of plans) {
    const existing = findKey(calls, session, plan.objectClass, plan.label);
    const publicHalf = plan.kind === 'pair' ? findKey(calls, session, ck.CKO_PUBLIC_KEY, plan.label) : existing;
    if (existing !== undefined && publicHalf !== undefined) continue;
    // A pair of which a crash left one half has never been used: its public key was never shown.
    for (const half of new Set([existing, publicHalf])) if (half !== undefined) calls.C_DestroyObject(session, half);
    const mechanism = { mechanism: plan.generate };
    if (plan.kind === 'secret') calls.C_GenerateKey(session, mechanism, plan.template);
    else calls.C_GenerateKeyPair(session, mechanism, plan.publicTemplate, plan.template);
    made.push(plan.label);
  }
  return made;
}

/**
 * Throws `unavailable` when the token has root keys of later versions: then it was set up long ago, and without its
 * record nobody knows which of them are in force.
 */
export function refuseRotated(calls: Pkcs11Calls, session: Handle): void {
  calls.C_FindObjectsInit(session, [
    { type: ck.CKA_CLASS, value: ck.CKO_SECRET_KEY },
    { type: ck.CKA_TOKEN, value: true },
  ]);
  let found: Handle[];
  try {
    found = calls.C_FindObjects(session, 1000);
  } finally {
    calls.C_FindObjectsFinal(session);
  }
  for (const handle of found) {
    const [label] = calls.C_GetAttributeValue(session, handle, [{ type: ck.CKA_LABEL }]);
    const version = /^root-(?:wrap|mac)-v(\d+)$/.exec((label?.value as Buffer | undefined)?.toString() ?? '')?.[1];
    if (version === undefined || version === '1') continue;
    throw new HsmError('unavailable', `token has root keys of version ${version}, and its record is missing`, {
      hint: 'restore token.json from a backup of the folder of this token',
    });
  }
}

/** Destroys the keys of these plans that are there. The session must be read-write and logged in. */
export function destroyKeys(calls: Pkcs11Calls, session: Handle, plans: readonly KeyPlan[]): void {
  for (const { objectClass, label } of plans) {
    const handle = findKey(calls, session, objectClass, label);
    if (handle !== undefined) calls.C_DestroyObject(session, handle);
  }
}

/** Throws `unavailable` when a key lacks one of the attributes it was made with (replaced or weakened key). */
export function checkAttributes(calls: Pkcs11Calls, session: Handle, key: Handle, plan: KeyPlan): void {
  for (const wanted of plan.template) {
    // Private keys have no length attribute; secrets of other vendors may not report one.
    if (wanted.type === ck.CKA_VALUE_LEN) continue;
    const [actual] = calls.C_GetAttributeValue(session, key, [{ type: wanted.type }]);
    if (actual === undefined || !sameValue(actual.value as Buffer, wanted.value)) {
      throw new HsmError('unavailable', `attribute 0x${wanted.type.toString(16)} of key ${plan.label} is not as made`);
    }
  }
}

function sameValue(actual: Buffer, wanted: unknown): boolean {
  if (typeof wanted === 'boolean') return actual.length === 1 && (actual[0] !== 0) === wanted;
  if (typeof wanted === 'number') return actual.length === 8 && actual.readBigUInt64LE() === BigInt(wanted);
  return actual.equals(Buffer.isBuffer(wanted) ? wanted : Buffer.from(String(wanted)));
}
