/**
 * Audit records of reads and uses, beside the database: an append-only file that is written outside the event loop,
 * so that a disk flush delays the requests that wait for it and no others.
 *
 * Guarantees: rows are on disk when `append` resolves (O_DSYNC); none of a refused batch is ever read; rows come back
 * in the order they were written, after a restart too. A row that was deleted can come back after a crash: receivers
 * know it by its event id. Refuses files in which something that was written has changed.
 *
 * Segments of 8 MiB; the oldest and the newest are in memory, those between wait on disk.
 */
import {
  close as closeFile,
  closeSync,
  constants,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlink,
  write as writeFile,
} from 'node:fs';
import { join } from 'node:path';
import type { CommitFate, StoredRecord } from '../engine.ts';
import { StoreError } from '../error.ts';
import { decodeFrames, encodeFrame } from './journal-frames.ts';

const SEGMENT_BYTES = 8 * 1024 * 1024;
/** A segment whose rows are all delivered is given up above this size, not at once: making files costs flushes. */
const REUSED_BYTES = 1024 * 1024;
const APPENDING = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_DSYNC;

interface Segment {
  readonly number: number;
  readonly path: string;
  /** Undelivered rows by event id; undefined: on disk only, none of them delivered. */
  rows: Map<string, StoredRecord> | undefined;
  bytes: number;
  deleted: boolean;
}

export interface JournalOptions {
  readonly service: string;
  readonly folder: string;
  readonly fate?: CommitFate | undefined;
  /** The disk failed in a way that makes further writes worthless. */
  readonly onBroken: (error: StoreError) => void;
}

export class RecordJournal {
  readonly #options: JournalOptions;
  readonly #segments: Segment[];
  #next: number;
  #writing: { segment: Segment; fd: number } | undefined;
  /** INVARIANT: a segment that is being written to is not removed, although it may look as if all were delivered. */
  #appending: Segment | undefined;
  #broken: StoreError | undefined;
  /** Highest position of any row found at the start. */
  readonly position: number;

