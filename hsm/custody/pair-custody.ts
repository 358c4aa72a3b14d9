/** Key pairs in custody: made, wrapped, and used for signatures and RSA-OAEP. Private keys stay key objects of OpenSSL. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import {
  HSM_LIMITS,
  type KeyPairSpec,
  type KeyPairUse,
  type OaepCiphertext,
  type OaepHash,
  type SealedKeyPair,
  type SealKeyPairRequest,
  type SigningRequest,
  type WrappedKey,
} from '../port.ts';
import type { Keyring } from './keyring.ts';
import { requireContext, requireSize } from './limits.ts';
import { sealMessage } from './message.ts';
import { decryptOaep, encryptOaep } from './oaep.ts';
import type { PairSource } from './pair-source.ts';
import { signRequest, verifyRequest } from './signing.ts';

export class PairCustody {
  readonly #keys: Keyring;
  readonly #source: PairSource;

  constructor(keys: Keyring, source: PairSource) {
    this.#keys = keys;
    this.#source = source;
  }

  async create(tenant: Buffer, binding: Buffer, spec: KeyPairSpec, use: KeyPairUse): Promise<WrappedKey> {
    requireSize('binding', binding, 1, HSM_LIMITS.binding);
    const pkcs8 = await this.#source.take(spec);
    try {
      return this.#keys.wrapPair(tenant, binding, use, pkcs8);
    } finally {
      pkcs8.fill(0);
    }
  }

  async sealNew(key: Buffer, request: SealKeyPairRequest): Promise<SealedKeyPair> {
    requireContext(request);
    const plaintext = await this.#source.take(request.spec);
    let answered = false;
    try {
      const sealed = sealMessage(this.#keys.material(key), request.header, request.aad, plaintext);
      const publicKey = spkiOf(plaintext);
      answered = request.withPlaintext;
      return answered ? { sealed, publicKey, plaintext } : { sealed, publicKey };
    } finally {
      if (!answered) plaintext.fill(0);
    }
  }

  publicKey(key: Buffer, use: KeyPairUse): Buffer {
    return Buffer.from(this.#keys.pair(key, use).spki);
  }

  sign(key: Buffer, request: SigningRequest): Buffer | Promise<Buffer> {
    requireSize('message', request.message, 0, HSM_LIMITS.message);
    return signRequest(this.#keys.pair(key, 'sign'), request);
  }

  verify(key: Buffer, request: SigningRequest & { signature: Buffer }): boolean | Promise<boolean> {
    requireSize('message', request.message, 0, HSM_LIMITS.message);
    return verifyRequest(this.#keys.pair(key, 'sign'), request);
  }

  encrypt(key: Buffer, request: { hash: OaepHash; plaintext: Buffer }): Buffer {
    return encryptOaep(this.#keys.pair(key, 'decrypt'), request.hash, request.plaintext);
  }

  decrypt(key: Buffer, request: OaepCiphertext): Buffer {
    return this.#keys.guard(() => decryptOaep(this.#keys.pair(key, 'decrypt'), request.hash, request.ciphertext));
  }
}

function spkiOf(pkcs8: Buffer): Buffer {
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  return createPublicKey(key).export({ format: 'der', type: 'spki' });
}
