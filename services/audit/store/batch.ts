/**
 * Statements over many rows, compiled once per size. Building them anew for every batch costs more than running them,
 * and a statement per row costs PostgreSQL a round trip per record.
 */
import type { CompiledQuery, Transaction } from 'kysely';
import type { Store } from '../../../platform/store/index.ts';

// Few sizes, so that few distinct statements exist. PostgreSQL gains from few round trips. SQLite has none, and keeps
// the old form of every page a statement over several rows touches, which costs more than the rows.
const SIZES = { sqlite: [1], postgres: [128, 32, 8, 1] } as const;
/** Rows between two turns of others. */
const SLICE = 128;

// biome-ignore lint/suspicious/noExplicitAny: Kysely's table types are invariant
type AnyTransaction = Transaction<any>;

export type EngineName = Store<unknown>['engine'];

/** `build` makes the statement for rows that only tell the columns; values are bound row by row, in `columns` order. */
export class RowsStatement<Row extends object> {
  private readonly compiled = new Map<string, CompiledQuery>();
  private readonly columns: readonly (keyof Row & string)[];
  private readonly build: (tx: AnyTransaction, rows: Record<string, unknown>[]) => { compile(): CompiledQuery };

  constructor(
    columns: readonly (keyof Row & string)[],
    build: (tx: AnyTransaction, rows: Record<string, unknown>[]) => { compile(): CompiledQuery },
  ) {
    this.columns = columns;
    this.build = build;
  }

  /** Runs the statement for all rows; `between` is awaited now and then, so that others get their turn. */
  async run(
    tx: AnyTransaction,
    engine: EngineName,
    rows: readonly Row[],
    between?: () => Promise<void>,
  ): Promise<void> {
    // The connection itself: Kysely's way to it costs more than an insert.
    await tx.getExecutor().provideConnection(async (connection) => {
      let at = 0;
      while (at < rows.length) {
        const size = SIZES[engine].find((s) => s <= rows.length - at) as number;
        const parameters: unknown[] = [];
        for (let i = at; i < at + size; i++) {
          const row = rows[i] as Row;
          for (const column of this.columns) parameters.push(row[column]);
        }
        const { sql, query, queryId } = this.statement(tx, engine, size);
        await connection.executeQuery({ sql, query, queryId, parameters });
        at += size;
        if (between && at % SLICE === 0 && at < rows.length) await between();
      }
    });
  }

  private statement(tx: AnyTransaction, engine: EngineName, size: number): CompiledQuery {
    const key = `${engine} ${size}`;
    const known = this.compiled.get(key);
    if (known) return known;
    const row = Object.fromEntries(this.columns.map((column) => [column, 'x']));
    const rows = Array.from({ length: size }, () => row);
    const statement = this.build(tx, rows).compile();
    this.compiled.set(key, statement);
    return statement;
  }
}

/** Lists of few distinct lengths for `in (...)`: the last part is filled up with its first value. */
export function paddedLists(values: readonly string[]): string[][] {
  const lists: string[][] = [];
  for (let at = 0; at < values.length; at += 128) {
    const list = values.slice(at, at + 128);
    const size = list.length > 8 ? 128 : 8;
    const fill = list[0] as string;
    while (list.length < size) list.push(fill);
    lists.push(list);
  }
  return lists;
}
