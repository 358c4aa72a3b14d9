/** Requests for accounts: the journal by which a crash at any point resumes. */
import { type CreationRow, count, type Db, type Range, type Tx } from './db.ts';

export function creationById(db: Db, organizationId: string, requestId: string): Promise<CreationRow | undefined> {
  return db
    .selectFrom('creation')
    .selectAll()
    .where('request_id', '=', requestId)
    .where('organization_id', '=', organizationId)
    .executeTakeFirst();
}

export function listCreations(
  db: Db,
  organizationId: string,
  states: readonly CreationRow['state'][],
  range: Range,
): Promise<CreationRow[]> {
  return db
    .selectFrom('creation')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('state', 'in', states)
    .where('request_id', '>', range.after ?? '')
    .orderBy('request_id')
    .limit(range.limit)
    .execute();
}

export function unfinishedCreations(db: Db, limit: number): Promise<CreationRow[]> {
  return db
    .selectFrom('creation')
    .selectAll()
    .where('state', '=', 'IN_PROGRESS')
    .orderBy('requested_at')
    .limit(limit)
    .execute();
}

export function countUnfinished(db: Db, organizationId: string): Promise<number> {
  return count(
    db
      .selectFrom('creation')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('organization_id', '=', organizationId)
      .where('state', '=', 'IN_PROGRESS')
      .executeTakeFirstOrThrow(),
  );
}

export async function insertCreation(tx: Tx, row: CreationRow): Promise<void> {
  await tx.insertInto('creation').values(row).execute();
}

/** False when another worker was faster. */
export async function finishCreation(
  tx: Tx,
  requestId: string,
  outcome: Pick<CreationRow, 'state' | 'failure_reason' | 'completed_at'>,
): Promise<boolean> {
  const result = await tx
    .updateTable('creation')
    .set(outcome)
    .where('request_id', '=', requestId)
    .where('state', '=', 'IN_PROGRESS')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
