/** Signed checkpoints, and the name of the log they are about. */
import type { Kysely, Transaction } from 'kysely';
import type { AuditDatabase, CheckpointTable, LogOriginTable } from './schema.ts';

type Tx = Transaction<AuditDatabase>;
type Db = Kysely<AuditDatabase>;

/** The present name of the log; undefined: nothing was signed yet. */
export function readOrigin(db: Db): Promise<LogOriginTable | undefined> {
  return db.selectFrom('log_origin').selectAll().orderBy('epoch', 'desc').limit(1).executeTakeFirst();
}

export async function hadName(db: Db, origin: string): Promise<boolean> {
  const found = await db.selectFrom('log_origin').select('epoch').where('origin', '=', origin).executeTakeFirst();
  return found !== undefined;
}

/** Does nothing when the epoch has a name. */
export async function nameLog(tx: Tx, row: LogOriginTable): Promise<void> {
  await tx
    .insertInto('log_origin')
    .values(row)
    .onConflict((conflict) => conflict.column('epoch').doNothing())
    .execute();
}

export function latestCheckpoint(db: Db, epoch?: number): Promise<CheckpointTable | undefined> {
  let query = db.selectFrom('checkpoint').selectAll();
  if (epoch !== undefined) query = query.where('epoch', '=', epoch);
  return query.orderBy('epoch', 'desc').orderBy('size', 'desc').limit(1).executeTakeFirst();
}

export async function insertCheckpoint(tx: Tx, row: CheckpointTable): Promise<void> {
  await tx.insertInto('checkpoint').values(row).execute();
}

/** Of those signed before `before` only the last of every hour stays. */
export async function thinCheckpoints(tx: Tx, before: number, hourMs: number): Promise<void> {
  const old = await tx
    .selectFrom('checkpoint')
    .select(['epoch', 'size', 'signed_at'])
    .where('signed_at', '<', before)
    .orderBy('epoch')
    .orderBy('size')
    .execute();
  const hour = (row: { epoch: number; signed_at: number }) => `${row.epoch} ${Math.floor(row.signed_at / hourMs)}`;
  for (const [at, row] of old.entries()) {
    const next = old[at + 1];
    if (next === undefined || hour(next) !== hour(row)) continue;
    await tx.deleteFrom('checkpoint').where('epoch', '=', row.epoch).where('size', '=', row.size).execute();
  }
}
