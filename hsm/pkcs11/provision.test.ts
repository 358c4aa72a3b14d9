import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectHsm } from '../agent/client.ts';
import { prepareFolder } from '../softhsm/files.ts';
import { findSoftHsmLibrary } from '../softhsm/library.ts';
import { makeDataFolder, type TestToken } from '../testing/softhsm.ts';
import * as ck from './constants.ts';
import { provisionToken } from './provision.ts';
import { findToken, login, type TokenRecord } from './token.ts';

let test: TestToken;
let serial: string;

/** A token with a user PIN and no keys, as a vendor's tool leaves it. */
beforeEach(async () => {
  test = await makeDataFolder();
  prepareFolder(test.files);
  const { calls } = test.module;
  test.module.initialize();
  calls.C_InitToken(calls.C_GetSlotList(true)[0]!, 'so pin', 'vendor'.padEnd(32));
  const token = findToken(calls, { label: 'vendor' });
  serial = token.serial;
  const session = calls.C_OpenSession(token.slot, ck.CKF_SERIAL_SESSION | ck.CKF_RW_SESSION);
  login(calls, session, ck.CKU_SO, Buffer.from('so pin'));
  calls.C_InitPIN(session, readFileSync(test.files.pin, 'utf8'));
  test.module.finalize();
});
afterEach(() => test.remove());

describe('key ceremony', () => {
  it('makes all keys once and then recognises them', () => {
    const first = provisionToken(test.module, { label: 'vendor', serial }, test.files.pin);
    expect(first.made).toEqual(['root-mac-v1', 'root-wrap-v1', 'audit-sign-v1', 'session-sign-v1']);
    const second = provisionToken(test.module, { label: 'vendor', serial }, test.files.pin);
    expect(second).toEqual({ made: [], record: first.record });
  });

  it('refuses a token of another serial', () => {
    expect(() => provisionToken(test.module, { label: 'vendor', serial: '0' }, test.files.pin)).toThrow(
      'token vendor (serial 0) is not present',
    );
  });

  it('as a command writes the record that the agent opens the token with', async () => {
    const script = fileURLToPath(new URL('provision.ts', import.meta.url));
    const argv = ['--import', 'tsx', script, findSoftHsmLibrary(), 'vendor', serial, test.files.pin];
    const env = { SOFTHSM2_CONF: test.files.configuration, PATH: process.env.PATH };
    const { stdout } = await promisify(execFile)(process.execPath, argv, { env });
    expect(stdout).toContain('keys made: root-mac-v1');
    const recordFile = join(dirname(test.files.pin), 'token.json');
    expect(statSync(recordFile).mode & 0o777).toBe(0o600);
    const record = JSON.parse(readFileSync(recordFile, 'utf8')) as TokenRecord;
    const hsm = connectHsm({
      socketPath: join(test.files.folder, 'agent.sock'),
      spawn: {
        backend: 'pkcs11',
        token: { library: findSoftHsmLibrary(), pinFile: test.files.pin, ...record },
        environment: { SOFTHSM2_CONF: test.files.configuration },
        log: 'ignore',
      },
    });
    try {
      expect(await hsm.ready()).toMatchObject({ backend: 'pkcs11', tokenLabel: 'vendor', tokenSerial: serial });
      expect(await hsm.sign('audit-sign-v1', Buffer.from('x'))).toHaveLength(64);
    } finally {
      await hsm.close();
    }
  });
});
