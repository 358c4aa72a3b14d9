import {
  ALGORITHM,
  type CanonicalParameter,
  canonicalParameters,
  formatAmzDate,
  parseAmzDate,
  SCOPE_END,
} from './canonical.ts';
import { type SigV4Failure, sigV4Failure } from './types.ts';

/**
 * The single parts of a signature: Authorization header, presigned query, credential scope, signed header names, date.
 * Each reader takes exactly one spelling and answers a failure for any other.
 */

const MAX_SIGNED_HEADERS = 64;
const MAX_EXPIRES_SECONDS = 604_800;

/** Lower-cased query names that carry authentication, with the only spelling that is accepted. */
const QUERY_NAMES: ReadonlyMap<string, string> = new Map(
  [
    'X-Amz-Algorithm',
    'X-Amz-Credential',
    'X-Amz-Date',
    'X-Amz-Expires',
    'X-Amz-SignedHeaders',
    'X-Amz-Security-Token',
    'X-Amz-Signature',
    'X-Amz-Content-Sha256',
  ].map((name) => [name.toLowerCase(), name]),
);

export interface SignatureParts {
  readonly form: 'header' | 'query';
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
  readonly amzDate?: string;
  readonly expiresSeconds: number | undefined;
  readonly sessionToken?: string | undefined;
  readonly payloadHash?: string | undefined;
}

export function incomplete(message: string): SigV4Failure {
  return sigV4Failure('IncompleteSignature', message);
}

export function lowerNames(rawHeaders: readonly string[]): string[] {
  const names: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) names.push((rawHeaders[i] as string).toLowerCase());
  return names;
}

/** `AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...`; the blank after a comma may be missing. */
export function readAuthorization(value: string): SignatureParts | SigV4Failure {
  const blank = value.indexOf(' ');
  const algorithm = blank < 0 ? value : value.slice(0, blank);
  if (algorithm !== ALGORITHM) return incomplete('signature algorithm is not AWS4-HMAC-SHA256');
  let credential: string | undefined;
  let signedHeaders: string | undefined;
  let signature: string | undefined;
  let start = blank < 0 ? value.length : blank + 1;
  while (start < value.length) {
    let end = value.indexOf(',', start);
    if (end < 0) end = value.length;
    let from = start;
    while (from < end && value.charCodeAt(from) === 0x20) from++;
    let to = end;
    while (to > from && value.charCodeAt(to - 1) === 0x20) to--;
    if (value.startsWith('Credential=', from) && credential === undefined) {
      credential = value.slice(from + 11, to);
    } else if (value.startsWith('SignedHeaders=', from) && signedHeaders === undefined) {
      signedHeaders = value.slice(from + 14, to);
    } else if (value.startsWith('Signature=', from) && signature === undefined) {
      signature = value.slice(from + 10, to);
    } else {
      return incomplete('Authorization header has an unknown or repeated part');
    }
    start = end + 1;
  }
  if (!credential || !signedHeaders || !signature) {
    return incomplete('Authorization header needs Credential, SignedHeaders and Signature');
  }
  return { form: 'header', credential, signedHeaders, signature, expiresSeconds: undefined };
}

/** Decoded authentication parameters of the query; undefined when there is none. */
export function readQueryAuthentication(rawQuery: string): ReadonlyMap<string, string> | undefined | SigV4Failure {
  const parameters = canonicalParameters(rawQuery);
  if (parameters === undefined) {
    // Without an X-Amz- name the query belongs to an unsigned or header-signed request; the verifier refuses it there.
    return rawQuery.toLowerCase().includes('x-amz-') ? incomplete('query is not percent-encoded correctly') : undefined;
  }
  const found = new Map<string, string>();
  for (const parameter of parameters) {
    const spelling = QUERY_NAMES.get(parameter.name.toLowerCase());
    if (spelling === undefined) continue;
    if (spelling !== parameter.name) return incomplete(`query parameter ${spelling} is spelled in another case`);
    if (found.has(spelling)) return incomplete(`query parameter ${spelling} is present more than once`);
    found.set(spelling, decodeCanonical(parameter));
  }
  return found.size === 0 ? undefined : found;
}

/** Undoes canonical encoding; the result is a byte string. */
function decodeCanonical({ value }: CanonicalParameter): string {
  let out = '';
  for (let i = 0; i < value.length; i++) {
    if (value[i] === '%') {
      out += String.fromCharCode(Number.parseInt(value.slice(i + 1, i + 3), 16));
      i += 2;
    } else {
      out += value[i];
    }
  }
  return out;
}

export function readQueryParts(query: ReadonlyMap<string, string>): SignatureParts | SigV4Failure {
  const algorithm = query.get('X-Amz-Algorithm');
  const credential = query.get('X-Amz-Credential');
  const amzDate = query.get('X-Amz-Date');
  const expires = query.get('X-Amz-Expires');
  const signedHeaders = query.get('X-Amz-SignedHeaders');
  const signature = query.get('X-Amz-Signature');
  if (!algorithm || !credential || !amzDate || !expires || !signedHeaders || !signature) {
    return incomplete(
      'presigned request needs X-Amz-Algorithm, X-Amz-Credential, X-Amz-Date, X-Amz-Expires, X-Amz-SignedHeaders and X-Amz-Signature',
    );
  }
  if (algorithm !== ALGORITHM) return incomplete('signature algorithm is not AWS4-HMAC-SHA256');
  const expiresSeconds = readExpires(expires);
  if (expiresSeconds === undefined) return incomplete('X-Amz-Expires is not a whole number from 1 to 604800');
  return {
    form: 'query',
    credential,
    signedHeaders,
    signature,
    amzDate,
    expiresSeconds,
    sessionToken: query.get('X-Amz-Security-Token'),
    payloadHash: query.get('X-Amz-Content-Sha256'),
  };
}

