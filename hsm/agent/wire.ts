/**
 * Bytes between the agent and its clients: `u32 length | u32 id | u8 op | fields`, each field `u32 length | bytes`, all
 * big-endian; the first length counts what follows it. Answers have a status in place of the op (0: fields are the
 * answer; else 1 + index in `ERROR_CODES`: fields are message and hint). A frame that does not parse ends the
 * connection: after it nothing on the stream can be trusted.
 */
import { HSM_LIMITS, HsmError, type HsmErrorCode } from '../port.ts';

/** Changes whenever an op or a byte form does; the first frame of a client must name it. */
export const PROTOCOL_VERSION = 4;

export const OP = {
  hello: 0,
  status: 1,
  createTenantKey: 2,
  createKeyMaterial: 3,
  seal: 4,
  open: 5,
  sealRandom: 6,
  reseal: 7,
  sealSecret: 8,
  openSecret: 9,
  mac: 10,
  verifyMac: 11,
  macMany: 12,
  verifyMacMany: 13,
  random: 14,
  publicKey: 15,
  sign: 16,
  /** The client is done for good: the agent may end at once when it was the last. */
  release: 17,
  createKeyPair: 18,
  sealKeyPair: 19,
  publicKeyOf: 20,
  signWith: 21,
  verifyWith: 22,
  encryptTo: 23,
  decryptWith: 24,
  createMacKey: 25,
  hmac: 26,
  verifyHmac: 27,
  sealMany: 28,
  openMany: 29,
  sealRandomMany: 30,
  describePartner: 31,
  pairWith: 32,
  makeCommonKey: 33,
  handCommonKey: 34,
  takeCommonKey: 35,
  handTenantKey: 36,
  addRootWrap: 37,
  renewTenantKey: 38,
  renewKey: 39,
  renewMacMany: 40,
  publicKeys: 41,
  addRootVersion: 42,
  destroyRootVersion: 43,
} as const;

export const STATUS_OK = 0;
const ERROR_CODES: readonly HsmErrorCode[] = ['unavailable', 'integrity', 'not-found', 'invalid', 'overloaded'];

const HEADER = 9;

export class ProtocolError extends Error {}

export interface Frame {
  id: number;
  /** Op of a request, status of an answer. */
  op: number;
  fields: Buffer[];
  /** The frame's own bytes; `fields` are views of it, and wiping it wipes them. */
  bytes: Buffer;
}

export function encodeFrame(id: number, op: number, fields: readonly Buffer[]): Buffer {
  let size = HEADER;
  for (const field of fields) size += 4 + field.length;
  if (size > HSM_LIMITS.frame) throw new HsmError('invalid', 'request is too large for one frame');
  const frame = Buffer.alloc(size);
  frame.writeUInt32BE(size - 4, 0);
  frame.writeUInt32BE(id, 4);
  frame[8] = op;
  let at = HEADER;
  for (const field of fields) {
    at = frame.writeUInt32BE(field.length, at);
    at += field.copy(frame, at);
  }
  return frame;
}

export function encodeError(id: number, error: HsmError): Buffer {
  const status = 1 + ERROR_CODES.indexOf(error.code);
  return encodeFrame(id, status, [Buffer.from(error.message), Buffer.from(error.hint ?? '')]);
}

/** The error an answer carries; throws `ProtocolError` when it is none we know. */
export function decodeError(frame: Frame): HsmError {
  const code = ERROR_CODES[frame.op - 1];
  const [message, hint] = frame.fields;
  if (code === undefined || message === undefined || hint === undefined) throw new ProtocolError('unknown answer');
  return new HsmError(code, message.toString(), hint.length === 0 ? {} : { hint: hint.toString() });
}

export function u32(value: number): Buffer {
  // Out of range becomes 0, which every count on this wire refuses.
  const field = Buffer.alloc(4);
  field.writeUInt32BE(Number.isInteger(value) && value > 0 && value <= 0xffff_ffff ? value : 0);
  return field;
}

export function readU32(field: Buffer): number {
  if (field.length !== 4) throw new ProtocolError('number field is not 4 bytes long');
  return field.readUInt32BE();
}

/** Cuts a stream into frames. Memory is bounded by one frame plus one chunk. */
export class FrameReader {
  #rest: Buffer | undefined;

  /** Calls back for each whole frame; throws `ProtocolError`. */
  feed(chunk: Buffer, onFrame: (frame: Frame) => void): void {
    let bytes = chunk;
    if (this.#rest !== undefined) {
      bytes = Buffer.alloc(this.#rest.length + chunk.length);
      this.#rest.copy(bytes);
      chunk.copy(bytes, this.#rest.length);
      this.#rest.fill(0);
      chunk.fill(0);
      this.#rest = undefined;
    }
    let at = 0;
    while (bytes.length - at >= 4) {
      const size = bytes.readUInt32BE(at) + 4;
      if (size < HEADER || size > HSM_LIMITS.frame) throw new ProtocolError('frame length is out of range');
      if (bytes.length - at < size) break;
      onFrame(parseFrame(bytes.subarray(at, at + size)));
      at += size;
    }
    if (at < bytes.length) this.#rest = bytes.subarray(at);
  }
}

function parseFrame(bytes: Buffer): Frame {
  const fields: Buffer[] = [];
  let at = HEADER;
  while (at < bytes.length) {
    if (bytes.length - at < 4) throw new ProtocolError('field length is cut off');
    const size = bytes.readUInt32BE(at);
    at += 4;
    if (bytes.length - at < size) throw new ProtocolError('field is cut off');
    fields.push(bytes.subarray(at, at + size));
    at += size;
  }
  return { id: bytes.readUInt32BE(4), op: bytes[8]!, fields, bytes };
}

/** One buffer for one write; the parts are wiped, the result is for the caller to wipe once written. */
export function joinAndWipe(parts: readonly Buffer[]): Buffer {
  if (parts.length === 1) return parts[0]!;
  let size = 0;
  for (const part of parts) size += part.length;
  const out = Buffer.alloc(size);
  let at = 0;
  for (const part of parts) {
    at += part.copy(out, at);
    part.fill(0);
  }
  return out;
}
