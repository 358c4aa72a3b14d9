/**
 * A query that is asked again and again with other values: its text is made once per engine. Building and compiling it
 * anew costs a request more than running it.
 */
import type { CompiledQuery, Kysely } from 'kysely';

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
): (db: Kysely<DB>, ...values: Values) => Promise<Row[]> {
  // One adapter per database, shared by its transactions.
  const compiled = new WeakMap<object, CompiledQuery<Row>>();
  return async (db, ...values) => {
    const { adapter } = db.getExecutor();
    let query = compiled.get(adapter);
    if (!query) {
      const placeholders = values.map((_, index) => new Placeholder(index)) as unknown as Values;
      query = build(db, ...placeholders).compile();
      compiled.set(adapter, query);
    }
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Placeholder ? values[parameter.index] : parameter,
    );
    const { rows } = await db.executeQuery<Row>({ ...query, parameters });
    return rows;
  };
}
