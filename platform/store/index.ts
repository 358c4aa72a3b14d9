/**
 * Storage of one service: SQLite (a file per service) or PostgreSQL (a schema per service) behind one interface.
 *
 * Guarantees: what a call acknowledged is on disk; a transaction is kept whole or not at all; an audit record that
 * is written in a transaction shares its fate; a second process, a newer release or a damaged file is recognised
 * before the first write. Refuses: writes outside a transaction, statements after the end of one, column types and
 * numbers that do not mean the same on both engines.
 */
import { join } from 'node:path';
import type { Kysely, Transaction } from 'kysely';
import type { CommitFaults, Engine, StoreHealth, StoreLogger } from './engine.ts';
import { StoreError } from './error.ts';
import { type Migration, migrate } from './migrate.ts';
import type { EngineName } from './portable.ts';
import { openPostgres } from './postgres/engine.ts';
import { openSqlite } from './sqlite/engine.ts';
import { type Change, Changes } from './tables/changes.ts';
import { Idempotency } from './tables/idempotency.ts';
import { Jobs } from './tables/jobs.ts';
import { Outbox, type OutboxRow } from './tables/outbox.ts';
import type { PlatformTables } from './tables/schema.ts';
import { type AnyTransaction, runTransaction } from './transaction.ts';

export type { CommitFaults, StoreHealth, StoreLogger } from './engine.ts';
export { isForeignKeyViolation, isUniqueViolation, StoreError, type StoreErrorCode } from './error.ts';
export type { Migration } from './migrate.ts';
export type { Change } from './tables/changes.ts';
export type { ClaimResult, Idempotency, IdempotencyClaim, IdempotencyKey } from './tables/idempotency.ts';
export type { ClaimOptions, Job, JobFailure, Jobs, NewJob } from './tables/jobs.ts';
export type { OutboxRow } from './tables/outbox.ts';
export { LEAST_WAIT_MS, nothingDeletedBefore, restoredAt } from './tables/restores.ts';
export { type AnyTransaction, onTransactionEnd } from './transaction.ts';
export { updateVersioned } from './versioned.ts';

export interface StoreOptions {
  /** Lower-case name, also the file name and the PostgreSQL schema. */
  readonly service: string;
  /** `postgres://...`; absent = SQLite. */
  readonly url?: string | undefined;
  /** Folder of the SQLite files; made with mode 0700 when missing. */
  readonly folder?: string | undefined;
  readonly clock: { now(): number };
  /** The service's own migrations; the platform's tables come before them. */
  readonly migrations: readonly Migration[];
  readonly logger?: StoreLogger | undefined;
  /** PostgreSQL: most connections for transactions (reads have half as many more); default 6. */
  readonly connections?: number | undefined;
  /** Called once when the disk reported an error and the store went out of use: the process should end. */
  readonly onFatal?: ((error: StoreError) => void) | undefined;
  readonly faults?: CommitFaults | undefined;
}

export interface Store<DB> {
  readonly engine: EngineName;
  /** Committed rows, outside any transaction; refuses writes and row locks. Each query sees its own moment. */
  readonly read: Kysely<DB>;
  /**
   * Runs `work` and commits. Isolation: SQLite has one transaction at a time; PostgreSQL is READ COMMITTED, so lock
   * what you read and then rely on (`.forUpdate()`, ignored on SQLite) or use `updateVersioned`. `work` may run
   * again (at most three times), so it must do nothing but use `tx`. After any error of a statement the transaction
   * must be abandoned. Do not wait inside `work` for another transaction or for `appendRecord`.
   * @throws StoreError; `committed` is `unknown` when the answer to COMMIT was lost
   */
  transaction<T>(work: (tx: Transaction<DB>) => Promise<T>): Promise<T>;
  /** Several reads of one unchanging moment. Keep it short. */
  snapshot<T>(work: (view: Kysely<DB>) => Promise<T>): Promise<T>;

