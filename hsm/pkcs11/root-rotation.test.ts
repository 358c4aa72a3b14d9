/** Rotation of the root in a real token, cut off at every step: what was made before opens, and asking again completes it. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Handle, Mechanism, Template } from 'pkcs11js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Custody } from '../custody/custody.ts';
import { encodeKeyRef, encodeWrappedKey } from '../custody/key-encoding.ts';
import type { PartnerStore } from '../custody/partner.ts';
import { decodeRootWraps } from '../custody/root-wraps.ts';
import { HsmError, type KeyRef, type WrappedKey } from '../port.ts';
import { ensureToken } from '../softhsm/ensure-token.ts';
import { readRecord, writeDurably, writeRecord } from '../softhsm/files.ts';
import { makeDataFolder, openRoots, type TestToken } from '../testing/softhsm.ts';
import * as ck from './constants.ts';
import type { Pkcs11Calls } from './module.ts';
import { readPinFile } from './pin-file.ts';
import { Pkcs11Roots } from './pkcs11-roots.ts';
import { provisionToken } from './provision.ts';
import { findKey, type TokenRecord } from './token.ts';

const POWER_CUT = 'power is cut';
/** A driver that throws is a lost token. */
const AS_CUT = /power is cut|the driver failed outside PKCS#11/;

/** Counts what changes token or files, and cuts the power before or after one of them. */
class Steps {
  #left: number;
  count = 0;
  constructor(cutAfter = Number.POSITIVE_INFINITY) {
    this.#left = cutAfter;
  }

  act<T>(change: () => T): T {
    this.count += 2;
    this.#cut();
    const done = change();
    this.#cut();
    return done;
  }

  #cut(): void {
    if (this.#left === 0) throw new Error(POWER_CUT);
    this.#left -= 1;
  }
}

let test: TestToken;
beforeEach(async () => {
  test = await makeDataFolder();
  openRoots(test).close();
});
afterEach(() => test.remove());

/** A process that has the token open, as the agent has. */
function start(steps = new Steps()): Custody {
  const { files, module } = test;
  const partnerPath = join(files.folder, 'partner.json');
  const stays = (template: unknown) =>
    (template as { type: number; value: unknown }[]).some(({ type, value }) => type === ck.CKA_TOKEN && value === true);
  // Session objects come and go all the time; only what stays in the token counts.
  const kept = new Set<string>();
  const counted: Record<PropertyKey, unknown> = {
    C_GenerateKey: (session: Handle, mechanism: Mechanism, template: Template) => {
      const run = () => module.calls.C_GenerateKey(session, mechanism, template);
      return stays(template) ? steps.act(run) : run();
    },
    C_FindObjects: (session: Handle, most: number) => {
      const found = module.calls.C_FindObjects(session, most);
      for (const handle of found) kept.add(handle.toString('hex'));
      return found;
    },
    C_DestroyObject: (session: Handle, handle: Handle) => {
      const run = () => module.calls.C_DestroyObject(session, handle);
      return kept.has(handle.toString('hex')) ? steps.act(run) : run();
    },
  };
  const calls = new Proxy(module.calls, {
    get: (target, name: keyof Pkcs11Calls) => counted[name] ?? (target[name] as () => unknown).bind(target),
  });
  const partner: PartnerStore = {
    mayPair: false,
    read: () => (existsSync(partnerPath) ? readFileSync(partnerPath) : undefined),
    write: (record) => steps.act(() => writeDurably(partnerPath, record)),
  };
  const record = readRecord(files)!;
  const roots = new Pkcs11Roots(
    { ...module, calls },
    {
      token: { label: record.label, serial: record.serial },
      readPin: () => readPinFile(files.pin),
      sessions: 2,
      writeRecord: (next: TokenRecord) => steps.act(() => writeRecord(files, next)),
    },
    record,
  );
  roots.open();
  return new Custody({ roots, partner, now: () => performance.now() });
}

const context = { header: Buffer.from('h'), aad: Buffer.from('a') };
const row = Buffer.from('row');

