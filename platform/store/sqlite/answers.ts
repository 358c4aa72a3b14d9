/**
 * Answers of prepared queries, as long as nobody wrote: every question first asks SQLite whether another connection
 * committed since, of this process or not, which costs a tenth of what reading a row costs.
 *
 * Guarantees: what is answered is what the query would answer now. Rows are handed to everybody who asks, so they are
 * frozen, and a row that is answered again is the same object: whoever verified it can know it by that.
 */
import type { Database, Statement } from 'better-sqlite3';
import type { CompiledQuery } from 'kysely';
import { LRUCache } from 'lru-cache';
import { portableParameters } from '../portable.ts';
import type { StatementCache } from './connection.ts';
import type { SqliteWriter } from './driver.ts';

/** Of values; what SQLite and JavaScript need besides is not counted. */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_ANSWER_BYTES = MAX_BYTES / 64;
const ROW_BYTES = 100;

interface Answer {
  /** SQLite's number of the state of the database that it was read in. */
  state: number;
  rows: readonly object[];
  bytes: number;
}

export class Answers {
  readonly #statements: StatementCache;
  readonly #writer: SqliteWriter;
  readonly #state: Statement<[], number>;
  readonly #numbers = new Map<CompiledQuery, number>();
  readonly #known = new LRUCache<string, Answer>({
    maxSize: MAX_BYTES,
    maxEntrySize: MAX_ANSWER_BYTES,
    sizeCalculation: ({ bytes }) => bytes,
  });

  /** `db`: a reading connection. */
  constructor(db: Database, statements: StatementCache, writer: SqliteWriter) {
    this.#statements = statements;
    this.#writer = writer;
    this.#state = db.prepare<[], number>('pragma data_version').pluck();
  }

  /** @throws StoreError */
  rows(query: CompiledQuery, values: readonly unknown[]): readonly object[] {
    this.#writer.assertUsable();
    try {
      const name = this.#nameOf(query, values);
      const state = this.#state.get() as number;
      const known = name === undefined ? undefined : this.#known.get(name);
      if (known?.state === state) return known.rows;
      const rows = this.#statements.get(query.sql).all(portableParameters(values)) as object[];
      for (const row of rows) Object.freeze(row);
      if (name !== undefined) this.#known.set(name, { state, rows: Object.freeze(rows), bytes: bytesOf(name, rows) });
      return rows;
    } catch (error) {
      throw this.#writer.translate(error);
    }
  }

  /** Undefined: it is not remembered. */
  #nameOf(query: CompiledQuery, values: readonly unknown[]): string | undefined {
    let number = this.#numbers.get(query);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(query, number);
    }
    let name = String(number);
    for (const value of values) {
      if (typeof value === 'string') name += `,${value.length}:${value}`;
      else if (typeof value === 'number') name += `,${value}`;
      else return undefined;
    }
    return name;
  }
}

function bytesOf(name: string, rows: readonly object[]): number {
  let bytes = name.length + ROW_BYTES;
  for (const row of rows) {
    bytes += ROW_BYTES;
    for (const value of Object.values(row))
      bytes += typeof value === 'string' || value instanceof Uint8Array ? value.length : 8;
  }
  return bytes;
}
