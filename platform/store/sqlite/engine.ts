/**
 * SQLite as a store: WAL with `synchronous=FULL`, one writing connection, separate reading connections, one process
 * per file. Refuses damaged, foreign, newer and in-use databases before the first write.
 */
import Database from 'better-sqlite3';
import {
  type CompiledQuery,
  type Dialect,
  type Driver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from 'kysely';
import { type CommitFaults, type Engine, RECORD_COLUMNS, type StoreLogger } from '../engine.ts';
import { StoreError } from '../error.ts';
import { describeMigrations, type Migration, pendingMigrations } from '../migrate.ts';
import { OnlyReads, WithoutRowLocks } from '../portable.ts';
import type { Answering } from '../prepared-query.ts';
import type { PlatformTables } from '../tables/schema.ts';
import { WriterLock } from '../writer-lock.ts';
import { Answers } from './answers.ts';
import { StatementCache } from './connection.ts';
import { SqliteReader, SqliteWriter } from './driver.ts';
import { fromSqlite } from './errors.ts';
import { BUSY_TIMEOUT_MS, createPrivately, inspect, openWriting, ProcessLock, prepareFolder } from './files.ts';
import { RecordJournal } from './journal.ts';

const CHECKPOINT_INTERVAL_MS = 500;

const INSERT_RECORD = `insert into audit_outbox (${RECORD_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?)`;

export interface SqliteOptions {
  readonly service: string;
  readonly folder: string;
  readonly clock: { now(): number };
  readonly migrations: readonly Migration[];
  readonly logger?: StoreLogger | undefined;
  readonly faults?: CommitFaults | undefined;
  readonly onFatal?: ((error: StoreError) => void) | undefined;
}

export async function openSqlite(options: SqliteOptions): Promise<Engine & { markInitialised(): void }> {
  const { service, folder } = options;
  const path = prepareFolder(folder, service);
  const lock = new ProcessLock(folder, service);
  const handles: Database.Database[] = [];
  try {
    const applied = inspect(path, lock.initialised);
    if (applied !== undefined) {
      pendingMigrations(path, await describeMigrations('sqlite', service, options.migrations), applied);
    }
    createPrivately(path);
    handles.push(openWriting(path));
  } catch (error) {
    for (const handle of handles) handle.close();
    lock.release();
    throw fromSqlite(error, path);
  }
  const db = handles[0]!;

  const openReading = (): Database.Database => {
    const handle = new Database(path, { readonly: true, timeout: BUSY_TIMEOUT_MS });
    handle.pragma('cache_size = -4000');
    handles.push(handle);
    return handle;
  };
  const { faults } = options;
  let commits = 0;
  // Commits of the database and of the journal are counted together.
  const fate = faults && (() => faults.onCommit(++commits));
  const writer = new SqliteWriter(db, `${service}.db`, fate, (error) => {
    options.logger?.error({ service }, error.message);
    options.onFatal?.(error);
  });
  const writing = new Kysely<PlatformTables>({ dialect: dialect(writer), plugins: [new WithoutRowLocks()] });
  const readable = openReading();
  const readStatements = new StatementCache(readable);
  const answers = new Answers(readable, readStatements, writer);
  const reading = new Kysely<PlatformTables>({
    dialect: dialect(new SqliteReader(readStatements, writer), () => new AnsweringAdapter(answers)),
    plugins: [new OnlyReads()],
  });

  let journal: RecordJournal;
  try {
    journal = new RecordJournal({
      service,
      folder,
      fate,
      onBroken: (error) => writer.breakDown(error),
    });
  } catch (error) {
    for (const handle of handles) handle.close();
    lock.release();
    throw error;
  }

  let checkpointed = 0;
  const checkpoints = setInterval(() => {
    // PASSIVE never waits for readers; it is skipped while a transaction is open.
    if (writer.commits === checkpointed || !writer.lock.tryAcquire()) return;
    try {
      writer.settle();
      checkpointed = writer.commits;
      db.pragma('wal_checkpoint(PASSIVE)');
    } catch (error) {
      // An input/output error here says as much about the disk as one in a commit: `translate` takes note of it.
      options.logger?.warn({ service, error: String(writer.translate(error)) }, 'checkpoint failed');
    } finally {
      writer.lock.release();
    }
  }, CHECKPOINT_INTERVAL_MS);
  checkpoints.unref();

  const snapshots = new WriterLock(`${service}.db snapshot`, 5000);
  let snapshotHandle: Database.Database | undefined;

  return {
    name: 'sqlite',
    writer: writing,
    reader: reading,
    insertRecordText: INSERT_RECORD,
    now: () => sql<number>`${options.clock.now()}`,
    lockMigrations: () => Promise.resolve(),
    markInitialised: () => lock.markInitialised(),

    insertRecords: (rows) => journal.append(rows),
    journal,

    async snapshot(work) {
      await snapshots.acquire();
      try {
        writer.assertUsable();
        snapshotHandle ??= openReading();
        snapshotHandle.exec('begin');
        try {
          const view = new Kysely<PlatformTables>({
            dialect: dialect(new SqliteReader(new StatementCache(snapshotHandle), writer)),
            plugins: [new OnlyReads()],
          });
          return await work(view);
        } finally {
          snapshotHandle.exec('rollback');
        }
      } finally {
        snapshots.release();
      }
    },

    async health() {
      if (writer.broken !== undefined) return { ok: false, detail: writer.broken.message };
      try {
        await sql`select v from global_version`.execute(reading);
        return { ok: true, detail: `sqlite ${service}.db` };
      } catch (error) {
        return { ok: false, detail: error instanceof StoreError ? error.message : `${service}.db does not answer` };
      }
    },

    async close() {
      clearInterval(checkpoints);
      journal.close();
      // A transaction or snapshot that does not end in time is cut off; SQLite rolls it back.
      await Promise.allSettled([writer.close(), snapshots.acquire()]);
      // The writer goes last: it folds the WAL into the database when it is the only connection left.
      for (const handle of handles.toReversed()) handle.close();
      writer.lock.release();
      snapshots.release();
      lock.release();
    },
  };
}

class AnsweringAdapter extends SqliteAdapter implements Answering {
  readonly #answers: Answers;

  constructor(answers: Answers) {
    super();
    this.#answers = answers;
  }

  answer(query: CompiledQuery, values: readonly unknown[]): readonly object[] {
    return this.#answers.rows(query, values);
  }
}

function dialect(driver: Driver, createAdapter = () => new SqliteAdapter()): Dialect {
  return {
    createAdapter,
    createDriver: () => driver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}
