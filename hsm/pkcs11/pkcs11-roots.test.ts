import { renameSync } from 'node:fs';
import type { Handle } from 'pkcs11js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPinFile } from '../pkcs11/pin-file.ts';
import type { TokenRecord } from '../pkcs11/token.ts';
import { HsmError } from '../port.ts';
import { readRecord } from '../softhsm/files.ts';
import { makeDataFolder, openRoots, type TestToken } from '../testing/softhsm.ts';
import { hex, readVectors, vectorsMissing, vectorsNote } from '../testing/vectors.ts';
import * as ck from './constants.ts';
import { KEY_PLANS } from './key-templates.ts';
import type { Pkcs11Calls } from './module.ts';
import type { Pkcs11Roots } from './pkcs11-roots.ts';
import { returnValueOf } from './return-value.ts';
import { findKey, findToken, login } from './token.ts';

let test: TestToken;
let roots: Pkcs11Roots;
let record: TokenRecord;
let calls: Pkcs11Calls;
let session: Handle;

/** A session of the test's own, beside those of the roots. */
function openSession(): Handle {
  const opened = calls.C_OpenSession(findToken(calls, record).slot, ck.CKF_SERIAL_SESSION | ck.CKF_RW_SESSION);
  login(calls, opened, ck.CKU_USER, readPinFile(test.files.pin));
  return opened;
}

const key = (label: string, objectClass = ck.CKO_SECRET_KEY) => findKey(calls, session, objectClass, label)!;

function refusalOf(call: () => unknown): number | undefined {
  try {
    call();
  } catch (error) {
    return returnValueOf(error);
  }
  return undefined;
}

beforeAll(async () => {
  test = await makeDataFolder();
  roots = openRoots(test);
  record = readRecord(test.files)!;
  calls = test.module.calls;
  session = openSession();
});
afterAll(() => test.remove());

describe('root keys in the token', () => {
  const secretLabels = KEY_PLANS.filter((plan) => plan.kind === 'secret').map((plan) => plan.label);
  const privatePlans = KEY_PLANS.map((plan) => [plan.label, plan.objectClass] as const);

  it.each(secretLabels)('%s shows its value to nobody', (label) => {
    const read = () => calls.C_GetAttributeValue(session, key(label), [{ type: ck.CKA_VALUE }]);
    expect(refusalOf(read)).toBe(ck.CKR.ATTRIBUTE_SENSITIVE);
  });

  it.each(privatePlans)('%s can be neither changed nor copied', (label, objectClass) => {
    const handle = key(label, objectClass);
    for (const type of [ck.CKA_EXTRACTABLE, ck.CKA_DECRYPT, ck.CKA_MODIFIABLE]) {
      const change = () => calls.C_SetAttributeValue(session, handle, [{ type, value: true }]);
      expect(refusalOf(change), `attribute ${type}`).toBe(ck.CKR.ACTION_PROHIBITED);
    }
    const rename = () => calls.C_SetAttributeValue(session, handle, [{ type: ck.CKA_LABEL, value: 'mine' }]);
    expect(refusalOf(rename)).toBe(ck.CKR.ACTION_PROHIBITED);
    const copy = () => calls.C_CopyObject(session, handle, [{ type: ck.CKA_TOKEN, value: false }]);
    expect(refusalOf(copy)).toBe(ck.CKR.ACTION_PROHIBITED);
  });

  it.each(privatePlans)('%s was never outside the token', (label, objectClass) => {
    const [attribute] = calls.C_GetAttributeValue(session, key(label, objectClass), [
      { type: ck.CKA_NEVER_EXTRACTABLE },
    ]);
    expect((attribute!.value as Buffer)[0]).toBe(1);
  });

  it('withstand wrap-then-decrypt: the wrapping root wraps a sensitive key, and nothing decrypts it', () => {
    const sensitive = calls.C_GenerateKey(session, { mechanism: ck.CKM_AES_KEY_GEN }, [
      { type: ck.CKA_CLASS, value: ck.CKO_SECRET_KEY },
      { type: ck.CKA_KEY_TYPE, value: ck.CKK_AES },
      { type: ck.CKA_VALUE_LEN, value: 32 },
      { type: ck.CKA_SENSITIVE, value: true },
      { type: ck.CKA_EXTRACTABLE, value: true },
    ]);
    const root = key('root-wrap-v1');
    const wrapped = calls.C_WrapKey(session, { mechanism: ck.CKM_AES_KEY_WRAP_PAD }, root, sensitive, Buffer.alloc(64));
    expect(wrapped).toHaveLength(40);
    for (const mechanism of [0x1081 /* AES-ECB */, 0x1082 /* AES-CBC */, 0x2109 /* AES-KEY-WRAP */]) {
      const decrypt = () => calls.C_DecryptInit(session, { mechanism, parameter: Buffer.alloc(16) }, root);
      expect(refusalOf(decrypt), `mechanism ${mechanism}`).toBeDefined();
    }
    const plainDecrypt = () => calls.C_DecryptInit(session, { mechanism: 0x1081 }, root);
    expect(refusalOf(plainDecrypt)).toBe(ck.CKR.KEY_FUNCTION_NOT_PERMITTED);
  });

  it('do only what they are for, by one mechanism', () => {
    const wrapRoot = key('root-wrap-v1');
    const macRoot = key('root-mac-v1');
    const any = calls.C_CreateObject(session, [
      { type: ck.CKA_CLASS, value: ck.CKO_SECRET_KEY },
      { type: ck.CKA_KEY_TYPE, value: ck.CKK_AES },
      { type: ck.CKA_EXTRACTABLE, value: true },
      { type: ck.CKA_VALUE, value: Buffer.alloc(32) },
    ]);
    const refused: Record<string, () => unknown> = {
      'AES-KEY-WRAP without padding': () =>
        calls.C_WrapKey(session, { mechanism: 0x2109 }, wrapRoot, any, Buffer.alloc(64)),
      'encryption by the wrapping root': () => calls.C_EncryptInit(session, { mechanism: 0x1081 }, wrapRoot),
      'MAC by the wrapping root': () => calls.C_SignInit(session, { mechanism: ck.CKM_SHA256_HMAC }, wrapRoot),
      'HMAC-SHA512 by the MAC root': () => calls.C_SignInit(session, { mechanism: 0x271 }, macRoot),
      'HMAC-SHA1 by the MAC root': () => calls.C_SignInit(session, { mechanism: 0x221 }, macRoot),
      'wrapping by the MAC root': () =>
        calls.C_WrapKey(session, { mechanism: ck.CKM_AES_KEY_WRAP_PAD }, macRoot, any, Buffer.alloc(64)),
      'wrapping of the MAC root': () =>
        calls.C_WrapKey(session, { mechanism: ck.CKM_AES_KEY_WRAP_PAD }, wrapRoot, macRoot, Buffer.alloc(64)),
    };
    for (const [what, call] of Object.entries(refused)) expect(refusalOf(call), what).toBeDefined();
    calls.C_DestroyObject(session, any);
  });
});

