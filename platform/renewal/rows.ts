/** Walks the rows of a table in the order of their key. */
import type { Kysely } from 'kysely';
import type { RenewalDeps } from './renewal.ts';

// biome-ignore lint/suspicious/noExplicitAny: tables and keys are named by the steps
type Reader = Kysely<any>;

export async function countRows({ store }: RenewalDeps, table: string): Promise<number> {
  const { count } = await (store.read as Reader)
    .selectFrom(table)
    .select((eb) => eb.fn.countAll().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Up to `limit` rows that follow the one named by `after`. */
export async function rowsAfter<Row>(
  { store }: RenewalDeps,
  table: string,
  key: readonly string[],
  after: string | null,
  limit: number,
): Promise<Row[]> {
  let query = (store.read as Reader).selectFrom(table).selectAll().limit(limit);
  for (const column of key) query = query.orderBy(column);
  if (after !== null) {
    const values = JSON.parse(after) as string[];
    query = query.where((eb) =>
      eb.or(
        key.map((column, at) =>
          eb.and([
            ...key.slice(0, at).map((before, index) => eb(before, '=', values[index])),
            eb(column, '>', values[at]),
          ]),
        ),
      ),
    );
  }
  return (await query.execute()) as Row[];
}

/** Names a row, for `after`. */
export function nameOf(row: object, key: readonly string[]): string {
  return JSON.stringify(key.map((column) => (row as Record<string, unknown>)[column]));
}