function readExpires(text: string): number | undefined {
  if (text.length > 6) return undefined;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return undefined;
  }
  const seconds = Number(text);
  return seconds >= 1 && seconds <= MAX_EXPIRES_SECONDS ? seconds : undefined;
}

interface CredentialScope {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** Exactly `accessKeyId/date/region/service/aws4_request`: a further or missing slash is refused. */
export function readCredential(credential: string, minLength: number): CredentialScope | SigV4Failure {
  const a = credential.indexOf('/');
  const b = credential.indexOf('/', a + 1);
  const c = credential.indexOf('/', b + 1);
  const d = credential.indexOf('/', c + 1);
  if (a < 0 || b < 0 || c < 0 || d < 0 || credential.slice(d + 1) !== SCOPE_END) {
    return incomplete('credential is not in the form key/date/region/service/aws4_request');
  }
  const accessKeyId = credential.slice(0, a);
  const date = credential.slice(a + 1, b);
  const region = credential.slice(b + 1, c);
  const service = credential.slice(c + 1, d);
  if (accessKeyId.length < minLength || accessKeyId.length > 128 || !isWord(accessKeyId)) {
    return incomplete('access key id is malformed');
  }
  if (date.length !== 8 || !isScopeName(date)) return incomplete('credential date is not in the form YYYYMMDD');
  if (!isScopeName(region) || !isScopeName(service)) return incomplete('credential region or service is malformed');
  return { accessKeyId, date, region, service };
}

function isWord(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const word = (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a) || c === 0x5f;
    if (!word) return false;
  }
  return true;
}

/** 1..64 of lower-case letters, digits and hyphens. */
function isScopeName(text: string): boolean {
  if (text.length === 0 || text.length > 64) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (!((c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x7a) || c === 0x2d)) return false;
  }
  return true;
}

export function isLowerHex64(text: string): boolean {
  if (text.length !== 64) return false;
  for (let i = 0; i < 64; i++) {
    const c = text.charCodeAt(i);
    if (!((c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x66))) return false;
  }
  return true;
}

/** Names between semicolons: lower-case, strictly ascending (so none twice), with host among them. */
export function readSignedHeaders(text: string): string[] | SigV4Failure {
  const names: string[] = [];
  let host = false;
  let previous = '';
  let start = 0;
  while (start <= text.length) {
    let end = text.indexOf(';', start);
    if (end < 0) end = text.length;
    const name = text.slice(start, end);
    if (name <= previous) return incomplete('SignedHeaders has an empty, repeated or unsorted name');
    if (name !== name.toLowerCase()) return incomplete('SignedHeaders has a name that is not in lower case');
    if (names.length === MAX_SIGNED_HEADERS)
      return incomplete(`SignedHeaders has more than ${MAX_SIGNED_HEADERS} names`);
    if (name === 'authorization') return incomplete('SignedHeaders must not name authorization');
    if (name === 'host') host = true;
    names.push(name);
    previous = name;
    start = end + 1;
  }
  return host ? names : incomplete('host header is not signed');
}

/**
 * First x-amz-* header that the signature does not cover. A header an attacker can add or change on the way must
 * never steer the request (X-Amz-Target chooses the operation). `x-amzn-trace-id` has another prefix and is free.
 */
export function firstUnsigned(
  headerNames: readonly string[],
  signedHeaders: readonly string[],
  allowUnsignedSessionToken: boolean,
): string | undefined {
  for (const name of headerNames) {
    if (name.charCodeAt(0) !== 0x78 || !name.startsWith('x-amz-')) continue;
    if (signedHeaders.includes(name)) continue;
    if (allowUnsignedSessionToken && name === 'x-amz-security-token') continue;
    return isWord(name.replaceAll('-', '_')) ? name : 'x-amz-*';
  }
  return undefined;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Date` header as IMF-fixdate (RFC 9110 5.6.7) or in the basic ISO form; the result is the basic ISO form. */
export function readDateHeader(text: string): string | undefined {
  if (text.length === 16) return text;
  if (text.length !== 29 || text.slice(25) !== ' GMT' || text.slice(3, 5) !== ', ') return undefined;
  const month = MONTHS.indexOf(text.slice(8, 11)) + 1;
  if (month === 0) return undefined;
  const basic = `${text.slice(12, 16)}${String(month).padStart(2, '0')}${text.slice(5, 7)}T${text.slice(17, 19)}${text.slice(20, 22)}${text.slice(23, 25)}Z`;
  const time = parseAmzDate(basic);
  return time === undefined ? undefined : formatAmzDate(time);
}
