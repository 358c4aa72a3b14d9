/**
 * Reads DER (X.690) from strangers. Guarantees that what it accepts has one encoding: definite and minimal lengths,
 * minimal integers, booleans of 0 or 255, no bits behind the end of a bit string, no bytes behind the end. Refuses
 * everything else with `DerError`. Nothing here recurses without a limit.
 */

export class DerError extends Error {}

/** A date that is none, or is written in another form. */
export class DateError extends DerError {}

export interface Element {
  tag: number;
  content: Buffer;
  /** Tag, length and content. */
  bytes: Buffer;
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

const CONSTRUCTED = 0x20;
const MAX_DEPTH = 32;

/** The only element of the bytes. */
export function readOne(bytes: Buffer, tag?: number): Element {
  const element = readAt(bytes, 0);
  if (element.bytes.length !== bytes.length) throw new DerError('bytes follow the end of the structure');
  return tag === undefined ? element : expect(element, tag);
}

export function readAll(bytes: Buffer): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = readAt(bytes, at);
    elements.push(element);
    at += element.bytes.length;
  }
  return elements;
}

/** What a constructed element holds, after its tag was checked. */
export function children(element: Element | undefined, tag: number): Element[] {
  return readAll(expect(element, tag).content);
}

export function expect(element: Element | undefined, tag: number): Element {
  if (!element) throw new DerError('an element is missing');
  if (element.tag !== tag)
    throw new DerError(`tag 0x${element.tag.toString(16)} stands where 0x${tag.toString(16)} belongs`);
  return element;
}

function readAt(bytes: Buffer, start: number): Element {
  const tag = bytes[start];
  const first = bytes[start + 1];
  if (tag === undefined || first === undefined) throw new DerError('the structure ends too early');
  if ((tag & 0x1f) === 0x1f) throw new DerError('tag numbers above 30 do not occur here');
  let length = first;
  let from = start + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw new DerError('the length is indefinite or too long');
    if (bytes.length < from + count) throw new DerError('the structure ends too early');
    length = bytes.readUIntBE(from, count);
    from += count;
    if (length < 0x80 || length < 2 ** (8 * (count - 1))) throw new DerError('the length is not minimal');
  }
  if (bytes.length < from + length) throw new DerError('the structure ends too early');
  return { tag, content: bytes.subarray(from, from + length), bytes: bytes.subarray(start, from + length) };
}

/** Throws unless every element inside is strict DER, too. */
export function requireStrict(element: Element, depth = 0): void {
  if (depth > MAX_DEPTH) throw new DerError('the structure is nested too deep');
  const { tag, content } = element;
  if (tag & CONSTRUCTED) {
    const inner = readAll(content);
    for (const child of inner) requireStrict(child, depth + 1);
    if (tag === TAG.set && inner.some((one, i) => i > 0 && Buffer.compare(inner[i - 1]!.bytes, one.bytes) > 0))
      throw new DerError('the members of a set are out of order');
    return;
  }
  if (tag === TAG.integer) integerBytes(element);
  else if (tag === TAG.boolean) boolean(element);
  else if (tag === TAG.bitString) bitString(element);
  else if (tag === TAG.oid) oid(element);
  else if (tag === TAG.null && content.length > 0) throw new DerError('a null has content');
  else if (tag === TAG.sequence - CONSTRUCTED || tag === TAG.set - CONSTRUCTED)
    throw new DerError('a sequence or set is primitive');
}

/** Two's complement, minimal. */
export function integerBytes(element: Element | undefined): Buffer {
  const { content } = expect(element, TAG.integer);
  const [first, second] = content;
  if (first === undefined) throw new DerError('an integer has no bytes');
  if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)))
    throw new DerError('an integer is not minimal');
  return content;
}

/** Without the sign byte; throws for negative numbers. */
export function positiveBytes(element: Element | undefined): Buffer {
  const bytes = integerBytes(element);
  if ((bytes[0] as number) >= 0x80) throw new DerError('an integer is negative');
  return bytes[0] === 0 && bytes.length > 1 ? bytes.subarray(1) : bytes;
}

export function smallInteger(element: Element | undefined): number {
  const bytes = positiveBytes(element);
  if (bytes.length > 4) throw new DerError('an integer is too large');
  return bytes.readUIntBE(0, bytes.length);
}

