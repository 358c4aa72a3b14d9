/**
 * How far exports are. A node leases an export before it sends anything; what it writes afterwards is kept only under the
 * fence of its lease, so that one that was thought dead does not put a cursor back.
 */
import type { Kysely, Transaction } from 'kysely';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { AuditDatabase, ExportProgressTable, ExportRefusalTable } from '../schema.ts';

type Reader = Kysely<AuditDatabase>;
const own = (tx: AnyTransaction) => tx as unknown as Transaction<AuditDatabase>;

export type Outcome = Partial<Omit<ExportProgressTable, 'export_id' | 'fence' | 'lease_until'>>;

export function readProgress(db: Reader, exportId: string): Promise<ExportProgressTable | undefined> {
  return db.selectFrom('export_progress').selectAll().where('export_id', '=', exportId).executeTakeFirst();
}

/** Exports that may be worked on now; whether there is work is told by their positions. In a fixed order, after one of them. */
export function listOpenExports(db: Reader, now: number, { after, limit }: { after: string; limit: number }) {
  return db
    .selectFrom('export')
    .innerJoin('export_progress', 'export_progress.export_id', 'export.export_id')
    .selectAll('export_progress')
    .select(['export.account_id', 'export.scope', 'export.destination'])
    .where('export.state', '=', 'ACTIVE')
    .where('export_progress.next_at', '<=', now)
    .where('export_progress.lease_until', '<=', now)
    .where('export_progress.export_id', '>', after)
    .orderBy('export_progress.export_id')
    .limit(limit)
    .execute();
}

/** Undefined: another node was faster. */
export async function leaseExport(
  tx: AnyTransaction,
  exportId: string,
  { now, until }: { now: number; until: number },
): Promise<ExportProgressTable | undefined> {
  return own(tx)
    .updateTable('export_progress')
    .set((eb) => ({ lease_until: until, fence: eb('fence', '+', 1) }))
    .where('export_id', '=', exportId)
    .where('lease_until', '<=', now)
    .returningAll()
    .executeTakeFirst();
}

type Leased = Pick<ExportProgressTable, 'export_id' | 'fence'>;

export async function renewExport(tx: AnyTransaction, leased: Leased, until: number): Promise<boolean> {
  return update(tx, leased, { lease_until: until });
}

/** False: the lease was lost, or the export is gone; nothing was written. */
export function saveOutcome(tx: AnyTransaction, leased: Leased, outcome: Outcome): Promise<boolean> {
  return update(tx, leased, outcome);
}

export function endExportLease(tx: AnyTransaction, leased: Leased): Promise<boolean> {
  return update(tx, leased, { lease_until: 0 });
}

async function update(
  tx: AnyTransaction,
  { export_id, fence }: Leased,
  columns: Partial<ExportProgressTable>,
): Promise<boolean> {
  const result = await own(tx)
    .updateTable('export_progress')
    .set(columns)
    .where('export_id', '=', export_id)
    .where('fence', '=', fence)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Takes the export away from whoever works on it: what is under way is not kept. */
export async function interruptExport(tx: AnyTransaction, exportId: string, outcome: Outcome): Promise<void> {
  await own(tx)
    .updateTable('export_progress')
    .set((eb) => ({ ...outcome, lease_until: 0, fence: eb('fence', '+', 1) }))
    .where('export_id', '=', exportId)
    .execute();
}

/** The next attempt is now. */
export async function hurryExport(tx: AnyTransaction, exportId: string): Promise<void> {
  await own(tx).updateTable('export_progress').set({ next_at: 0 }).where('export_id', '=', exportId).execute();
}

/**
 * After a restore: digests of the hours since the backup are there already, by the installation that is gone. They are not
 * written over; the next one covers the time since the last that is known here.
 */
export async function beginDigestsAnew(tx: AnyTransaction): Promise<void> {
  await own(tx).updateTable('export_progress').set({ digest_at: null }).execute();
}

export async function insertRefusal(tx: AnyTransaction, row: ExportRefusalTable): Promise<void> {
  await own(tx)
    .insertInto('export_refusal')
    .values(row)
    .onConflict((conflict) => conflict.columns(['export_id', 'position']).doNothing())
    .execute();
}

export function newestRefusals(db: Reader, exportId: string, limit: number): Promise<ExportRefusalTable[]> {
  return db
    .selectFrom('export_refusal')
    .selectAll()
    .where('export_id', '=', exportId)
    .orderBy('position', 'desc')
    .limit(limit)
    .execute();
}

/** Over all exports. `oldest`: the last delivery, or the last change, of the one that fails longest. */
export async function summarizeProgress(
  db: Reader,
): Promise<{ failing: number; oldest: number | undefined; refused: number }> {
  const failing = await db
    .selectFrom('export')
    .innerJoin('export_progress', 'export_progress.export_id', 'export.export_id')
    .select(['export_progress.delivered_at', 'export.changed_at'])
    .where('export_progress.problem', 'is not', null)
    .where('export.state', '=', 'ACTIVE')
    .execute();
  const { refused } = await db
    .selectFrom('export_progress')
    .select((eb) => eb.fn.sum('refused').as('refused'))
    .executeTakeFirstOrThrow();
  const since = failing.map(({ delivered_at, changed_at }) => Number(delivered_at ?? changed_at));
  return {
    failing: failing.length,
    oldest: since.length === 0 ? undefined : Math.min(...since),
    refused: Number(refused ?? 0),
  };
}
