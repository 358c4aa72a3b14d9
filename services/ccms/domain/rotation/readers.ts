/**
 * Who has a value in use: a reader may keep what it read for as long as its grants said, or for two default caches when
 * nobody said anything (the overlap rule, `overlap.ts`).
 */
import { minOverlapMs } from './overlap.ts';

const MINUTE_MS = 60_000;

/** The last read of a version by one user or role, whatever its sessions are called. Kept apart: reads write no more. */
export interface ReaderRow {
  secret_id: string;
  version_id: string;
  /** Of the user or the role. */
  reader_id: string;
  /** Of the session that read last. */
  reader_arn: string;
  /** JSON list of ids: the grants that were for the reader when it read. */
  grants: string;
  /** The end of the minute of the read: one row is written for all reads of a minute. */
  minute: number;
  keeps_until: number;
}

export interface VersionRead {
  readerId: string;
  readerArn: string;
  grantIds: readonly string[];
  /** What the grants let the reader keep the value for. */
  maxCacheSeconds: number | undefined;
}

export function readerRow(secretId: string, versionId: string, read: VersionRead, now: number): ReaderRow {
  const minute = Math.ceil(now / MINUTE_MS) * MINUTE_MS;
  return {
    secret_id: secretId,
    version_id: versionId,
    reader_id: read.readerId,
    reader_arn: read.readerArn,
    grants: JSON.stringify(read.grantIds),
    minute,
    keeps_until: minute + minOverlapMs([(read.maxCacheSeconds ?? 0) * 1000]),
  };
}

/** Of two reads by the same reader the later one, with the longer time of both. */
export function laterRead(a: ReaderRow, b: ReaderRow): ReaderRow {
  const [later, earlier] = a.minute >= b.minute ? [a, b] : [b, a];
  return { ...later, keeps_until: Math.max(later.keeps_until, earlier.keeps_until) };
}