  /** Group commit: resolves when the row is on disk, rejects when its whole batch was not written. */
  appendRecord(row: OutboxRow): Promise<void>;
  appendRecordIn(tx: AnyTransaction, row: OutboxRow): Promise<void>;
  /** Records not yet deleted, in insertion order. */
  readOutbox(limit: number): Promise<OutboxRow[]>;
  /** Deletes relayed records. After a crash some may be there again: receivers know them by their event id. */
  deleteOutbox(eventIds: readonly string[]): Promise<void>;

  /** Last statement of a policy-affecting transaction; returns the new global version. */
  bumpVersion(
    tx: AnyTransaction,
    change: { kind: string; objectId: string; accountId: string | null },
  ): Promise<number>;
  currentVersion(): Promise<number>;
  /** Changes above `v`, oldest first, gapless; a first one other than `v + 1` means the feed was pruned. */
  changesSince(v: number, limit: number): Promise<Change[]>;
  pruneChanges(tx: AnyTransaction, v: number): Promise<void>;

  readonly idempotency: Idempotency;
  readonly jobs: Jobs;

  health(): Promise<StoreHealth>;
  /** Writes waiting records, then closes everything; calls made later are refused. */
  close(): Promise<void>;
}

/**
 * Opens, checks and migrates the store of a service.
 * @throws StoreError `locked`, `newer-schema`, `schema-mismatch`, `corrupt`, `disk-full`, `unavailable`, `unsupported`
 */
export async function openStore<DB>(options: StoreOptions): Promise<Store<DB>> {
  const { service, clock, migrations } = options;
  if (!/^[a-z][a-z0-9_]{0,30}$/.test(service)) throw new StoreError('misuse', `${service} is not a store name`);
  const now = () => clock.now();
  const engine = await openEngine(options);
  try {
    const applied = await migrate(engine, service, migrations, now);
    engine.markInitialised();
    if (applied.length > 0) options.logger?.info({ service, engine: engine.name, applied }, 'schema migrated');
    return buildStore<DB>(engine, now, await Outbox.highestPosition(engine));
  } catch (error) {
    await engine.close();
    throw error;
  }
}

function openEngine(options: StoreOptions): Promise<Engine & { markInitialised(): void }> {
  if (options.url !== undefined) return openPostgres({ ...options, url: options.url });
  if (options.folder === undefined) throw new StoreError('misuse', `store ${options.service} has no folder and no url`);
  return openSqlite({ ...options, folder: join(options.folder) });
}

function buildStore<DB>(engine: Engine, now: () => number, position: number): Store<DB> {
  const outbox = new Outbox(engine, now, position);
  const changes = new Changes(engine, now);
  let closing: Promise<void> | undefined;
  const asService = (db: Kysely<PlatformTables>) => db as unknown as Kysely<DB>;
  return {
    engine: engine.name,
    read: asService(engine.reader),
    transaction: (work) => runTransaction(engine, work),
    snapshot: (work) =>
      engine.snapshot(async (view) => {
        // Both engines fix the moment with the first read: take it now, not whenever `work` gets to it.
        await view.selectFrom('global_version').select('v').execute();
        return work(asService(view));
      }),
    appendRecord: (row) => outbox.append(row),
    appendRecordIn: (tx, row) => outbox.appendIn(tx, row),
    readOutbox: (limit) => outbox.read(limit),
    deleteOutbox: (ids) => outbox.delete(ids),
    bumpVersion: (tx, change) => changes.bump(tx, change),
    currentVersion: () => changes.current(),
    changesSince: (v, limit) => changes.since(v, limit),
    pruneChanges: (tx, v) => changes.prune(tx, v),
    idempotency: new Idempotency(now),
    jobs: new Jobs(engine),
    health: () => engine.health(),
    close() {
      closing ??= outbox.close().then(() => engine.close());
      return closing;
    },
  };
}
