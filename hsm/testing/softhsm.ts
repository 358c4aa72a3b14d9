/** A SoftHSM token of its own for a test, opened in the test's process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModule, type Pkcs11Module } from '../pkcs11/module.ts';
import { readPinFile } from '../pkcs11/pin-file.ts';
import { Pkcs11Roots } from '../pkcs11/pkcs11-roots.ts';
import type { TokenRecord } from '../pkcs11/token.ts';
import { ensureToken } from '../softhsm/ensure-token.ts';
import { type TokenFolder, tokenFolder, writeRecord } from '../softhsm/files.ts';
import { findSoftHsmLibrary } from '../softhsm/library.ts';

export interface TestToken {
  dataFolder: string;
  files: TokenFolder;
  module: Pkcs11Module;
  remove(): void;
}

/** An empty data folder, named to SoftHSM; fails naming the package when SoftHSM is missing. */
export async function makeDataFolder(): Promise<TestToken> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'parapet-softhsm-'));
  const files = tokenFolder(dataFolder);
  // SoftHSM reads it at every C_Initialize.
  process.env.SOFTHSM2_CONF = files.configuration;
  const module = await loadModule(findSoftHsmLibrary());
  return {
    dataFolder,
    files,
    module,
    remove() {
      module.finalize();
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

export function openRoots({ module, files }: TestToken, record?: TokenRecord): Pkcs11Roots {
  const made = record ?? ensureToken(module, files);
  const token = { label: made.label, serial: made.serial };
  const keeping = { sessions: 2, writeRecord: (next: TokenRecord) => writeRecord(files, next) };
  const roots = new Pkcs11Roots(module, { token, readPin: () => readPinFile(files.pin), ...keeping }, made);
  roots.open();
  return roots;
}
