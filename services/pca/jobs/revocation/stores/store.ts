/**
 * Places besides the PKI listener where lists are published: a folder that a web server shows, or a bucket of an object
 * store with the protocol of S3. Guarantees that whoever reads a list gets all of one list.
 */
export interface ObjectFacts {
  mediaType: string;
  /** How long caches may keep it. */
  freshSeconds: number;
  /** As authorities ask for it; absent: as the store has it by itself. */
  acl?: 'PUBLIC_READ' | 'BUCKET_OWNER_FULL_CONTROL' | undefined;
}

export interface ListStore {
  /** Replaces the object as a whole. Throws `ServiceError` with a sentence for operators. */
  put(path: string, bytes: Buffer, facts: ObjectFacts): Promise<void>;
  /** What is there now; undefined: nothing. */
  get(path: string): Promise<{ bytes: Buffer; mediaType: string | undefined } | undefined>;
}