export function boolean(element: Element | undefined): boolean {
  const { content } = expect(element, TAG.boolean);
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new DerError('a boolean is malformed');
  return content[0] === 0xff;
}

export function octetString(element: Element | undefined): Buffer {
  return expect(element, TAG.octetString).content;
}

export function bitString(element: Element | undefined): { bytes: Buffer; unused: number } {
  const { content } = expect(element, TAG.bitString);
  const unused = content[0];
  const bytes = content.subarray(1);
  if (unused === undefined || unused > 7 || (unused > 0 && bytes.length === 0))
    throw new DerError('a bit string is malformed');
  if (unused > 0 && ((bytes.at(-1) as number) & ((1 << unused) - 1)) !== 0)
    throw new DerError('a bit string has bits behind its end');
  return { bytes, unused };
}

/** A bit string of whole bytes. */
export function bitStringBytes(element: Element | undefined): Buffer {
  const { bytes, unused } = bitString(element);
  if (unused !== 0) throw new DerError('a bit string does not end with a whole byte');
  return bytes;
}

/** Numbers of the bits that are set in a named bit list, which has no zeros at its end. */
export function namedBits(element: Element | undefined): number[] {
  const { bytes, unused } = bitString(element);
  const bits: number[] = [];
  for (let bit = 0; bit < bytes.length * 8 - unused; bit++)
    if ((bytes[bit >> 3] as number) & (0x80 >> (bit & 7))) bits.push(bit);
  const last = bytes.length * 8 - unused - 1;
  if (bytes.length > 0 && bits.at(-1) !== last) throw new DerError('a named bit list ends with zeros');
  return bits;
}

export function oid(element: Element | undefined): string {
  return oidText(expect(element, TAG.oid).content);
}

/** Identifiers that were read before, by their content: the few of all certificates. Others do not push them out. */
const texts = new Map<string, string>();
const MOST_TEXTS = 500;

/** The dotted text of the content of an identifier. */
export function oidText(content: Buffer): string {
  const key = content.toString('latin1');
  const known = texts.get(key);
  if (known !== undefined) return known;
  const text = dotted(content);
  if (texts.size < MOST_TEXTS) texts.set(key, text);
  return text;
}

function dotted(content: Buffer): string {
  const arcs: number[] = [];
  let arc = 0;
  let isFirst = true;
  for (const byte of content) {
    if (isFirst && byte === 0x80) throw new DerError('an object identifier is not minimal');
    if (arc > 0x1ffffff) throw new DerError('an object identifier has a number above 2^28');
    arc = arc * 128 + (byte & 0x7f);
    isFirst = byte < 0x80;
    if (!isFirst) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [start, ...rest] = arcs;
  if (start === undefined || !isFirst) throw new DerError('an object identifier is malformed');
  const root = Math.min(2, Math.floor(start / 40));
  return [root, start - root * 40, ...rest].join('.');
}

const UTC = /^\d{12}Z$/;
const GENERALIZED = /^\d{14}Z$/;

/** Milliseconds. UTCTime to 2049 and GeneralizedTime from 2050, whole seconds, Z (RFC 5280 4.1.2.5). */
export function time(element: Element | undefined): number {
  const text = element?.content.toString('latin1') ?? '';
  if (element?.tag === TAG.utcTime && UTC.test(text)) return moment(`${text < '5' ? '20' : '19'}${text}`);
  if (element?.tag === TAG.generalizedTime && GENERALIZED.test(text)) {
    if (text < '2050') throw new DateError('a date before 2050 is a GeneralizedTime');
    return moment(text);
  }
  throw new DateError('a date is malformed');
}

function moment(digits: string): number {
  const part = (from: number, to: number) => digits.slice(from, to);
  const iso = `${part(0, 4)}-${part(4, 6)}-${part(6, 8)}T${part(8, 10)}:${part(10, 12)}:${part(12, 14)}.000Z`;
  const at = Date.parse(iso);
  // Date.parse takes the 31st of February.
  if (Number.isNaN(at) || new Date(at).toISOString() !== iso) throw new DateError('a date does not exist');
  return at;
}
