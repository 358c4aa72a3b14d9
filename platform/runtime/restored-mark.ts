/**
 * The mark of a restored installation: a file in the data folder, there from the restore until somebody declares it. While it
 * is there nothing is written and no checkpoint is signed.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export const RESTORED = 'restored.json';

export interface RestoredMark {
  restoreId: string;
  backupId: string;
  /** When the log of the backup was held still. */
  heldAt: number;
  restoredAt: number;
}

/** Undefined: there is none. Throws when it is there and cannot be read. */
export function readMark(dataFolder: string): RestoredMark | undefined {
  let text: string;
  try {
    text = readFileSync(join(dataFolder, RESTORED), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const mark = JSON.parse(text) as Partial<RestoredMark>;
  const { restoreId, backupId, heldAt, restoredAt } = mark;
  if (typeof restoreId === 'string' && typeof backupId === 'string' && heldAt !== undefined && restoredAt !== undefined)
    return { restoreId, backupId, heldAt, restoredAt };
  throw new Error(`${join(dataFolder, RESTORED)} says nothing about a restore`);
}

export function removeMark(dataFolder: string): void {
  rmSync(join(dataFolder, RESTORED), { force: true });
}
