/**
 * What this installation signed last, in a file beside the database: somebody who puts the database back to an earlier
 * state does not put this back, and so cannot have another history signed under the same name.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePrivateFolder, replacePrivateFile } from '../../../platform/tls/private-file.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../../tlog/note.ts';

export class CheckpointMemory {
  private readonly path: string;
  private readonly folder: string;
  private keys = '';

  constructor(dataFolder: string) {
    this.folder = join(dataFolder, 'audit');
    this.path = join(this.folder, 'signed-checkpoint');
  }

  /** Undefined: this installation has signed nothing yet. Throws when the file is there and cannot be read. */
  read(): Checkpoint | undefined {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const checkpoint = readCheckpoint(text);
    if (!checkpoint) throw new Error(`${this.path} holds no checkpoint`);
    return checkpoint;
  }

  /** Keys that verify what is signed, for backups; written when they change. */
  writeKeys(keys: readonly string[]): void {
    const text = `${keys.join('\n')}\n`;
    if (text === this.keys) return;
    ensurePrivateFolder(this.folder);
    replacePrivateFile(join(this.folder, 'verifier-keys'), text);
    this.keys = text;
  }

  /** Durable when it returns. */
  write(checkpoint: Checkpoint): void {
    ensurePrivateFolder(this.folder);
    replacePrivateFile(this.path, writeCheckpoint(checkpoint));
  }
}
