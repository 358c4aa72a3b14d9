/**
 * Key ceremony for a token of any vendor: makes the keys that are missing, checks all of them and writes `token.json`
 * beside the PIN file, which the product then asks for. The token must be initialised, with its user PIN, by the
 * vendor's own means. Never touches keys that exist.
 *
 *   node dist/hsm/pkcs11/provision.js <library> <token label> <serial> <pin file>
 */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HsmError } from '../port.ts';
import { CKF_RW_SESSION, CKF_SERIAL_SESSION, CKU_USER } from './constants.ts';
import { loadModule, type Pkcs11Module } from './module.ts';
import { readPinFile } from './pin-file.ts';
import { describeToken } from './pkcs11-roots.ts';
import { describeReturnValue, returnValueOf } from './return-value.ts';
import { findToken, login, provisionKeys, refuseRotated, type TokenName, type TokenRecord } from './token.ts';

/** Answers what was made and how to recognise the token; throws `unavailable`. */
export function provisionToken(
  module: Pkcs11Module,
  name: Required<TokenName>,
  pinFile: string,
): { made: string[]; record: TokenRecord } {
  const { calls } = module;
  let made: string[];
  module.initialize();
  try {
    const { slot } = findToken(calls, name);
    const session = calls.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION);
    const pin = readPinFile(pinFile);
    try {
      login(calls, session, CKU_USER, pin);
    } finally {
      pin.fill(0);
    }
    refuseRotated(calls, session);
    made = provisionKeys(calls, session);
  } catch (cause) {
    if (cause instanceof HsmError) throw cause;
    const what = describeReturnValue(returnValueOf(cause));
    throw new HsmError('unavailable', `keys cannot be made in token ${name.label}: ${what}`, { cause });
  } finally {
    module.finalize();
  }
  return { made, record: describeToken(module, name, () => readPinFile(pinFile)) };
}

async function main(argv: string[]): Promise<void> {
  const [library, label, serial, pinFile] = argv;
  if (library === undefined || label === undefined || serial === undefined || pinFile === undefined) {
    throw new HsmError('invalid', 'arguments are <library> <token label> <serial> <pin file>');
  }
  const { made, record } = provisionToken(await loadModule(library), { label, serial }, pinFile);
  const path = join(dirname(pinFile), 'token.json');
  // Never over an older record: it is what tells this token from another one.
  writeFileSync(path, `${JSON.stringify(record, undefined, 2)}\n`, { flag: 'wx', mode: 0o600 });
  process.stdout.write(`keys made: ${made.join(', ') || 'none'}\nrecord: ${path}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
    process.exitCode = 1;
  });
}
