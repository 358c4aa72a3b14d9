import { hash, type KeyObject, verify as verifySignature } from 'node:crypto';
import { errors, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { parseStrictJson } from '../../http/json/strict-json.ts';
import { importPublicKey, type SessionAlgorithm, type SessionPublicKey, type SessionSigner } from './keys.ts';

/**
 * Session tokens: JWTs signed by a key in the HSM.
 *
 * Guarantees: an accepted token was signed by one of our keys for this issuer, audience and type, is inside its life,
 * and has exactly one spelling (canonical base64url, no padding, no repeated member, low-S ECDSA), so that it can be
 * revoked by its hash. Refuses every header parameter but alg, kid and typ: keys never come from the token.
 */

export const SESSION_TOKEN_TYPE = 'parapet-session+jwt';
const MAX_TOKEN_BYTES = 8192;
const MAX_TOLERANCE_SECONDS = 60;
const SIGNATURE_BYTES = 64;

export interface SessionTokenRequest {
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string;
  readonly jwtId: string;
  /** Milliseconds. */
  readonly now: number;
  readonly lifeSeconds: number;
  /** Further claims; they must not name a registered one. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

export interface SessionClaims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  readonly jti: string;
  /** Seconds. */
  readonly iat: number;
  readonly exp: number;
  readonly [claim: string]: unknown;
}

export type SessionVerification =
  | { readonly ok: true; readonly claims: SessionClaims }
  | { readonly ok: false; readonly code: 'invalid' | 'expired'; readonly reason: string };

export interface SessionVerifierOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: readonly SessionPublicKey[];
  /** Longest life accepted, in seconds, counted from `iat`. */
  readonly maxAgeSeconds: number;
  /** 0..60, default 30. */
  readonly clockToleranceSeconds?: number;
  /** Milliseconds. */
  readonly now: () => number;
  /** Verified tokens remembered (default 10,000). */
  readonly cacheEntries?: number;
}

export interface SessionVerifier {
  verify(token: string): Promise<SessionVerification>;
  /** Uses other keys from now on and forgets every earlier verification. */
  setKeys(keys: readonly SessionPublicKey[]): void;
}

const REGISTERED: ReadonlySet<string> = new Set(['iss', 'aud', 'sub', 'jti', 'iat', 'exp', 'nbf']);

/** Makes and signs a token. Throws Error when the signer answers anything but a valid signature. */
export async function issueSessionJwt(signer: SessionSigner, request: SessionTokenRequest): Promise<string> {
  const { algorithm, keyId } = signer.publicKey;
  for (const claim of Object.keys(request.claims ?? {})) {
    if (REGISTERED.has(claim)) throw new TypeError(`claim ${claim} is registered`);
  }
  const iat = Math.floor(request.now / 1000);
  const payload = {
    iss: request.issuer,
    aud: request.audience,
    sub: request.subject,
    jti: request.jwtId,
    iat,
    exp: iat + request.lifeSeconds,
    ...request.claims,
  };
  const input = `${encode({ alg: algorithm, kid: keyId, typ: SESSION_TOKEN_TYPE })}.${encode(payload)}`;
  const data = Buffer.from(input, 'latin1');
  const signature = await signer.sign(data);
  if (signature.length !== SIGNATURE_BYTES) throw new Error(`session key ${keyId} made a signature of another length`);
  const canonical = algorithm === 'ES256' ? withLowS(signature) : signature;
  // A fault in the token or on the way to it must show here and not at every verifier.
  if (!signatureIsValid(algorithm, importPublicKey(signer.publicKey), data, canonical)) {
    throw new Error(`session key ${keyId} made a signature that is not valid`);
  }
  return `${input}.${canonical.toString('base64url')}`;
}

/** Verifies tokens with pinned algorithms, issuer, audience, type and age; successful answers are remembered. */
export function createSessionVerifier(options: SessionVerifierOptions): SessionVerifier {
  const tolerance = options.clockToleranceSeconds ?? 30;
  if (!(tolerance >= 0 && tolerance <= MAX_TOLERANCE_SECONDS)) throw new RangeError('clock tolerance is over 60 s');
  const verified = new LRUCache<string, SessionClaims>({ max: options.cacheEntries ?? 10_000 });
  let keys = importKeys(options.keys);

  return {
    async verify(token) {
      if (token.length > MAX_TOKEN_BYTES) return invalid('token is too long');
      const id = hash('sha256', token, 'base64');
      const known = verified.get(id);
      if (known !== undefined) {
        const end = Math.min(known.exp, known.iat + options.maxAgeSeconds);
        if (options.now() / 1000 < end + tolerance) return { ok: true, claims: known };
        verified.delete(id);
        return EXPIRED;
      }
      const used = keys;
      const shape = readShape(token);
      if (typeof shape === 'string') return invalid(shape);
      const key = used.get(shape.keyId);
      if (key === undefined || key.algorithm !== shape.algorithm) return invalid('token names no key of ours');
      try {
        await jwtVerify(token, key.object, {
          algorithms: [key.algorithm],
          issuer: options.issuer,
          audience: options.audience,
          typ: SESSION_TOKEN_TYPE,
          maxTokenAge: options.maxAgeSeconds,
          clockTolerance: tolerance,
          currentDate: new Date(options.now()),
          requiredClaims: ['iss', 'aud', 'sub', 'jti', 'iat', 'exp'],
        });
      } catch (error) {
        if (error instanceof errors.JWTExpired) return EXPIRED;
        if (error instanceof errors.JOSEError) return invalid(reasonOf(error));
        throw error;
      }
      // Keys may have been replaced while the signature was checked: then the answer is of the old ones.
      if (used !== keys) return invalid('token names no key of ours');
      verified.set(id, shape.claims);
      return { ok: true, claims: shape.claims };
    },
    setKeys(next) {
      keys = importKeys(next);
      verified.clear();
    },
  };
}

