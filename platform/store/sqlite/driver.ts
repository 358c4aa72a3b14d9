import type { Database } from 'better-sqlite3';
import type { DatabaseConnection, Driver } from 'kysely';
import type { CommitFate } from '../engine.ts';
import { StoreError } from '../error.ts';
import { WriterLock } from '../writer-lock.ts';
import { SqliteConnection, StatementCache } from './connection.ts';
import { fromSqlite, isFatal } from './errors.ts';

const WRITER_WAIT_MS = 5000;

/**
 * The one writing connection: its lock, its BEGIN and its COMMIT.
 * After an input/output error it is broken for good and refuses everything.
 */
export class SqliteWriter implements Driver {
  readonly lock: WriterLock;
  readonly statements: StatementCache;
  readonly #db: Database;
  readonly #where: string;
  readonly #fate: CommitFate | undefined;
  readonly #onFatal: (error: StoreError) => void;
  #commits = 0;
  #broken: StoreError | undefined;

  constructor(db: Database, where: string, fate: CommitFate | undefined, onFatal: (error: StoreError) => void) {
    this.#db = db;
    this.#where = where;
    this.#fate = fate;
    this.#onFatal = onFatal;
    this.lock = new WriterLock(where, WRITER_WAIT_MS);
    this.statements = new StatementCache(db);
  }

  /** Commits begun so far. */
  get commits(): number {
    return this.#commits;
  }

  get broken(): StoreError | undefined {
    return this.#broken;
  }

  assertUsable(): void {
    if (this.#broken !== undefined) throw this.#broken;
    if (!this.#db.open) throw new StoreError('unavailable', `${this.#where} is closed`);
  }

  translate = (error: unknown): unknown => {
    const translated = fromSqlite(error, this.#where);
    if (isFatal(error)) {
      this.breakDown(
        new StoreError('unavailable', `${this.#where} had an input/output error and is out of use`, {
          cause: error,
          committed: 'unknown',
          hint: 'check the disk, then start again',
        }),
      );
    }
    return translated;
  };

  /** Nothing is written any more; the first reason stays. */
  breakDown(error: StoreError): void {
    if (this.#broken !== undefined) return;
    this.#broken = error;
    this.#onFatal(error);
  }

  begin(): void {
    try {
      this.statements.get('begin immediate').run();
    } catch (error) {
      throw this.translate(error);
    }
  }

  commit(): void {
    this.#commits += 1;
    const fate = this.#fate?.();
    if (fate === 'fail') throw new StoreError('unavailable', `commit on ${this.#where} was refused`);
    try {
      this.statements.get('commit').run();
    } catch (error) {
      throw this.translate(error);
    }
    if (fate === 'lose-answer') {
      throw new StoreError('unavailable', `answer to commit on ${this.#where} was lost`, { committed: 'unknown' });
    }
  }

  /** Never throws: what led here is the error that matters. */
  rollback(): void {
    try {
      // SQLite has already rolled back after some errors (disk full, input/output).
      if (this.#db.open && this.#db.inTransaction) this.statements.get('rollback').run();
    } catch (error) {
      this.translate(error);
    }
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    await this.lock.acquire();
    try {
      this.assertUsable();
    } catch (error) {
      this.lock.release();
      throw error;
    }
    return new SqliteConnection(this.statements, this.translate);
  }

  async beginTransaction(): Promise<void> {
    this.begin();
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    if ((connection as SqliteConnection).failed) {
      throw new StoreError('misuse', 'commit was asked for in a transaction that has failed');
    }
    this.commit();
  }

  async rollbackTransaction(): Promise<void> {
    this.rollback();
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    (connection as SqliteConnection).release();
    this.lock.release();
    // Statements are synchronous, so a loop of transactions would run in microtasks alone and starve sockets, timers
    // and the group commit: every transaction ends with a turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
  }

  async destroy(): Promise<void> {}
}

/** A read-only connection: sees only committed rows and never waits for the writer. */
export class SqliteReader implements Driver {
  readonly #statements: StatementCache;
  readonly #writer: SqliteWriter;

  constructor(db: Database, writer: SqliteWriter) {
    this.#statements = new StatementCache(db);
    this.#writer = writer;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    this.#writer.assertUsable();
    return new SqliteConnection(this.#statements, this.#writer.translate);
  }

  async beginTransaction(): Promise<void> {
    throw new StoreError('misuse', 'a transaction was begun through read');
  }

  async commitTransaction(): Promise<void> {}

  async rollbackTransaction(): Promise<void> {}

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    (connection as SqliteConnection).release();
  }

  async destroy(): Promise<void> {}
}
