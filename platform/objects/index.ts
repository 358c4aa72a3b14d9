/** Opens the object stores that an installation names. */
import type { Clock } from '../runtime/clock.ts';
import { FolderStore } from './folder.ts';
import { S3Store } from './s3.ts';
import type { ObjectStore, ObjectStoreOptions } from './store.ts';

export type { ObjectFacts, ObjectStore, ObjectStoreOptions } from './store.ts';

/** @param readers who may read files of a folder; of a bucket its own rules say so */
export function openObjectStore(
  options: ObjectStoreOptions,
  { clock, readers }: { clock: Clock; readers: 'everybody' | 'group' },
): ObjectStore {
  return options.kind === 'folder' ? new FolderStore(options.folder, readers) : new S3Store({ ...options, clock });
}
