/**
 * What the rest of Parapet may ask of a hardware security module.
 *
 * Guarantees: key material never crosses this interface in the clear (only wrapped, authenticated blobs do, except the
 * data keys a caller asks for by `withPlaintext` and the small secrets it opens); every blob is refused with
 * `integrity` unless every bit of it, of its binding and of its tenant is what was written; a token that is gone is
 * `unavailable`, never a wrong answer, and needs no restart when it comes back. Refuses: unknown labels, sizes beyond
 * `HSM_LIMITS`, a key reference whose parts belong to different tenants.
 *
 * Bytes. `lp(a, b, ...)` is the length-prefixed form: for each field u32 big-endian length, then the field.
 *
 * - Root MAC (`HMAC-SHA256` inside the token) of a wrapped key:
 *   `lp("parapet/hsm/wrapped-key/v1", kind, u32 rootVersion, tenantBinding, binding, wrapped)`, where kind is
 *   `tenant-key` (tenantBinding empty), `key-material`, `mac-key`, `signing-key` or `decryption-key`. A key serves the
 *   calls of its kind and no others: a MAC key never seals, a signing key never decrypts.
 * - What is wrapped of a key pair is its private key, PKCS#8 DER.
 * - Row MAC: `lp("parapet/hsm/row-mac/v1", label, data)`.
 * - Message key (spec kms 3.3, suite 0x01): `HMAC-SHA256(material, label || salt || header)` with the constant ASCII
 *   label `parapet/hsm/message-key/v1`, a random 16-byte salt, and header as given (constant and salt have fixed
 *   length, header is last, so the form has one reading).
 * - Sealed message: `salt (16) || iv (12, random) || ciphertext || tag (16)`, AES-256-GCM under the message key, with
 *   GCM AAD = `lp(header, aad)`. Sealed messages are 44 bytes longer than their plaintext.
 * - Secrets of the platform use the same form with an empty header under
 *   `HKDF-SHA256(tenant key, salt = "", info = "parapet/hsm/tenant-secret/v1")`.
 */

/** A key wrapped (RFC 5649) by its parent, bound to the caller's metadata by a MAC that only the token can make. */
export interface WrappedKey {
  /**
   * RFC 5649 blob: a tenant key under the token's root, all others under their tenant key. 40 bytes for 256 bits. Of a
   * tenant key in a pair: one such blob for each root, with the MAC of that root (`custody/root-wraps.ts`).
   */
  wrapped: Buffer;
  /** The caller's canonical metadata (1 to 4096 bytes), authenticated, not secret. */
  binding: Buffer;
  /** 32 bytes. */
  mac: Buffer;
  /**
   * Version of the root keys (`root-wrap-vN`, `root-mac-vN`) in force when the key was made; 0: the MAC is by the common
   * key (of a pair, or of a token whose root was rotated), and each wrap names its root and version.
   */
  rootVersion: number;
}

/** What `createTenantKey` answers; only the members of `WrappedKey` are for storing. */
export interface NewTenantKey extends WrappedKey {
  /** One token of the pair was away: the key opens with the other only, until `renewTenantKey`. */
  degraded?: true;
}

/** Of a MAC that verifies as it is now, one that verified as it was before and its successor, and one that never did. */
export type RenewedMac = 'current' | 'refused' | Buffer;

/** Key material together with the tenant key it is wrapped under. */
export interface KeyRef {
  tenant: WrappedKey;
  material: WrappedKey;
}

/** What authenticates a message besides its key: the caller's blob header and its canonical context. */
export interface MessageContext {
  header: Buffer;
  aad: Buffer;
}

export interface SealRequest extends MessageContext {
  plaintext: Buffer;
}

export interface OpenRequest extends MessageContext {
  sealed: Buffer;
}

export interface SealRandomRequest extends MessageContext {
  /** 1 to 1024. */
  bytes: number;
  withPlaintext: boolean;
}

export const KEY_PAIR_SPECS = [
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'ECC_NIST_EDWARDS25519',
] as const;
export type KeyPairSpec = (typeof KEY_PAIR_SPECS)[number];

/** What a key pair is for, fixed when it is made. */
export type KeyPairUse = 'sign' | 'decrypt';

/** RSASSA-PSS with a salt as long as the hash, RSASSA-PKCS1-v1_5, ECDSA (FIPS 186-5), Ed25519 and Ed25519ph (RFC 8032). */
export const SIGNING_ALGORITHMS = [
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
  'ECDSA_SHA_256',
  'ECDSA_SHA_384',
  'ECDSA_SHA_512',
  'ED25519_SHA_512',
  'ED25519_PH_SHA_512',
] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

export interface SigningRequest {
  algorithm: SigningAlgorithm;
  message: Buffer;
  /** The message is its hash already, exactly as long as the hash; Ed25519ph takes nothing else, Ed25519 never. */
  isDigest: boolean;
}

/** RSAES-OAEP with MGF1 over the same hash and no label. */
export type OaepHash = 'sha1' | 'sha256';

