/** Records that arrived and have no number yet. */
import type { Kysely, Transaction } from 'kysely';
import { type EngineName, paddedLists, RowsStatement } from './batch.ts';
import type { AuditDatabase, PendingTable } from './schema.ts';

/** A record that is already waiting stays as it is. */
const insertPending = new RowsStatement<PendingTable>(
  ['event_id', 'position', 'account_id', 'created_at', 'record'],
  (tx, rows) =>
    tx
      .insertInto('pending')
      .values(rows)
      .onConflict((conflict) => conflict.column('event_id').doNothing()),
);

export async function addPending(
  tx: Transaction<AuditDatabase>,
  engine: EngineName,
  rows: readonly PendingTable[],
): Promise<void> {
  await insertPending.run(tx, engine, rows);
}

/** In the order of arrival. */
export async function readPending(db: Kysely<AuditDatabase>, limit: number): Promise<PendingTable[]> {
  return db.selectFrom('pending').selectAll().orderBy('position').orderBy('event_id').limit(limit).execute();
}

export async function anyPending(db: Kysely<AuditDatabase>): Promise<boolean> {
  return (await db.selectFrom('pending').select('position').limit(1).executeTakeFirst()) !== undefined;
}

export async function deletePending(tx: Transaction<AuditDatabase>, eventIds: readonly string[]): Promise<void> {
  for (const list of paddedLists(eventIds)) await tx.deleteFrom('pending').where('event_id', 'in', list).execute();
}

export interface PendingSummary {
  count: number;
  /** Milliseconds; absent when nothing waits. */
  oldest?: number;
}

/** Of one account, or of all. */
export async function summarizePending(db: Kysely<AuditDatabase>, accountId?: string): Promise<PendingSummary> {
  let query = db
    .selectFrom('pending')
    .select((eb) => [eb.fn.countAll<number>().as('count'), eb.fn.min('created_at').as('oldest')]);
  if (accountId !== undefined) query = query.where('account_id', '=', accountId);
  const row = await query.executeTakeFirstOrThrow();
  return { count: Number(row.count), ...(row.oldest !== null && { oldest: Number(row.oldest) }) };
}
