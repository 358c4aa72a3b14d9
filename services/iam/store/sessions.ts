/** Sessions: temporary credentials and bearer tokens from their making until they expire. */
import type { Db, Range, SessionRow, Tx } from './db.ts';

/**
 * The session, unless something has ended it: a revocation of it or of all of its user or role, the end of that user
 * or role, or of the access key it stems from. Whether it has expired is for the caller to see.
 */
export async function liveSession(db: Db, sessionId: string): Promise<SessionRow | undefined> {
  const row = await db
    .selectFrom('session')
    .selectAll()
    .where('session_id', '=', sessionId)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  if (!row) return undefined;
  const origin = await db
    .selectFrom('access_key')
    .select('access_key_id')
    .where('access_key_id', '=', row.origin_key_id)
    .where('account_id', '=', row.origin_account_id)
    .where('status', '=', 'Active')
    .executeTakeFirst();
  if (!origin) return undefined;
  const notBefore = await sessionsNotBefore(db, row);
  return notBefore !== undefined && row.issued_at >= notBefore ? row : undefined;
}

/** Undefined: the user or role of the session is gone. */
async function sessionsNotBefore(db: Db, row: SessionRow): Promise<number | undefined> {
  if (row.kind === 'root') return 0;
  if (row.kind === 'role') {
    const role = await db
      .selectFrom('iam_role')
      .select('sessions_not_before as at')
      .where('role_id', '=', row.entity_id)
      .where('account_id', '=', row.account_id)
      .executeTakeFirst();
    return role?.at;
  }
  const user = await db
    .selectFrom('iam_user')
    .select('sessions_not_before as at')
    .where('user_id', '=', row.entity_id)
    .where('account_id', '=', row.account_id)
    .executeTakeFirst();
  return user?.at;
}

export function sessionById(db: Db, sessionId: string): Promise<SessionRow | undefined> {
  return db.selectFrom('session').selectAll().where('session_id', '=', sessionId).executeTakeFirst();
}

/** Locks the row, so that no session is made from one that is being revoked. */
export async function lockSession(tx: Tx, sessionId: string): Promise<void> {
  await tx
    .selectFrom('session')
    .select('session_id')
    .where('session_id', '=', sessionId)
    .forUpdate()
    .executeTakeFirst();
}

export async function insertSession(tx: Tx, row: SessionRow): Promise<void> {
  await tx.insertInto('session').values(row).execute();
}

/** Sessions of a user or role that have not expired, revoked ones included. */
export function sessionsOf(db: Db, entityId: string, now: number, range: Range): Promise<SessionRow[]> {
  return db
    .selectFrom('session')
    .selectAll()
    .where('entity_id', '=', entityId)
    .where('expires_at', '>', now)
    .where('session_id', '>', range.after ?? '')
    .orderBy('session_id')
    .limit(range.limit)
    .execute();
}

export async function deleteSessionsOf(tx: Tx, entityId: string): Promise<void> {
  await tx.deleteFrom('session').where('entity_id', '=', entityId).execute();
}

/** Sessions that expired before a time are of no more use. */
export async function forgetSessions(tx: Tx, before: number): Promise<number> {
  const result = await tx.deleteFrom('session').where('expires_at', '<', before).executeTakeFirst();
  return Number(result.numDeletedRows);
}
