/**
 * IPv4 and IPv6 addresses and CIDR ranges as integers; text comparison would be wrong for IPv6 (iam.md 1.7). An
 * IPv4-mapped IPv6 address (::ffff:a.b.c.d) is the IPv4 address: a dual-stack socket must not escape an IPv4 range.
 */

/** `words` are unsigned 32-bit: one for IPv4, four for IPv6. */
export interface IpAddress {
  readonly words: readonly number[];
}

export interface IpRange {
  readonly words: readonly number[];
  readonly prefix: number;
  /** One mask per word. */
  readonly masks: readonly number[];
}

const OCTET = /^(?:0|[1-9][0-9]{0,2})$/;
const HEXTET = /^[0-9a-fA-F]{1,4}$/;
const PREFIX = /^(?:0|[1-9][0-9]{0,2})$/;

let lastText = '';
let lastAddress: IpAddress | undefined;

/** Strict text forms only: no leading zeros, no short forms, no zone. Undefined otherwise. */
export function parseAddress(text: string): IpAddress | undefined {
  // One request tests the same source address many times; the memo cannot be observed.
  if (text === lastText) return lastAddress;
  lastAddress = text.includes(':') ? unmap(parseV6(text)) : parseV4(text);
  lastText = text;
  return lastAddress;
}

/** `address` or `address/prefix`; without a prefix it is one address. Host bits may be set. */
export function parseRange(text: string): IpRange | undefined {
  const slash = text.indexOf('/');
  const base = slash < 0 ? text : text.slice(0, slash);
  const raw = base.includes(':') ? parseV6(base) : parseV4(base);
  if (!raw) return undefined;
  const width = raw.words.length * 32;
  const suffix = slash < 0 ? String(width) : text.slice(slash + 1);
  if (!PREFIX.test(suffix) || Number(suffix) > width) return undefined;
  const mapped = Number(suffix) >= 96 ? unmap(raw) : raw;
  const words = (mapped ?? raw).words;
  const prefix = Number(suffix) - (width - words.length * 32);
  const masks = words.map((_, index) => wordMask(prefix - index * 32));
  return { words: words.map((word, index) => (word & masks[index]!) >>> 0), prefix, masks };
}

/** False when one is IPv4 and the other IPv6. */
export function contains(range: IpRange, address: IpAddress): boolean {
  const { words } = address;
  if (words.length !== range.words.length) return false;
  for (let index = 0; index < words.length; index++) {
    if ((words[index]! & range.masks[index]!) >>> 0 !== range.words[index]) return false;
  }
  return true;
}

/** A shift by 32 is a shift by 0 in JavaScript, hence the two ends. */
function wordMask(bits: number): number {
  if (bits <= 0) return 0;
  if (bits >= 32) return 0xffffffff;
  return (0xffffffff << (32 - bits)) >>> 0;
}

function parseV4(text: string): IpAddress | undefined {
  const octets = text.split('.', 5);
  if (octets.length !== 4) return undefined;
  let word = 0;
  for (const octet of octets) {
    const value = Number(octet);
    if (!OCTET.test(octet) || value > 255) return undefined;
    word = word * 256 + value;
  }
  return { words: [word] };
}

function parseV6(text: string): IpAddress | undefined {
  const halves = text.split('::', 3);
  if (halves.length > 2) return undefined;
  const front = hextets(halves[0]!, halves.length === 1);
  const back = halves.length === 2 ? hextets(halves[1]!, true) : [];
  if (!front || !back) return undefined;
  const missing = 8 - front.length - back.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const all = [...front, ...new Array<number>(missing).fill(0), ...back];
  return { words: [0, 2, 4, 6].map((index) => all[index]! * 65536 + all[index + 1]!) };
}

/** The last part of an address may be four octets. */
function hextets(text: string, atEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':', 9);
  const values: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (HEXTET.test(part)) {
      values.push(Number.parseInt(part, 16));
      continue;
    }
    const embedded = atEnd && index === parts.length - 1 ? parseV4(part) : undefined;
    if (!embedded) return undefined;
    values.push(embedded.words[0]! >>> 16, embedded.words[0]! & 0xffff);
  }
  return values;
}

function unmap(address: IpAddress | undefined): IpAddress | undefined {
  if (!address || address.words.length === 1) return address;
  const [first, second, third, fourth] = address.words;
  return first === 0 && second === 0 && third === 0xffff ? { words: [fourth!] } : address;
}

/** Whether a text is what conditions on addresses are compared with. */
export function isAddressRange(text: string): boolean {
  return parseRange(text) !== undefined;
}
