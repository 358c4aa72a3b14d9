/** Queries of leases; see `queries.ts`. */
import type { ExpressionBuilder, Transaction } from 'kysely';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import type { GuardedRow } from '../../../platform/store/row-guard.ts';
import type { LeaseState } from '../domain/leases/lease.ts';
import { type LeaseRow, leaseBytes } from '../domain/leases/rows.ts';
import type { Reader } from './queries.ts';
import type { CcmsTables } from './tables.ts';

const own = (tx: AnyTransaction) => tx as Transaction<CcmsTables>;

export function guardedLease(row: LeaseRow): GuardedRow {
  return { name: `lease ${row.lease_id}`, data: leaseBytes(row), mac: row.row_mac };
}

/** Leases of a role that have a user, or may have one; all, or those of one user or role and its sessions. */
export async function countOpen(db: Reader | AnyTransaction, roleId: string, entityId?: string): Promise<number> {
  let query = (db as Reader)
    .selectFrom('lease')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('role_id', '=', roleId)
    .where('ended_at', 'is', null);
  if (entityId !== undefined) query = query.where('entity_id', '=', entityId);
  return Number((await query.executeTakeFirstOrThrow()).count);
}

export function readLease(db: Reader, leaseId: string): Promise<LeaseRow | undefined> {
  return db.selectFrom('lease').selectAll().where('lease_id', '=', leaseId).executeTakeFirst();
}

export async function insertLease(tx: AnyTransaction, row: LeaseRow): Promise<void> {
  await own(tx).insertInto('lease').values(row).execute();
}

