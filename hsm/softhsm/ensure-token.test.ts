import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as ck from '../pkcs11/constants.ts';
import { readPinFile } from '../pkcs11/pin-file.ts';
import { findKey, findToken, login } from '../pkcs11/token.ts';
import { makeDataFolder, openRoots, type TestToken } from '../testing/softhsm.ts';
import { ensureToken, TOKEN_LABEL } from './ensure-token.ts';
import { prepareFolder, tokenFolder } from './files.ts';
import { findSoftHsmLibrary } from './library.ts';

let test: TestToken;
const ensure = () => ensureToken(test.module, test.files);

beforeEach(async () => {
  test = await makeDataFolder();
});
afterEach(() => test.remove());

/** Does something to the token as an interrupted set-up (or somebody else) would have. */
function inToken(act: (session: Buffer) => void): void {
  const { calls } = test.module;
  test.module.initialize();
  const { slot } = findToken(calls, { label: TOKEN_LABEL });
  const session = calls.C_OpenSession(slot, ck.CKF_SERIAL_SESSION | ck.CKF_RW_SESSION);
  login(calls, session, ck.CKU_USER, readPinFile(test.files.pin));
  act(session);
  test.module.finalize();
}

const destroy = (session: Buffer, objectClass: number, label: string) =>
  test.module.calls.C_DestroyObject(session, findKey(test.module.calls, session, objectClass, label)!);

