/** Signed checkpoints, and the name of the log they are about. */
import type { Kysely, Transaction } from 'kysely';
import type { AuditDatabase, CheckpointTable, CosignatureTable, LogOriginTable, PreviousLog } from './schema.ts';

type Tx = Transaction<AuditDatabase>;
type Db = Kysely<AuditDatabase>;

/** The present name of the log; undefined: nothing was signed yet. */
export function readOrigin(db: Db): Promise<LogOriginTable | undefined> {
  return db.selectFrom('log_origin').selectAll().orderBy('epoch', 'desc').limit(1).executeTakeFirst();
}

/** Whether a log that was signed under that name goes on here under another one. */
export async function isForsaken(db: Db, origin: string): Promise<boolean> {
  const names = await db.selectFrom('log_origin').select(['origin', 'previous']).orderBy('epoch', 'desc').execute();
  if (names[0]?.origin === origin) return false;
  return names.some((row) => row.origin === origin || previousOf(row)?.origin === origin);
}

export function previousOf({ previous }: Pick<LogOriginTable, 'previous'>): PreviousLog | undefined {
  return previous === null ? undefined : (JSON.parse(previous) as PreviousLog);
}

/** Does nothing when the epoch has a name. */
export async function nameLog(tx: Tx, row: LogOriginTable): Promise<void> {
  await tx
    .insertInto('log_origin')
    .values(row)
    .onConflict((conflict) => conflict.column('epoch').doNothing())
    .execute();
}

export interface NextLog {
  origin: string;
  previous: PreviousLog;
  restoreId: string;
  backupId: string | undefined;
  now: number;
}

/** The only way to another name. False: somebody else was faster. */
export async function renameLog(tx: Tx, row: LogOriginTable, next: NextLog): Promise<boolean> {
  const { origin, previous, restoreId: restore_id, backupId, now: opened_at } = next;
  const link = { previous: JSON.stringify(previous), restore_id, backup_id: backupId ?? null };
  await nameLog(tx, { epoch: row.epoch + 1, origin, opened_at, ...link });
  return (await readOrigin(tx))?.origin === origin;
}

/** The names of the log, oldest first. */
export function logNames(db: Db, limit: number): Promise<LogOriginTable[]> {
  return db.selectFrom('log_origin').selectAll().orderBy('epoch').limit(limit).execute();
}

/** The restore that was declared last; undefined: none was. */
export async function latestRestore(db: Db): Promise<string | undefined> {
  const found = await db
    .selectFrom('log_origin')
    .select('restore_id')
    .where('restore_id', 'is not', null)
    .orderBy('epoch', 'desc')
    .limit(1)
    .executeTakeFirst();
  return found?.restore_id ?? undefined;
}

export async function isDeclared(db: Db, restoreId: string): Promise<boolean> {
  const found = await db
    .selectFrom('log_origin')
    .select('epoch')
    .where('restore_id', '=', restoreId)
    .executeTakeFirst();
  return found !== undefined;
}

export function latestCheckpoint(db: Db, epoch?: number): Promise<CheckpointTable | undefined> {
  let query = db.selectFrom('checkpoint').selectAll();
  if (epoch !== undefined) query = query.where('epoch', '=', epoch);
  return query.orderBy('epoch', 'desc').orderBy('size', 'desc').limit(1).executeTakeFirst();
}

/** The newest first. */
export function latestCheckpoints(db: Db, epoch: number, limit: number): Promise<CheckpointTable[]> {
  return db
    .selectFrom('checkpoint')
    .selectAll()
    .where('epoch', '=', epoch)
    .orderBy('size', 'desc')
    .limit(limit)
    .execute();
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
    for (const table of ['checkpoint', 'cosignature'] as const)
      await tx.deleteFrom(table).where('epoch', '=', row.epoch).where('size', '=', row.size).execute();
  }
}

export async function addCosignature(tx: Tx, row: CosignatureTable): Promise<void> {
  await tx
    .insertInto('cosignature')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Of one checkpoint. */
export function cosignatures(db: Db, { epoch, size }: { epoch: number; size: number }): Promise<CosignatureTable[]> {
  return db
    .selectFrom('cosignature')
    .selectAll()
    .where('epoch', '=', epoch)
    .where('size', '=', size)
    .orderBy('witness')
    .execute();
}

/** The newest checkpoint that a witness cosigned; undefined: none yet. */
export function latestCosignature(db: Db, epoch: number, witness: string): Promise<CosignatureTable | undefined> {
  return db
    .selectFrom('cosignature')
    .selectAll()
    .where('epoch', '=', epoch)
    .where('witness', '=', witness)
    .orderBy('size', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** The newest checkpoint that at least so many witnesses cosigned. */
export async function latestCosigned(db: Db, epoch: number, witnesses: number): Promise<CheckpointTable | undefined> {
  const found = await db
    .selectFrom('cosignature')
    .select('size')
    .where('epoch', '=', epoch)
    .groupBy('size')
    .having((eb) => eb.fn.countAll<number>(), '>=', witnesses)
    .orderBy('size', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!found) return undefined;
  return db
    .selectFrom('checkpoint')
    .selectAll()
    .where('epoch', '=', epoch)
    .where('size', '=', found.size)
    .executeTakeFirst();
}