  /** Reads what an earlier process left. @throws StoreError `corrupt`, `unavailable` */
  constructor(options: JournalOptions) {
    this.#options = options;
    const prefix = `${options.service}.records-`;
    const found = readdirSync(options.folder)
      .filter((name) => name.startsWith(prefix) && name.endsWith('.log'))
      .map((name) => Number(name.slice(prefix.length, -4)))
      .filter((number) => Number.isSafeInteger(number))
      .sort((a, b) => a - b);
    this.#segments = found.map((number) => this.#segment(number));
    this.#next = (found.at(-1) ?? 0) + 1;
    const last = this.#segments.at(-1);
    let position = 0;
    if (last) for (const row of this.#load(last).values()) position = Math.max(position, row.position);
    this.position = position;
  }

  /** Rows of one batch, all or none. Called again only when the last call has ended. */
  async append(rows: readonly StoredRecord[]): Promise<void> {
    if (this.#broken) throw this.#broken;
    for (const row of rows) {
      if (this.#segments.at(-1)?.rows?.has(row.event_id))
        throw new StoreError('misuse', `record ${row.event_id} was appended before`);
    }
    const fate = this.#options.fate?.();
    if (fate === 'fail') throw new StoreError('unavailable', `commit on ${this.#name} was refused`);
    const frame = encodeFrame(rows);
    const { segment, fd } = this.#open(frame.length);
    this.#appending = segment;
    try {
      await writeAll(fd, frame, segment.bytes);
    } catch (error) {
      throw this.#failed(error, fd, segment);
    } finally {
      this.#appending = undefined;
    }
    segment.bytes += frame.length;
    const kept = segment.rows as Map<string, StoredRecord>;
    for (const row of rows) kept.set(row.event_id, row);
    if (fate === 'lose-answer')
      throw new StoreError('unavailable', `answer to commit on ${this.#name} was lost`, { committed: 'unknown' });
  }

  /** The oldest undelivered rows. */
  read(limit: number): StoredRecord[] {
    const out: StoredRecord[] = [];
    for (const segment of this.#segments) {
      for (const row of this.#load(segment).values()) {
        if (out.length === limit) return out;
        out.push(row);
      }
    }
    return out;
  }

  /** Answers the ids that are not here. */
  delete(eventIds: readonly string[]): string[] {
    const elsewhere = eventIds.filter((id) => {
      const segment = this.#segments.find(({ rows }) => rows?.delete(id));
      if (segment) segment.deleted = true;
      return segment === undefined;
    });
    for (let first = this.#segments[0]; first?.rows?.size === 0; first = this.#segments[0]) {
      if (this.#appending === first) break;
      if (this.#writing?.segment === first && first.bytes < REUSED_BYTES) break;
      this.#remove(first);
    }
    return elsewhere;
  }

  close(): void {
    const only = this.#segments[0];
    this.#endWriting();
    if (only?.rows?.size === 0) rmSync(only.path, { force: true });
  }

  get #name(): string {
    return `${this.#options.service}.records`;
  }

  #segment(number: number): Segment {
    const name = `${this.#name}-${String(number).padStart(6, '0')}.log`;
    return { number, path: join(this.#options.folder, name), rows: undefined, bytes: 0, deleted: false };
  }

  #load(segment: Segment): Map<string, StoredRecord> {
    if (segment.rows === undefined) {
      const { rows, damaged } = decodeFrames(readFileSync(segment.path));
      if (damaged)
        throw new StoreError('corrupt', `${segment.path} is damaged`, {
          hint: 'keep a copy of the file and restore the last backup',
        });
      segment.rows = new Map(rows.map((row) => [row.event_id, row]));
    }
    return segment.rows;
  }

  /** The segment to write to. */
  #open(bytes: number): { segment: Segment; fd: number } {
    const current = this.#writing;
    if (current && (current.segment.bytes === 0 || current.segment.bytes + bytes <= SEGMENT_BYTES)) return current;
    this.#endWriting();
    const segment = this.#segment(this.#next);
    try {
      const fd = openSync(segment.path, APPENDING, 0o600);
      segment.rows = new Map();
      this.#writing = { segment, fd };
      this.#next++;
      this.#segments.push(segment);
      syncFolder(this.#options.folder);
      return this.#writing;
    } catch (error) {
      throw translated(error, this.#name);
    }
  }

  #endWriting(): void {
    if (!this.#writing) return;
    const { segment, fd } = this.#writing;
    closeFile(fd, () => undefined);
    this.#writing = undefined;
    // What is not next to be delivered waits on disk. Delivered rows are known in memory only.
    if (segment !== this.#segments[0] && !segment.deleted) segment.rows = undefined;
  }

  #remove(segment: Segment): void {
    if (this.#writing?.segment === segment) this.#endWriting();
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    // Left behind, it would be delivered again after a restart, which receivers expect.
    unlink(segment.path, () => undefined);
  }

  #failed(error: unknown, fd: number, segment: Segment): unknown {
    const answer = translated(error, this.#name);
    if (answer instanceof StoreError && answer.code === 'disk-full') {
      try {
        ftruncateSync(fd, segment.bytes);
      } catch {
        // The next batch is written over what is there.
      }
      return answer;
    }
    // After a failed flush the kernel may have dropped what was written: nothing later proves anything.
    this.#broken = new StoreError('unavailable', `${this.#name} had an input/output error and is out of use`, {
      cause: error,
      committed: 'unknown',
      hint: 'check the disk, then start again',
    });
    this.#options.onBroken(this.#broken);
    return this.#broken;
  }
}

function writeAll(fd: number, bytes: Buffer, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const write = (from: number): void => {
      writeFile(fd, bytes, from, bytes.length - from, position + from, (error, written) => {
        if (error) reject(error);
        else if (from + written === bytes.length) resolve();
        else write(from + written);
      });
    };
    write(0);
  });
}

/** A file exists after a power failure only when its folder was flushed. */
function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

function translated(error: unknown, where: string): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return error;
  if (FULL.has(code)) {
    return new StoreError('disk-full', `no space left for ${where}`, { cause: error, hint: 'free disk space' });
  }
  return new StoreError('unavailable', `${where} cannot be written`, {
    cause: error,
    hint: 'check the disk, the owner and the mode of the data folder',
  });
}
