import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { ObjectFacts, ObjectStore } from './store.ts';

/** Files of a folder; web servers know their media type by the ending. Readable by everybody, unless they are private. */
export class FolderStore implements ObjectStore {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
  }

  async put(path: string, bytes: Buffer, { freshSeconds }: ObjectFacts): Promise<void> {
    const isPrivate = freshSeconds === 'private';
    const mode = isPrivate ? 0o600 : 0o644;
    const target = this.target(path);
    const part = `${target}.${randomUUID()}.part`;
    try {
      await mkdir(dirname(target), { recursive: true, mode: isPrivate ? 0o700 : 0o755 });
      const file = await open(part, 'wx', mode);
      try {
        await file.writeFile(bytes);
        await file.chmod(mode);
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
