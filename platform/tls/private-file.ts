import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/**
 * Files that hold keys: mode 0600 in a folder of mode 0700, whole or absent after a crash at any moment.
 */

/** Makes the folder (0700). Throws when it exists and others may write to it. */
export function ensurePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if ((statSync(folder).mode & 0o022) !== 0) throw new Error(`folder ${folder} can be written by other users`);
}

/** Throws when other users may read or write the file. */
export function assertPrivateFile(path: string): void {
  if ((statSync(path).mode & 0o077) !== 0) throw new Error(`key file ${path} can be read by other users`);
}

/** Replaces the file in one step. */
export function replacePrivateFile(path: string, content: string): void {
  const temporary = writeTemporary(path, content);
  renameSync(temporary, path);
  syncFolder(path);
}

/** Creates the file in one step; false when another process was first. */
export function createPrivateFile(path: string, content: string): boolean {
  const temporary = writeTemporary(path, content);
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  syncFolder(path);
  return true;
}

function writeTemporary(path: string, content: string): string {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = openSync(temporary, 'wx', 0o600);
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return temporary;
}

/** The new name is durable only when the folder is. */
function syncFolder(path: string): void {
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
