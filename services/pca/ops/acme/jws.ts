/**
 * Requests of ACME clients (RFC 8555 6.2): flattened JWS, signed by the key of an account. Guarantees that a request that
 * was read has one meaning: exactly one key, the URL it was sent to, no unprotected header, nothing there twice. Knows no
 * account and no nonce.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { calculateJwkThumbprint, flattenedVerify, importJWK, type JWK } from 'jose';
import { z } from 'zod';
import { parseStrictJson } from '../../../../platform/http/json/strict-json.ts';
import { AcmeProblem } from '../../domain/acme/problem.ts';

/** What an account key may sign with. */
export const ALGORITHMS = ['ES256', 'ES384', 'RS256', 'EdDSA'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

const base64url = z.string().regex(/^[A-Za-z0-9_-]*$/);
const Flattened = z.strictObject({ protected: base64url.min(1), payload: base64url, signature: base64url.min(1) });
const Header = z.looseObject({
  alg: z.string(),
  url: z.string().max(2048),
  nonce: base64url.min(1).max(256).optional(),
  kid: z.string().max(2048).optional(),
  jwk: z.unknown().optional(),
});

export interface Jws {
  algorithm: Algorithm;
  /** Absent only in messages inside of others. */
  nonce: string | undefined;
  key: { kid: string } | { jwk: AccountKey };
  payload: Buffer;
  parts: { protected: string; payload: string; signature: string };
}

/** A public key in its one form, and its thumbprint (RFC 7638). */
export interface AccountKey {
  jwk: PublicJwk;
  thumbprint: string;
}

const coordinate = (bytes: number) => base64url.length(Math.ceil((bytes * 4) / 3));
const PublicJwk = z.union([
  z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: coordinate(32), y: coordinate(32) }),
  z.object({ kty: z.literal('EC'), crv: z.literal('P-384'), x: coordinate(48), y: coordinate(48) }),
  // 2048 to 4096 bits; the exponent is 65537.
  z.object({ kty: z.literal('RSA'), n: base64url.min(342).max(683), e: z.literal('AQAB') }),
  z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: coordinate(32) }),
]);
export type PublicJwk = z.output<typeof PublicJwk>;

export async function readJws(body: Buffer, url: string): Promise<Jws> {
  const parts = parsed(Flattened, json(body, 'the request'), 'the request is not a flattened JWS');
  const header = parsed(
    Header,
    json(Buffer.from(parts.protected, 'base64url'), 'the protected header'),
    'the protected header is not one of ACME',
  );
  if (header.crit !== undefined || header.b64 !== undefined)
    throw new AcmeProblem('malformed', 'the protected header has members that are not known');
  const algorithm = ALGORITHMS.find((name) => name === header.alg);
  if (!algorithm)
    throw new AcmeProblem('badSignatureAlgorithm', `algorithm ${header.alg.slice(0, 32)} is not accepted`, {
      algorithms: ALGORITHMS,
    });
  if (header.url !== url)
    throw new AcmeProblem('unauthorized', 'the url of the protected header is not the one the request was sent to');
  if ((header.jwk === undefined) === (header.kid === undefined))
    throw new AcmeProblem('malformed', 'the protected header has to have either jwk or kid');
  return {
    algorithm,
    nonce: header.nonce,
    key: header.kid === undefined ? { jwk: await accountKey(header.jwk) } : { kid: header.kid },
    payload: Buffer.from(parts.payload, 'base64url'),
    parts,
  };
}

/** Reads a public key; what is private in it, or does not belong there, is not kept. */
export async function accountKey(value: unknown): Promise<AccountKey> {
  const read = PublicJwk.safeParse(value);
  if (!read.success)
    throw new AcmeProblem('badPublicKey', 'the key is not one of P-256, P-384, RSA of 2048 to 4096 bits, or Ed25519');
  const jwk = read.data;
  try {
    await importJWK(jwk as JWK, jwk.kty === 'RSA' ? 'RS256' : jwk.kty === 'OKP' ? 'EdDSA' : ec(jwk.crv));
  } catch {
    throw new AcmeProblem('badPublicKey', 'the key is not a valid public key');
  }
  return { jwk, thumbprint: await calculateJwkThumbprint(jwk as JWK) };
}

const ec = (curve: 'P-256' | 'P-384') => (curve === 'P-256' ? 'ES256' : 'ES384');

export async function requireSignature({ parts, algorithm }: Jws, jwk: PublicJwk): Promise<void> {
  try {
    await flattenedVerify(parts, await importJWK(jwk as JWK, algorithm), { algorithms: [algorithm] });
  } catch {
    throw new AcmeProblem('unauthorized', 'the signature of the request does not verify', { status: 401 });
  }
}

/** The payload; empty text for a POST that only reads. */
export function payloadOf<T>({ payload }: Jws, shape: z.ZodType<T>): T {
  return parsed(shape, json(payload, 'the payload'), 'the payload is not what this resource takes');
}

export interface Binding {
  keyId: string;
  /** Throws when the binding was not made with that secret for that account. */
  require(secret: Buffer): void;
}

const BindingHeader = z.looseObject({ alg: z.literal('HS256'), kid: z.string().min(1).max(256), url: z.string() });

/** The binding of an account to somebody we know (RFC 8555 7.3.4). */
export async function readBinding(value: unknown, account: AccountKey, url: string): Promise<Binding> {
  const parts = parsed(Flattened, value, 'externalAccountBinding is not a flattened JWS');
  const header = parsed(
    BindingHeader,
    json(Buffer.from(parts.protected, 'base64url'), 'the header of externalAccountBinding'),
    'externalAccountBinding is not signed with HS256 by a key of ours',
  );
  if (header.url !== url || header.nonce !== undefined)
    throw new AcmeProblem('malformed', 'externalAccountBinding has another url than the request, or a nonce');
  const inner = await accountKey(json(Buffer.from(parts.payload, 'base64url'), 'externalAccountBinding'));
  if (inner.thumbprint !== account.thumbprint)
    throw new AcmeProblem('malformed', 'externalAccountBinding is about another key than the one of the account');
  const signature = Buffer.from(parts.signature, 'base64url');
  return {
    keyId: header.kid,
    require(secret) {
      const mac = createHmac('sha256', secret).update(`${parts.protected}.${parts.payload}`, 'ascii').digest();
      if (signature.length !== mac.length || !timingSafeEqual(signature, mac))
        throw new AcmeProblem('unauthorized', 'externalAccountBinding does not verify, or its key is not to be used');
    },
  };
}

/** SECURITY: an object that has a member twice would mean one thing to us and another to who made it. */
function json(bytes: Buffer, what: string): unknown {
  const read = parseStrictJson(bytes);
  if (!read.ok) throw new AcmeProblem('malformed', `${what} is not JSON that has one meaning`);
  return read.value;
}

function parsed<T>(shape: z.ZodType<T>, value: unknown, otherwise: string): T {
  const read = shape.safeParse(value);
  if (read.success) return read.data;
  const where = read.error.issues[0]?.path.join('.') ?? '';
  throw new AcmeProblem('malformed', where === '' ? otherwise : `${otherwise}: ${where.slice(0, 100)}`);
}
