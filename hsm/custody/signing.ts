/**
 * Signing algorithms by name: which keys they fit, over what, and who computes them. Messages are signed by OpenSSL,
 * expensive ones in its thread pool; digests in `digest-signature.ts`. Refuses algorithms that do not fit the key.
 */
import { constants, type KeyObject, type SignKeyObjectInput, sign, verify } from 'node:crypto';
import { HsmError, type KeyPairSpec, SIGNING_ALGORITHMS, type SigningAlgorithm, type SigningRequest } from '../port.ts';
import {
  signDigestEcdsa,
  signDigestEd25519,
  signDigestRsa,
  verifyDigestEcdsa,
  verifyDigestEd25519,
  verifyDigestRsa,
} from './digest-signature.ts';
import type { SignatureHash } from './emsa.ts';
import type { KeyPair } from './key-pair.ts';

type Scheme = 'pss' | 'pkcs1' | 'ecdsa' | 'ed25519' | 'ed25519ph';

interface Algorithm {
  scheme: Scheme;
  hash: SignatureHash;
  specs: readonly KeyPairSpec[];
  /** Longer than a few tenths of a millisecond: sign, verify. */
  slow: { sign: boolean; verify: boolean };
}

const RSA: readonly KeyPairSpec[] = ['RSA_2048', 'RSA_3072', 'RSA_4096'];
const rsa = (scheme: Scheme, hash: SignatureHash): Algorithm => ({
  scheme,
  hash,
  specs: RSA,
  slow: { sign: true, verify: false },
});
const ecdsa = (hash: SignatureHash, slow: boolean, ...specs: KeyPairSpec[]): Algorithm => ({
  scheme: 'ecdsa',
  hash,
  specs,
  slow: { sign: slow, verify: slow },
});
const edwards = (scheme: Scheme): Algorithm => ({
  scheme,
  hash: 'sha512',
  specs: ['ECC_NIST_EDWARDS25519'],
  slow: { sign: false, verify: false },
});

const ALGORITHMS: Readonly<Record<SigningAlgorithm, Algorithm>> = {
  RSASSA_PSS_SHA_256: rsa('pss', 'sha256'),
  RSASSA_PSS_SHA_384: rsa('pss', 'sha384'),
  RSASSA_PSS_SHA_512: rsa('pss', 'sha512'),
  RSASSA_PKCS1_V1_5_SHA_256: rsa('pkcs1', 'sha256'),
  RSASSA_PKCS1_V1_5_SHA_384: rsa('pkcs1', 'sha384'),
  RSASSA_PKCS1_V1_5_SHA_512: rsa('pkcs1', 'sha512'),
  ECDSA_SHA_256: ecdsa('sha256', false, 'ECC_NIST_P256', 'ECC_SECG_P256K1'),
  ECDSA_SHA_384: ecdsa('sha384', true, 'ECC_NIST_P384'),
  ECDSA_SHA_512: ecdsa('sha512', true, 'ECC_NIST_P521'),
  ED25519_SHA_512: edwards('ed25519'),
  ED25519_PH_SHA_512: edwards('ed25519ph'),
};
const HASH_BYTES: Readonly<Record<SignatureHash, number>> = { sha256: 32, sha384: 48, sha512: 64 };
const NAMES: ReadonlySet<string> = new Set(SIGNING_ALGORITHMS);

export function isSigningAlgorithm(name: string): name is SigningAlgorithm {
  return NAMES.has(name);
}

/** Whether it would hold up what waits behind it. */
export function isSlow(algorithm: SigningAlgorithm, act: 'sign' | 'verify'): boolean {
  return ALGORITHMS[algorithm].slow[act];
}

/** Throws `invalid` for a request that this key cannot serve. */
export function signRequest(pair: KeyPair, request: SigningRequest): Buffer | Promise<Buffer> {
  const { scheme, hash, slow } = fitting(pair, request);
  const { message, isDigest } = request;
  if (scheme === 'ed25519ph') return signDigestEd25519(pair, message);
  if (isDigest) {
    return scheme === 'ecdsa' ? signDigestEcdsa(pair, message) : signDigestRsa(pair, rsaScheme(scheme), hash, message);
  }
  const name = scheme === 'ed25519' ? null : hash;
  const key = keyInput(pair.privateKey, scheme);
  if (!slow.sign) return sign(name, message, key);
  return new Promise((resolve, reject) => {
    sign(name ?? undefined, message, key, (error, signature) => (error === null ? resolve(signature) : reject(error)));
  });
}

/** Throws `invalid` likewise; false for any signature that does not verify. */
export function verifyRequest(
  pair: KeyPair,
  request: SigningRequest & { signature: Buffer },
): boolean | Promise<boolean> {
  const { scheme, hash, slow } = fitting(pair, request);
  const { message, isDigest, signature } = request;
  // RFC 8017 section 8.1.2: OpenSSL would take a signature without its leading zeros as well.
  const { modulusLength } = pair.publicKey.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined && signature.length !== modulusLength / 8) return false;
  if (scheme === 'ed25519ph') return verifyDigestEd25519(pair, message, signature);
  if (isDigest) {
    return scheme === 'ecdsa'
      ? verifyDigestEcdsa(pair, message, signature)
      : verifyDigestRsa(pair, rsaScheme(scheme), hash, message, signature);
  }
  const name = scheme === 'ed25519' ? null : hash;
  const key = keyInput(pair.publicKey, scheme);
  if (!slow.verify) return verify(name, message, key, signature);
  return new Promise((resolve, reject) => {
    verify(name ?? undefined, message, key, signature, (error, ok) => (error === null ? resolve(ok) : reject(error)));
  });
}

function fitting(pair: KeyPair, { algorithm, message, isDigest }: SigningRequest): Algorithm {
  const found = ALGORITHMS[algorithm];
  if (!found.specs.includes(pair.spec))
    throw new HsmError('invalid', `${algorithm} does not fit a key of ${pair.spec}`);
  if (found.scheme === 'ed25519' && isDigest) throw new HsmError('invalid', `${algorithm} signs messages only`);
  if (found.scheme === 'ed25519ph' && !isDigest) throw new HsmError('invalid', `${algorithm} signs digests only`);
  if (isDigest && message.length !== HASH_BYTES[found.hash]) {
    throw new HsmError('invalid', `digest is not as long as the hash of ${algorithm}`);
  }
  return found;
}

function rsaScheme(scheme: Scheme): 'pss' | 'pkcs1' {
  return scheme === 'pss' ? 'pss' : 'pkcs1';
}

function keyInput(key: KeyObject, scheme: Scheme): SignKeyObjectInput {
  if (scheme === 'pss') {
    return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  }
  return scheme === 'pkcs1' ? { key, padding: constants.RSA_PKCS1_PADDING } : { key, dsaEncoding: 'der' };
}
