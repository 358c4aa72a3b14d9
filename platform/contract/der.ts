/**
 * Writes DER (X.690): just the types that X.509 needs. Every function returns one complete TLV.
 *
 * Guarantees definite, minimal lengths and minimal integers. Refuses (throws RangeError or TypeError) values that DER
 * cannot express; input comes from our own code, never straight from a request.
 */

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Tag and length of a content that stands elsewhere: for structures too large to be copied. */
export function header(tag: number, length: number): Buffer {
  if (length < 0x80) return Buffer.of(tag, length);
  if (length < 0x100) return Buffer.of(tag, 0x81, length);
  if (length < 0x10000) return Buffer.of(tag, 0x82, length >> 8, length & 0xff);
  if (length < 0x1000000) return Buffer.of(tag, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff);
  if (length > 0x3fffffff) throw new RangeError('der content is longer than 1 GiB');
  return Buffer.of(tag, 0x84, length >> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff);
}

/** Tag, length and content. */
export function tlv(tag: number, content: Buffer): Buffer {
  return Buffer.concat([header(tag, content.length), content]);
}

export function sequence(...items: readonly Buffer[]): Buffer {
  return tlv(TAG.sequence, Buffer.concat(items));
}

/** SET OF: elements are put in ascending order of their encoding (X.690 11.6). */
export function setOf(...items: readonly Buffer[]): Buffer {
  return tlv(TAG.set, Buffer.concat([...items].sort(Buffer.compare)));
}

/** Unsigned big-endian bytes, or a whole number from 0 to 2^31-1. */
export function integer(value: number | Buffer): Buffer {
  let bytes: Buffer;
  if (typeof value === 'number') {
    if (!Number.isInteger(value) || value < 0 || value > 0x7fffffff)
      throw new RangeError('der integer is out of range');
    bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
  } else {
    bytes = value;
  }
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  bytes = bytes.subarray(start);
  if (bytes.length === 0) throw new RangeError('der integer has no bytes');
  // A leading one bit would make it negative (X.690 8.3).
  const positive = (bytes[0] as number) < 0x80 ? bytes : Buffer.concat([Buffer.from([0]), bytes]);
  return tlv(TAG.integer, positive);
}

export function boolean(value: boolean): Buffer {
  return tlv(TAG.boolean, Buffer.from([value ? 0xff : 0x00]));
}

export function nullValue(): Buffer {
  return tlv(TAG.null, Buffer.alloc(0));
}

/** ENUMERATED of a small number. */
export function enumerated(value: number): Buffer {
  if (!Number.isInteger(value) || value < 0 || value > 0x7f) throw new RangeError('der enumerated is out of range');
  return tlv(TAG.enumerated, Buffer.of(value));
}

export function octetString(content: Buffer): Buffer {
  return tlv(TAG.octetString, content);
}

/** @param unusedBits zero bits at the end of the last byte, 0..7. */
export function bitString(content: Buffer, unusedBits = 0): Buffer {
  if (unusedBits < 0 || unusedBits > 7) throw new RangeError('der bit string has more than 7 unused bits');
  return tlv(TAG.bitString, Buffer.concat([Buffer.from([unusedBits]), content]));
}

/** NamedBitList with the numbered bits set; trailing zero bits are dropped (X.690 11.2.2). */
export function namedBits(...bits: readonly number[]): Buffer {
  if (bits.length === 0) return bitString(Buffer.alloc(0));
  const last = Math.max(...bits);
  const bytes = Buffer.alloc((last >> 3) + 1);
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] as number) | (0x80 >> (bit & 7));
  return bitString(bytes, 7 - (last & 7));
}

const oids = new Map<string, Buffer>();
/** Identifiers of requests must not fill the memory. */
const MAX_KNOWN_OIDS = 500;

/** Object identifier from its dotted text. */
export function oid(dotted: string): Buffer {
  const known = oids.get(dotted);
  if (known) return known;
  const bytes = encodeOid(dotted);
  if (oids.size < MAX_KNOWN_OIDS) oids.set(dotted, bytes);
  return bytes;
}

function encodeOid(dotted: string): Buffer {
  const arcs = dotted.split('.').map(Number);
  const [first, second, ...rest] = arcs;
  if (first === undefined || second === undefined || first > 2 || (first < 2 && second > 39)) {
    throw new TypeError('object identifier is malformed');
  }
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    if (!Number.isInteger(arc) || arc < 0 || arc > 0xfffffff) throw new TypeError('object identifier is malformed');
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tlv(TAG.oid, Buffer.from(bytes));
}

export function utf8String(text: string): Buffer {
  return tlv(TAG.utf8String, Buffer.from(text, 'utf8'));
}

/** Letters, digits and `'()+,-./:=?` with spaces; the caller has checked. */
export function printableString(text: string): Buffer {
  return tlv(TAG.printableString, Buffer.from(text, 'latin1'));
}

/** ASCII; the caller has checked. */
export function ia5String(text: string): Buffer {
  return tlv(TAG.ia5String, Buffer.from(text, 'latin1'));
}

/** UTCTime to 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5); whole seconds, milliseconds are cut. */
export function time(timestampMs: number): Buffer {
  const iso = new Date(timestampMs).toISOString();
  if (iso.length !== 24) throw new RangeError('der time is outside the years 0 to 9999');
  const basic = `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 10)}${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
  const year = Number(iso.slice(0, 4));
  if (year < 1950) throw new RangeError('der time is before 1950');
  if (year < 2050) return tlv(TAG.utcTime, Buffer.from(basic.slice(2), 'latin1'));
  return tlv(TAG.generalizedTime, Buffer.from(basic, 'latin1'));
}

/** GeneralizedTime whatever the year, as OCSP has it (RFC 6960 4.2.2.1); whole seconds, milliseconds are cut. */
export function generalizedTime(timestampMs: number): Buffer {
  const iso = new Date(timestampMs).toISOString();
  if (iso.length !== 24) throw new RangeError('der time is outside the years 0 to 9999');
  return tlv(TAG.generalizedTime, Buffer.from(`${iso.slice(0, 19).replaceAll(/[-T:]/g, '')}Z`, 'latin1'));
}

/** Context-specific, constructed: `[n] EXPLICIT`, or an implicitly tagged structure when given its content. */
export function contextConstructed(number: number, content: Buffer): Buffer {
  return tlv(0xa0 | number, content);
}

/** Context-specific, primitive: `[n] IMPLICIT` of a simple type, given its content. */
export function contextPrimitive(number: number, content: Buffer): Buffer {
  return tlv(0x80 | number, content);
}

/** PEM text of a DER object, 64 columns, newline at the end. */
export function toPem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
