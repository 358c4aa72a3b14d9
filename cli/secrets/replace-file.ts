/**
 * Puts secrets into a file in one step: whoever reads it finds the old content or the new, and a file that cannot be
 * written whole is not touched. Only the owner can read it. Refuses a folder that everybody can look into or write to.
 */
import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '../terminal.ts';

const OTHERS_READ_OR_WRITE = 0o006;

export async function replaceFile(path: string, data: Buffer): Promise<void> {
  const target = resolve(path);
  const folder = dirname(target);
  await requirePrivate(folder);
  const draft = join(folder, `.${basename(target)}.${randomBytes(8).toString('hex')}`);
  try {
    await writeWhole(draft, data);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  // The new name is as durable as the content.
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

async function requirePrivate(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) throw new UsageError(`${folder} is no folder`, 'make it first, for its owner only');
  if ((found.mode & OTHERS_READ_OR_WRITE) === 0) return;
  throw new UsageError(`everybody can look into ${folder}`, `chmod o-rwx ${folder}, or write to another folder`);
}

async function writeWhole(path: string, data: Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}
