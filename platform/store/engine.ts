import type { Kysely, RawBuilder, Transaction } from 'kysely';
import type { EngineName } from './portable.ts';
import type { PlatformTables } from './tables/schema.ts';

/** A record as the engines store it; `position` is the insertion order, assigned by the writer. */
export interface StoredRecord {
  readonly event_id: string;
  readonly account_id: string | null;
  readonly wseq: number;
  readonly boot: string;
  readonly created_at: number;
  readonly position: number;
  readonly record: string;
}

/** The columns of `audit_outbox` in the order both engines insert them. */
export const RECORD_COLUMNS = 'event_id, position, account_id, wseq, boot, created_at, record';

export function recordValues(row: StoredRecord): (string | number | null)[] {
  return [row.event_id, row.position, row.account_id, row.wseq, row.boot, row.created_at, row.record];
}

/** Records that wait outside the outbox table. */
export interface JournalledRecords {
  /** Highest position found at the start. */
  readonly position: number;
  /** The oldest rows, in the order they were written. */
  read(limit: number): StoredRecord[];
  /** Answers the ids that are not here. */
  delete(eventIds: readonly string[]): string[];
}

export interface StoreHealth {
  readonly ok: boolean;
  /** One line for operators; no secrets, no driver text. */
  readonly detail: string;
}

/**
 * Fault injection for tests: asked before every COMMIT of this store, `count` starting at 1. `fail` refuses the
 * commit, `lose-answer` commits and then reports an error, like a connection cut at the worst moment.
 */
export interface CommitFaults {
  onCommit(count: number): 'fail' | 'lose-answer' | undefined;
}

/** What becomes of the next commit: `CommitFaults` with the count kept. */
export type CommitFate = () => ReturnType<CommitFaults['onCommit']>;

export interface StoreLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What one database engine must be able to do; everything else is built on top and shared. */
export interface Engine {
  readonly name: EngineName;
  readonly writer: Kysely<PlatformTables>;
  readonly reader: Kysely<PlatformTables>;
  /** Milliseconds of the database's clock, as an SQL expression. */
  now(): RawBuilder<number>;
  /** Excludes other starters from migrating until `tx` ends. */
  lockMigrations(tx: Transaction<PlatformTables>): Promise<void>;
  /** Inserts one record with the columns in the order of `recordValues`; skips the query builder. */
  readonly insertRecordText: string;
  /** The hot path of group commits: all rows in one durable step, into the outbox table or the journal. */
  insertRecords(rows: readonly StoredRecord[]): Promise<void>;
  /** Where group commits go when it is not the outbox table. */
  readonly journal?: JournalledRecords;
  /** Runs `work` on one unchanging view of the database, read only. */
  snapshot<T>(work: (view: Kysely<PlatformTables>) => Promise<T>): Promise<T>;
  health(): Promise<StoreHealth>;
  close(): Promise<void>;
}
