/**
 * Encryption under a password: PBES2 (RFC 8018) with PBKDF2. Writes AES-256-CBC and HMAC-SHA-256, as OpenSSL 3, Java and
 * Windows do; reads the other sizes of AES and SHA-1, SHA-384 and SHA-512, too. The derivation runs beside this thread.
 */
import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import * as der from '../../../../platform/contract/der.ts';
import * as read from '../der/reader.ts';
import { AES_256_CBC, CIPHERS, HMAC_SHA256, PBES2, PBKDF2, PKCS12_PBE, PRFS } from './oids.ts';
import { Pkcs12Problem, wrongPassword } from './problem.ts';

/**
 * What we write: 20 ms for us. The usual 2,048 come from another century; every reader takes as many as the file says.
 * The MAC has as many, so that it is no shorter way to the password.
 */
export const ITERATIONS = 100_000;
const SALT_BYTES = 16;
const IV_BYTES = 16;
const KEY_BYTES = 32;
const MOST_SALT_BYTES = 1024;

const derive = promisify(pbkdf2);

/** What reading one file may cost; the file itself says how much it would. */
export class Budget {
  private left = 2_000_000;

  /** Throws when the file asks for more. */
  spend(iterations: number): void {
    this.left -= iterations;
    if (iterations < 1 || this.left < 0)
      throw new Pkcs12Problem('unsupported', 'the file asks for more than 2,000,000 iterations to be read');
  }
}

export interface Encrypted {
  /** AlgorithmIdentifier. */
  algorithm: Buffer;
  ciphertext: Buffer;
}

export async function encrypt(plaintext: Buffer, passphrase: Buffer): Promise<Encrypted> {
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(IV_BYTES);
  const key = await derive(passphrase, salt, ITERATIONS, KEY_BYTES, 'sha256');
  try {
    const cipher = createCipheriv('aes-256-cbc', key, iv);
    const prf = der.sequence(der.oid(HMAC_SHA256), der.nullValue());
    const derivation = der.sequence(der.oid(PBKDF2), der.sequence(der.octetString(salt), der.integer(ITERATIONS), prf));
    const scheme = der.sequence(der.oid(AES_256_CBC), der.octetString(iv));
    return {
      algorithm: der.sequence(der.oid(PBES2), der.sequence(derivation, scheme)),
      ciphertext: Buffer.concat([cipher.update(plaintext), cipher.final()]),
    };
  } finally {
    key.fill(0);
  }
}

/** The caller zeroes what it gets. Throws `Pkcs12Problem` or `DerError`. */
export async function decrypt(
  algorithm: read.Element | undefined,
  ciphertext: Buffer,
  passphrase: Buffer,
  budget: Budget,
): Promise<Buffer> {
  const { salt, iterations, prf, cipher, keyBytes, iv } = readParameters(algorithm);
  budget.spend(iterations);
  const key = await derive(passphrase, salt, iterations, keyBytes, prf);
  const parts: Buffer[] = [];
  try {
    const decipher = createDecipheriv(cipher, key, iv);
    parts.push(decipher.update(ciphertext), decipher.final());
    return Buffer.concat(parts);
  } catch {
    throw wrongPassword();
  } finally {
    for (const part of [key, ...parts]) part.fill(0);
  }
}

function readParameters(algorithm: read.Element | undefined) {
  const [id, parameters] = exactly(algorithm, 2);
  const name = read.oid(id);
  if (name.startsWith(PKCS12_PBE))
    throw new Pkcs12Problem(
      'unsupported',
      'the file is encrypted with RC2, RC4 or Triple-DES; write it anew with openssl pkcs12 -export of OpenSSL 3, without -legacy',
    );
  if (name !== PBES2) throw new Pkcs12Problem('unsupported', `encryption ${name} is not read, PBES2 is`);
  const [derivation, scheme] = exactly(parameters, 2);
  const [kdf, kdfParameters] = exactly(derivation, 2);
  if (read.oid(kdf) !== PBKDF2) throw new Pkcs12Problem('unsupported', 'key derivation other than PBKDF2 is not read');
  const [cipherId, ivElement] = exactly(scheme, 2);
  const cipher = CIPHERS[read.oid(cipherId)];
  if (!cipher) throw new Pkcs12Problem('unsupported', `cipher ${read.oid(cipherId)} is not read, AES-CBC is`);
  const iv = read.octetString(ivElement);
  if (iv.length !== IV_BYTES) throw new Pkcs12Problem('malformed', 'the initialization vector is not 16 bytes long');
  return { ...readPbkdf2(kdfParameters, cipher.keyBytes), ...cipher, iv };
}

function readPbkdf2(parameters: read.Element | undefined, keyBytes: number) {
  const [salt, count, ...rest] = read.children(parameters, read.TAG.sequence);
  const length = rest[0]?.tag === read.TAG.integer ? rest.shift() : undefined;
  if (length && read.smallInteger(length) !== keyBytes)
    throw new Pkcs12Problem('malformed', 'the length of the key is not that of its cipher');
  const [prfElement, ...more] = rest;
  if (more.length > 0) throw new Pkcs12Problem('malformed', 'the parameters of PBKDF2 have members too many');
  const prf = prfElement ? PRFS[read.oid(read.children(prfElement, read.TAG.sequence)[0])] : 'sha1';
  if (!prf)
    throw new Pkcs12Problem('unsupported', 'PBKDF2 with another function than HMAC with SHA-1 or SHA-2 is not read');
  return { salt: saltOf(salt), iterations: read.smallInteger(count), prf };
}

export function saltOf(element: read.Element | undefined): Buffer {
  const salt = read.octetString(element);
  if (salt.length === 0 || salt.length > MOST_SALT_BYTES)
    throw new Pkcs12Problem('malformed', `a salt is empty or longer than ${MOST_SALT_BYTES} bytes`);
  return salt;
}

export function exactly(element: read.Element | undefined, count: number): read.Element[] {
  const members = read.children(element, read.TAG.sequence);
  if (members.length !== count) throw new Pkcs12Problem('malformed', `a structure does not have ${count} members`);
  return members;
}

/** EncryptedPrivateKeyInfo (RFC 5958): what PEM calls an ENCRYPTED PRIVATE KEY. */
export async function encryptPrivateKey(pkcs8: Buffer, passphrase: Buffer): Promise<Buffer> {
  const { algorithm, ciphertext } = await encrypt(pkcs8, passphrase);
  return der.sequence(algorithm, der.octetString(ciphertext));
}

/** PKCS #8, DER. The caller zeroes it. Throws `Pkcs12Problem` or `DerError`. */
export function decryptPrivateKey(info: read.Element | undefined, passphrase: Buffer, budget: Budget): Promise<Buffer> {
  const [algorithm, ciphertext] = exactly(info, 2);
  return decrypt(algorithm, read.octetString(ciphertext), passphrase, budget);
}
