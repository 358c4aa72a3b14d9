/**
 * What is in the frames: parts one after the other, each begun, followed by its bytes and ended with their hash, and the
 * manifest in the last frame. The manifest names every part again, so that none can be missing.
 */
import { createHash } from 'node:crypto';
import { BackupError } from '../error.ts';
import { FrameWriter, readFrames, type Sink, type Source } from './frames.ts';
import type { Lock, Opener } from './lock.ts';
import { isPartName, type Manifest, type Part, readManifest } from './manifest.ts';

const KIND = { begin: 1, data: 2, end: 3, manifest: 4 } as const;
const CHUNK_BYTES = 64 * 1024;

export class ArchiveWriter {
  private readonly frames: FrameWriter;
  private readonly written: Part[] = [];

  private constructor(frames: FrameWriter) {
    this.frames = frames;
  }

  static async begin(sink: Sink, lock: Lock): Promise<ArchiveWriter> {
    return new ArchiveWriter(await FrameWriter.begin(sink, lock));
  }

  get parts(): readonly Part[] {
    return this.written;
  }

  /** Writes a part whole; `told` hears how many bytes it has so far. Throws for a name that would not be taken back. */
  async part(name: string, content: AsyncIterable<Buffer>, told: (bytes: number) => void): Promise<void> {
    if (!isPartName(name))
      throw new BackupError('place', `no backup can hold a file of the name ${name}`, 'move it out of the data folder');
    await this.write(KIND.begin, Buffer.from(name));
    const sha256 = createHash('sha256');
    let bytes = 0;
    for await (const piece of content) {
      for (let at = 0; at < piece.length; at += CHUNK_BYTES) {
        const chunk = piece.subarray(at, at + CHUNK_BYTES);
        sha256.update(chunk);
        bytes += chunk.length;
        await this.write(KIND.data, chunk);
      }
      told(bytes);
    }
    const part = { name, bytes, sha256: sha256.digest('hex') };
    await this.write(KIND.end, Buffer.from(JSON.stringify(part)));
    this.written.push(part);
  }

  async finish(manifest: Omit<Manifest, 'parts'>): Promise<void> {
    await this.write(KIND.manifest, Buffer.from(JSON.stringify({ ...manifest, parts: this.written })), true);
  }

  private write(kind: number, content: Buffer, isLast = false): Promise<void> {
    return this.frames.write(Buffer.concat([Buffer.of(kind), content]), isLast);
  }
}

/** What becomes of a part while it is read. */
export interface PartReceiver {
  write(chunk: Buffer): Promise<void> | void;
  end(): Promise<void> | void;
}

/** Reads all of it; answers the manifest when every part is the one that was written. */
export async function readArchive(
  source: Source,
  opener: Opener,
  receive: (name: string) => Promise<PartReceiver> | PartReceiver,
): Promise<Manifest> {
  const read: Part[] = [];
  let current: { name: string; receiver: PartReceiver; hash: ReturnType<typeof createHash>; bytes: number } | undefined;
  for await (const { content, isLast } of readFrames(source, opener)) {
    const kind = content[0];
    const body = content.subarray(1);
    if (isLast !== (kind === KIND.manifest)) throw wrong('its end is not its manifest');
    if (kind === KIND.begin && !current) {
      const name = body.toString('utf8');
      current = { name, receiver: await receive(name), hash: createHash('sha256'), bytes: 0 };
    } else if (kind === KIND.data && current) {
      current.hash.update(body);
      current.bytes += body.length;
      await current.receiver.write(body);
    } else if (kind === KIND.end && current) {
      await current.receiver.end();
      const part = { name: current.name, bytes: current.bytes, sha256: current.hash.digest('hex') };
      if (body.toString('utf8') !== JSON.stringify(part)) throw wrong(`part ${part.name} is not what was written`);
      read.push(part);
      current = undefined;
    } else if (kind === KIND.manifest && !current) {
      const manifest = readManifest(body);
      if (JSON.stringify(manifest.parts) !== JSON.stringify(read)) throw wrong('parts are missing, or too many');
      return manifest;
    } else throw wrong('its parts do not follow each other');
  }
  throw wrong('it has no manifest');
}

const wrong = (reason: string) => new BackupError('content', `the backup does not fit together: ${reason}`);
