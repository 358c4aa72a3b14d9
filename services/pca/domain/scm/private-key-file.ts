/**
 * Private keys as people have them in files: PEM or DER, PKCS #8, PKCS #1 or SEC 1, encrypted or not. Guarantees that the
 * key is in Buffers only, never in a text, and that opening one ends, whatever the file says it would cost. What is
 * answered is PKCS #8, DER, in a Buffer of the caller, who zeroes it.
 */
import { createPrivateKey, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import { DerError, readOne } from '../der/reader.ts';
import { exportPrivateKey, isKeyOf, keyAlgorithmOf, readPrivateKey } from '../keys/private-key.ts';
import { passphraseProblem } from '../pkcs12/passphrase.ts';
import { Budget, decryptPrivateKey } from '../pkcs12/pbes2.ts';
import { Pkcs12Problem } from '../pkcs12/problem.ts';
import { keyObject } from '../x509/key-object.ts';
import { readOnePem } from '../x509/pem.ts';

export type OpenedKey = { ok: true; pkcs8: Buffer } | { ok: false; problem: string };

const MARK = '-----BEGIN ';
const ENCRYPTED = 'ENCRYPTED PRIVATE KEY';

/** `passphrase` is taken as the bytes it is; of a key that is not encrypted it is not looked at. */
export async function openPrivateKey(file: Buffer, passphrase: Buffer | undefined): Promise<OpenedKey> {
  const problem = passphrase && passphraseProblem(passphrase);
  if (problem !== undefined) return refuse(problem);
  if (file.includes(`${MARK}${ENCRYPTED}-----`)) return openEncrypted(readOnePem(file, [ENCRYPTED]), passphrase);
  if (file[0] === 0x30 && isEncryptedInfo(file)) return openEncrypted(file, passphrase);
  const key = file.includes(MARK) ? openPem(file, passphrase) : openDer(file);
  if (typeof key === 'string') return refuse(key);
  return { ok: true, pkcs8: exportPrivateKey(key) };
}

/** Why the key is not that of a certificate; undefined: it is, and signs what the certificate verifies. */
export function keyMismatch(pkcs8: Buffer, spki: Buffer): string | undefined {
  const key = readPrivateKey(pkcs8);
  if (!key) return 'the private key cannot be read';
  if (keyAlgorithmOf(key) === undefined) return 'the private key is neither RSA, nor of a NIST curve, nor Ed25519';
  if (!isKeyOf(key, spki) || !provesItself(key, spki)) return 'the private key is not the one of the certificate';
  return undefined;
}

/** The public half in a file may be right where the private one is not. */
function provesItself(key: KeyObject, spki: Buffer): boolean {
  const message = randomBytes(32);
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  try {
    return verify(hash, message, keyObject(spki), sign(hash, message, key));
  } catch {
    return false;
  }
}

async function openEncrypted(info: Buffer | undefined, passphrase: Buffer | undefined): Promise<OpenedKey> {
  if (!info) return refuse('the private key is not one PEM block');
  if (!passphrase) return refuse(NEEDS_PASSPHRASE);
  try {
    const pkcs8 = await decryptPrivateKey(readOne(info), passphrase, new Budget());
    if (readPrivateKey(pkcs8)) return { ok: true, pkcs8 };
    pkcs8.fill(0);
    return refuse(WRONG_PASSPHRASE);
  } catch (error) {
    if (error instanceof Pkcs12Problem) return refuse(error.reason === 'password' ? WRONG_PASSPHRASE : error.message);
    if (error instanceof DerError) return refuse(`the private key cannot be read: ${error.message}`);
    throw error;
  }
}

const NEEDS_PASSPHRASE = 'the private key is encrypted: give its Passphrase';
const WRONG_PASSPHRASE = 'the Passphrase is not the one of the private key, or the file was changed';

/** EncryptedPrivateKeyInfo: the first member is no version number. */
function isEncryptedInfo(der: Buffer): boolean {
  try {
    return readOne(der).content[0] === 0x30;
  } catch {
    return false;
  }
}

/** Also what `openssl ecparam -genkey` writes, with the curve in a block before the key. */
function openPem(file: Buffer, passphrase: Buffer | undefined): KeyObject | string {
  try {
    return createPrivateKey({ key: file, format: 'pem', ...(passphrase && { passphrase }) });
  } catch {
    if (!file.includes('Proc-Type: 4,ENCRYPTED')) return UNREADABLE;
    return passphrase ? WRONG_PASSPHRASE : NEEDS_PASSPHRASE;
  }
}

const UNREADABLE = 'the private key is no PEM or DER of PKCS #8, PKCS #1 or SEC 1';

function openDer(file: Buffer): KeyObject | string {
  for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const)
    try {
      return createPrivateKey({ key: file, format: 'der', type });
    } catch {
      // Perhaps one of the other forms.
    }
  return UNREADABLE;
}

const refuse = (problem: string): OpenedKey => ({ ok: false, problem });
