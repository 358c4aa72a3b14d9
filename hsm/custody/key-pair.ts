/**
 * Key pairs by their spec: generated off the event loop (an RSA key takes from a tenth of a second to many), read back
 * from PKCS#8 once and kept as key objects, because parsing costs more than signing. The private key is never exported
 * again; its DER is zeroised by whoever holds the buffer.
 */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import type { KeyPairSpec } from '../port.ts';

export interface KeyPair {
  spec: KeyPairSpec;
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  spki: Buffer;
  /** Elliptic curves: scalar or seed, for signatures over digests, which node:crypto does not offer. Zeroised. */
  secret: Buffer | undefined;
}

const RSA_BITS: Partial<Record<KeyPairSpec, number>> = { RSA_2048: 2048, RSA_3072: 3072, RSA_4096: 4096 };
const CURVES: Partial<Record<KeyPairSpec, string>> = {
  ECC_NIST_P256: 'prime256v1',
  ECC_NIST_P384: 'secp384r1',
  ECC_NIST_P521: 'secp521r1',
  ECC_SECG_P256K1: 'secp256k1',
};

/** A new private key, PKCS#8 DER, for the caller to zeroise. */
export function generatePrivateKey(spec: KeyPairSpec): Promise<Buffer> {
  const encodings = {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  } as const;
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, _public: Buffer, key: Buffer) => (error === null ? resolve(key) : reject(error));
    const modulusLength = RSA_BITS[spec];
    const namedCurve = CURVES[spec];
    if (modulusLength !== undefined) generateKeyPair('rsa', { modulusLength, ...encodings }, done);
    else if (namedCurve !== undefined) generateKeyPair('ec', { namedCurve, ...encodings }, done);
    else generateKeyPair('ed25519', encodings, done);
  });
}

/** Reads a private key; undefined when it is not one of a spec we know. Leaves `pkcs8` to the caller. */
export function readKeyPair(pkcs8: Buffer): KeyPair | undefined {
  try {
    const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    const spec = specOf(privateKey);
    if (spec === undefined) return undefined;
    const publicKey = createPublicKey(privateKey);
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    return { spec, privateKey, publicKey, spki, secret: secretOf(spec, pkcs8) };
  } catch {
    return undefined;
  }
}

/** The key object itself is wiped by OpenSSL when it is freed, at the next garbage collection. */
export function wipeKeyPair(pair: KeyPair): void {
  pair.secret?.fill(0);
}

function specOf(key: KeyObject): KeyPairSpec | undefined {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const named = (table: Partial<Record<KeyPairSpec, unknown>>, value: unknown) =>
    (Object.keys(table) as KeyPairSpec[]).find((spec) => table[spec] === value);
  if (key.asymmetricKeyType === 'rsa') return named(RSA_BITS, modulusLength);
  if (key.asymmetricKeyType === 'ec') return named(CURVES, namedCurve);
  return key.asymmetricKeyType === 'ed25519' ? 'ECC_NIST_EDWARDS25519' : undefined;
}

/** PKCS#8 (RFC 5958): sequence of version, algorithm and an octet string with the key. */
function secretOf(spec: KeyPairSpec, pkcs8: Buffer): Buffer | undefined {
  if (RSA_BITS[spec] !== undefined) return undefined;
  const [, , wrapped] = elements(elements(pkcs8)[0]!);
  const [key] = elements(wrapped!);
  // ECPrivateKey (RFC 5915) is a sequence of version and scalar; CurvePrivateKey (RFC 8410) is the seed itself.
  const secret = spec === 'ECC_NIST_EDWARDS25519' ? key! : elements(key!)[1]!;
  return Buffer.from(secret);
}

/** Contents of the DER elements one after the other in `bytes`, as views. */
function elements(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at + 1]!;
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes);
    const start = at + 2 + lengthBytes;
    if (start + length > bytes.length) throw new RangeError('DER element is cut off');
    found.push(bytes.subarray(start, start + length));
    at = start + length;
  }
  return found;
}
