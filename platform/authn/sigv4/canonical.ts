import { hash } from 'node:crypto';

/**
 * Canonical forms of Signature Version 4 for services other than S3, over byte strings (one character per byte).
 *
 * Guarantees: linear time, one output per meaning, pure. Refuses (returns undefined) a query whose percent-encoding
 * is broken, because two readers could understand it differently.
 */

export const ALGORITHM = 'AWS4-HMAC-SHA256';
export const SCOPE_END = 'aws4_request';
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

const SLASH = 0x2f;
const PERCENT = 0x25;
const PLUS = 0x2b;

/** RFC 3986 unreserved characters stay, every other byte becomes %XX with upper-case digits. */
const ENCODED: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  isUnreserved(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
);

function isUnreserved(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x5f ||
    code === 0x7e
  );
}

/** Value of one hex digit, or -1. */
export function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x41 && code <= 0x46) return code - 0x37;
  if (code >= 0x61 && code <= 0x66) return code - 0x57;
  return -1;
}

/** Lower-case hex SHA-256. Strings are taken as byte strings. */
export function sha256Hex(data: Buffer | string): string {
  return hash('sha256', typeof data === 'string' ? Buffer.from(data, 'latin1') : data, 'hex');
}

/**
 * The path as received is already encoded once; encoding it again gives the double encoding that every service except
 * S3 signs. Nothing is decoded first, so `%2f`, `%2F` and `/` stay three different paths.
 */
export function canonicalPath(rawPath: string, normalize = true): string {
  if (rawPath === '/' || rawPath === '') return '/';
  const path = normalize ? removeDotSegments(rawPath) : rawPath;
  let clean = 0;
  while (clean < path.length) {
    const code = path.charCodeAt(clean);
    if (code !== SLASH && !isUnreserved(code)) break;
    clean++;
  }
  if (clean === path.length) return path;
  let out = path.slice(0, clean);
  for (let i = clean; i < path.length; i++) {
    const code = path.charCodeAt(i);
    out += code === SLASH ? '/' : ENCODED[code & 0xff];
  }
  return out;
}

/** Drops `.` and empty segments and resolves `..`, the way the SDKs do before they sign. */
function removeDotSegments(path: string): string {
  if (!path.includes('//') && !path.includes('/.')) return path;
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') kept.pop();
    else kept.push(segment);
  }
  if (kept.length === 0) return '/';
  return `/${kept.join('/')}${path.endsWith('/') ? '/' : ''}`;
}

/**
 * Decodes and re-encodes one query name or value, so that `%7e`, `%7E` and `~` are one. Undefined when `%` is not
 * followed by two hex digits.
 *
 * SECURITY: a literal `+` stays `+`. Form readers take it for a blank and others for a plus, so it must be equal to
 * neither `%20` nor `%2B`.
 */
export function canonicalQueryComponent(raw: string): string | undefined {
  let clean = 0;
  while (clean < raw.length && isUnreserved(raw.charCodeAt(clean))) clean++;
  if (clean === raw.length) return raw;
  let out = raw.slice(0, clean);
  for (let i = clean; i < raw.length; i++) {
    const code = raw.charCodeAt(i);
    if (code === PERCENT) {
      const high = i + 2 < raw.length ? hexValue(raw.charCodeAt(i + 1)) : -1;
      const low = high < 0 ? -1 : hexValue(raw.charCodeAt(i + 2));
      if (low < 0) return undefined;
      out += ENCODED[high * 16 + low];
      i += 2;
    } else {
      out += code === PLUS ? '+' : ENCODED[code & 0xff];
    }
  }
  return out;
}

/** One query parameter in canonical encoding. */
export interface CanonicalParameter {
  readonly name: string;
  readonly value: string;
}

/** Splits a raw query at `&` and the first `=`; empty pieces are dropped. Undefined when the encoding is broken. */
export function canonicalParameters(rawQuery: string): CanonicalParameter[] | undefined {
  const parameters: CanonicalParameter[] = [];
  let start = 0;
  while (start <= rawQuery.length) {
    let end = rawQuery.indexOf('&', start);
    if (end < 0) end = rawQuery.length;
    if (end > start) {
      const equals = rawQuery.indexOf('=', start);
      const hasValue = equals >= 0 && equals < end;
      const name = canonicalQueryComponent(rawQuery.slice(start, hasValue ? equals : end));
      const value = hasValue ? canonicalQueryComponent(rawQuery.slice(equals + 1, end)) : '';
      if (name === undefined || value === undefined) return undefined;
      parameters.push({ name, value });
    }
    start = end + 1;
  }
  return parameters;
}

/** Sorts by encoded name, then encoded value, and joins; `omitted` names are left out. */
export function joinCanonicalQuery(parameters: CanonicalParameter[], omitted: readonly string[] = []): string {
  const kept = omitted.length === 0 ? parameters.slice() : parameters.filter((p) => !omitted.includes(p.name));
  kept.sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : a.value < b.value ? -1 : a.value > b.value ? 1 : 0,
  );
  let out = '';
  for (const { name, value } of kept) out += `${out === '' ? '' : '&'}${name}=${value}`;
  return out;
}

