import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pkcs11js from 'pkcs11js';
import { afterAll, describe, expect, it } from 'vitest';
import { prepareFolder } from '../softhsm/files.ts';
import { findSoftHsmLibrary } from '../softhsm/library.ts';
import { makeDataFolder } from '../testing/softhsm.ts';
import { loadModule } from './module.ts';

const test = await makeDataFolder();
prepareFolder(test.files);
afterAll(() => test.remove());

describe('PKCS#11 module', () => {
  it('refuses a library that was initialised without locking by somebody else in this process', () => {
    const careless = new pkcs11js.PKCS11();
    careless.load(findSoftHsmLibrary());
    careless.C_Initialize();
    try {
      expect(() => test.module.initialize()).toThrow(/initialised by somebody else, perhaps without locking/);
    } finally {
      careless.C_Finalize();
    }
    expect(() => test.module.initialize()).not.toThrow();
    test.module.finalize();
  });

  it('initialises in one place of the whole folder, with CKF_OS_LOCKING_OK', () => {
    const folder = fileURLToPath(new URL('..', import.meta.url));
    const calls: string[] = [];
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
      const source = readFileSync(join(folder, name), 'utf8');
      for (const [call] of source.matchAll(/C_Initialize\([^)]*\)/g)) calls.push(`${name}: ${call}`);
    }
    expect(calls).toEqual(['pkcs11/module.ts: C_Initialize({ flags: CKF_OS_LOCKING_OK })']);
  });

  it('says which library cannot be loaded', async () => {
    await expect(loadModule('/nowhere/libsofthsm2.so')).rejects.toMatchObject({
      code: 'unavailable',
      message: 'PKCS#11 library /nowhere/libsofthsm2.so cannot be loaded',
    });
  });
});