export interface OaepCiphertext {
  hash: OaepHash;
  ciphertext: Buffer;
}

export type MacHash = 'sha224' | 'sha256' | 'sha384' | 'sha512';

export interface SealKeyPairRequest extends MessageContext {
  spec: KeyPairSpec;
  withPlaintext: boolean;
}

export interface SealedKeyPair {
  /** The private key, PKCS#8 DER, sealed. */
  sealed: Buffer;
  /** SubjectPublicKeyInfo, DER. */
  publicKey: Buffer;
  /** The private key in the clear, when asked for. */
  plaintext?: Buffer;
}

export interface HsmStatus {
  state: 'ready' | 'unavailable';
  /** Why it is unavailable: one clause, fit for an operator, without secrets. */
  reason?: string;
  /** What the operator can do about it. */
  hint?: string;
  /** What stands behind: `softhsm`, `memory`, or the vendor. */
  backend: string;
  tokenLabel: string;
  tokenSerial: string;
  rootVersion: number;
  /** All root versions that still open and verify, oldest first; absent while the token is away. */
  rootVersions?: readonly number[];
  /** Where tenant keys and key material are used: in the agent process, or as objects of the token. */
  custody: 'process' | 'token';
  /** Label to 32 hex digits: HMAC-based challenges of the root keys (not KCVs: no known-plaintext block leaves). */
  fingerprints: Record<string, string>;
  /** Monotonic counts and gauges since the agent started. */
  counters: Record<string, number>;
  /** Of a pair: the first token and the second; all else is that of the one in service. */
  tokens?: readonly HsmStatus[];
  /**
   * Names the form that keys and MACs have now. When it changes, what is stored should be renewed (`renewTenantKey`,
   * `renewKey`, `renewMacMany`): a second token came, or root keys were followed by newer ones. Absent: there is one
   * form only.
   */
  form?: string;
}

export interface HsmPublicKey {
  algorithm: 'Ed25519' | 'ES256';
  /** SubjectPublicKeyInfo, DER. */
  spki: Buffer;
  /** First 32 hex digits of SHA-256(spki). */
  keyId: string;
}

/** Every method rejects with `HsmError`; `status` alone never rejects. */
export interface Hsm {
  status(): Promise<HsmStatus>;

  /** A new 256-bit tenant key, generated by the token, wrapped by its root, read back before the answer. */
  createTenantKey(binding: Buffer): Promise<NewTenantKey>;
  /** New 256-bit key material from the token's generator, wrapped by the tenant key, read back before the answer. */
  createKeyMaterial(tenant: WrappedKey, binding: Buffer, bytes: 32): Promise<WrappedKey>;

  /** Answers `salt || iv || ciphertext || tag`. */
  seal(key: KeyRef, request: SealRequest): Promise<Buffer>;
  /** Answers the plaintext; `integrity` when key, header, aad or sealed bytes are not what `seal` had. */
  open(key: KeyRef, request: OpenRequest): Promise<Buffer>;
  /** Seals bytes from the token's generator; the plaintext comes back only when asked for. */
  sealRandom(key: KeyRef, request: SealRandomRequest): Promise<{ sealed: Buffer; plaintext?: Buffer }>;
  /** The same for up to 4096 messages of one key in few trips; answers are in the order of the questions. */
  sealMany(key: KeyRef, requests: readonly SealRequest[]): Promise<Buffer[]>;
  /** Undefined where `open` would answer `integrity` for the message; a key that does not verify rejects. */
  openMany(key: KeyRef, requests: readonly OpenRequest[]): Promise<(Buffer | undefined)[]>;
  sealRandomMany(
    key: KeyRef,
    requests: readonly SealRandomRequest[],
  ): Promise<{ sealed: Buffer; plaintext?: Buffer }[]>;
  /** Opens under one key and seals under another; the plaintext stays inside. Either may be a decryption key. */
  reseal(
    source: KeyRef,
    open: OpenRequest | OaepCiphertext,
    destination: KeyRef,
    seal: MessageContext | { hash: OaepHash },
  ): Promise<Buffer>;

  /** A new key pair for that use, its private key wrapped by the tenant key, read back before the answer. */
  createKeyPair(tenant: WrappedKey, binding: Buffer, spec: KeyPairSpec, use: KeyPairUse): Promise<WrappedKey>;
  /** A new key pair for the caller, sealed under key material; the private key comes back only when asked for. */
  sealKeyPair(key: KeyRef, request: SealKeyPairRequest): Promise<SealedKeyPair>;
  /** SubjectPublicKeyInfo, DER. */
  publicKeyOf(key: KeyRef, use: KeyPairUse): Promise<Buffer>;
  /** By a signing key: ECDSA as DER (RFC 3279), RSA as long as the modulus, Ed25519 64 bytes. */
  signWith(key: KeyRef, request: SigningRequest): Promise<Buffer>;
  /** False for every signature that is not this key's over this message, malformed ones included. */
  verifyWith(key: KeyRef, request: SigningRequest & { signature: Buffer }): Promise<boolean>;
  /** By a decryption key. */
  encryptTo(key: KeyRef, request: { hash: OaepHash; plaintext: Buffer }): Promise<Buffer>;
  /** Answers the plaintext; `integrity` for everything that does not decrypt, without a reason. */
  decryptWith(key: KeyRef, request: OaepCiphertext): Promise<Buffer>;

