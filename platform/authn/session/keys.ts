import { createPublicKey, type KeyObject } from 'node:crypto';

/**
 * Keys of session tokens: which signs, which are published. The private halves stay in the HSM, behind `SessionSigner`.
 */

export type SessionAlgorithm = 'EdDSA' | 'ES256';

export interface SessionPublicKey {
  readonly algorithm: SessionAlgorithm;
  /** SubjectPublicKeyInfo, DER: Ed25519 for EdDSA, P-256 for ES256. */
  readonly spki: Buffer;
  /** 1..128 of letters, digits, `-`, `_` and `.`. */
  readonly keyId: string;
}

/** Signs outside this process. Answers 64 raw bytes: R||S for Ed25519, r||s for P-256. */
export interface SessionSigner {
  sign(data: Buffer): Promise<Buffer>;
  readonly publicKey: SessionPublicKey;
}

/** RFC 7517. */
export interface JwksDocument {
  readonly keys: readonly Readonly<Record<string, string>>[];
}

/** The public key as an object of the right kind. Throws TypeError for a key that is not of its algorithm. */
export function importPublicKey({ algorithm, spki, keyId }: SessionPublicKey): KeyObject {
  if (!/^[A-Za-z0-9._-]{1,128}$/.test(keyId)) throw new TypeError('session key id is malformed');
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const curve = key.asymmetricKeyDetails?.namedCurve;
  const fits = algorithm === 'EdDSA' ? key.asymmetricKeyType === 'ed25519' : curve === 'prime256v1';
  if (!fits) throw new TypeError(`session key ${keyId} is not a key for ${algorithm}`);
  return key;
}

/** JWKS of all keys that tokens in use may be signed with. Throws TypeError for a repeated key id. */
export function jwksDocument(keys: readonly SessionPublicKey[]): JwksDocument {
  const seen = new Set<string>();
  return {
    keys: keys.map((key) => {
      if (seen.has(key.keyId)) throw new TypeError(`session key id ${key.keyId} is repeated`);
      seen.add(key.keyId);
      const { kty, crv, x, y } = importPublicKey(key).export({ format: 'jwk' }) as Record<string, string>;
      const coordinates = y === undefined ? { x } : { x, y };
      return { kty, crv, ...coordinates, use: 'sig', alg: key.algorithm, kid: key.keyId } as Record<string, string>;
    }),
  };
}

export interface SessionKeyRing {
  /** Publishes a key that does not sign yet, so that verifiers learn it before they need it. */
  prepare(signer: SessionSigner): void;
  /** Makes a prepared key the signing one. The one before stays published until its last token has expired. */
  activate(keyId: string): void;
  /** The signing key. Throws Error while there is none. */
  active(): SessionSigner;
  /** Every key a verifier must know now. */
  publicKeys(): SessionPublicKey[];
}

/**
 * @param maxTokenLifeSeconds longest life of a token plus the clock tolerance of verifiers.
 * @param now milliseconds.
 */
export function createSessionKeyRing(maxTokenLifeSeconds: number, now: () => number): SessionKeyRing {
  const entries = new Map<string, { signer: SessionSigner; retiredAt: number | undefined }>();
  let activeId: string | undefined;
  const dropExpired = () => {
    for (const [id, { retiredAt }] of entries) {
      if (retiredAt !== undefined && now() - retiredAt > maxTokenLifeSeconds * 1000) entries.delete(id);
    }
  };
  return {
    prepare(signer) {
      const { keyId } = signer.publicKey;
      if (entries.has(keyId)) throw new Error(`session key ${keyId} is already published`);
      importPublicKey(signer.publicKey);
      entries.set(keyId, { signer, retiredAt: undefined });
    },
    activate(keyId) {
      const entry = entries.get(keyId);
      if (entry === undefined) throw new Error(`session key ${keyId} is not prepared`);
      if (entry.retiredAt !== undefined) throw new Error(`session key ${keyId} is retired`);
      const before = activeId === undefined || activeId === keyId ? undefined : entries.get(activeId);
      if (before !== undefined) before.retiredAt = now();
      activeId = keyId;
    },
    active() {
      const entry = activeId === undefined ? undefined : entries.get(activeId);
      if (entry === undefined) throw new Error('no session key is active');
      return entry.signer;
    },
    publicKeys() {
      dropExpired();
      return [...entries.values()].map(({ signer }) => signer.publicKey);
    },
  };
}
