import type { DatabaseConnection, Driver } from 'kysely';
import type pg from 'pg';
import { StoreError } from '../error.ts';
import { PostgresConnection, StatementNames } from './connection.ts';
import { fromPostgres } from './errors.ts';

/** Asks the fault injection, if any, what shall happen to the next commit. */
export type CommitFate = () => 'fail' | 'lose-answer' | undefined;

export class PostgresDriver implements Driver {
  readonly #pool: pg.Pool;
  readonly #where: string;
  readonly #begin: string;
  readonly #fate: CommitFate;
  readonly #names = new StatementNames();

  constructor(pool: pg.Pool, where: string, begin: string, fate: CommitFate) {
    this.#pool = pool;
    this.#where = where;
    this.#begin = begin;
    this.#fate = fate;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PostgresConnection> {
    try {
      return new PostgresConnection(await this.#pool.connect(), this.#names, this.#where);
    } catch (error) {
      throw fromPostgres(error, this.#where);
    }
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#begin === '') throw new StoreError('misuse', 'a transaction was begun through read');
    try {
      await (connection as PostgresConnection).control(this.#begin);
    } catch (error) {
      // A pooled connection that died while idle: nothing was sent yet, so another one may be tried.
      const { message, hint, code } = error as StoreError;
      throw new StoreError(code, message, { cause: error, retryable: true, ...(hint === undefined ? {} : { hint }) });
    }
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    const held = connection as PostgresConnection;
    if (held.failed) throw new StoreError('misuse', 'commit was asked for in a transaction that has failed');
    const fate = this.#fate();
    if (fate === 'fail') throw new StoreError('unavailable', `commit on ${this.#where} was refused`);
    try {
      await held.control('commit');
    } catch (error) {
      if (!held.spoiled) throw error;
      throw new StoreError('unavailable', `answer to commit on ${this.#where} was lost`, {
        cause: error,
        committed: 'unknown',
      });
    }
    if (fate === 'lose-answer') {
      throw new StoreError('unavailable', `answer to commit on ${this.#where} was lost`, { committed: 'unknown' });
    }
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    const held = connection as PostgresConnection;
    if (held.spoiled) return;
    // What led here is the error that matters; a connection that cannot roll back is dropped on release.
    await held.control('rollback').catch(() => undefined);
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    (connection as PostgresConnection).release();
  }

  async destroy(): Promise<void> {}
}
