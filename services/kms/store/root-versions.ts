/** What was asked of the versions of the root keys. */
import type { Kysely, Transaction } from 'kysely';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import type { RowGuard } from '../../../platform/store/row-guard.ts';
import { type RootVersionRow, rootVersionRowBytes } from '../domain/root-rotation.ts';
import type { Unsealed } from '../domain/rows.ts';
import type { KmsTables } from './tables.ts';

/** Every one verified. */
export async function readRootVersions(db: Kysely<KmsTables>, guard: RowGuard): Promise<RootVersionRow[]> {
  const rows = await db.selectFrom('root_version').selectAll().orderBy('version').execute();
  await guard.verify(
    rows.map((row) => ({ name: `root version ${row.version}`, data: rootVersionRowBytes(row), mac: row.row_mac })),
  );
  return rows;
}

/** False when the version is not, or no longer, what `from` says (undefined: without a row). */
export async function writeRootVersion(
  tx: AnyTransaction,
  row: RootVersionRow,
  from: Unsealed<RootVersionRow> | undefined,
): Promise<boolean> {
  const db = tx as Transaction<KmsTables>;
  if (from === undefined) {
    const added = await db
      .insertInto('root_version')
      .values(row)
      .onConflict((conflict) => conflict.column('version').doNothing())
      .executeTakeFirst();
    return added.numInsertedOrUpdatedRows === 1n;
  }
  const { version, ...columns } = row;
  const result = await db
    .updateTable('root_version')
    .set(columns)
    .where('version', '=', version)
    .where('state', '=', from.state)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
