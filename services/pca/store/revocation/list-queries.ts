/** Every query about lists of revoked certificates. A list is made under a lease, and stored only by who holds it. */
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { ListRow } from '../../domain/revocation/rows.ts';
import { own, type Reader } from '../authority-queries.ts';

export type ListKey = Pick<ListRow, 'authority_id' | 'shard'>;

const AT_ONCE = 100;

/** Lists that are not there yet; those there are stay. */
export async function insertLists(
  tx: AnyTransaction,
  { authorityId, accountId }: { authorityId: string; accountId: string },
  shards: readonly number[],
): Promise<void> {
  const rows = shards.map((shard) => ({
    ...{ authority_id: authorityId, shard, account_id: accountId, number: 0, due_at: null, leased_until: 0, fence: 0 },
    ...{ list: null, list_number: null, sha256: null, this_update: null, next_update: null, entries: null },
    ...{ store: null, stored_number: null, deliver_at: null, attempts: 0, problem: null },
  }));
  for (let from = 0; from < rows.length; from += AT_ONCE)
    await own(tx)
      .insertInto('revocation_list')
      .values(rows.slice(from, from + AT_ONCE))
      .onConflict((conflict) => conflict.columns(['authority_id', 'shard']).doNothing())
      .execute();
}

/** All lists of an authority: when the next ones are to be made, and where they are published. */
export async function scheduleLists(
  tx: AnyTransaction,
  authorityId: string,
  { dueAt, store }: { dueAt: number | null; store: string | null },
): Promise<void> {
  await own(tx)
    .updateTable('revocation_list')
    .set({ due_at: dueAt, store, stored_number: null, deliver_at: dueAt === null || store === null ? null : dueAt })
    .where('authority_id', '=', authorityId)
    .execute();
}

/**
 * A list has something new to say. The row is written in any case: whoever makes the list at this moment then sees what
 * this transaction wrote, or is seen by it.
 */
export async function hurryList(tx: AnyTransaction, { authority_id, shard }: ListKey, dueAt: number): Promise<void> {
  await own(tx)
    .updateTable('revocation_list')
    .set((eb) => ({ due_at: eb.case().when('due_at', '>', dueAt).then(dueAt).else(eb.ref('due_at')).end() }))
    .where('authority_id', '=', authority_id)
    .where('shard', '=', shard)
    .where('due_at', 'is not', null)
    .execute();
}

export function listDueLists(db: Reader, now: number, limit: number): Promise<ListKey[]> {
  return db
    .selectFrom('revocation_list')
    .select(['authority_id', 'shard'])
    .where('due_at', '<=', now)
    .where('leased_until', '<=', now)
    .orderBy('due_at')
    .limit(limit)
    .execute();
}

/** When the list that waits longest should have been made; undefined: none waits. */
export async function oldestDue(db: Reader): Promise<number | undefined> {
  const found = await db
    .selectFrom('revocation_list')
    .select('due_at')
    .where('due_at', 'is not', null)
    .orderBy('due_at')
    .limit(1)
    .executeTakeFirst();
  return found?.due_at ?? undefined;
}

/** When the list was made that waits longest for its store; undefined: none waits. */
export async function oldestUndelivered(db: Reader): Promise<number | undefined> {
  const found = await db
    .selectFrom('revocation_list')
    .select((eb) => eb.fn.min('this_update').as('oldest'))
    .where('deliver_at', 'is not', null)
    .executeTakeFirst();
  return found?.oldest == null ? undefined : Number(found.oldest);
}

export function readListRow(db: Reader, { authority_id, shard }: ListKey): Promise<ListRow | undefined> {
  return db
    .selectFrom('revocation_list')
    .selectAll()
    .where('authority_id', '=', authority_id)
    .where('shard', '=', shard)
    .executeTakeFirst();
}

/** All lists are due at once, with numbers far above what a lost database may have given out. */
export async function jumpAhead(tx: AnyTransaction, numbers: number, now: number): Promise<void> {
  await own(tx)
    .updateTable('revocation_list')
    .set((eb) => ({ number: eb('number', '+', numbers) }))
    .execute();
  await own(tx).updateTable('revocation_list').set({ due_at: now }).where('due_at', 'is not', null).execute();
}

/** The number of the list that is there. */
export function listHead(db: Reader, { authority_id, shard }: ListKey) {
  return db
    .selectFrom('revocation_list')
    .select('list_number')
    .where('authority_id', '=', authority_id)
    .where('shard', '=', shard)
    .executeTakeFirst();
}

/**
 * Takes a list that is due, with a number that no list of it had: both are on disk before anything is signed.
 * Undefined: somebody else has it, or it is not due.
 */
