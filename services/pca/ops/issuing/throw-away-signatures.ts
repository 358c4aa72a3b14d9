/**
 * Signatures under which lints look at what will be signed (spec pca 0.4): by keys of the same kind as that of the
 * authority, so that the certificate has the size and form it will have, and worth nothing: nobody trusts these keys, and
 * they end with the process. What is signed does not matter, so one signature of a kind serves all.
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

const MESSAGE = Buffer.from('nothing');

export class ThrowAwaySignatures {
  private readonly signatures = new Map<string, Promise<Buffer>>();

  of(key: KeyAlgorithm, algorithm: SigningAlgorithm): Promise<Buffer> {
    const kind = `${key} ${algorithm}`;
    let made = this.signatures.get(kind);
    if (!made) {
      const { hash, padding } = ALGORITHM[algorithm];
      made = MAKE[key]().then(({ privateKey }) => sign(hash, MESSAGE, { key: privateKey, ...padding }));
      this.signatures.set(kind, made);
    }
    return made;
  }
}