/** What an installation has stored. */
interface Stored {
  key: KeyRef;
  sealed: Buffer;
  mac: Buffer;
}

function store(custody: Custody): Stored {
  const tenant = custody.createTenantKey(Buffer.from('account'));
  const material = custody.createKeyMaterial(encodeWrappedKey(tenant), Buffer.from('key'), 32);
  const key = { tenant, material };
  const sealed = custody.seal(encodeKeyRef(key), { ...context, plaintext: Buffer.from('kept') });
  return { key, sealed, mac: custody.mac('rows', row) };
}

function opens(custody: Custody, { key, sealed, mac }: Stored): boolean {
  custody.clear();
  const plaintext = custody.open(encodeKeyRef(key), { ...context, sealed }).toString();
  return plaintext === 'kept' && custody.verifyMac('rows', row, mac);
}

/** As the walks of the services do. */
function renew(custody: Custody, stored: Stored): Stored {
  const tenant = custody.renewTenantKey(encodeWrappedKey(stored.key.tenant)) ?? stored.key.tenant;
  const material = custody.renewKey(encodeKeyRef(stored.key)) ?? stored.key.material;
  const mac = custody.renewMac('rows', row, stored.mac);
  return { key: { tenant, material }, sealed: stored.sealed, mac: Buffer.isBuffer(mac) ? mac : stored.mac };
}

const versionsOf = ({ wrapped }: WrappedKey) => decodeRootWraps(wrapped)?.wraps.map(({ rootVersion }) => rootVersion);

function holds(label: string): boolean {
  const { calls } = test.module;
  test.module.initialize();
  const session = calls.C_OpenSession(calls.C_GetSlotList(true)[0]!, ck.CKF_SERIAL_SESSION | ck.CKF_RW_SESSION);
  calls.C_Login(session, ck.CKU_USER, readPinFile(test.files.pin).toString());
  try {
    return findKey(calls, session, ck.CKO_SECRET_KEY, label) !== undefined;
  } finally {
    test.module.finalize();
  }
}

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'answered';
  } catch (error) {
    return error instanceof HsmError ? error.code : String(error);
  }
}

describe('a root that is rotated', () => {
  it('wraps by its newest version, opens by each, and keeps its name and what is derived from MACs', () => {
    const custody = start();
    const first = store(custody);
    custody.addRootVersion(2);
    expect(opens(custody, first)).toBe(true);
    const second = renew(custody, first);
    expect(versionsOf(second.key.tenant)).toEqual([2]);
    expect(second.key.material.wrapped.equals(first.key.material.wrapped)).toBe(true);
    const derived = custody.mac('derived', row);
    custody.addRootVersion(3);
    expect(custody.mac('derived', row)).toEqual(derived);
    const third = renew(custody, second);
    expect(versionsOf(third.key.tenant)).toEqual([3]);
    // Their MACs are by the common key, which is another key for no version of the root.
    expect(third.mac).toEqual(second.mac);
    expect(third.key.material.mac).toEqual(second.key.material.mac);
    const again = start();
    for (const stored of [first, second, third]) expect(opens(again, stored)).toBe(true);
    expect(again.mac('derived', row)).toEqual(derived);
    expect(again.renewTenantKey(encodeWrappedKey(third.key.tenant))).toBeUndefined();
    expect(again.renewMac('rows', row, third.mac)).toBe('current');
  });

  it('opens nothing by a version that was destroyed, and everything else', () => {
    const custody = start();
    const first = store(custody);
    custody.addRootVersion(2);
    const second = renew(custody, first);
    custody.destroyRootVersion(1);
    expect(opens(custody, second)).toBe(true);
    expect(codeOf(() => custody.open(encodeKeyRef(first.key), { ...context, sealed: first.sealed }))).toBe('integrity');
    expect(custody.verifyMac('rows', row, first.mac)).toBe(false);
    const again = start();
    expect(opens(again, second)).toBe(true);
    expect(again.form).toBe(custody.form);
    again.clear();
    test.module.finalize();
    expect([1, 2].map((version) => holds(`root-wrap-v${version}`))).toEqual([false, true]);
    expect([1, 2].map((version) => holds(`root-mac-v${version}`))).toEqual([false, true]);
  });

  it('keeps the version in force, and takes none that is older', () => {
    const custody = start();
    expect(codeOf(() => custody.destroyRootVersion(1))).toBe('invalid');
    custody.addRootVersion(3);
    expect(codeOf(() => custody.addRootVersion(2))).toBe('invalid');
    for (const version of [3, 4]) expect(codeOf(() => custody.destroyRootVersion(version))).toBe('invalid');
    for (const version of [0, -1, 1.5, 1_000_000])
      expect(codeOf(() => custody.addRootVersion(version))).toBe('invalid');
    custody.addRootVersion(3);
    custody.destroyRootVersion(2);
  });

  it('is never set up anew when its record is lost', () => {
    const custody = start();
    custody.addRootVersion(2);
    custody.destroyRootVersion(1);
    test.module.finalize();
    const record = readRecord(test.files)!;
    rmSync(test.files.record);
    expect(() => ensureToken(test.module, test.files)).toThrow(
      'token has root keys of version 2, and its record is missing',
    );
    const name = { label: record.label, serial: record.serial };
    expect(() => provisionToken(test.module, name, test.files.pin)).toThrow('its record is missing');
    expect(holds('root-wrap-v1')).toBe(false);
    writeRecord(test.files, record);
    expect(start().form).toBe(custody.form);
  });

  it('is not opened when one of its versions is not the recorded one', () => {
    const custody = start();
    custody.addRootVersion(2);
    const record = readRecord(test.files)!;
    writeRecord(test.files, { ...record, fingerprints: { ...record.fingerprints, 'root-wrap-v2': '00'.repeat(16) } });
    expect(() => start()).toThrow('key root-wrap-v2 in the token is not the key recorded for it');
  });
});

