/** Opens the object stores that an installation names. */
import type { Clock } from '../runtime/clock.ts';
import { FolderStore, type Readers } from './folder.ts';
import { S3Store } from './s3.ts';
import type { ObjectStore, ObjectStoreOptions } from './store.ts';

export { MAX_OBJECT_BYTES, type ObjectFacts, type ObjectStore, type ObjectStoreOptions } from './store.ts';

/** @param readers who may read files of a folder; of a bucket its own rules say so */
export function openObjectStore(
  options: ObjectStoreOptions,
  { clock, readers }: { clock: Clock; readers: Readers },
): ObjectStore {
  return options.kind === 'folder' ? new FolderStore(options.folder, readers) : new S3Store({ ...options, clock });
}