/** Trims, and makes every inner run of blanks one space. Quotes do not protect blanks. */
export function canonicalHeaderValue(value: string): string {
  if (value === '') return value;
  const first = value.charCodeAt(0);
  const last = value.charCodeAt(value.length - 1);
  if (first > 0x20 && last > 0x20 && !value.includes('  ') && !hasControlBlank(value)) return value;
  let out = '';
  let blank = false;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d) {
      blank = out !== '';
    } else {
      out += blank ? ` ${value[i]}` : value[i];
      blank = false;
    }
  }
  return out;
}

function hasControlBlank(value: string): boolean {
  return value.includes('\t') || value.includes('\n') || value.includes('\r');
}

/**
 * `name:value\n` for each name in the given order; several headers of one name are joined by commas in order of
 * arrival. Returns the missing name instead when a signed header is not in the request.
 */
export function canonicalHeaders(
  signedHeaders: readonly string[],
  headerNames: readonly string[],
  rawHeaders: readonly string[],
): { readonly text: string } | { readonly missing: string } {
  let text = '';
  for (const name of signedHeaders) {
    let found = false;
    for (let i = 0; i < headerNames.length; i++) {
      if (headerNames[i] !== name) continue;
      const value = canonicalHeaderValue(rawHeaders[2 * i + 1] as string);
      text += found ? `,${value}` : `${name}:${value}`;
      found = true;
    }
    if (!found) return { missing: name };
    text += '\n';
  }
  return { text };
}

/** String to sign over a canonical request. `scope` is `date/region/service/aws4_request`. */
export function stringToSign(amzDate: string, scope: string, canonicalRequest: string): string {
  return `${ALGORITHM}\n${amzDate}\n${scope}\n${sha256Hex(canonicalRequest)}`;
}

/** The HMAC chain from the secret to the key of one day, region and service. 32 bytes, owned by the caller. */
export function deriveSigningKey(secret: string | Buffer, date: string, region: string, service: string): Buffer {
  const start = Buffer.concat([Buffer.from('AWS4'), typeof secret === 'string' ? Buffer.from(secret) : secret]);
  const dateKey = hmac(start, date);
  const regionKey = hmac(dateKey, region);
  const serviceKey = hmac(regionKey, service);
  const key = hmac(serviceKey, SCOPE_END);
  for (const step of [start, dateKey, regionKey, serviceKey]) step.fill(0);
  return key;
}

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const SCRATCH_TEXT_BYTES = 1024;
const innerScratch = Buffer.alloc(BLOCK_BYTES + SCRATCH_TEXT_BYTES);
const outerScratch = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);

/**
 * HMAC-SHA256 (RFC 2104) of a byte string, 32 bytes.
 *
 * Built from two one-shot hashes: `createHmac` with a Buffer key makes a key object per call, which on Node 24 costs
 * several times the two hashes. Same work for every key and text of one length.
 */
export function hmac(key: Buffer, data: string): Buffer {
  const block = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key;
  const inner = data.length <= SCRATCH_TEXT_BYTES ? innerScratch : Buffer.alloc(BLOCK_BYTES + data.length);
  const outer = outerScratch;
  for (let i = 0; i < BLOCK_BYTES; i++) {
    const byte = i < block.length ? (block[i] as number) : 0;
    inner[i] = byte ^ 0x36;
    outer[i] = byte ^ 0x5c;
  }
  inner.write(data, BLOCK_BYTES, 'latin1');
  hash('sha256', inner.subarray(0, BLOCK_BYTES + data.length), 'buffer').copy(outer, BLOCK_BYTES);
  const digest = hash('sha256', outer, 'buffer');
  inner.fill(0);
  outer.fill(0);
  return digest;
}

/** `YYYYMMDDTHHMMSSZ` of a time in milliseconds. */
export function formatAmzDate(timestampMs: number): string {
  const iso = new Date(timestampMs).toISOString();
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}

/** Milliseconds of a `YYYYMMDDTHHMMSSZ` text, or undefined; impossible dates such as 30 February are refused. */
export function parseAmzDate(text: string): number | undefined {
  if (text.length !== 16 || text[8] !== 'T' || text[15] !== 'Z') return undefined;
  let packed = 0;
  for (let i = 0; i < 15; i++) {
    if (i === 8) continue;
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    packed = packed * 10 + digit;
  }
  const second = packed % 100;
  const minute = Math.trunc(packed / 1e2) % 100;
  const hour = Math.trunc(packed / 1e4) % 100;
  const day = Math.trunc(packed / 1e6) % 100;
  const month = Math.trunc(packed / 1e8) % 100;
  const year = Math.trunc(packed / 1e10);
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59) return undefined;
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(time);
  return date.getUTCDate() === day && date.getUTCFullYear() === year ? time : undefined;
}