describe('power cut while', () => {
  it('a version is added: all opens at once, and asking again completes it', async () => {
    const counted = new Steps();
    const probe = start(counted);
    probe.addRootVersion(2);
    // The agent's own record begins, takes the common key, two keys are made, the record names them, all is wrapped anew.
    expect(counted.count).toBe(12);
    for (let cut = 0; cut < counted.count; cut += 1) {
      test.remove();
      test = await makeDataFolder();
      openRoots(test).close();
      const stored = store(start());
      expect(() => start(new Steps(cut)).addRootVersion(2)).toThrow(AS_CUT);
      const restarted = start();
      expect(opens(restarted, stored)).toBe(true);
      const between = store(restarted);
      restarted.addRootVersion(2);
      for (const one of [stored, between]) {
        expect(opens(restarted, one)).toBe(true);
        expect(versionsOf(renew(restarted, one).key.tenant)).toEqual([2]);
      }
      const renewed = [stored, between].map((one) => renew(restarted, one));
      restarted.destroyRootVersion(1);
      for (const one of renewed) expect(opens(restarted, one)).toBe(true);
    }
  }, 120_000);

  it('a version is destroyed: what is in use opens, and asking again completes it', async () => {
    const prepare = () => {
      const custody = start();
      const stored = store(custody);
      custody.addRootVersion(2);
      return renew(custody, stored);
    };
    prepare();
    const counted = new Steps();
    start(counted).destroyRootVersion(1);
    expect(counted.count).toBe(6);
    for (let cut = 0; cut < counted.count; cut += 1) {
      test.remove();
      test = await makeDataFolder();
      openRoots(test).close();
      const stored = prepare();
      expect(() => start(new Steps(cut)).destroyRootVersion(1)).toThrow(AS_CUT);
      const restarted = start();
      expect(opens(restarted, stored)).toBe(true);
      restarted.destroyRootVersion(1);
      expect(opens(restarted, stored)).toBe(true);
      restarted.clear();
      test.module.finalize();
      expect(holds('root-wrap-v1') || holds('root-mac-v1')).toBe(false);
    }
  }, 120_000);
});