describe('roots over PKCS#11', () => {
  it('tell a blob that does not unwrap from a token that is lost', () => {
    const { wrapped } = roots.generateKey();
    for (const [at, bytes] of [
      [0, 40],
      [20, 40],
      [39, 40],
      [0, 39],
      [0, 32],
    ] as const) {
      const broken = Buffer.from(wrapped.subarray(0, bytes));
      broken[at] = broken[at]! ^ 1;
      expect(() => roots.unwrapKey(broken, 1)).toThrow(expect.objectContaining({ code: 'integrity' }));
    }
    expect(roots.unwrapKey(wrapped, 1)).toHaveLength(32);
    expect(roots.identity).toBeDefined();
  });

  it('know only their own root version', () => {
    const { wrapped } = roots.generateKey();
    expect(roots.mac(Buffer.from('x'), 2)).toBeUndefined();
    expect(() => roots.unwrapKey(wrapped, 2)).toThrow(expect.objectContaining({ code: 'integrity' }));
  });

  it('log in and find their keys again when the login was lost', () => {
    const before = roots.mac(Buffer.from('x'), 1);
    calls.C_Logout(session);
    expect(roots.mac(Buffer.from('x'), 1)).toEqual(before);
    calls.C_Logout(session);
    const { key: made, wrapped } = roots.generateKey();
    expect(roots.unwrapKey(wrapped, 1)).toEqual(made);
    calls.C_Logout(session);
    expect(roots.sign('audit-sign-v1', Buffer.from('x'))).toHaveLength(64);
  });

  it('are unavailable once the token has gone, and open again after it came back', () => {
    renameSync(test.files.tokens, `${test.files.tokens}.away`);
    const lost = expect.objectContaining({ code: 'unavailable' });
    expect(() => roots.probe()).toThrow(lost);
    expect(() => roots.mac(Buffer.from('x'), 1)).toThrow(lost);
    expect(() => roots.random(16)).toThrow(lost);
    expect(() => roots.open()).toThrow(lost);
    renameSync(`${test.files.tokens}.away`, test.files.tokens);
    roots.open();
    expect(roots.mac(Buffer.from('x'), 1)).toHaveLength(32);
    session = openSession();
  });

  it('do not open a token whose keys are not the recorded ones', () => {
    roots.close();
    for (const label of ['root-mac-v1', 'root-wrap-v1']) {
      const other = { ...record, fingerprints: { ...record.fingerprints, [label]: '00'.repeat(16) } };
      expect(() => openRoots(test, other)).toThrow(`key ${label} in the token is not the key recorded for it`);
    }
    expect(() => openRoots(test, { ...record, serial: '0123456789abcdef' })).toThrow(/is not present/);
    roots = openRoots(test, record);
    session = openSession();
  });

  it('do not choose between two keys of one name', () => {
    const plan = KEY_PLANS.find(({ label }) => label === 'root-mac-v1')!;
    const planted = calls.C_GenerateKey(session, { mechanism: plan.generate }, plan.template);
    expect(() => openRoots(test, record)).toThrow('token holds more than one key root-mac-v1');
    test.module.initialize();
    session = openSession();
    calls.C_FindObjectsInit(session, [{ type: ck.CKA_LABEL, value: 'root-mac-v1' }]);
    const both = calls.C_FindObjects(session, 3);
    calls.C_FindObjectsFinal(session);
    expect(both).toHaveLength(2);
    expect(planted).toBeDefined();
    for (const handle of both) calls.C_DestroyObject(session, handle);
    test.module.finalize();
    expect(() => openRoots(test, record)).toThrow('token holds no key root-mac-v1');
  });

  it('say unavailable, never another kind, for everything they cannot do', () => {
    try {
      roots.mac(Buffer.from('x'), 1);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(HsmError);
      expect(error).toMatchObject({ code: 'unavailable' });
    }
  });
});

