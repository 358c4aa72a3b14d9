import { parseStrictJson } from '../../http/json/strict-json.ts';

/**
 * Session token of temporary credentials (`X-Amz-Security-Token`): an opaque sealed blob that carries the whole session,
 * so that any node can open it without a look-up.
 *
 * Guarantees: a token opens only for the access key it was made for, and only unchanged. Refuses everything else with
 * the same two answers, `invalid` and `expired`. Layout: version (1 byte), length of the access key id (1 byte), access
 * key id, sealed claims; as standard base64. Version, length and id are also the associated data of the seal.
 */

/** Authenticated encryption with a key this process does not hold. */
export interface TokenSeal {
  seal(plaintext: Buffer, aad: Buffer): Promise<Buffer>;
  /** Undefined for bytes it did not seal with this associated data; rejects only when it cannot work (HSM gone). */
  open(sealed: Buffer, aad: Buffer): Promise<Buffer | undefined>;
}

/** Claims of the session as the issuer means them; `exp` in seconds. */
export type SessionTokenClaims = Readonly<Record<string, unknown>> & { readonly exp: number };

export type OpenedSessionToken =
  | { readonly ok: true; readonly claims: SessionTokenClaims }
  | { readonly ok: false; readonly code: 'invalid' | 'expired' };

/** Longest token text; four times this fits into the headers of a request. */
export const MAX_SESSION_TOKEN_LENGTH = 4096;

const VERSION = 1;
const CONTEXT = Buffer.from('parapet session token\0');
const INVALID: OpenedSessionToken = { ok: false, code: 'invalid' };

/** Seals the claims for one access key id. Throws RangeError when the token would be longer than 4,096 characters. */
export async function sealSessionToken(
  seal: TokenSeal,
  accessKeyId: string,
  claims: SessionTokenClaims,
): Promise<string> {
  const head = headOf(accessKeyId);
  const plaintext = Buffer.from(JSON.stringify(claims));
  const sealed = await seal.seal(plaintext, Buffer.concat([CONTEXT, head]));
  plaintext.fill(0);
  const token = Buffer.concat([head, sealed]).toString('base64');
  if (token.length > MAX_SESSION_TOKEN_LENGTH) throw new RangeError('session token is longer than 4096 characters');
  return token;
}

/**
 * Opens a token for the access key id that signed the request.
 * @param now milliseconds.
 */
export async function openSessionToken(
  seal: TokenSeal,
  accessKeyId: string,
  token: string,
  now: number,
): Promise<OpenedSessionToken> {
  if (token.length > MAX_SESSION_TOKEN_LENGTH) return INVALID;
  const bytes = Buffer.from(token, 'base64');
  // One spelling per token: other alphabets, missing padding and stray characters are refused.
  if (bytes.toString('base64') !== token) return INVALID;
  const head = headOf(accessKeyId);
  if (bytes.length <= head.length || !bytes.subarray(0, head.length).equals(head)) return INVALID;
  const opened = await seal.open(bytes.subarray(head.length), Buffer.concat([CONTEXT, head]));
  if (opened === undefined) return INVALID;
  const parsed = parseStrictJson(opened);
  opened.fill(0);
  if (!parsed.ok || !isClaims(parsed.value)) return INVALID;
  return now < parsed.value.exp * 1000 ? { ok: true, claims: parsed.value } : { ok: false, code: 'expired' };
}

function headOf(accessKeyId: string): Buffer {
  const id = Buffer.from(accessKeyId, 'latin1');
  if (id.length === 0 || id.length > 128) throw new RangeError('access key id is not 1 to 128 characters');
  return Buffer.concat([Buffer.from([VERSION, id.length]), id]);
}

function isClaims(value: unknown): value is SessionTokenClaims {
  return typeof value === 'object' && value !== null && Number.isFinite((value as { exp?: unknown }).exp);
}
