/** What SoftHSM itself signs, called straight in this process: the baseline of our signatures. Keys are session objects. */
import { createHash, randomBytes } from 'node:crypto';
import type { Handle } from 'pkcs11js';
import * as ck from '../../hsm/pkcs11/constants.ts';
import { loadModule } from '../../hsm/pkcs11/module.ts';
import { readPinFile } from '../../hsm/pkcs11/pin-file.ts';
import { findToken, login } from '../../hsm/pkcs11/token.ts';
import { ensureToken } from '../../hsm/softhsm/ensure-token.ts';
import { tokenFolder } from '../../hsm/softhsm/files.ts';
import { findSoftHsmLibrary } from '../../hsm/softhsm/library.ts';

const CKA_MODULUS_BITS = 0x121;
const CKA_PUBLIC_EXPONENT = 0x122;
const CKM_RSA_PKCS_KEY_PAIR_GEN = 0x000;
const CKM_SHA256_RSA_PKCS = 0x040;
const P256 = Buffer.from('06082a8648ce3d030107', 'hex');
const MESSAGE = randomBytes(64);

export interface RawSigner {
  p256(): void;
  rsa2048(): void;
  close(): void;
}

export async function openRawSigner(dataFolder: string): Promise<RawSigner> {
  const files = tokenFolder(dataFolder);
  process.env.SOFTHSM2_CONF = files.configuration;
  const module = await loadModule(findSoftHsmLibrary());
  const token = ensureToken(module, files);
  module.initialize();
  const { calls } = module;
  const { slot } = findToken(calls, token);
  const session = calls.C_OpenSession(slot, ck.CKF_RW_SESSION | ck.CKF_SERIAL_SESSION);
  login(calls, session, ck.CKU_USER, readPinFile(files.pin));
  const pair = (mechanism: number, details: { type: number; value: Buffer | number }[]): Handle => {
    const publicTemplate = [{ type: ck.CKA_TOKEN, value: false }, { type: ck.CKA_VERIFY, value: true }, ...details];
    const privateTemplate = [
      { type: ck.CKA_TOKEN, value: false },
      { type: ck.CKA_SIGN, value: true },
      { type: ck.CKA_SENSITIVE, value: true },
    ];
    return calls.C_GenerateKeyPair(session, { mechanism }, publicTemplate, privateTemplate).privateKey;
  };
  const p256 = pair(ck.CKM_EC_KEY_PAIR_GEN, [{ type: ck.CKA_EC_PARAMS, value: P256 }]);
  const rsa = pair(CKM_RSA_PKCS_KEY_PAIR_GEN, [
    { type: CKA_MODULUS_BITS, value: 2048 },
    { type: CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
  ]);
  const sign = (mechanism: number, key: Handle, data: Buffer, bytes: number) => {
    calls.C_SignInit(session, { mechanism }, key);
    calls.C_Sign(session, data, Buffer.alloc(bytes));
  };
  return {
    p256: () => sign(ck.CKM_ECDSA, p256, createHash('sha256').update(MESSAGE).digest(), 64),
    rsa2048: () => sign(CKM_SHA256_RSA_PKCS, rsa, MESSAGE, 256),
    close: () => module.finalize(),
  };
}
