import type { Database } from 'better-sqlite3';
import type { DatabaseConnection, Driver } from 'kysely';
import type { CommitFate } from '../engine.ts';
import { StoreError } from '../error.ts';
import { WriterLock } from '../writer-lock.ts';
import { SqliteConnection, StatementCache } from './connection.ts';
import { fromSqlite, isFatal } from './errors.ts';

const WRITER_WAIT_MS = 5000;
/** Transactions that share one COMMIT. */
const MOST_TOGETHER = 64;

/** Of a transaction that is over, well or not, and waits for the COMMIT of those it came together with. */
interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The one writing connection: its lock, its BEGIN and its COMMIT.
 * After an input/output error it is broken for good and refuses everything.
 *
 * Transactions that come together share one COMMIT, because each COMMIT flushes to the disk inside the call (ADR 13). The
 * first one begins, those after it are savepoints, and all are answered when the COMMIT returned.
 *
 * INVARIANT: the lock is held by a transaction from its first statement to its last, and by whoever commits. While it
 * is free, everything in the open database transaction belongs to those in `#waiting`.
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
  #waiting: Waiting[] = [];
  #planned = false;
  /** So many of the next transactions have a COMMIT of their own. */
  #alone = 0;

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

  /** Commits whoever waits for it. Only with the lock. */
  settle(): void {
    const together = this.#waiting.splice(0);
    if (together.length === 0) return;
    try {
      this.assertUsable();
      this.#commit();
    } catch (error) {
      this.#rollBackAll();
      const shown = this.#isOfOne(error, together.length) ? this.#apart(error, together.length) : error;
      for (const one of together) one.reject(shown);
      return;
    }
    for (const one of together) one.resolve();
  }

  /** For good: who waits is committed, a transaction that does not end in time is cut off. */
  async close(): Promise<void> {
    try {
      await this.lock.acquire();
      this.settle();
    } catch {
      this.#undoWaiting(new StoreError('unavailable', `${this.#where} is closed`));
    }
  }

  #begin(): void {
    try {
      this.statements.get(this.#waiting.length === 0 ? 'begin immediate' : 'savepoint one').run();
    } catch (error) {
      throw this.translate(error);
    }
  }

  #commit(): void {
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

  /** A foreign key that is checked at the COMMIT is violated by one of them, and it is not said by which. */
  #isOfOne(error: unknown, together: number): boolean {
    const code = (error as { code?: unknown } | null)?.code;
    return together > 1 && typeof code === 'string' && code.startsWith('SQLITE_CONSTRAINT');
  }

  #apart(cause: unknown, together: number): StoreError {
    // Some of the next are others.
    this.#alone = together * 3;
    return new StoreError('unavailable', `a shared commit on ${this.#where} was refused`, { cause, retryable: true });
  }

  /** Undoes one transaction. Never throws: what led here is the error that matters. */
  #rollBackOne(): void {
    if (this.#waiting.length === 0) {
      this.#rollBackAll();
      return;
    }
    try {
      // After some errors (disk full, input/output) SQLite has rolled back everything.
      if (this.#db.open && this.#db.inTransaction) {
        this.statements.get('rollback to one').run();
        this.statements.get('release one').run();
        return;
      }
    } catch (error) {
      this.translate(error);
    }
    this.#undoWaiting(
      new StoreError('unavailable', `transactions on ${this.#where} were undone with another one`, { retryable: true }),
    );
  }

  #undoWaiting(error: StoreError): void {
    this.#rollBackAll();
    for (const one of this.#waiting.splice(0)) one.reject(error);
  }

  #rollBackAll(): void {
    try {
      if (this.#db.open && this.#db.inTransaction) this.statements.get('rollback').run();
    } catch (error) {
      this.translate(error);
    }
  }

  /** Whoever is served in this turn of the event loop still joins; who is at it then commits for all when it ends. */
  #release(): void {
    this.lock.release();
    if (this.#waiting.length === 0 || this.#planned) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      if (this.#waiting.length === 0 || !this.lock.tryAcquire()) return;
      this.settle();
      this.#release();
    });
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    await this.lock.acquire();
    try {
      this.assertUsable();
    } catch (error) {
      this.#release();
      throw error;
    }
    return new SqliteConnection(this.statements, this.translate);
  }

  async beginTransaction(): Promise<void> {
    this.#begin();
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    const own = connection as SqliteConnection;
    if (own.failed) {
      throw new StoreError('misuse', 'commit was asked for in a transaction that has failed');
    }
    if (this.#waiting.length > 0) this.#keepOne();
    return this.#shareFate(own);
  }

  /** From here on nothing of its own is left to undo; it is answered when the COMMIT of the others returned. */
  #shareFate(own: SqliteConnection): Promise<void> {
    own.release();
    const committed = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
    if (this.#alone > 0 || this.#waiting.length >= MOST_TOGETHER) {
      this.#alone = Math.max(0, this.#alone - 1);
      this.settle();
    }
    this.#release();
    return committed;
  }

  #keepOne(): void {
    try {
      this.statements.get('release one').run();
    } catch (error) {
      throw this.translate(error);
    }
  }

  /**
   * What made it fail may be what those before it wrote. So it waits for them: its error is answered when what it saw is
   * on disk, and whoever looks again then sees it; if that never comes to be, the error is theirs.
   */
  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    const own = connection as SqliteConnection;
    if (own.released) return;
    this.#rollBackOne();
    if (this.#waiting.length > 0) await this.#shareFate(own);
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    const own = connection as SqliteConnection;
    if (!own.released) {
      own.release();
      this.#release();
    }
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

  constructor(statements: StatementCache, writer: SqliteWriter) {
    this.#statements = statements;
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
