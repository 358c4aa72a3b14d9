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
  const notBefore = await notBeforeOf(db, row);
  return notBefore !== undefined && row.issued_at >= notBefore ? row : undefined;
}

/** A session that no access key is behind: one of our services opened it. Key ids have no colon. */
function isOfService(row: SessionRow): boolean {
  return row.kind === 'role' && row.origin_key_id.startsWith('service:');
}

/** The latest of the times before which sessions were revoked. Undefined: the key, user or role behind it is gone. */
async function notBeforeOf(db: Db, row: SessionRow): Promise<number | undefined> {
  if (isOfService(row)) return roleNotBefore(db, row);
  const key = await db
    .selectFrom('access_key')
    .select('owner_id')
    .where('access_key_id', '=', row.origin_key_id)
    .where('account_id', '=', row.origin_account_id)
    .where('status', '=', 'Active')
    .executeTakeFirst();
  if (!key) return undefined;
  const ofOwner = key.owner_id === row.origin_account_id ? 0 : await userNotBefore(db, key.owner_id);
  if (row.kind !== 'role') return key.owner_id === row.entity_id ? ofOwner : undefined;
  const ofRole = await roleNotBefore(db, row);
  return ofRole !== undefined && ofOwner !== undefined ? Math.max(ofRole, ofOwner) : undefined;
}

async function roleNotBefore(db: Db, row: SessionRow): Promise<number | undefined> {
  const role = await db
    .selectFrom('iam_role')
    .select('sessions_not_before as at')
    .where('role_id', '=', row.entity_id)
    .where('account_id', '=', row.account_id)
    .executeTakeFirst();
  return role?.at;
}

async function userNotBefore(db: Db, userId: string): Promise<number | undefined> {
  const user = await db
    .selectFrom('iam_user')
    .select('sessions_not_before as at')
    .where('user_id', '=', userId)
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

/** Open sessions of a role, or of a user and its keys, that were issued before a time. */
export async function issuedBefore(tx: Tx, entityId: string, before: number, now: number): Promise<string[]> {
  const rows = await tx
    .selectFrom('session')
    .select('session_id')
    .where((eb) =>
      eb.or([
        eb('entity_id', '=', entityId),
        eb('origin_key_id', 'in', eb.selectFrom('access_key').select('access_key_id').where('owner_id', '=', entityId)),
      ]),
    )
    .where('issued_at', '<', before)
    .where('expires_at', '>', now)
    .where('revoked_at', 'is', null)
    .execute();
  return rows.map((row) => row.session_id);
}

/** Ends all that have not ended by themselves. Answers in which accounts. */
export async function endAllSessions(tx: Tx, now: number): Promise<string[]> {
  const open = tx
    .selectFrom('session')
    .select('account_id')
    .distinct()
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now);
  const accounts = await open.execute();
  await tx
    .updateTable('session')
    .set({ revoked_at: now })
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .execute();
  return accounts.map(({ account_id }) => account_id);
}

const BATCH = 500;

/** Ends sessions and all that were made from them. Answers how many, and in which accounts something ended. */
export async function revoke(
  tx: Tx,
  sessionIds: readonly string[],
  now: number,
): Promise<{ count: number; accounts: Set<string> }> {
  const accounts = new Set<string>();
  const seen = new Set<string>();
  let count = 0;
  let next = [...sessionIds];
  while (next.length > 0) {
    const batch = next.splice(0, BATCH);
    for (const id of batch) seen.add(id);
    // The update locks the rows: whoever makes a session from one of them is done, or waits and is refused.
    const updated = await tx
      .updateTable('session')
      .set({ revoked_at: now })
      .where('session_id', 'in', batch)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    count += Number(updated.numUpdatedRows);
    const rows = await tx
      .selectFrom('session')
      .select(['session_id', 'account_id', 'parent_session_id'])
      .where((eb) => eb.or([eb('session_id', 'in', batch), eb('parent_session_id', 'in', batch)]))
      .execute();
    for (const row of rows) {
      accounts.add(row.account_id);
      if (!seen.has(row.session_id)) next.push(row.session_id);
    }
    next = [...new Set(next)];
  }
  return { count, accounts };
}
