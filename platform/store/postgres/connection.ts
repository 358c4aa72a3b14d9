import { hash } from 'node:crypto';
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import pg from 'pg';
import { StoreError } from '../error.ts';
import { portableParameters } from '../portable.ts';
import { fromPostgres, spoilsConnection } from './errors.ts';

const NAMED_STATEMENTS = 500;

/**
 * Names for prepared statements. A text is named when it is seen the second time: texts that occur once (lists of
 * changing length) would only fill the memory of the server's sessions.
 */
export class StatementNames {
  readonly #names = new Map<string, string | undefined>();
  #named = 0;

  nameOf(text: string): string | undefined {
    const name = this.#names.get(text);
    if (name !== undefined) return name;
    if (this.#named >= NAMED_STATEMENTS) return undefined;
    if (!this.#names.has(text)) {
      if (this.#names.size >= 4 * NAMED_STATEMENTS) this.#forgetUnnamed();
      this.#names.set(text, undefined);
      return undefined;
    }
    this.#named += 1;
    // From the text, not from a counter: several drivers may share the connections of one pool.
    const created = `p${hash('sha256', text).slice(0, 32)}`;
    this.#names.set(text, created);
    return created;
  }

  #forgetUnnamed(): void {
    for (const [text, name] of this.#names) if (name === undefined) this.#names.delete(text);
  }
}

const INT8 = 20;
const NUMERIC = 1700;
const BOOL = 16;

/** Values as SQLite gives them: numbers for 64-bit integers and sums, 0 or 1 for truth values. */
export const portableTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === INT8 || oid === NUMERIC) return Number;
    if (oid === BOOL) return (value: string) => (value === 't' ? 1 : 0);
    return pg.types.getTypeParser(oid, format as 'text');
  }) as typeof pg.types.getTypeParser,
};

const COUNTED = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

/** One use of a pooled connection; refuses statements after release or after a failed one, like on SQLite. */
export class PostgresConnection implements DatabaseConnection {
  readonly client: pg.PoolClient;
  readonly #names: StatementNames;
  readonly #where: string;
  #failed = false;
  #spoiled = false;
  #released = false;

  constructor(client: pg.PoolClient, names: StatementNames, where: string) {
    this.client = client;
    this.#names = names;
    this.#where = where;
  }

  get failed(): boolean {
    return this.#failed;
  }

  get spoiled(): boolean {
    return this.#spoiled;
  }

  /** A statement of the driver itself (BEGIN, COMMIT, ROLLBACK). */
  async control(text: string): Promise<void> {
    try {
      await this.client.query(text);
    } catch (error) {
      throw this.#note(error);
    }
  }

  release(): void {
    this.#released = true;
    this.client.release(this.#spoiled);
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#released) throw new StoreError('misuse', 'a statement was sent after its transaction ended');
    if (this.#failed) throw new StoreError('misuse', 'a statement was sent in a transaction that has failed');
    try {
      const text = query.sql;
      const values = portableParameters(query.parameters);
      const name = this.#names.nameOf(text);
      const result = await this.client.query(name === undefined ? { text, values } : { name, text, values });
      return COUNTED.has(result.command)
        ? { rows: result.rows, numAffectedRows: BigInt(result.rowCount ?? 0) }
        : { rows: result.rows };
    } catch (error) {
      throw this.#note(error);
    }
  }

  // biome-ignore lint/correctness/useYield: part of Kysely's interface, refused on both engines
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new StoreError('misuse', 'streaming is not supported', { hint: 'read in pages' });
  }

  #note(error: unknown): unknown {
    this.#failed = true;
    this.#spoiled ||= spoilsConnection(error);
    return fromPostgres(error, this.#where);
  }
}
