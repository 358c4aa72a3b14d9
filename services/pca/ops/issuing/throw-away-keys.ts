/**
 * Keys that sign what lints look at (spec pca 0.4): of the same kind as the key of the authority, so that the certificate
 * has the size and form it will have, and worth nothing: nobody trusts them, and they end with the process.
 */
import { generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { ALGORITHM, type KeyAlgorithm, type SigningAlgorithm } from '../../domain/x509/algorithm.ts';

const generate = promisify(generateKeyPair);

const MAKE: Readonly<Record<KeyAlgorithm, () => Promise<{ privateKey: KeyObject }>>> = {
  RSA_2048: () => generate('rsa', { modulusLength: 2048 }),
  RSA_3072: () => generate('rsa', { modulusLength: 3072 }),
  RSA_4096: () => generate('rsa', { modulusLength: 4096 }),
  EC_prime256v1: () => generate('ec', { namedCurve: 'P-256' }),
  EC_secp384r1: () => generate('ec', { namedCurve: 'P-384' }),
  EC_secp521r1: () => generate('ec', { namedCurve: 'P-521' }),
};

export class ThrowAwayKeys {
  private readonly keys = new Map<KeyAlgorithm, Promise<KeyObject>>();

  async sign(key: KeyAlgorithm, algorithm: SigningAlgorithm, message: Buffer): Promise<Buffer> {
    let made = this.keys.get(key);
    if (!made) {
      made = MAKE[key]().then(({ privateKey }) => privateKey);
      this.keys.set(key, made);
    }
    const { hash, padding } = ALGORITHM[algorithm];
    return sign(hash, message, { key: await made, ...padding });
  }
}
