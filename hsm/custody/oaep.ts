/** RSAES-OAEP (RFC 8017 section 7.1) with MGF1 over the same hash and no label; in OpenSSL, which answers in constant time. */
import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto';
import { HsmError, type OaepHash } from '../port.ts';
import type { KeyPair } from './key-pair.ts';

const HASH_BYTES: Readonly<Record<OaepHash, number>> = { sha1: 20, sha256: 32 };

export function isOaepHash(name: string): name is OaepHash {
  return Object.hasOwn(HASH_BYTES, name);
}

/** Throws `invalid` for a plaintext longer than the modulus less two hashes and two bytes. */
export function encryptOaep(pair: KeyPair, hash: OaepHash, plaintext: Buffer): Buffer {
  if (plaintext.length > modulusBytes(pair) - 2 * HASH_BYTES[hash] - 2) {
    throw new HsmError('invalid', 'plaintext is longer than one RSA block');
  }
  return publicEncrypt(input(pair.publicKey, hash), plaintext);
}

/** Answers the plaintext (the caller zeroises it); throws `integrity` for every reason alike. */
export function decryptOaep(pair: KeyPair, hash: OaepHash, ciphertext: Buffer): Buffer {
  const refused = () => new HsmError('integrity', 'ciphertext does not decrypt');
  if (ciphertext.length !== modulusBytes(pair)) throw refused();
  try {
    return privateDecrypt(input(pair.privateKey, hash), ciphertext);
  } catch {
    throw refused();
  }
}

function input(key: KeyObject, oaepHash: OaepHash) {
  return { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash };
}

function modulusBytes(pair: KeyPair): number {
  const bits = pair.publicKey.asymmetricKeyDetails?.modulusLength;
  if (bits === undefined) throw new HsmError('invalid', 'the key pair does not encrypt');
  return bits / 8;
}
