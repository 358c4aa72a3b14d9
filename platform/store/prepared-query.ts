/**
 * A query that is asked again and again with other values: its text is made once per engine. Building and compiling it
 * anew costs a request more than running it. A database that remembers answers is asked without Kysely.
 */
import type { CompiledQuery, Kysely, QueryResult } from 'kysely';

/** Of a database that answers prepared queries itself: its adapter. Rows are frozen, they are not the asker's own. */
export interface Answering {
  answer(query: CompiledQuery, values: readonly unknown[]): readonly object[];
}

/** Stands for a value while the text is made. */
class Placeholder {
  readonly index: number;
  constructor(index: number) {
    this.index = index;
  }
}

interface Compilable<Row> {
  compile(): CompiledQuery<Row>;
}

/**
 * `build` is called once per engine with placeholders, so it must not look at the values: they may only be bound, never
 * be left out of the text, counted or made part of it.
 */
export function prepareQuery<DB, Values extends readonly (string | number | Buffer)[], Row>(
  build: (db: Kysely<DB>, ...values: Values) => Compilable<Row>,
): (db: Kysely<DB>, ...values: Values) => Promise<readonly Row[]> {
  const textFor = onceForEach(build);
  return async (db, ...values) => {
    const text = textFor(db, '', () => placeholdersFor(values));
    const adapter = db.getExecutor().adapter as Partial<Answering>;
    if (adapter.answer) return adapter.answer(text, bound(text, values)) as readonly Row[];
    return (await runCompiled(db, text, bound(text, values))).rows;
  };
}

/**
 * The same for a statement that writes a row: `build` gets the row with placeholders in the place of its values. Answers
 * how many rows were written. Rows with other columns have another text.
 */
export function prepareWrite<DB, Row extends object>(
  build: (db: Kysely<DB>, row: Row) => Compilable<unknown>,
): (db: Kysely<DB>, row: Row) => Promise<number> {
  const textFor = onceForEach(build);
  return async (db, row) => {
    const columns = Object.keys(row);
    const text = textFor(db, columns.join(), () => {
      const placeholders = placeholdersFor(columns);
      return [Object.fromEntries(columns.map((column, at) => [column, placeholders[at]])) as Row];
    });
    const { numAffectedRows } = await runCompiled(db, text, bound(text, Object.values(row)));
    return Number(numAffectedRows ?? 0);
  };
}

function placeholdersFor<Values extends readonly unknown[]>(values: Values): Values {
  return values.map((_, index) => new Placeholder(index)) as unknown as Values;
}

/** One text for each adapter and name. A database has one adapter, shared by its transactions. */
function onceForEach<DB, Values extends readonly unknown[], Row>(
  build: (db: Kysely<DB>, ...values: Values) => Compilable<Row>,
) {
  const compiled = new WeakMap<object, Map<string, CompiledQuery<Row>>>();
  return (db: Kysely<DB>, name: string, placeholders: () => Values): CompiledQuery<Row> => {
    const { adapter } = db.getExecutor();
    let texts = compiled.get(adapter);
    if (!texts) {
      texts = new Map();
      compiled.set(adapter, texts);
    }
    let query = texts.get(name);
    if (!query) {
      query = build(db, ...placeholders()).compile();
      texts.set(name, query);
    }
    return query;
  };
}

/** Straight to the connection of the database or transaction: Kysely's way to it costs more than an insert. */
export function runCompiled<DB, Row>(
  db: Kysely<DB>,
  { sql, query, queryId }: CompiledQuery<Row>,
  parameters: readonly unknown[],
): Promise<QueryResult<Row>> {
  return db
    .getExecutor()
    .provideConnection((connection) => connection.executeQuery<Row>({ sql, query, queryId, parameters }));
}

function bound({ parameters }: CompiledQuery, values: readonly unknown[]): unknown[] {
  return parameters.map((parameter) => (parameter instanceof Placeholder ? values[parameter.index] : parameter));
}
