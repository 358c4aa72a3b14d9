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
