/** Private keys as node:crypto has them: which kind they are, and the bytes that are kept of them. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { keyObject } from '../x509/key-object.ts';

const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'EC_prime256v1',
  secp384r1: 'EC_secp384r1',
  secp521r1: 'EC_secp521r1',
};

/** `RSA_<bits>`, `EC_<curve>` or `Ed25519`; undefined: a kind that is not kept. */
export function keyAlgorithmOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject) {
  if (type === 'rsa') return `RSA_${details?.modulusLength}`;
  if (type === 'ec') return CURVES[details?.namedCurve ?? ''];
  return type === 'ed25519' ? 'Ed25519' : undefined;
}

/** PKCS #8, DER. The caller zeroes what it gets. */
export function exportPrivateKey(key: KeyObject): Buffer {
  return key.export({ type: 'pkcs8', format: 'der' });
}

/** Undefined: the bytes are no PKCS #8 key. */
export function readPrivateKey(pkcs8: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  } catch {
    return undefined;
  }
}

/** Whether the private key is the one of a SubjectPublicKeyInfo, whichever way that is encoded. */
export function isKeyOf(key: KeyObject, spki: Buffer): boolean {
  try {
    return createPublicKey(key).equals(keyObject(spki));
  } catch {
    return false;
  }
}
