/** The files of a data folder that belong into a backup, and how they are read and written. */
import { createReadStream, lstatSync, readdirSync } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { RESTORED } from '../platform/runtime/restored-mark.ts';
import { BackupError } from './error.ts';
import type { Sink, Source } from './format/frames.ts';

/** Databases, their locks and the journals beside them are copied in another way; sockets and PIDs are of one run. */
const ELSEWHERE = /^[a-z][a-z0-9_]*(\.db(-wal|-shm|-journal)?|\.lock(-wal|-shm|-journal)?|\.records-\d+\.log)$/;
/** Halves of files that were being replaced. */
const UNFINISHED = /\.(tmp|new|part)$/;
export const STAGING = '.backup-';

/** Paths in the folder, sorted. */
export function keptFiles(folder: string): string[] {
  const found: string[] = [];
  const walk = (at: string) => {
    for (const name of readdirSync(at)) {
      const path = join(at, name);
      const state = lstatSync(path, { throwIfNoEntry: false });
      const isTop = at === folder;
      if (isTop && (name === 'run' || name === RESTORED || name.startsWith(STAGING) || ELSEWHERE.test(name))) continue;
      if (state?.isDirectory()) walk(path);
      else if (state?.isFile() && !UNFINISHED.test(name)) found.push(relative(folder, path));
    }
  };
  walk(folder);
  return found.sort();
}

/** Journals of the records of a service. */
export function journals(folder: string, service: string): string[] {
  const prefix = `${service}.records-`;
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && name.endsWith('.log'))
    .sort();
}

export function contentOf(path: string): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: 256 * 1024 });
}

/** Reads a file in pieces of the sizes that are asked for. */
export async function openSource(path: string): Promise<{ source: Source; close(): Promise<void> }> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new BackupError('place', `${path} cannot be read: ${error.code}`);
  });
  return {
    async source(length) {
      const bytes = Buffer.allocUnsafe(length);
      let got = 0;
      while (got < length) {
        const { bytesRead } = await file.read(bytes, got, length - got);
        if (bytesRead === 0) break;
        got += bytesRead;
      }
      return bytes.subarray(0, got);
    },
    close: () => file.close(),
  };
}

export interface NewFile {
  sink: Sink;
  /** Gives it its name, once it is on disk. */
  finish(): Promise<void>;
  abandon(): Promise<void>;
}

const PARTIAL = '.partial';

/** A file that appears under its name when it is whole. */
export async function newFile(path: string): Promise<NewFile> {
  if (await stat(path).catch(() => undefined))
    throw new BackupError('place', `${path} is there already`, 'name another file: backups are never written over');
  const partial = `${path}${PARTIAL}`;
  const file = await open(partial, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST')
      throw new BackupError('place', `${partial} is there: a backup was cut off, or is being made`, 'remove it');
    throw new BackupError('place', `${partial} cannot be written: ${error.code}`);
  });
  return {
    async sink(bytes) {
      for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
    },
    async finish() {
      await file.sync();
      await file.close();
      await rename(partial, path);
      await syncFolder(dirname(path));
    },
    async abandon() {
      await file.close().catch(() => undefined);
      await rm(partial, { force: true });
    },
  };
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function makePrivately(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
}
