/** What is the same for every table whose rows have an id, and a version that grows by one with each change. */
import type { AnyTransaction } from '../../../platform/store/index.ts';
import { own, type Reader } from './authority-queries.ts';
import type { PcaTables } from './tables.ts';

const ID = {
  acme_directory: 'directory_id',
  acme_binding_key: 'key_id',
  acme_account: 'acme_account_id',
  acme_order: 'order_id',
  outside_authority: 'outside_authority_id',
  outside_order: 'order_id',
  outside_certificate: 'certificate_id',
  kept_certificate: 'certificate_id',
} as const satisfies Partial<Record<keyof PcaTables, string>>;
type Table = keyof typeof ID;

export interface PageOf {
  /** Empty: from the beginning. */
  after: string;
  limit: number;
}

/** Replaces a row that still has the version before `row.version`; false when somebody was faster. */
export async function replaceVersion<T extends Table>(
  tx: AnyTransaction,
  table: T,
  row: PcaTables[T],
): Promise<boolean> {
  const id = ID[table];
  const columns = row as unknown as Record<string, string> & { version: number };
  const result = await own(tx)
    // The types of one table stand for those of all: a row of each comes with its name.
    .updateTable(table as 'acme_order')
    .set(columns)
    .where(id as 'order_id', '=', columns[id] as string)
    .where('version', '=', columns.version - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Those that have a value in a column, by id, one more than the limit. */
export async function listPage<T extends Table>(
  db: Reader,
  table: T,
  [column, value]: readonly [column: keyof PcaTables[T] & string, value: string],
  { after, limit }: PageOf,
): Promise<PcaTables[T][]> {
  const id = ID[table] as 'order_id';
  const rows = await db
    .selectFrom(table as 'acme_order')
    .selectAll()
    .where(column as 'directory_id', '=', value)
    .where(id, '>', after)
    .orderBy(id)
    .limit(limit + 1)
    .execute();
  return rows as unknown as PcaTables[T][];
}
