import { count, type Db, type HandshakeRow, type Range, type Tx } from './db.ts';

export function handshakeById(db: Db, handshakeId: string): Promise<HandshakeRow | undefined> {
  return db.selectFrom('handshake').selectAll().where('handshake_id', '=', handshakeId).executeTakeFirst();
}

export function lockHandshake(tx: Tx, handshakeId: string): Promise<HandshakeRow | undefined> {
  return tx.selectFrom('handshake').selectAll().where('handshake_id', '=', handshakeId).forUpdate().executeTakeFirst();
}

export interface HandshakeFilter {
  party: { organizationId: string } | { accountId: string };
  /** Those that ended before are not shown. */
  endedSince: number;
}

export function listHandshakes(db: Db, filter: HandshakeFilter, range: Range): Promise<HandshakeRow[]> {
  const { party, endedSince } = filter;
  const query = db
    .selectFrom('handshake')
    .selectAll()
    .where((eb) => eb.or([eb('ended_at', 'is', null), eb('ended_at', '>', endedSince)]))
    .where('handshake_id', '>', range.after ?? '')
    .orderBy('handshake_id')
    .limit(range.limit);
  return 'accountId' in party
    ? query.where('account_id', '=', party.accountId).execute()
    : query.where('organization_id', '=', party.organizationId).execute();
}

export async function insertHandshake(tx: Tx, row: HandshakeRow): Promise<void> {
  await tx.insertInto('handshake').values(row).execute();
}

export async function endHandshake(
  tx: Tx,
  handshakeId: string,
  state: HandshakeRow['state'],
  at: number,
): Promise<void> {
  await tx.updateTable('handshake').set({ state, ended_at: at }).where('handshake_id', '=', handshakeId).execute();
}

/** Writes down what the clock has done. Answers how many ended. */
export async function expireHandshakes(tx: Tx, now: number): Promise<number> {
  const result = await tx
    .updateTable('handshake')
    .set((eb) => ({ state: 'EXPIRED' as const, ended_at: eb.ref('expires_at') }))
    .where('state', 'in', ['REQUESTED', 'OPEN'])
    .where('expires_at', '<=', now)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

export async function forgetHandshakes(tx: Tx, endedBefore: number): Promise<void> {
  await tx.deleteFrom('handshake').where('ended_at', '<', endedBefore).execute();
}

export function countPending(db: Db, organizationId: string, now: number): Promise<number> {
  return count(
    db
      .selectFrom('handshake')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('organization_id', '=', organizationId)
      .where('state', '=', 'REQUESTED')
      .where('expires_at', '>', now)
      .executeTakeFirstOrThrow(),
  );
}

export function countSince(db: Db, organizationId: string, since: number): Promise<number> {
  return count(
    db
      .selectFrom('handshake')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('organization_id', '=', organizationId)
      .where('requested_at', '>', since)
      .executeTakeFirstOrThrow(),
  );
}