  /** A new MAC key of 28, 32, 48 or 64 bytes from the token's generator, for the hash of that length. */
  createMacKey(tenant: WrappedKey, binding: Buffer, hash: MacHash): Promise<WrappedKey>;
  hmac(key: KeyRef, hash: MacHash, message: Buffer): Promise<Buffer>;
  verifyHmac(key: KeyRef, hash: MacHash, message: Buffer, mac: Buffer): Promise<boolean>;

  /** Small secrets of the platform (an access key's secret) under a key derived from the tenant key. */
  sealSecret(tenant: WrappedKey, aad: Buffer, plaintext: Buffer): Promise<Buffer>;
  openSecret(tenant: WrappedKey, aad: Buffer, sealed: Buffer): Promise<Buffer>;

  /** 32-byte MAC by the root MAC key; labels (1 to 64 printable ASCII characters) separate domains. */
  mac(label: string, data: Buffer): Promise<Buffer>;
  verifyMac(label: string, data: Buffer, mac: Buffer): Promise<boolean>;
  /** The same for up to 4096 rows in one trip; answers are in the order of the questions. */
  macMany(label: string, data: readonly Buffer[]): Promise<Buffer[]>;
  verifyMacMany(label: string, rows: readonly { data: Buffer; mac: Buffer }[]): Promise<boolean[]>;

  /**
   * The same key in the form that is in force, wrapped by every root there is; undefined when it is so already. Rejects
   * with `unavailable` while a token that is needed for it is away.
   */
  renewTenantKey(tenant: WrappedKey): Promise<WrappedKey | undefined>;
  /** The same for the key under a tenant key: the blob stays, the MAC may change. */
  renewKey(key: KeyRef): Promise<WrappedKey | undefined>;
  /** Answers in the order of the questions; up to 4096. */
  renewMacMany(label: string, rows: readonly { data: Buffer; mac: Buffer }[]): Promise<RenewedMac[]>;

  /**
   * Makes root keys of that version in every token and puts them in force; where they are there, nothing. Rejects with
   * `unavailable` while a token is away: ask again when it is back. `invalid` unless it is newer than what is in force.
   */
  addRootVersion(version: number): Promise<void>;
  /**
   * Destroys the root keys of that version in every token: what only they open is lost. `invalid` for the one in force;
   * the same answer while a token is away.
   */
  destroyRootVersion(version: number): Promise<void>;

  /** 1 to 65536 bytes from the token's generator. */
  random(bytes: number): Promise<Buffer>;

  /** Of the key that signs now; `not-found` for a label the token has no key pair for. */
  publicKey(label: string): Promise<HsmPublicKey>;
  /** All keys that may have signed, the one that signs now first: what verifiers must know. Each token has its own. */
  publicKeys(label: string): Promise<HsmPublicKey[]>;
  /**
   * With `keyId`: by that key and no other; `unavailable` while its token is away.
   * 64 bytes: Ed25519 (RFC 8032) over data, or ES256 as JWS writes it (r || s, RFC 7518 3.4) over SHA-256(data); data is not empty. */
  sign(label: string, data: Buffer, keyId?: string): Promise<Buffer>;
}

/** The signing key pairs every token has. */
export const AUDIT_SIGN_KEY = 'audit-sign-v1';
export const SESSION_SIGN_KEY = 'session-sign-v1';

/** Sizes in bytes (batch: in rows, rootVersion: a number); beyond them is `invalid`. */
export const HSM_LIMITS = {
  binding: 4096,
  header: 4096,
  aad: 65_536,
  plaintext: 65_536,
  randomKey: 1024,
  message: 65_536,
  random: 65_536,
  label: 64,
  macData: 262_144,
  signData: 262_144,
  batch: 4096,
  rootVersion: 999_999,
  frame: 1_048_576,
} as const;

/** What `seal` adds to a plaintext. */
export const SEAL_OVERHEAD = 44;

/**
 * - `unavailable`: the token or its agent cannot be reached now; asking again later is safe (creation may leave
 *   nothing behind: keys are not stored in the token).
 * - `integrity`: a blob, its binding, its tenant or its context is not what was written.
 * - `not-found`: no key pair with that label or id.
 * - `invalid`: the request itself is out of range.
 * - `overloaded`: too many requests in flight, or the deadline passed before the token had time.
 */
export type HsmErrorCode = 'unavailable' | 'integrity' | 'not-found' | 'invalid' | 'overloaded';

export class HsmError extends Error {
  readonly code: HsmErrorCode;
  /** What an operator can do about it. */
  readonly hint: string | undefined;

  constructor(code: HsmErrorCode, message: string, options?: { hint?: string; cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HsmError';
    this.code = code;
    this.hint = options?.hint;
  }
}
