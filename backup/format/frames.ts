/**
 * The bytes of a backup: `parapet-backup/1\n`, the lock (length-prefixed), the wrapped key, and frames. A frame is a number, a
 * mark on the last one, a length, and that many bytes sealed with AES-256-GCM. Number and mark are in the nonce, all three are
 * authenticated: no frame can be changed, moved, repeated or left out, and a file without its last frame is not whole.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { BackupError } from '../error.ts';
import { frameKey, type Lock, lockNewKey, type Opener, openKey, WRAPPED_BYTES } from './lock.ts';

export const MAGIC = Buffer.from('parapet-backup/1\n');
const HEADER_BYTES = 8 + 1 + 4;
const TAG_BYTES = 16;
/** Data is written in much smaller ones; the manifest is one frame. */
export const MOST_FRAME_BYTES = 16 * 1024 * 1024;
const MOST_LOCK_BYTES = 1024;

export type Sink = (bytes: Buffer) => Promise<void>;

export class FrameWriter {
  private readonly sink: Sink;
  private readonly key: Buffer;
  private next = 0n;

  private constructor(sink: Sink, key: Buffer) {
    this.sink = sink;
    this.key = key;
  }

  static async begin(sink: Sink, lock: Lock): Promise<FrameWriter> {
    const { header, wrapped, fileKey } = await lockNewKey(lock);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(header.length);
    const before = Buffer.concat([MAGIC, length, header, wrapped]);
    const key = frameKey(fileKey, before);
    fileKey.fill(0);
    await sink(before);
    return new FrameWriter(sink, key);
  }

  async write(content: Buffer, isLast = false): Promise<void> {
    const header = frameHeader(this.next++, isLast, content.length);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonceOf(header)).setAAD(header);
    await this.sink(Buffer.concat([header, cipher.update(content), cipher.final(), cipher.getAuthTag()]));
    if (isLast) this.key.fill(0);
  }
}

/** Answers the next bytes of the file, fewer only at its end. */
export type Source = (length: number) => Promise<Buffer>;

/** Every frame, the last one marked. Throws before it answers anything that is not what was written. */
export async function* readFrames(
  source: Source,
  opener: Opener,
): AsyncGenerator<{ content: Buffer; isLast: boolean }> {
  const key = await openFile(source, opener);
  try {
    for (let next = 0n; ; next++) {
      const header = await source(HEADER_BYTES);
      const length = header.length === HEADER_BYTES ? header.readUInt32BE(9) : Number.POSITIVE_INFINITY;
      if (header.length < HEADER_BYTES) throw cutOff();
      if (header.readBigUInt64BE() !== next || length > MOST_FRAME_BYTES) throw changed(next);
      const sealed = await source(length + TAG_BYTES);
      if (sealed.length < length + TAG_BYTES) throw cutOff();
      const content = open(key, header, sealed, next);
      const isLast = header[8] === 1;
      if (isLast && (await source(1)).length > 0)
        throw new BackupError('damaged', 'there are bytes behind the end of the backup');
      yield { content, isLast };
      if (isLast) return;
    }
  } finally {
    key.fill(0);
  }
}

async function openFile(source: Source, opener: Opener): Promise<Buffer> {
  const start = await source(MAGIC.length + 2);
  if (start.length < MAGIC.length + 2 || !start.subarray(0, MAGIC.length).equals(MAGIC))
    throw new BackupError('foreign', 'this is no backup of Parapet');
  const length = start.readUInt16BE(MAGIC.length);
  if (length > MOST_LOCK_BYTES) throw new BackupError('foreign', 'the beginning of this backup was changed');
  const header = await source(length);
  const wrapped = await source(WRAPPED_BYTES);
  if (header.length < length || wrapped.length < WRAPPED_BYTES) throw cutOff();
  const fileKey = await openKey(header, wrapped, opener);
  const key = frameKey(fileKey, Buffer.concat([start, header, wrapped]));
  fileKey.fill(0);
  return key;
}

function frameHeader(number: bigint, isLast: boolean, length: number): Buffer {
  if (length > MOST_FRAME_BYTES) throw new Error(`a frame of ${length} bytes`);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeBigUInt64BE(number);
  header[8] = isLast ? 1 : 0;
  header.writeUInt32BE(length, 9);
  return header;
}

/** Never twice under a key: numbers count up, and the key is new for every file. */
function nonceOf(header: Buffer): Buffer {
  return Buffer.concat([header.subarray(0, 9), Buffer.alloc(3)]);
}

function open(key: Buffer, header: Buffer, sealed: Buffer, number: bigint): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(header)).setAAD(header);
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw changed(number);
  }
}

const cutOff = () => new BackupError('damaged', 'the backup is cut off: its end is missing');
const changed = (number: bigint) => new BackupError('damaged', `the backup was changed in its frame ${number}`);
