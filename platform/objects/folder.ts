import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { ServiceError } from '../contract/error.ts';
import { METADATA_SUFFIX, type ObjectFacts, type ObjectStore } from './store.ts';

/** Who may read what is written. */
const MODES = {
  everybody: { folder: 0o755, file: 0o644 },
  group: { folder: 0o750, file: 0o640 },
  owner: { folder: 0o700, file: 0o600 },
} as const;

export type Readers = keyof typeof MODES;

/** Files of a folder; web servers know their media type by the ending. */
export class FolderStore implements ObjectStore {
  private readonly folder: string;
  private readonly modes: (typeof MODES)[keyof typeof MODES];

  constructor(folder: string, readers: Readers) {
    this.folder = resolve(folder);
    this.modes = MODES[readers];
  }

  /** The metadata first: whoever sees an object finds what is said about it. */
  async put(path: string, bytes: Buffer, { metadata }: Pick<ObjectFacts, 'metadata'>): Promise<void> {
    if (metadata) await this.write(`${path}${METADATA_SUFFIX}`, Buffer.from(`${JSON.stringify(metadata)}\n`));
    await this.write(path, bytes);
  }

  private async write(path: string, bytes: Buffer): Promise<void> {
    const target = this.target(path);
    const part = `${target}.${randomUUID()}.part`;
    try {
      await mkdir(dirname(target), { recursive: true, mode: this.modes.folder });
      const file = await open(part, 'wx', this.modes.file);
      try {
        await file.writeFile(bytes);
        await file.chmod(this.modes.file);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(part, target);
    } catch (error) {
      await rm(part, { force: true }).catch(() => undefined);
      throw unusable(this.folder, error);
    }
  }

  async get(path: string): Promise<{ bytes: Buffer; mediaType: undefined } | undefined> {
    try {
      return { bytes: await readFile(this.target(path)), mediaType: undefined };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw unusable(this.folder, error);
    }
  }

  /** SECURITY: nothing is written outside of the folder, whatever the path. */
  private target(path: string): string {
    const target = join(this.folder, path);
    if (relative(this.folder, target).startsWith('..'))
      throw new ServiceError('Internal', `path ${path} leaves the folder`);
    return target;
  }
}

function unusable(folder: string, error: unknown): ServiceError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  return new ServiceError('Unavailable', `folder ${folder} cannot be used: ${code}`, { cause: error });
}
