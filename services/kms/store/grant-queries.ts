/** Queries about grants. Rows go in and out as they are; whether they are genuine is `RowGuard`'s business. */
import type { Kysely, Transaction } from 'kysely';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import type { GuardedRow } from '../../../platform/store/row-guard.ts';
import { type GrantRow, grantRowBytes } from '../domain/grant.ts';
import type { KmsTables } from './tables.ts';

type Reader = Kysely<KmsTables>;
const own = (tx: AnyTransaction) => tx as Transaction<KmsTables>;

export function guardedGrant(row: GrantRow): GuardedRow {
  return { name: `grant ${row.grant_id}`, data: grantRowBytes(row), mac: row.row_mac };
}

export function readGrant(db: Reader, grantId: string): Promise<GrantRow | undefined> {
  return db.selectFrom('kms_grant').selectAll().where('grant_id', '=', grantId).executeTakeFirst();
}

/** The grants of a key for somebody, under any of the ids that name them. */
export function grantsFor(db: Reader, keyId: string, granteeIds: readonly string[]): Promise<GrantRow[]> {
  return db
    .selectFrom('kms_grant')
    .selectAll()
    .where('key_id', '=', keyId)
    .where('grantee_id', 'in', granteeIds)
    .orderBy('grant_id')
    .execute();
}

export interface GrantFilter {
  keyId?: string;
  grantId?: string | undefined;
  grantee?: string | undefined;
  retiring?: string;
  retiringId?: string;
}

/** Grants after `after`, by id. */
export function listGrants(db: Reader, filter: GrantFilter, after: string, limit: number): Promise<GrantRow[]> {
  let query = db.selectFrom('kms_grant').selectAll().where('grant_id', '>', after);
  if (filter.keyId !== undefined) query = query.where('key_id', '=', filter.keyId);
  if (filter.grantId !== undefined) query = query.where('grant_id', '=', filter.grantId);
  if (filter.grantee !== undefined) query = query.where('grantee', '=', filter.grantee);
  if (filter.retiring !== undefined) query = query.where('retiring', '=', filter.retiring);
  if (filter.retiringId !== undefined) query = query.where('retiring_id', '=', filter.retiringId);
  return query.orderBy('grant_id').limit(limit).execute();
}

export async function countGrants(tx: AnyTransaction, keyId: string): Promise<number> {
  const { count } = await own(tx)
    .selectFrom('kms_grant')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('key_id', '=', keyId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The id of the grant that is there afterwards: this one, or an earlier one that is the same. */
export async function insertGrant(tx: AnyTransaction, row: GrantRow): Promise<{ grantId: string; isNew: boolean }> {
  const result = await own(tx)
    .insertInto('kms_grant')
    .values(row)
    .onConflict((conflict) => conflict.column('same_as').doNothing())
    .executeTakeFirst();
  if (result.numInsertedOrUpdatedRows === 1n) return { grantId: row.grant_id, isNew: true };
  const earlier = await own(tx)
    .selectFrom('kms_grant')
    .select('grant_id')
    .where('same_as', '=', row.same_as)
    .executeTakeFirstOrThrow();
  return { grantId: earlier.grant_id, isNew: false };
}

/** False when somebody else was faster. */
export async function deleteGrant(tx: AnyTransaction, grantId: string): Promise<boolean> {
  const result = await own(tx).deleteFrom('kms_grant').where('grant_id', '=', grantId).executeTakeFirst();
  return result.numDeletedRows === 1n;
}