/** Replaces a row that still has the version before `row.version`; false when somebody was faster. */
export async function replaceLease(tx: AnyTransaction, row: LeaseRow): Promise<boolean> {
  const { lease_id, ...columns } = row;
  const result = await own(tx)
    .updateTable('lease')
    .set(columns)
    .where('lease_id', '=', lease_id)
    .where('version', '=', row.version - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Whose leases. Of a principal: unique id or ARN of the session, the user, or what is behind the session. */
export interface LeaseFilter {
  accountId: string;
  roleId?: string | undefined;
  targetId?: string | undefined;
  principals?: readonly string[] | undefined;
  state?: LeaseState | undefined;
  isOpen?: boolean;
}

function filtered(db: Reader, filter: LeaseFilter) {
  let query = db.selectFrom('lease').where('account_id', '=', filter.accountId);
  if (filter.roleId !== undefined) query = query.where('role_id', '=', filter.roleId);
  if (filter.targetId !== undefined) query = query.where('target_id', '=', filter.targetId);
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  if (filter.isOpen) query = query.where('ended_at', 'is', null);
  const { principals } = filter;
  if (principals !== undefined)
    query = query.where((eb) =>
      eb.or((['principal_id', 'principal_arn', 'entity_id'] as const).map((column) => eb(column, 'in', principals))),
    );
  return query;
}

/** Newest first, before one of them: ids grow with time. */
export function listLeases(db: Reader, filter: LeaseFilter, before: string | undefined, limit: number) {
  let query = filtered(db, filter).selectAll();
  if (before !== undefined) query = query.where('lease_id', '<', before);
  return query.orderBy('lease_id', 'desc').limit(limit).execute();
}

/** How many by role and state. */
export async function countByRole(db: Reader, filter: LeaseFilter) {
  const rows = await filtered(db, filter)
    .select(['role_id', 'state', (eb) => eb.fn.countAll().as('count')])
    .groupBy(['role_id', 'state'])
    .execute();
  return rows.map((row) => ({ roleId: row.role_id, state: row.state, count: Number(row.count) }));
}

/** Open leases that nobody has asked to end, oldest first. */
export function listToRevoke(db: Reader, filter: LeaseFilter, limit: number): Promise<LeaseRow[]> {
  return unasked(db, filter).selectAll().orderBy('lease_id').limit(limit).execute();
}

export async function countToRevoke(db: Reader, filter: LeaseFilter): Promise<number> {
  const count = (eb: ExpressionBuilder<CcmsTables, 'lease'>) => eb.fn.countAll().as('count');
  return Number((await unasked(db, filter).select(count).executeTakeFirstOrThrow()).count);
}

function unasked(db: Reader, filter: LeaseFilter) {
  return filtered(db, { ...filter, isOpen: true }).where((eb) =>
    eb.or([eb('ended_by', 'is', null), eb('ended_by', '=', 'expired')]),
  );
}

export function listOpen(db: Reader, filter: LeaseFilter, limit: number): Promise<LeaseRow[]> {
  return filtered(db, { ...filter, isOpen: true })
    .selectAll()
    .orderBy('lease_id')
    .limit(limit)
    .execute();
}

// --- what jobs look for ----------------------------------------------------------------------------------------------

function due(db: Reader, now: number, hold: boolean) {
  const query = db.selectFrom('lease').where('ended_at', 'is', null).where('next_attempt_at', '<=', now);
  // As `isDueForRevocation` says.
  return hold ? query.where('state', 'in', ['REVOKING', 'STUCK']).where('ended_by', '<>', 'expired') : query;
}

/** Targets at which a user is to be ended now. */
export async function dueTargets(db: Reader, now: number, hold: boolean): Promise<string[]> {
  const rows = await due(db, now, hold).select('target_id').distinct().execute();
  return rows.map((row) => row.target_id);
}

/** Where a walk through what is due stands. */
export interface DueLease {
  lease_id: string;
  next_attempt_at: number;
  role_id: string;
  attempt: number;
}

/** Leases that are due at a target, the longest due first, after one of them. */
export function dueAt(
  db: Reader,
  targetId: string,
  when: { now: number; hold: boolean; after: DueLease | undefined },
  limit: number,
): Promise<DueLease[]> {
  const { after } = when;
  let query = due(db, when.now, when.hold)
    .select(['lease_id', 'next_attempt_at', 'role_id', 'attempt'])
    .where('target_id', '=', targetId);
  if (after !== undefined)
    query = query.where((eb) =>
      eb.or([
        eb('next_attempt_at', '>', after.next_attempt_at),
        eb.and([eb('next_attempt_at', '=', after.next_attempt_at), eb('lease_id', '>', after.lease_id)]),
      ]),
    );
  return query.orderBy('next_attempt_at').orderBy('lease_id').limit(limit).execute();
}

/** Whoever has a user: once each, in order, after one of them. */
export interface LeaseHolder {
  account_id: string;
  entity_id: string;
  session_id: string | null;
}

export function listHolders(db: Reader): Promise<LeaseHolder[]> {
  return db
    .selectFrom('lease')
    .select(['account_id', 'entity_id', 'session_id'])
    .distinct()
    .where('state', 'in', ['ISSUING', 'ACTIVE'])
    .where('ended_at', 'is', null)
    .execute();
}

export function leasesOfHolder(db: Reader, holder: LeaseHolder, limit: number): Promise<LeaseRow[]> {
  const query = db
    .selectFrom('lease')
    .selectAll()
    .where('account_id', '=', holder.account_id)
    .where('entity_id', '=', holder.entity_id)
    .where('state', 'in', ['ISSUING', 'ACTIVE'])
    .where('ended_by', 'is', null);
  const ofSession =
    holder.session_id === null
      ? query.where('session_id', 'is', null)
      : query.where('session_id', '=', holder.session_id);
  return ofSession.limit(limit).execute();
}

/** Leases that nobody has asked to end, after one of them. */
export function listLiving(db: Reader, after: string, limit: number): Promise<LeaseRow[]> {
  return db
    .selectFrom('lease')
    .selectAll()
    .where('lease_id', '>', after)
    .where('state', 'in', ['ISSUING', 'ACTIVE'])
    .where('ended_at', 'is', null)
    .where('ended_by', 'is', null)
    .orderBy('lease_id')
    .limit(limit)
    .execute();
}

/** Targets that have credential roles, or users of ours. */
export async function targetsInUse(db: Reader): Promise<string[]> {
  const rows = await db
    .selectFrom('credential_role')
    .select('target_id')
    .union(db.selectFrom('lease').select('target_id').where('ended_at', 'is', null))
    .execute();
  return rows.map((row) => row.target_id);
}

/** Users at a target that could not be ended. */
export function listStuck(db: Reader, targetId: string, limit: number): Promise<LeaseRow[]> {
  return db
    .selectFrom('lease')
    .selectAll()
    .where('target_id', '=', targetId)
    .where('state', '=', 'STUCK')
    .where('ended_at', 'is', null)
    .limit(limit)
    .execute();
}

/** Leases by the names of their users, whatever target they are of: two targets may be one database. */
export async function leasesByUsername(db: Reader, usernames: readonly string[]): Promise<LeaseRow[]> {
  if (usernames.length === 0) return [];
  return db.selectFrom('lease').selectAll().where('username', 'in', usernames).execute();
}

/** False when it was reported before. */
export async function insertOrphan(tx: AnyTransaction, row: CcmsTables['lease_orphan']): Promise<boolean> {
  const result = await own(tx)
    .insertInto('lease_orphan')
    .values(row)
    .onConflict((conflict) => conflict.columns(['target_id', 'username']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

export async function listOrphans(db: Reader, targetId: string): Promise<string[]> {
  const rows = await db.selectFrom('lease_orphan').select('username').where('target_id', '=', targetId).execute();
  return rows.map((row) => row.username);
}

export async function deleteOrphan(tx: AnyTransaction, targetId: string, username: string): Promise<boolean> {
  const result = await own(tx)
    .deleteFrom('lease_orphan')
    .where('target_id', '=', targetId)
    .where('username', '=', username)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Removes leases that ended before a moment; answers how many. */
export async function deleteEnded(tx: AnyTransaction, before: number, limit: number): Promise<number> {
  const rows = await own(tx)
    .selectFrom('lease')
    .select('lease_id')
    .where('ended_at', 'is not', null)
    .where('ended_at', '<', before)
    .orderBy('ended_at')
    .limit(limit)
    .execute();
  if (rows.length > 0)
    await own(tx)
      .deleteFrom('lease')
      .where(
        'lease_id',
        'in',
        rows.map((row) => row.lease_id),
      )
      .execute();
  return rows.length;
}