interface VerificationKey {
  readonly algorithm: SessionAlgorithm;
  readonly object: KeyObject;
}

function importKeys(keys: readonly SessionPublicKey[]): ReadonlyMap<string, VerificationKey> {
  const map = new Map<string, VerificationKey>();
  for (const key of keys) {
    if (map.has(key.keyId)) throw new TypeError(`session key id ${key.keyId} is repeated`);
    map.set(key.keyId, { algorithm: key.algorithm, object: importPublicKey(key) });
  }
  return map;
}

const EXPIRED: SessionVerification = { ok: false, code: 'expired', reason: 'token has expired' };

function invalid(reason: string): SessionVerification {
  return { ok: false, code: 'invalid', reason };
}

/** jose's messages name claims and never hold their values. */
function reasonOf(error: errors.JOSEError): string {
  return error instanceof errors.JWSSignatureVerificationFailed ? 'signature is not valid' : error.code;
}

interface TokenShape {
  readonly algorithm: string;
  readonly keyId: string;
  readonly claims: SessionClaims;
}

/** Everything that can be refused without a key; a text is the reason of the refusal. */
function readShape(token: string): TokenShape | string {
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first < 0 || second < 0 || token.indexOf('.', second + 1) >= 0) return 'token has not three parts';
  const header = readPart(token.slice(0, first));
  const payload = readPart(token.slice(first + 1, second));
  const signature = canonicalBytes(token.slice(second + 1));
  if (header === undefined || payload === undefined || signature === undefined) return 'token part is malformed';
  for (const name of Object.keys(header)) {
    if (name !== 'alg' && name !== 'kid' && name !== 'typ') return 'token header has another parameter';
  }
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string' || typeof kid !== 'string' || typ !== SESSION_TOKEN_TYPE) {
    return 'token header is not that of a session token';
  }
  if (signature.length !== SIGNATURE_BYTES) return 'signature has another length';
  if (alg === 'ES256' && isHighS(signature)) return 'signature is not in its low form';
  return isClaims(payload) ? { algorithm: alg, keyId: kid, claims: deepFreeze(payload) } : 'token claims are malformed';
}

function readPart(text: string): Record<string, unknown> | undefined {
  const bytes = canonicalBytes(text);
  const parsed = bytes === undefined ? undefined : parseStrictJson(bytes);
  if (!parsed?.ok || typeof parsed.value !== 'object' || parsed.value === null || Array.isArray(parsed.value))
    return undefined;
  return parsed.value as Record<string, unknown>;
}

/** Bytes of base64url without padding, and only if no other text would give the same bytes. */
function canonicalBytes(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length > 0 && bytes.toString('base64url') === text ? bytes : undefined;
}

function isClaims(payload: Record<string, unknown>): payload is SessionClaims {
  const { iss, aud, sub, jti, iat, exp, nbf } = payload;
  return (
    [iss, aud, sub, jti].every((claim) => typeof claim === 'string' && claim.length > 0) &&
    [iat, exp].every((claim) => Number.isSafeInteger(claim) && (claim as number) > 0) &&
    (nbf === undefined || Number.isSafeInteger(nbf)) &&
    (iat as number) < (exp as number)
  );
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Cached claims are shared between requests. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}

function signatureIsValid(algorithm: SessionAlgorithm, key: KeyObject, data: Buffer, signature: Buffer): boolean {
  if (algorithm === 'EdDSA') return verifySignature(null, data, key, signature);
  return verifySignature('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

/** Order of P-256 (SEC 2, 2.4.2). */
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

function isHighS(signature: Buffer): boolean {
  return BigInt(`0x${signature.toString('hex', 32)}`) > ORDER / 2n;
}

/** (r, s) and (r, n - s) are both valid: one of them is the token, the other is refused. */
function withLowS(signature: Buffer): Buffer {
  if (!isHighS(signature)) return signature;
  const low = (ORDER - BigInt(`0x${signature.toString('hex', 32)}`)).toString(16).padStart(64, '0');
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(low, 'hex')]);
}
