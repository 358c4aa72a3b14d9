/**
 * Makes key pairs beside this thread. A key of RSA takes a thread of the pool for seconds, and the same threads verify
 * signatures: so two are made at a time, and who comes when many wait is told to come again.
 */
import { generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { ServiceError } from '../../../../platform/contract/error.ts';
import { exportPrivateKey } from '../../domain/keys/private-key.ts';
import { REQUEST_ALGORITHM, type RequestContent, requestInfo } from '../../domain/keys/request.ts';
import { ALGORITHM, type KeyAlgorithm } from '../../domain/x509/algorithm.ts';
import { assemble } from '../../domain/x509/certificate.ts';

const AT_A_TIME = 2;
const MOST_WAITING = 50;
const generate = promisify(generateKeyPair);
const signed = promisify(sign);

const MAKE: Readonly<Record<KeyAlgorithm, () => Promise<{ publicKey: KeyObject; privateKey: KeyObject }>>> = {
  RSA_2048: () => generate('rsa', { modulusLength: 2048 }),
  RSA_3072: () => generate('rsa', { modulusLength: 3072 }),
  RSA_4096: () => generate('rsa', { modulusLength: 4096 }),
  EC_prime256v1: () => generate('ec', { namedCurve: 'P-256' }),
  EC_secp384r1: () => generate('ec', { namedCurve: 'P-384' }),
  EC_secp521r1: () => generate('ec', { namedCurve: 'P-521' }),
};

export interface NewKey {
  /** PKCS #8, DER. Who gets it zeroes it. */
  pkcs8: Buffer;
  /** SubjectPublicKeyInfo, DER. */
  publicKey: Buffer;
  /** A request for a certificate, signed by the key. */
  csr: Buffer;
}

export class NewKeys {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  async make(algorithm: KeyAlgorithm, content: RequestContent): Promise<NewKey> {
    await this.turn();
    try {
      const { publicKey: key, privateKey } = await MAKE[algorithm]();
      const publicKey = key.export({ type: 'spki', format: 'der' });
      const csr = await signedRequest(privateKey, algorithm, requestInfo(content, publicKey));
      return { pkcs8: exportPrivateKey(privateKey), publicKey, csr };
    } finally {
      // Whoever waited longest has the place at once: nobody who comes now is faster.
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }

  private async turn(): Promise<void> {
    if (this.running < AT_A_TIME) {
      this.running++;
      return;
    }
    if (this.waiting.length >= MOST_WAITING)
      throw new ServiceError('Unavailable', 'too many keys are being made', {
        hint: 'ask again',
        details: { retryAfterSeconds: 5 },
      });
    return new Promise((resolve) => {
      this.waiting.push(resolve);
    });
  }
}

async function signedRequest(privateKey: KeyObject, kind: KeyAlgorithm, info: Buffer): Promise<Buffer> {
  const algorithm = REQUEST_ALGORITHM[kind];
  return assemble(info, algorithm, await signed(ALGORITHM[algorithm].hash, info, privateKey));
}
