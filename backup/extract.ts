/** Writes the parts of a backup into a folder of their own, each under its name, private to the owner. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { BackupError } from './error.ts';
import { openSource } from './files.ts';
import { type PartReceiver, readArchive } from './format/archive.ts';
import type { Opener } from './format/lock.ts';
import { isPartName, type Manifest } from './format/manifest.ts';

/** Throws when the file is not whole, however much was written by then. */
export async function extract(
  file: string,
  opener: Opener,
  folder: string,
  told: (line: string) => void,
): Promise<Manifest> {
  const { source, close } = await openSource(file);
  try {
    return await readArchive(source, opener, async (name) => {
      if (!isPartName(name)) throw new BackupError('content', 'a part of the backup has a name that no part has');
      if (!name.startsWith('files/')) told(name);
      return receiveInto(join(folder, name));
    });
  } finally {
    await close();
  }
}

async function receiveInto(path: string): Promise<PartReceiver> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // `wx`: a name that occurs twice is no backup of ours.
  const stream = createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
  const end = finished(stream);
  end.catch(() => undefined);
  return {
    async write(chunk) {
      if (!stream.write(chunk)) await Promise.race([once(stream, 'drain'), end]);
    },
    async end() {
      stream.end();
      await end;
      await chmod(path, 0o600);
    },
  };
}
