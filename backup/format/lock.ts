/**
 * How the key of a backup is kept in the file itself: under a passphrase (scrypt) or for a public key (X25519). The key is
 * random and new for every file; what stands before the frames goes into the key of the frames, so that no byte of it can
 * be another one.
 */
import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
  hkdfSync,
  type KeyObject,
  randomBytes,
  scrypt,
} from 'node:crypto';
import { BackupError } from '../error.ts';

/** Who can open it. */
export type Lock = { kind: 'passphrase'; passphrase: Buffer } | { kind: 'recipient'; publicKey: KeyObject };
export type Opener = { kind: 'passphrase'; passphrase: Buffer } | { kind: 'identity'; privateKey: KeyObject };

/** When it is not needed any more. */
export function wipe(secret: Lock | Opener): void {
  if (secret.kind === 'passphrase') secret.passphrase.fill(0);
}

type LockHeader =
  | { kind: 'scrypt'; salt: string; logN: number; r: number; p: number }
  | { kind: 'x25519'; recipient: string; ephemeral: string };

export const KEY_BYTES = 32;
export const WRAPPED_BYTES = 12 + KEY_BYTES + 16;
/** 128 MiB and about half a second for every guess. */
const COST = { logN: 17, r: 8, p: 1 };
/** What a file may ask of whoever opens it: four times as much. */
const MOST_LOG_N = 19;
const WRAP_INFO = 'parapet backup wrap v1';
const FRAMES_INFO = 'parapet backup frames v1';
export const SHORTEST_PASSPHRASE = 12;

export interface Locked {
  /** Length-prefixed by whoever writes it. */
  header: Buffer;
  wrapped: Buffer;
  /** Zeroed by whoever asked. */
  fileKey: Buffer;
}

export async function lockNewKey(lock: Lock): Promise<Locked> {
  const fileKey = randomBytes(KEY_BYTES);
  const { header, key } =
    lock.kind === 'passphrase' ? await byPassphrase(lock.passphrase) : forRecipient(lock.publicKey);
  const bytes = Buffer.from(JSON.stringify(header));
  try {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bytes);
    const wrapped = Buffer.concat([nonce, cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
    return { header: bytes, wrapped, fileKey };
  } finally {
    key.fill(0);
  }
}

/** @throws BackupError `foreign` or `key` */
export async function openKey(header: Buffer, wrapped: Buffer, opener: Opener): Promise<Buffer> {
  const key = await keyOf(readHeader(header), opener);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, wrapped.subarray(0, 12)).setAAD(header);
    decipher.setAuthTag(wrapped.subarray(-16));
    return Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()]);
  } catch {
    const what = opener.kind === 'passphrase' ? 'the passphrase' : 'the identity';
    throw new BackupError('key', `${what} does not open this backup, or its beginning was changed`);
  } finally {
    key.fill(0);
  }
}

/** Of the frames; bound to every byte before them. */
export function frameKey(fileKey: Buffer, before: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', fileKey, hash('sha256', before, 'buffer'), FRAMES_INFO, KEY_BYTES));
}

async function byPassphrase(passphrase: Buffer): Promise<{ header: LockHeader; key: Buffer }> {
  const salt = randomBytes(32);
  return {
    header: { kind: 'scrypt', salt: salt.toString('base64'), ...COST },
    key: await stretch(passphrase, salt, COST),
  };
}

function forRecipient(recipient: KeyObject): { header: LockHeader; key: Buffer } {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const header: LockHeader = { kind: 'x25519', recipient: spki(recipient), ephemeral: spki(publicKey) };
  return { header, key: agree(privateKey, recipient, header) };
}

async function keyOf(header: LockHeader, opener: Opener): Promise<Buffer> {
  if (header.kind === 'scrypt') {
    if (opener.kind !== 'passphrase') throw new BackupError('key', 'this backup opens with a passphrase');
    return stretch(opener.passphrase, Buffer.from(header.salt, 'base64'), header);
  }
  if (opener.kind !== 'identity')
    throw new BackupError('key', 'this backup opens with the private key of its recipient');
  if (spki(createPublicKey(opener.privateKey)) !== header.recipient)
    throw new BackupError('key', 'this backup was made for another recipient');
  const ephemeral = createPublicKey({ key: Buffer.from(header.ephemeral, 'base64'), format: 'der', type: 'spki' });
  return agree(opener.privateKey, ephemeral, header);
}

function agree(privateKey: KeyObject, publicKey: KeyObject, header: LockHeader): Buffer {
  const shared = diffieHellman({ privateKey, publicKey });
  try {
    const both = hash('sha256', JSON.stringify(header), 'buffer');
    return Buffer.from(hkdfSync('sha256', shared, both, WRAP_INFO, KEY_BYTES));
  } finally {
    shared.fill(0);
  }
}

function stretch(passphrase: Buffer, salt: Buffer, { logN, r, p }: typeof COST): Promise<Buffer> {
  const N = 2 ** logN;
  return new Promise((done, failed) =>
    scrypt(passphrase, salt, KEY_BYTES, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
      error ? failed(error) : done(key),
    ),
  );
}

const spki = (key: KeyObject): string => key.export({ format: 'der', type: 'spki' }).toString('base64');

const KEY_TEXT = /^[A-Za-z0-9+/]{58}[A-Za-z0-9+/=]{2}$/;

function readHeader(bytes: Buffer): LockHeader {
  let header: Partial<Record<string, unknown>>;
  try {
    header = JSON.parse(bytes.toString('utf8')) as typeof header;
  } catch {
    throw new BackupError('foreign', 'this is no backup of Parapet, or its beginning was changed');
  }
  const { kind, salt, logN, r, p, recipient, ephemeral } = header;
  const isCost = typeof logN === 'number' && Number.isInteger(logN) && logN >= 14 && logN <= MOST_LOG_N;
  if (kind === 'scrypt' && typeof salt === 'string' && isCost && r === COST.r && p === COST.p)
    return { kind, salt, logN, r, p };
  const isKey = (text: unknown): text is string => typeof text === 'string' && KEY_TEXT.test(text);
  if (kind === 'x25519' && isKey(recipient) && isKey(ephemeral)) return { kind, recipient, ephemeral };
  throw new BackupError('foreign', 'this is no backup that this release can open, or its beginning was changed');
}
