/** How far reminders are. A step is written in the transaction of what it told, so that nothing is told twice. */
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { ExpiryWalkRow } from '../../domain/scm/rows.ts';
import { own, type Reader } from '../authority-queries.ts';

export function readWalk(db: Reader, source: string, days: number): Promise<ExpiryWalkRow | undefined> {
  return db
    .selectFrom('expiry_walk')
    .selectAll()
    .where('source', '=', source)
    .where('days', '=', days)
    .executeTakeFirst();
}

/** Does nothing when there is one. */
export async function insertWalk(tx: AnyTransaction, row: ExpiryWalkRow): Promise<void> {
  await own(tx)
    .insertInto('expiry_walk')
    .values(row)
    .onConflict((conflict) => conflict.columns(['source', 'days']).doNothing())
    .execute();
}

/** False when another node was faster. */
export async function replaceWalk(tx: AnyTransaction, row: ExpiryWalkRow): Promise<boolean> {
  const { source, days, ...columns } = row;
  const result = await own(tx)
    .updateTable('expiry_walk')
    .set(columns)
    .where('source', '=', source)
    .where('days', '=', days)
    .where('version', '=', row.version - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** The next account, by id, that has keys here: every account with an authority does. */
export async function nextAccount(db: Reader, after: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('tenant_key')
    .select('account_id')
    .where('account_id', '>', after)
    .orderBy('account_id')
    .limit(1)
    .executeTakeFirst();
  return row?.account_id;
}
