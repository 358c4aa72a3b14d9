/**
 * How a key travels from one agent to its partner: sealed under a secret that only these two have (X25519 between their
 * identities, of which each pinned the other's at pairing), a fresh key per message, bound to sender, receiver and
 * subject. Whoever carries the message (the product's own process) can neither read it nor put another key in its place.
 *
 * Message: `salt (16) || iv (12) || ciphertext || tag (16)`, AES-256-GCM under
 * `HKDF-SHA256(shared secret, salt, lp("parapet/hsm/handover/v1", sender id, receiver id))`, AAD = subject.
 */
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { HsmError } from '../port.ts';
import { lengthPrefixed } from './canonical.ts';

const DOMAIN = Buffer.from('parapet/hsm/handover/v1', 'ascii');
/** RFC 8410: PKCS#8 and SubjectPublicKeyInfo of X25519 up to the 32 bytes. */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');
const PUBLIC_BYTES = 32;
const SALT = 16;
const IV = 12;
const TAG = 16;

/** Of 32 secret bytes; the caller zeroises them. */
export function identityOf(secret: Buffer): KeyObject {
  const der = Buffer.concat([PRIVATE_PREFIX, secret]);
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } finally {
    der.fill(0);
  }
}

/** 32 bytes. */
export function publicIdentity(identity: KeyObject): Buffer {
  return createPublicKey(identity).export({ format: 'der', type: 'spki' }).subarray(-PUBLIC_BYTES);
}

/** Throws `invalid` for a public identity that is none, or one that would give a secret anybody knows. */
export function sharedSecret(identity: KeyObject, partner: Buffer): Buffer {
  try {
    const spki = Buffer.concat([PUBLIC_PREFIX, partner]);
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    return diffieHellman({ privateKey: identity, publicKey });
  } catch (cause) {
    throw new HsmError('invalid', 'identity of the partner is not a usable public key', { cause });
  }
}

export interface Route {
  secret: Buffer;
  from: Buffer;
  to: Buffer;
}

export function sealHandover(route: Route, subject: Buffer, key: Buffer): Buffer {
  const salt = randomBytes(SALT);
  const iv = randomBytes(IV);
  const messageKey = keyOf(route, salt);
  try {
    const cipher = createCipheriv('aes-256-gcm', messageKey, iv).setAAD(subject);
    return Buffer.concat([salt, iv, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  } finally {
    messageKey.fill(0);
  }
}

/** The key, for the caller to zeroise; throws `integrity` for whatever this partner did not send about this subject. */
export function openHandover(route: Route, subject: Buffer, message: Buffer): Buffer {
  if (message.length <= SALT + IV + TAG) throw refused();
  const messageKey = keyOf(route, message.subarray(0, SALT));
  try {
    const decipher = createDecipheriv('aes-256-gcm', messageKey, message.subarray(SALT, SALT + IV))
      .setAAD(subject)
      .setAuthTag(message.subarray(-TAG));
    const key = decipher.update(message.subarray(SALT + IV, -TAG));
    try {
      decipher.final();
    } catch {
      key.fill(0);
      throw refused();
    }
    return key;
  } finally {
    messageKey.fill(0);
  }
}

function keyOf({ secret, from, to }: Route, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, lengthPrefixed([DOMAIN, from, to]), 32));
}

function refused(): HsmError {
  return new HsmError('integrity', 'handed over key is not what the partner sent');
}
