import { isUtf8 } from 'node:buffer';
import {
  DEFAULT_JSON_LIMITS,
  JSON_FAILURE_MESSAGES,
  type JsonFailure,
  type JsonFailureCode,
  type JsonLimits,
  type JsonSuccess,
} from './limits.ts';
import { JsonScanner } from './scanner.ts';

/**
 * The only reader of JSON from outside. A first walk checks encoding, grammar and limits and allocates nothing that
 * grows with nesting; only then `JSON.parse` builds the value.
 *
 * Guarantees: what it accepts has one meaning for every JSON reader. Refuses duplicate and prototype member names,
 * numbers that would be rounded, lone surrogates, NUL, byte order marks, invalid UTF-8, and documents so deep that a
 * later `JSON.stringify` would fail in the logger. Never throws for hostile input.
 */

/**
 * @param bytes the body as received.
 * @returns the value, or the first failure with its place (byte offset, line, column, RFC 6901 pointer).
 */
export function parseStrictJson(bytes: Buffer, limits: JsonLimits = DEFAULT_JSON_LIMITS): JsonSuccess | JsonFailure {
  if (bytes.length >= 2 && (bytes[0] as number) >= 0xef && startsWithMark(bytes)) return at('ByteOrderMark', 0, 1, 1);
  if (!isUtf8(bytes)) return invalidUtf8(bytes);
  const text = bytes.toString('utf8');
  const scanner = new JsonScanner(text, limits);
  if (!scanner.scan()) return place(scanner, text);
  return { ok: true, value: JSON.parse(text) as unknown };
}

function startsWithMark(bytes: Buffer): boolean {
  const utf8 = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const utf16 = (bytes[0] === 0xfe && bytes[1] === 0xff) || (bytes[0] === 0xff && bytes[1] === 0xfe);
  return utf8 || utf16;
}

function at(code: JsonFailureCode, offset: number, line: number, column: number): JsonFailure {
  return { ok: false, code, message: JSON_FAILURE_MESSAGES[code], offset, line, column };
}

function place(scanner: JsonScanner, text: string): JsonFailure {
  const before = text.slice(0, scanner.position);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let i = before.indexOf('\n'); i >= 0; i = before.indexOf('\n', i + 1)) line++;
  return {
    ...at(scanner.code, Buffer.byteLength(before), line, before.length - lineStart + 1),
    pointer: pointerOf(scanner.path),
  };
}

/** RFC 6901. Names are cut at 256 characters: the pointer is for people and logs. */
function pointerOf(path: readonly (string | number)[]): string {
  let pointer = '';
  for (const step of path) {
    const name = typeof step === 'number' ? String(step) : step.slice(0, 256);
    pointer += `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  }
  return pointer;
}

/** Finds the first byte that no valid sequence (RFC 3629) can hold; runs only for refused bodies. */
function invalidUtf8(bytes: Buffer): JsonFailure {
  let offset = 0;
  // Whole blocks first: one native call per byte would be slow for a body of a megabyte.
  for (let next = blockEnd(bytes, 0); next > offset; next = blockEnd(bytes, next)) {
    if (!isUtf8(bytes.subarray(offset, next))) break;
    offset = next;
  }
  while (offset < bytes.length) {
    const length = sequenceLength(bytes[offset] as number);
    if (length === 0 || !isUtf8(bytes.subarray(offset, offset + length))) break;
    offset += length;
  }
  const before = bytes.subarray(0, offset).toString('utf8');
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let i = before.indexOf('\n'); i >= 0; i = before.indexOf('\n', i + 1)) line++;
  return at('InvalidUtf8', offset, line, before.length - lineStart + 1);
}

/** End of a block of about 4 KiB that does not cut a sequence; equal to `from` when the rest is shorter. */
function blockEnd(bytes: Buffer, from: number): number {
  let end = from + 4096;
  if (end >= bytes.length) return from;
  for (let back = 0; back < 3 && ((bytes[end] as number) & 0xc0) === 0x80; back++) end--;
  return end;
}

function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}
