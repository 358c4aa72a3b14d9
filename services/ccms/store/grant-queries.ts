/** Queries about grants. Rows go in and out as they are; whether they are genuine is `RowGuard`'s business. */
import type { Transaction } from 'kysely';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import { prepareQuery } from '../../../platform/store/prepared-query.ts';
import type { GuardedRow } from '../../../platform/store/row-guard.ts';
import { type GrantRow, grantRowBytes } from '../domain/grant.ts';
import type { Reader } from './queries.ts';
import type { CcmsTables } from './tables.ts';

const own = (tx: AnyTransaction) => tx as Transaction<CcmsTables>;

export function guardedGrant(row: GrantRow): GuardedRow {
  return { name: `grant ${row.grant_id}`, data: grantRowBytes(row), mac: row.row_mac };
}

export function readGrant(db: Reader, grantId: string): Promise<GrantRow | undefined> {
  return db.selectFrom('secret_grant').selectAll().where('grant_id', '=', grantId).executeTakeFirst();
}

/** What every read of a value asks; nobody has more than two ids. */
const grantsToEither = prepareQuery((db: Reader, secretId: string, id: string, other: string) =>
  db
    .selectFrom('secret_grant')
    .selectAll()
    .where('secret_id', '=', secretId)
    .where('revoked_at', 'is', null)
    .where('grantee_id', 'in', [id, other])
    .orderBy('grant_id'),
);

/** Grants of a secret that were not revoked: those for somebody under any of these ids, of an account, or all. */
export function grantsInForce(
  db: Reader,
  secretId: string,
  to: { granteeIds: readonly string[] } | { accountId: string } | 'everybody',
): Promise<readonly GrantRow[]> {
  if (to !== 'everybody' && 'granteeIds' in to) {
    const [id, other = id, ...more] = to.granteeIds;
    if (id !== undefined && other !== undefined && more.length === 0) return grantsToEither(db, secretId, id, other);
  }
  let query = db
    .selectFrom('secret_grant')
    .selectAll()
    .where('secret_id', '=', secretId)
    .where('revoked_at', 'is', null);
  if (to !== 'everybody')
    query =
      'accountId' in to
        ? query.where('grantee_account', '=', to.accountId)
        : query.where('grantee_id', 'in', to.granteeIds);
  return query.orderBy('grant_id').execute();
}

export interface GrantFilter {
  secretId?: string;
  grantee?: string | undefined;
  granteeIds?: readonly string[];
}

/** Grants after `after`, by id. */
export function listGrants(db: Reader, filter: GrantFilter, after: string, limit: number): Promise<GrantRow[]> {
  let query = db.selectFrom('secret_grant').selectAll().where('grant_id', '>', after);
  if (filter.secretId !== undefined) query = query.where('secret_id', '=', filter.secretId);
  if (filter.grantee !== undefined) query = query.where('grantee', '=', filter.grantee);
  if (filter.granteeIds !== undefined) query = query.where('grantee_id', 'in', filter.granteeIds);
  return query.orderBy('grant_id').limit(limit).execute();
}

/** How many a secret has, and how many of them did not end. */
export async function countGrants(db: Reader, secretId: string, now: number): Promise<{ all: number; open: number }> {
  const of = () =>
    db
      .selectFrom('secret_grant')
      .select((eb) => eb.fn.countAll().as('count'))
      .where('secret_id', '=', secretId);
  const open = of()
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]));
  const [a, b] = [await of().executeTakeFirstOrThrow(), await open.executeTakeFirstOrThrow()];
  return { all: Number(a.count), open: Number(b.count) };
}

export async function insertGrant(tx: AnyTransaction, row: GrantRow): Promise<void> {
  await own(tx).insertInto('secret_grant').values(row).execute();
}

/** Replaces a row that still has the version before `row.version`; false when somebody was faster. */
export async function replaceGrant(tx: AnyTransaction, row: GrantRow): Promise<boolean> {
  const { grant_id, ...columns } = row;
  const result = await own(tx)
    .updateTable('secret_grant')
    .set(columns)
    .where('grant_id', '=', grant_id)
    .where('version', '=', row.version - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Forgets grants that ended before a moment; how many. */
export async function forgetGrants(tx: AnyTransaction, before: number): Promise<number> {
  const result = await own(tx)
    .deleteFrom('secret_grant')
    .where((eb) => eb.or([eb('revoked_at', '<', before), eb('expires_at', '<', before)]))
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
