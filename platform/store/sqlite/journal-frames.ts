/**
 * The bytes of a record journal: one frame per commit, `F5 52 45 43`, length and CRC-32 of the payload (both u32,
 * little-endian), payload. The payload is UTF-8, in which the byte F5 cannot occur: nothing a caller puts into a
 * record looks like the start of a frame.
 */
import { crc32 } from 'node:zlib';
import type { StoredRecord } from '../engine.ts';

const MAGIC = Buffer.from([0xf5, 0x52, 0x45, 0x43]);
const HEADER_BYTES = 12;
/** Values of a record are joined by NUL, which the outbox refuses in all of them. */
const SEPARATOR = '\0';
const VALUES = 7;

export function encodeFrame(rows: readonly StoredRecord[]): Buffer {
  let text = '';
  for (const row of rows) {
    if (text !== '') text += SEPARATOR;
    // The account is written with a mark, so that no account and the empty one stay different.
    const account = row.account_id === null ? '' : `=${row.account_id}`;
    text += `${row.event_id}\0${row.position}\0${account}\0${row.wseq}\0${row.boot}\0${row.created_at}\0${row.record}`;
  }
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + length);
  MAGIC.copy(frame);
  frame.writeUInt32LE(length, 4);
  frame.write(text, HEADER_BYTES);
  frame.writeUInt32LE(crc32(frame.subarray(HEADER_BYTES)), 8);
  return frame;
}

export interface Frames {
  readonly rows: StoredRecord[];
  /** A whole frame follows one that is not: bytes that were written have changed. */
  readonly damaged: boolean;
}

/** Reads frames up to the first one that is not whole: a commit that was cut off, of which nobody was told. */
export function decodeFrames(bytes: Buffer): Frames {
  const rows: StoredRecord[] = [];
  let at = 0;
  for (let payload = frameAt(bytes, at); payload !== undefined; payload = frameAt(bytes, at)) {
    at += HEADER_BYTES + payload.length;
    const values = payload.toString('utf8').split(SEPARATOR);
    for (let i = 0; i + VALUES <= values.length; i += VALUES) rows.push(decodeRow(values, i));
  }
  return { rows, damaged: frameFollows(bytes, at + 1) };
}

function frameAt(bytes: Buffer, at: number): Buffer | undefined {
  if (at + HEADER_BYTES > bytes.length || bytes.compare(MAGIC, 0, 4, at, at + 4) !== 0) return undefined;
  const length = bytes.readUInt32LE(at + 4);
  if (at + HEADER_BYTES + length > bytes.length) return undefined;
  const payload = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length);
  return crc32(payload) === bytes.readUInt32LE(at + 8) ? payload : undefined;
}

function frameFollows(bytes: Buffer, from: number): boolean {
  for (let at = bytes.indexOf(MAGIC, from); at >= 0; at = bytes.indexOf(MAGIC, at + 1)) {
    if (frameAt(bytes, at) !== undefined) return true;
  }
  return false;
}

function decodeRow(values: readonly string[], at: number): StoredRecord {
  const [eventId, position, account, wseq, boot, createdAt, record] = values.slice(at, at + VALUES) as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  return {
    event_id: eventId,
    position: Number(position),
    account_id: account === '' ? null : account.slice(1),
    wseq: Number(wseq),
    boot,
    created_at: Number(createdAt),
    record,
  };
}
