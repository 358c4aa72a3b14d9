import type { Database, Statement } from 'better-sqlite3';
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import { StoreError } from '../error.ts';
import { portableParameters } from '../portable.ts';

// Enough for every statement of a service; only queries with lists of changing length exceed it.
const CACHED_STATEMENTS = 500;

/** Prepared statements by text, for one database handle. */
export class StatementCache {
  readonly #db: Database;
  readonly #statements = new Map<string, Statement>();

  constructor(db: Database) {
    this.#db = db;
  }

  get(text: string): Statement {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#db.prepare(text);
      if (this.#statements.size >= CACHED_STATEMENTS) {
        for (const oldest of this.#statements.keys()) {
          this.#statements.delete(oldest);
          break;
        }
      }
      this.#statements.set(text, statement);
    }
    return statement;
  }
}

/**
 * One use of the connection by Kysely, from acquire to release. After release, or after a failed statement, it
 * refuses to run anything: a forgotten `await` must not reach into the next transaction, and a transaction whose
 * error was swallowed must not commit (PostgreSQL would turn that COMMIT into a silent ROLLBACK).
 */
export class SqliteConnection implements DatabaseConnection {
  readonly #statements: StatementCache;
  readonly #translate: (error: unknown) => unknown;
  #failed = false;
  #released = false;

  constructor(statements: StatementCache, translate: (error: unknown) => unknown) {
    this.#statements = statements;
    this.#translate = translate;
  }

  get failed(): boolean {
    return this.#failed;
  }

  get released(): boolean {
    return this.#released;
  }

  release(): void {
    this.#released = true;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#released) throw new StoreError('misuse', 'a statement was sent after its transaction ended');
    if (this.#failed) throw new StoreError('misuse', 'a statement was sent in a transaction that has failed');
    try {
      const statement = this.#statements.get(query.sql);
      const parameters = portableParameters(query.parameters);
      if (statement.reader) return { rows: statement.all(parameters) as R[] };
      const { changes } = statement.run(parameters);
      return { rows: [], numAffectedRows: BigInt(changes) };
    } catch (error) {
      this.#failed = true;
      throw this.#translate(error);
    }
  }

  // biome-ignore lint/correctness/useYield: part of Kysely's interface, refused on both engines
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new StoreError('misuse', 'streaming is not supported', { hint: 'read in pages' });
  }
}
