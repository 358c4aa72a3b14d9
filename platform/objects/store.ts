/**
 * Places outside where objects are put: a folder, or a bucket of an object store with the protocol of S3. Guarantees that
 * whoever reads an object gets all of one object.
 */
export interface ObjectFacts {
  mediaType: string;
  /** How long caches may keep it; absent: it is not for caches. */
  freshSeconds?: number;
  /** As the owner of the object asks for it; absent: as the store has it by itself. */
  acl?: 'PUBLIC_READ' | 'BUCKET_OWNER_FULL_CONTROL' | undefined;
  /** Said about the object: a bucket keeps it as `x-amz-meta-*`, a folder in a file beside it. */
  metadata?: Readonly<Record<string, string>>;
}

/** Of an object: it is in memory when it is written and when it is read back. */
export const MAX_OBJECT_BYTES = 1 << 27;

/** What a folder appends to the name of an object for the file with its metadata. */
export const METADATA_SUFFIX = '.metadata.json';

export interface ObjectStore {
  /** Replaces the object as a whole. Throws `ServiceError` with a sentence for operators. */
  put(path: string, bytes: Buffer, facts: ObjectFacts): Promise<void>;
  /** What is there now; undefined: nothing. */
  get(path: string): Promise<{ bytes: Buffer; mediaType: string | undefined } | undefined>;
}

/** How an installation names one. */
export type ObjectStoreOptions =
  | { kind: 'folder'; folder: string }
  | {
      kind: 's3';
      /** With the bucket as its path: every compatible store understands that form. */
      url: string;
      region: string;
      credentials: { accessKeyId: string; secretAccessKey: string };
    };
