/**
 * Canonical byte forms: one list of values, one reading. Every field carries its length, so moving a character from
 * one field to the next gives other bytes; every value carries its type, so null, the empty text and zero differ.
 */
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

/**
 * A row as what its MAC covers: the kind of row, then every value in the given order, each typed. It is written straight
 * away: a buffer for each value costs several times as much, and reads verify rows all the time.
 */
export function canonicalRow(kind: string, values: readonly CanonicalValue[]): Buffer {
  const texts = values.map((value) => (typeof value === 'number' ? String(value) : value));
  let size = 4 + Buffer.byteLength(kind);
  for (const text of texts) size += 5 + sizeOf(text);
  const out = Buffer.allocUnsafe(size);
  let at = out.writeUInt32BE(Buffer.byteLength(kind), 0);
  at += out.write(kind, at);
  for (const [index, text] of texts.entries()) {
    at = out.writeUInt32BE(1 + sizeOf(text), at);
    at = out.writeUInt8(tagOf(values[index] as CanonicalValue), at);
    if (typeof text === 'string') at += out.write(text, at);
    else if (text !== null) at += text.copy(out, at);
  }
  return out;
}

function sizeOf(value: string | null | Buffer): number {
  if (value === null) return 0;
  return typeof value === 'string' ? Buffer.byteLength(value) : value.length;
}

function tagOf(value: CanonicalValue): number {
  if (value === null) return NULL;
  if (typeof value === 'string') return TEXT;
  return typeof value === 'number' ? NUMBER : BYTES;
}
