/**
 * Puts a backup back on an empty machine. Everything is unpacked and looked through in a folder beside the data folder, which
 * takes its place in one step at the end; the database is filled in one transaction before. Whatever ends it, the data folder
 * is empty or whole, and beginning again is safe.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { RESTORED, type RestoredMark } from '../platform/runtime/restored-mark.ts';
import { logFacts } from '../platform/store/backup/facts.ts';
import { askOnce, restoreDump, usedSchemas } from '../platform/store/backup/postgres.ts';
import { isInUse } from '../platform/store/backup/sqlite.ts';
import type { NoteKey } from '../tlog/note.ts';
import { DUMP, type Findings, lookThrough } from './contents.ts';
import { BackupError } from './error.ts';
import { extract } from './extract.ts';
import { makePrivately, syncFolder } from './files.ts';
import type { Opener } from './format/lock.ts';
import type { Manifest } from './format/manifest.ts';
import { SERVICES } from './services.ts';

export interface RestoreOptions {
  file: string;
  opener: Opener;
  dataFolder: string;
  /** Of the PostgreSQL database, for backups of one. */
  url: string | undefined;
  trusted: readonly NoteKey[];
  /** Looks whether it could be done, and leaves nothing behind. */
  dryRun: boolean;
  now(): number;
  told(line: string): void;
}

export async function restoreBackup(options: RestoreOptions): Promise<Findings & { manifest: Manifest }> {
  const dataFolder = resolve(options.dataFolder);
  refuseUsed(dataFolder);
  const staging = join(dirname(dataFolder), `.${basename(dataFolder)}.restoring`);
  await claim(staging);
  try {
    const manifest = await extract(options.file, options.opener, staging, options.told);
    if (manifest.engine === 'postgres' && options.url === undefined)
      throw new BackupError('place', 'this is a backup of a PostgreSQL database', 'name an empty one: --url');
    if (manifest.engine === 'sqlite' && options.url !== undefined)
      throw new BackupError('place', 'this is a backup of SQLite databases', 'restore it without --url');
    options.told('looking through databases and log');
    const findings = await lookThrough(staging, manifest, options.trusted);
    if (findings.faults.length > 0)
      throw new BackupError('content', `the backup is not restored: ${findings.faults.join('; ')}`);
    const isThere = options.url !== undefined && (await holdsBackup(options.url, manifest));
    if (options.dryRun) {
      await rm(staging, { recursive: true });
      return { manifest, ...findings };
    }
    if (options.url !== undefined && !isThere) {
      options.told('filling the database');
      await restoreDump(options.url, join(staging, DUMP));
    }
    await arrange(staging, manifest, options.now());
    await takePlace(staging, dataFolder);
    return { manifest, ...findings };
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
}

function refuseUsed(dataFolder: string): void {
  if (!existsSync(dataFolder)) return;
  if (!statSync(dataFolder).isDirectory()) throw new BackupError('place', `${dataFolder} is no folder`);
  if (SERVICES.some((service) => isInUse(dataFolder, service)))
    throw new BackupError('place', `a server runs on ${dataFolder}`, 'restore into another folder');
  if (readdirSync(dataFolder).length > 0)
    throw new BackupError('place', `${dataFolder} is not empty`, 'restore into an empty folder, or move it away first');
}

/** What an interrupted restore left is removed: it is unpacked again. */
async function claim(staging: string): Promise<void> {
  if (existsSync(staging)) await rm(staging, { recursive: true });
  await makePrivately(dirname(staging));
  await mkdir(staging, { mode: 0o700 });
}

/**
 * True: an earlier run was ended after it had filled the database. Throws when something else is there: that the log is the one of
 * the backup, to the record, is what tells.
 */
async function holdsBackup(url: string, manifest: Manifest): Promise<boolean> {
  const used = await usedSchemas(url, SERVICES);
  if (used.length === 0) return false;
  const found = used.includes('audit') ? await askOnce(url, 'audit', logFacts) : undefined;
  const { log } = manifest;
  const isSame = log !== null && found?.origin === log.origin && found.size === log.size && found.epoch === log.epoch;
  if (isSame && found.checkpoint === log.checkpoint && used.length === SERVICES.length) return true;
  throw new BackupError('place', `the database is not empty: it has ${used.join(', ')}`, 'restore into an empty one');
}

/** From parts to a data folder. */
async function arrange(staging: string, manifest: Manifest, now: number): Promise<void> {
  for (const kind of ['files', 'sqlite', 'records']) {
    const folder = join(staging, kind);
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder)) await rename(join(folder, name), join(staging, name));
    await rm(folder, { recursive: true });
  }
  await rm(join(staging, 'postgres'), { recursive: true, force: true });
  const mark: RestoredMark = {
    restoreId: randomUUID(),
    backupId: manifest.backupId,
    heldAt: manifest.heldAt,
    restoredAt: now,
  };
  await writeFile(join(staging, RESTORED), `${JSON.stringify(mark, null, 2)}\n`, { mode: 0o600, flush: true });
  await chmod(staging, 0o700);
  await syncFolder(staging);
}

async function takePlace(staging: string, dataFolder: string): Promise<void> {
  // Takes the place of an empty folder, and of no other.
  await rename(staging, dataFolder).catch((error: NodeJS.ErrnoException) => {
    throw new BackupError('place', `${dataFolder} cannot be replaced: ${error.code}`);
  });
  await syncFolder(dirname(dataFolder));
}
