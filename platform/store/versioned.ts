import type { AnyTransaction } from './transaction.ts';

/**
 * Optimistic concurrency: updates the row of `table` with this key only if its column `version` still is
 * `expectedVersion`, and raises the version by one. False when somebody else was faster or the row is gone.
 */
export async function updateVersioned(
  tx: AnyTransaction,
  table: string,
  key: Readonly<Record<string, string | number>>,
  expectedVersion: number,
  set: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  let query = tx.updateTable(table).set({ ...set, version: expectedVersion + 1 });
  for (const [column, value] of Object.entries(key)) query = query.where(column, '=', value);
  const result = await query.where('version', '=', expectedVersion).executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
