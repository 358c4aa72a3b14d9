/**
 * The entries of a list of revoked certificates (RFC 5280 5.1.2.6) as they stand in it, one behind the other, sorted by
 * serial number. A list is never taken apart into objects: a million entries are walked and merged as the bytes they are.
 */
import * as der from '../../../../platform/contract/der.ts';
import { DerError } from '../der/reader.ts';
import { LIST_EXTENSION } from '../x509/oids.ts';
import { UNSPECIFIED } from './reason.ts';

const SEQUENCE = 0x30;
const INTEGER = 0x02;

/** The extensions of an entry with that reason. */
export function reasonExtensions(code: number): Buffer {
  const value = der.octetString(der.enumerated(code));
  return der.sequence(der.sequence(der.oid(LIST_EXTENSION.reason), value));
}

const REASONS = new Map<number, Buffer>();
const NOTHING = Buffer.alloc(0);

function extensionsOf(code: number): Buffer {
  if (code === UNSPECIFIED) return NOTHING;
  let known = REASONS.get(code);
  if (!known) {
    known = reasonExtensions(code);
    REASONS.set(code, known);
  }
  return known;
}

let lastMoment = Number.NaN;
let lastTime: Buffer = NOTHING;

function timeOf(moment: number): Buffer {
  if (moment !== lastMoment) {
    lastTime = der.time(moment);
    lastMoment = moment;
  }
  return lastTime;
}

/** The content of the INTEGER. */
export function serialContent(hex: string): Buffer {
  return der.integer(Buffer.from(hex, 'hex')).subarray(2);
}

export function writeEntry(serial: Buffer, revokedAt: number, reason: number): Buffer {
  const time = timeOf(revokedAt);
  const extensions = extensionsOf(reason);
  const length = 2 + serial.length + time.length + extensions.length;
  const out = Buffer.allocUnsafe(2 + length);
  out[0] = SEQUENCE;
  out[1] = length;
  out[2] = INTEGER;
  out[3] = serial.length;
  let at = 4 + serial.copy(out, 4);
  at += time.copy(out, at);
  extensions.copy(out, at);
  return out;
}

/** Walks entries. Throws `DerError` for what could not be one of ours; what an entry says is for the lints. */
export class EntryCursor {
  readonly bytes: Buffer;
  start = 0;
  end = 0;
  serialAt = 0;
  serialEnd = 0;
  /** Where the extensions begin: `end` when there are none. */
  extensionsAt = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  next(): boolean {
    const { bytes } = this;
    const at = this.end;
    if (at === bytes.length) return false;
    const length = bytes[at + 1] as number;
    const serial = bytes[at + 3] as number;
    if (bytes[at] !== SEQUENCE || !(length < 0x80) || bytes[at + 2] !== INTEGER || !(serial < 0x40) || serial === 0)
      throw new DerError('an entry of the list is malformed');
    this.start = at;
    this.end = at + 2 + length;
    this.serialAt = at + 4;
    this.serialEnd = this.serialAt + serial;
    const tag = bytes[this.serialEnd];
    const size = tag === 0x17 ? 15 : tag === 0x18 ? 17 : 0;
    this.extensionsAt = this.serialEnd + size;
    if (size === 0 || bytes[this.serialEnd + 1] !== size - 2 || this.extensionsAt > this.end || this.end > bytes.length)
      throw new DerError('an entry of the list is malformed');
    return true;
  }

  serial(): Buffer {
    return this.bytes.subarray(this.serialAt, this.serialEnd);
  }

  /** Lower-case hexadecimal, as rows have it. */
  serialHex(): string {
    const sign = this.bytes[this.serialAt] === 0 && this.serialEnd - this.serialAt > 1 ? 1 : 0;
    return this.bytes.toString('hex', this.serialAt + sign, this.serialEnd);
  }
}

/** Positive numbers: a longer one is greater. */
export function compareSerials(a: Buffer, aAt: number, aEnd: number, b: Buffer, bAt: number, bEnd: number): number {
  const length = aEnd - aAt - (bEnd - bAt);
  if (length !== 0) return length;
  for (let at = 0; at < aEnd - aAt; at++) {
    const difference = (a[aAt + at] as number) - (b[bAt + at] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

export interface EntryChange {
  /** The content of its INTEGER. */
  serial: Buffer;
  /** Undefined: it leaves the list. */
  entry: Buffer | undefined;
}

export interface Merged {
  entries: Buffer;
  count: number;
}

/** The entries with changes in them, each serial number once in either. */
export function mergeEntries(before: Buffer, changes: readonly EntryChange[]): Merged {
  const sorted = [...changes].sort((a, b) =>
    compareSerials(a.serial, 0, a.serial.length, b.serial, 0, b.serial.length),
  );
  const parts: Buffer[] = [];
  const cursor = new EntryCursor(before);
  let copied = 0;
  let count = 0;
  let at = 0;
  const put = (entry: Buffer | undefined) => {
    if (!entry) return;
    parts.push(entry);
    count++;
  };
  while (cursor.next()) {
    let order = -1;
    for (; at < sorted.length; at++) {
      const { serial, entry } = sorted[at] as EntryChange;
      order = compareSerials(serial, 0, serial.length, before, cursor.serialAt, cursor.serialEnd);
      if (order > 0) break;
      parts.push(before.subarray(copied, cursor.start));
      copied = order === 0 ? cursor.end : cursor.start;
      put(entry);
      if (order === 0) {
        at++;
        break;
      }
    }
    if (copied !== cursor.end) count++;
  }
  parts.push(before.subarray(copied));
  for (; at < sorted.length; at++) put((sorted[at] as EntryChange).entry);
  return { entries: Buffer.concat(parts), count };
}

export function countEntries(entries: Buffer): number {
  const cursor = new EntryCursor(entries);
  let count = 0;
  while (cursor.next()) count++;
  return count;
}
