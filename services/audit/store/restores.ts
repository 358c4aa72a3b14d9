/** Restores that were declared, and the names that the log has had. */
import type { Kysely, Transaction } from 'kysely';
import type { AuditDatabase, LogOriginTable, LogRestoreTable } from './schema.ts';

type Db = Kysely<AuditDatabase>;

/** Undefined: none was declared. */
export function latestRestore(db: Db): Promise<LogRestoreTable | undefined> {
  return db.selectFrom('log_restore').selectAll().orderBy('epoch', 'desc').limit(1).executeTakeFirst();
}

export async function isDeclared(db: Db, restoreId: string): Promise<boolean> {
  const found = await db
    .selectFrom('log_restore')
    .select('epoch')
    .where('restore_id', '=', restoreId)
    .executeTakeFirst();
  return found !== undefined;
}

export type LogName = LogOriginTable & Partial<Pick<LogRestoreTable, 'size' | 'root' | 'signed_before' | 'reason'>>;

/** Oldest first. */
export async function logNames(db: Db, limit: number): Promise<LogName[]> {
  const origins = await db.selectFrom('log_origin').selectAll().orderBy('epoch').limit(limit).execute();
  const restores = await db.selectFrom('log_restore').selectAll().orderBy('epoch').limit(limit).execute();
  const by = new Map(restores.map((one) => [one.epoch, one]));
  return origins.map((origin) => {
    const { size, root, signed_before, reason } = by.get(origin.epoch) ?? {};
    return {
      ...origin,
      ...(size !== undefined && { size, root: root!, signed_before: signed_before!, reason: reason! }),
    };
  });
}

/** Throws a unique violation when the epoch has a name already. */
export async function openEpoch(
  tx: Transaction<AuditDatabase>,
  origin: LogOriginTable,
  restore: LogRestoreTable,
): Promise<void> {
  await tx.insertInto('log_origin').values(origin).execute();
  await tx.insertInto('log_restore').values(restore).execute();
}
