/**
 * Canonical byte forms: one list of values, one reading. Every field carries its length, so moving a character from
 * one field to the next gives other bytes (`{a: bc}` is never `{ab: c}`); every value carries its type, so null, the
 * empty text and zero differ.
 */
import { MAX_CONTEXT_BYTES } from './limits.ts';

export type CanonicalValue = string | number | null | Buffer;

const TEXT = 0x74;
const NUMBER = 0x6e;
const NULL = 0x30;
const BYTES = 0x62;

/** For each field: u32 big-endian length, then the field. */
export function lengthPrefixed(fields: readonly Buffer[]): Buffer {
  let size = 0;
  for (const field of fields) size += 4 + field.length;
  const out = Buffer.alloc(size);
  let at = 0;
  for (const field of fields) {
    at = out.writeUInt32BE(field.length, at);
    at += field.copy(out, at);
  }
  return out;
}

/** A row as what its MAC covers: the kind of row, then every value in the given order, each typed. */
export function canonicalRow(kind: string, values: readonly CanonicalValue[]): Buffer {
  return lengthPrefixed([Buffer.from(kind, 'utf8'), ...values.map(typed)]);
}

function typed(value: CanonicalValue): Buffer {
  if (value === null) return Buffer.of(NULL);
  if (typeof value === 'string') return tagged(TEXT, Buffer.from(value, 'utf8'));
  if (typeof value === 'number') return tagged(NUMBER, Buffer.from(String(value), 'ascii'));
  return tagged(BYTES, value);
}

function tagged(tag: number, bytes: Buffer): Buffer {
  const out = Buffer.alloc(1 + bytes.length);
  out[0] = tag;
  bytes.copy(out, 1);
  return out;
}

export type EncryptionContext = Readonly<Record<string, string>>;

const EMPTY_CONTEXT = Buffer.alloc(4);
/** Matches a surrogate that is not half of a pair: it has no UTF-8 form, so two such texts would become one. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * u32 count, then for each pair, sorted by the UTF-8 bytes of the key: u32 length, key, u32 length, value (spec
 * kms 3.3). A missing and an empty context are the same. No normalisation, no case folding. The context must have
 * passed `contextProblem`.
 */
export function canonicalContext(context: EncryptionContext | undefined): Buffer {
  const names = context === undefined ? [] : Object.keys(context);
  if (context === undefined || names.length === 0) return EMPTY_CONTEXT;
  if (names.length > 1) names.sort(compareUtf8);
  let size = 4;
  for (const name of names) size += 8 + Buffer.byteLength(name) + Buffer.byteLength(context[name]!);
  const out = Buffer.alloc(size);
  let at = out.writeUInt32BE(names.length, 0);
  for (const name of names) at = writeText(out, writeText(out, at, name), context[name]!);
  return out;
}

function writeText(out: Buffer, at: number, text: string): number {
  const written = out.write(text, at + 4, 'utf8');
  out.writeUInt32BE(written, at);
  return at + 4 + written;
}

const SURROGATE = /[\ud800-\udfff]/;

/** The order of UTF-8 bytes is the order of UTF-16 units unless a surrogate takes part. */
function compareUtf8(a: string, b: string): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Why a context cannot be used, or undefined. */
export function contextProblem(context: EncryptionContext | undefined): string | undefined {
  if (context === undefined) return undefined;
  const names = Object.keys(context);
  let bytes = 0;
  for (const name of names) {
    const value = context[name]!;
    if (LONE_SURROGATE.test(name) || LONE_SURROGATE.test(value)) return 'encryption context is not valid Unicode';
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes > MAX_CONTEXT_BYTES) return `encryption context is longer than ${MAX_CONTEXT_BYTES} bytes`;
  // Policies compare the names of condition keys without case: of `App` and `app` only one would be checked.
  if (names.length > 1 && new Set(names.map((name) => name.toLowerCase())).size !== names.length) {
    return 'encryption context has two keys that differ only in case';
  }
  return undefined;
}