describe('token set-up', () => {
  it('makes a token with all keys, and finds the same one ever after', () => {
    const made = ensure();
    expect(made.label).toBe(TOKEN_LABEL);
    expect(ensure()).toEqual(made);
    expect(openRoots(test, made).identity).toMatchObject(made);
  });

  it('keeps PINs, record and folders from everybody else', () => {
    ensure();
    for (const file of [test.files.pin, test.files.soPin, test.files.record, test.files.configuration]) {
      expect(statSync(file).mode & 0o777, file).toBe(0o600);
    }
    for (const folder of [test.files.folder, test.files.tokens]) expect(statSync(folder).mode & 0o777).toBe(0o700);
    const [pin, soPin] = [test.files.pin, test.files.soPin].map((file) => readFileSync(file, 'utf8'));
    expect(pin).toMatch(/^[0-9a-f]{32}$/);
    expect(soPin).not.toBe(pin);
  });

  it('goes on after a crash that left only the folder and the PINs', () => {
    prepareFolder(test.files);
    const pin = readFileSync(test.files.pin, 'utf8');
    ensure();
    expect(readFileSync(test.files.pin, 'utf8')).toBe(pin);
  });

  it('starts over after a crash that left a token without keys, whoever knows its PIN', () => {
    prepareFolder(test.files);
    const { calls } = test.module;
    test.module.initialize();
    calls.C_InitToken(calls.C_GetSlotList(true)[0]!, 'a PIN that nobody kept', TOKEN_LABEL.padEnd(32, ' '));
    test.module.finalize();
    const made = ensure();
    expect(readdirSync(test.files.tokens)).toHaveLength(1);
    expect(openRoots(test, made).random(8)).toHaveLength(8);
  });

  it.each([0, 0.2, 0.5, 0.8, 0.99])(
    'starts over after a crash that left only %d of the file of a new token',
    (share) => {
      prepareFolder(test.files);
      test.module.initialize();
      test.module.calls.C_InitToken(test.module.calls.C_GetSlotList(true)[0]!, 'some PIN', TOKEN_LABEL.padEnd(32, ' '));
      test.module.finalize();
      const [name] = readdirSync(test.files.tokens);
      const path = join(test.files.tokens, name!, 'token.object');
      truncateSync(path, Math.floor(statSync(path).size * share));
      expect(openRoots(test, ensure()).random(8)).toHaveLength(8);
    },
  );

  it('does not remove a token that holds a key, even if its PIN does not fit', () => {
    ensure();
    rmSync(test.files.record);
    writeFileSync(test.files.pin, 'another');
    expect(() => ensure()).toThrow('PIN is refused by the token');
    expect(readdirSync(test.files.tokens)).toHaveLength(1);
  });

  it.each([
    ['the wrapping root', [[ck.CKO_SECRET_KEY, 'root-wrap-v1']]],
    ['half a key pair', [[ck.CKO_PUBLIC_KEY, 'audit-sign-v1']]],
    [
      'the last two pairs',
      [
        [ck.CKO_PUBLIC_KEY, 'audit-sign-v1'],
        [ck.CKO_PRIVATE_KEY, 'audit-sign-v1'],
        [ck.CKO_PRIVATE_KEY, 'session-sign-v1'],
      ],
    ],
  ] as const)('completes a token without %s and keeps the keys it holds', (_, missing) => {
    const first = ensure();
    rmSync(test.files.record);
    inToken((session) => {
      for (const [objectClass, label] of missing) destroy(session, objectClass, label);
    });
    const completed = ensure();
    expect(completed.serial).toBe(first.serial);
    expect(completed.fingerprints['root-mac-v1']).toBe(first.fingerprints['root-mac-v1']);
    const roots = openRoots(test, completed);
    expect(roots.sign('audit-sign-v1', Buffer.from('x'))).toHaveLength(64);
    expect(roots.sign('session-sign-v1', Buffer.from('x'))).toHaveLength(64);
  });

  it('takes over a complete token whose record was not written yet', () => {
    const made = ensure();
    rmSync(test.files.record);
    expect(ensure()).toEqual(made);
  });

  it('never replaces a recorded token that is gone', () => {
    const made = ensure();
    renameSync(test.files.tokens, `${test.files.tokens}.away`);
    expect(ensure()).toEqual(made);
    expect(() => openRoots(test, made)).toThrow(expect.objectContaining({ code: 'unavailable' }));
    mkdirSync(test.files.tokens, { mode: 0o700 });
    expect(ensure()).toEqual(made);
    expect(() => openRoots(test, made)).toThrow(`token parapet (serial ${made.serial}) is not present`);
  });

  it('never completes a recorded token that lost a key', () => {
    const made = ensure();
    inToken((session) => destroy(session, ck.CKO_SECRET_KEY, 'root-wrap-v1'));
    ensure();
    expect(() => openRoots(test, made)).toThrow('token holds no key root-wrap-v1');
  });

  it('refuses a token that lost its PIN, instead of making another', () => {
    ensure();
    rmSync(test.files.record);
    rmSync(test.files.pin);
    expect(() => ensure()).toThrow(/has lost its PIN file/);
  });

  it('refuses a record it cannot read, instead of making another token', () => {
    ensure();
    for (const content of ['', '{', '{"label":"parapet"}']) {
      writeFileSync(test.files.record, content);
      expect(() => ensure()).toThrow(/is not readable/);
    }
  });

  it('follows a data folder that was moved', () => {
    const made = ensure();
    const moved = join(tmpdir(), `parapet-moved-${process.pid}`);
    renameSync(test.dataFolder, moved);
    const there = { ...test, dataFolder: moved, files: tokenFolder(moved) };
    process.env.SOFTHSM2_CONF = there.files.configuration;
    try {
      expect(ensureToken(there.module, there.files)).toEqual(made);
      expect(openRoots(there, made).identity).toMatchObject(made);
    } finally {
      there.module.finalize();
      renameSync(moved, test.dataFolder);
    }
  });
});

describe('PIN file', () => {
  const path = () => join(test.dataFolder, 'some-pin');

  it('is read without its line end', () => {
    writeFileSync(path(), 'secret\r\n', { mode: 0o600 });
    expect(readPinFile(path()).toString()).toBe('secret');
  });

  it.each([0o640, 0o604, 0o660, 0o644])('is refused with mode %o', (mode) => {
    writeFileSync(path(), 'secret');
    chmodSync(path(), mode);
    expect(() => readPinFile(path())).toThrow(/is open to others/);
  });

  it('is refused when empty or missing', () => {
    expect(() => readPinFile(path())).toThrow(/is missing/);
    writeFileSync(path(), '\n', { mode: 0o600 });
    expect(() => readPinFile(path())).toThrow(/is empty/);
  });
});

describe('SoftHSM library', () => {
  it('is found on this machine', () => {
    expect(findSoftHsmLibrary()).toMatch(/libsofthsm2\.so$/);
  });

  it('is asked for by the name of its package when it is missing', () => {
    expect(() => findSoftHsmLibrary(['/nowhere/libsofthsm2.so'])).toThrow(/apt-get install softhsm2/);
  });
});