export async function leaseList(
  tx: AnyTransaction,
  { authority_id, shard }: ListKey,
  { now, until }: { now: number; until: number },
): Promise<ListRow | undefined> {
  const row = await own(tx)
    .selectFrom('revocation_list')
    .selectAll()
    .where('authority_id', '=', authority_id)
    .where('shard', '=', shard)
    .where('due_at', '<=', now)
    .where('leased_until', '<=', now)
    .forUpdate()
    .executeTakeFirst();
  if (!row) return undefined;
  // INVARIANT: strictly above every number before it, and above what a row says that was put back (spec pca 3.4).
  const leased = { number: Math.max(row.number + 1, now), leased_until: until, fence: row.fence + 1 };
  await own(tx)
    .updateTable('revocation_list')
    .set(leased)
    .where('authority_id', '=', authority_id)
    .where('shard', '=', shard)
    .execute();
  return { ...row, ...leased };
}

export type ListOutcome = Partial<
  Pick<
    ListRow,
    | 'due_at'
    | 'list'
    | 'list_number'
    | 'sha256'
    | 'this_update'
    | 'next_update'
    | 'entries'
    | 'deliver_at'
    | 'attempts'
    | 'problem'
  >
>;

/** False: it has ended, or somebody else has it. */
export async function extendLease(tx: AnyTransaction, leased: ListRow, until: number): Promise<boolean> {
  const { authority_id, shard, fence } = leased;
  const result = await own(tx)
    .updateTable('revocation_list')
    .set({ leased_until: until })
    .where('authority_id', '=', authority_id)
    .where('shard', '=', shard)
    .where('fence', '=', fence)
    .where('leased_until', '>', 0)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Ends the lease with what came of it; false: it was lost. */
export async function endLease(tx: AnyTransaction, leased: ListRow, outcome: ListOutcome): Promise<boolean> {
  const { authority_id, shard, fence } = leased;
  const result = await own(tx)
    .updateTable('revocation_list')
    .set({ ...outcome, leased_until: 0 })
    .where('authority_id', '=', authority_id)
    .where('shard', '=', shard)
    .where('fence', '=', fence)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

const SUMMARY = [
  'authority_id',
  'shard',
  'list_number',
  'this_update',
  'next_update',
  'entries',
  'sha256',
  'store',
  'stored_number',
  'due_at',
  'problem',
] as const;
export type ListSummary = Pick<ListRow, (typeof SUMMARY)[number]>;

/** Of one authority, without the lists themselves. */
export function listSummaries(db: Reader, authorityId: string, after: number, limit: number): Promise<ListSummary[]> {
  return db
    .selectFrom('revocation_list')
    .select(SUMMARY)
    .where('authority_id', '=', authorityId)
    .where('shard', '>', after)
    .orderBy('shard')
    .limit(limit)
    .execute();
}

/** When the first of its lists will be out of date; undefined: one was never made. */
export async function earliestNextUpdate(db: Reader, authorityId: string): Promise<number | undefined> {
  const found = await db
    .selectFrom('revocation_list')
    .select((eb) => [
      eb.fn.min('next_update').as('next'),
      eb.fn.countAll().as('all'),
      eb.fn.count('next_update').as('made'),
    ])
    .where('authority_id', '=', authorityId)
    .executeTakeFirst();
  if (!found || Number(found.all) === 0 || Number(found.made) < Number(found.all)) return undefined;
  return Number(found.next);
}

export function listUndelivered(db: Reader, now: number, store: string, limit: number): Promise<ListKey[]> {
  return db
    .selectFrom('revocation_list')
    .select(['authority_id', 'shard'])
    .where('deliver_at', '<=', now)
    .where('store', '=', store)
    .where('list', 'is not', null)
    .orderBy('deliver_at')
    .limit(limit)
    .execute();
}

/** A list was seen where it is to be; a newer one has come meanwhile: then it is still to be delivered. */
export async function markDelivered(tx: AnyTransaction, { authority_id, shard, list_number }: ListRow): Promise<void> {
  await own(tx)
    .updateTable('revocation_list')
    .set({ stored_number: list_number, deliver_at: null, attempts: 0, problem: null })
    .where('authority_id', '=', authority_id)
    .where('shard', '=', shard)
    .where('list_number', '=', list_number)
    .execute();
}

export async function postponeDelivery(
  tx: AnyTransaction,
  { authority_id, shard }: ListKey,
  later: { deliver_at: number; attempts: number; problem: string },
): Promise<void> {
  await own(tx)
    .updateTable('revocation_list')
    .set(later)
    .where('authority_id', '=', authority_id)
    .where('shard', '=', shard)
    .where('deliver_at', 'is not', null)
    .execute();
}