describe.skipIf(vectorsMissing)(`SoftHSM through this driver: Wycheproof${vectorsNote}`, () => {
  let own: TestToken;
  beforeAll(async () => {
    test.remove();
    own = await makeDataFolder();
    openRoots(own);
    record = readRecord(own.files)!;
    calls = own.module.calls;
    const { slot } = findToken(calls, record);
    session = calls.C_OpenSession(slot, ck.CKF_SERIAL_SESSION | ck.CKF_RW_SESSION);
  });
  afterAll(() => own.remove());

  const sessionKey = (keyType: number, value: Buffer, usage: number) =>
    calls.C_CreateObject(session, [
      { type: ck.CKA_CLASS, value: ck.CKO_SECRET_KEY },
      { type: ck.CKA_KEY_TYPE, value: keyType },
      { type: ck.CKA_TOKEN, value: false },
      { type: usage, value: true },
      { type: ck.CKA_VALUE, value },
    ]);

  it('makes every HMAC-SHA256 of the vectors', () => {
    const groups = readVectors<{ key: string; msg: string; tag: string }>('hmac_sha256_test');
    let compared = 0;
    for (const { tests, tagSize, keySize } of groups) {
      for (const { tcId, key: value, msg, tag, result } of tests) {
        // PKCS#11: no empty data; SoftHSM: no HMAC-SHA256 key under 32 bytes.
        if (msg === '' || keySize < 256) continue;
        const handle = sessionKey(ck.CKK_GENERIC_SECRET, hex(value), ck.CKA_SIGN);
        calls.C_SignInit(session, { mechanism: ck.CKM_SHA256_HMAC }, handle);
        const made = calls
          .C_Sign(session, hex(msg), Buffer.alloc(32))
          .toString('hex')
          .slice(0, tagSize! / 4);
        expect(made === tag, `test ${tcId}`).toBe(result === 'valid');
        calls.C_DestroyObject(session, handle);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(100);
  });

  it('unwraps every valid RFC 5649 vector of a 256-bit key under a 256-bit key, and no invalid one', () => {
    const groups = readVectors<{ key: string; msg: string; ct: string }>('aes_kwp_test');
    let decided = 0;
    for (const { tests, keySize } of groups) {
      if (keySize !== 256) continue;
      for (const { tcId, key: value, msg, ct, result } of tests) {
        if (ct.length !== 80) continue;
        const handle = sessionKey(ck.CKK_AES, hex(value), ck.CKA_UNWRAP);
        let opened: string | undefined;
        try {
          const unwrapped = calls.C_UnwrapKey(session, { mechanism: ck.CKM_AES_KEY_WRAP_PAD }, handle, hex(ct), [
            { type: ck.CKA_CLASS, value: ck.CKO_SECRET_KEY },
            { type: ck.CKA_KEY_TYPE, value: ck.CKK_GENERIC_SECRET },
            { type: ck.CKA_SENSITIVE, value: false },
            { type: ck.CKA_EXTRACTABLE, value: true },
          ]);
          const [attribute] = calls.C_GetAttributeValue(session, unwrapped, [{ type: ck.CKA_VALUE }]);
          opened = (attribute!.value as Buffer).toString('hex');
        } catch (error) {
          expect(returnValueOf(error)).toBeDefined();
        }
        expect(opened, `test ${tcId}`).toBe(result === 'valid' ? msg : undefined);
        decided += 1;
      }
    }
    expect(decided).toBeGreaterThan(10);
  });
});
