/** Applies and their journals: what is written here is where a crash goes on from. */
import type { Selectable } from 'kysely';
import type { Db, Range, Tx } from '../db.ts';
import type { LandingZoneApplyTable, LandingZoneJournalTable } from './schema.ts';

export type ApplyRow = Selectable<LandingZoneApplyTable>;
export type JournalRow = Selectable<LandingZoneJournalTable>;

export function applyById(db: Db, organizationId: string, applyId: string): Promise<ApplyRow | undefined> {
  return db
    .selectFrom('landing_zone_apply')
    .selectAll()
    .where('apply_id', '=', applyId)
    .where('organization_id', '=', organizationId)
    .executeTakeFirst();
}

export function runningApply(db: Db, organizationId: string): Promise<ApplyRow | undefined> {
  return db
    .selectFrom('landing_zone_apply')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('state', '=', 'RUNNING')
    .executeTakeFirst();
}

export function allRunning(db: Db): Promise<ApplyRow[]> {
  return db.selectFrom('landing_zone_apply').selectAll().where('state', '=', 'RUNNING').execute();
}

/** Newest first: ids begin with the time. */
export function listApplies(db: Db, organizationId: string, { after, limit }: Range): Promise<ApplyRow[]> {
  let query = db.selectFrom('landing_zone_apply').selectAll().where('organization_id', '=', organizationId);
  if (after !== undefined) query = query.where('apply_id', '<', after);
  return query.orderBy('apply_id', 'desc').limit(limit).execute();
}

/** The one whose landing zone was in force when the apply began. */
export function lastSucceededBefore(db: Db, organizationId: string, applyId: string): Promise<ApplyRow | undefined> {
  return db
    .selectFrom('landing_zone_apply')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('state', '=', 'SUCCEEDED')
    .where('apply_id', '<', applyId)
    .orderBy('apply_id', 'desc')
    .executeTakeFirst();
}

export async function insertApply(tx: Tx, row: ApplyRow): Promise<void> {
  await tx.insertInto('landing_zone_apply').values(row).execute();
}

/** False when another node was faster, or it is not running any more. */
export async function advanceApply(
  tx: Tx,
  applyId: string,
  done: number,
  set: Partial<Pick<ApplyRow, 'done' | 'state' | 'ended_at' | 'failure'>>,
): Promise<boolean> {
  const result = await tx
    .updateTable('landing_zone_apply')
    .set(set)
    .where('apply_id', '=', applyId)
    .where('state', '=', 'RUNNING')
    .where('done', '=', done)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** `caller`: who goes on with it. */
export async function reopenApply(tx: Tx, applyId: string, caller: string): Promise<boolean> {
  const result = await tx
    .updateTable('landing_zone_apply')
    .set({ state: 'RUNNING', ended_at: null, failure: null, caller })
    .where('apply_id', '=', applyId)
    .where('state', '=', 'FAILED')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function journal(tx: Tx, row: JournalRow): Promise<void> {
  const { state, at, detail } = row;
  await tx
    .insertInto('landing_zone_journal')
    .values(row)
    .onConflict((conflict) => conflict.columns(['apply_id', 'position']).doUpdateSet({ state, at, detail }))
    .execute();
}

export function journalEntry(db: Db, applyId: string, position: number): Promise<JournalRow | undefined> {
  return db
    .selectFrom('landing_zone_journal')
    .selectAll()
    .where('apply_id', '=', applyId)
    .where('position', '=', position)
    .executeTakeFirst();
}

export function journalOf(db: Db, applyId: string, from: number, limit: number): Promise<JournalRow[]> {
  return db
    .selectFrom('landing_zone_journal')
    .selectAll()
    .where('apply_id', '=', applyId)
    .where('position', '>=', from)
    .orderBy('position')
    .limit(limit)
    .execute();
}
