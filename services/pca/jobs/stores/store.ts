/**
 * Places where files are put for others: a folder, or a bucket of an object store with the protocol of S3. Guarantees that
 * whoever reads a file gets all of one file.
 */
export interface ObjectFacts {
  mediaType: string;
  /** How long caches may keep it; `private`: it is not for caches, nor for everybody. */
  freshSeconds: number | 'private';
  /** As authorities ask for it; absent: as the store has it by itself. */
  acl?: 'PUBLIC_READ' | 'BUCKET_OWNER_FULL_CONTROL' | undefined;
}

/** Of a file: it is in memory when it is written and when it is read back. */
export const MAX_OBJECT_BYTES = 1 << 27;

export interface ObjectStore {
  /** Replaces the object as a whole. Throws `ServiceError` with a sentence for operators. */
  put(path: string, bytes: Buffer, facts: ObjectFacts): Promise<void>;
  /** What is there now; undefined: nothing. */
  get(path: string): Promise<{ bytes: Buffer; mediaType: string | undefined } | undefined>;
}
