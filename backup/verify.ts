/** Reads a backup to its end and looks at everything in it, without putting anything back. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { NoteKey } from '../tlog/note.ts';
import { type Findings, lookThrough } from './contents.ts';
import { extract } from './extract.ts';
import type { Opener } from './format/lock.ts';
import type { Manifest } from './format/manifest.ts';

export interface VerifyOptions {
  file: string;
  opener: Opener;
  /** Where databases are unpacked to be looked at; removed again. */
  work: string;
  trusted: readonly NoteKey[];
  told(line: string): void;
}

/** @throws BackupError when the file does not open or is not whole */
export async function verifyBackup(options: VerifyOptions): Promise<Findings & { manifest: Manifest }> {
  const folder = await mkdtemp(join(options.work, 'parapet-verify-'));
  try {
    const manifest = await extract(options.file, options.opener, folder, options.told);
    return { manifest, ...(await lookThrough(folder, manifest, options.trusted)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
