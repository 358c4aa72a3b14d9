/**
 * Sets up the SoftHSM token of a data folder, in the agent's own process and through PKCS#11 only (no PIN in any argv).
 * Idempotent and crash-safe: PINs are on disk before the token is made with them, and `token.json`, written last, ends
 * the set-up for good. After that a missing or different token is `unavailable`, never replaced by a new one. Before
 * that a half-made token is completed, or, when it holds no key at all, made anew.
 */
import { existsSync, readdirSync } from 'node:fs';
import { CKF_RW_SESSION, CKF_SERIAL_SESSION, CKU_SO, CKU_USER } from '../pkcs11/constants.ts';
import type { Pkcs11Module } from '../pkcs11/module.ts';
import { readPinFile } from '../pkcs11/pin-file.ts';
import { describeToken } from '../pkcs11/pkcs11-roots.ts';
import { describeReturnValue, returnValueOf } from '../pkcs11/return-value.ts';
import { findTokens, login, provisionKeys, refuseRotated, type TokenRecord } from '../pkcs11/token.ts';
import { HsmError } from '../port.ts';
import {
  prepareFolder,
  readRecord,
  removeKeylessTokens,
  type TokenFolder,
  writeConfiguration,
  writeRecord,
} from './files.ts';

export const TOKEN_LABEL = 'parapet';
/** CK_TOKEN_INFO.label is 32 blank-padded bytes, and C_InitToken reads all 32 whatever it is given. */
const PADDED_LABEL = TOKEN_LABEL.padEnd(32, ' ');

/** The token's record, after making whatever is missing. The process must run with SOFTHSM2_CONF set to our file. */
export function ensureToken(module: Pkcs11Module, files: TokenFolder): TokenRecord {
  const record = readRecord(files);
  if (record !== undefined) {
    writeConfiguration(files);
    return record;
  }
  refuseLostPin(files);
  prepareFolder(files);
  removeKeylessTokens(files);
  module.initialize();
  try {
    makeToken(module, files);
  } catch (cause) {
    if (cause instanceof HsmError) throw cause;
    const what = describeReturnValue(returnValueOf(cause));
    throw new HsmError('unavailable', `token cannot be set up: ${what}`, {
      hint: `look into ${files.folder}; if nothing was ever encrypted with this data folder, remove it and start again`,
      cause,
    });
  } finally {
    module.finalize();
  }
  const made = describeToken(module, { label: TOKEN_LABEL }, () => readPinFile(files.pin));
  writeRecord(files, made);
  return made;
}

function makeToken(module: Pkcs11Module, files: TokenFolder): void {
  const { calls } = module;
  let [token] = findTokens(calls, { label: TOKEN_LABEL });
  if (token === undefined) {
    const slot = calls.C_GetSlotList(true).at(-1);
    if (slot === undefined) throw new HsmError('unavailable', 'SoftHSM offers no slot for a new token');
    withPin(files.soPin, (soPin) => {
      calls.C_InitToken(slot, soPin.toString('utf8'), PADDED_LABEL);
      [token] = findTokens(calls, { label: TOKEN_LABEL });
      if (token === undefined) throw new HsmError('unavailable', 'new SoftHSM token does not appear');
      const session = calls.C_OpenSession(token.slot, CKF_SERIAL_SESSION | CKF_RW_SESSION);
      login(calls, session, CKU_SO, soPin);
      withPin(files.pin, (pin) => calls.C_InitPIN(session, pin.toString('utf8')));
      calls.C_Logout(session);
      calls.C_CloseSession(session);
    });
  }
  const session = calls.C_OpenSession(token!.slot, CKF_SERIAL_SESSION | CKF_RW_SESSION);
  withPin(files.pin, (pin) => login(calls, session, CKU_USER, pin));
  refuseRotated(calls, session);
  provisionKeys(calls, session);
}

/** A token without its PIN cannot be made by an interrupted set-up (PINs come first): somebody lost the PIN. */
function refuseLostPin(files: TokenFolder): void {
  const holdsToken = existsSync(files.tokens) && readdirSync(files.tokens).length > 0;
  if (holdsToken && !(existsSync(files.pin) && existsSync(files.soPin))) {
    throw new HsmError('unavailable', `token in ${files.tokens} has lost its PIN file`, {
      hint: 'restore the hsm folder from backup; without the PIN its keys cannot be used',
    });
  }
}

function withPin<T>(path: string, use: (pin: Buffer) => T): T {
  const pin = readPinFile(path);
  try {
    return use(pin);
  } finally {
    pin.fill(0);
  }
}
