import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { PermissionRow } from '../../domain/rows.ts';
import { own, type Reader } from '../authority-queries.ts';

/** False when there is one already. */
export async function insertPermission(tx: AnyTransaction, row: PermissionRow): Promise<boolean> {
  const result = await own(tx)
    .insertInto('permission')
    .values(row)
    .onConflict((conflict) => conflict.columns(['authority_id', 'principal', 'source_account']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

export async function deletePermission(
  tx: AnyTransaction,
  of: Pick<PermissionRow, 'authority_id' | 'principal' | 'source_account'>,
): Promise<boolean> {
  const result = await own(tx)
    .deleteFrom('permission')
    .where('authority_id', '=', of.authority_id)
    .where('principal', '=', of.principal)
    .where('source_account', '=', of.source_account)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Of an authority, in the order of accounts. */
export function listPermissions(
  db: Reader,
  authorityId: string,
  after: string,
  limit: number,
): Promise<PermissionRow[]> {
  return db
    .selectFrom('permission')
    .selectAll()
    .where('authority_id', '=', authorityId)
    .where('source_account', '>', after)
    .orderBy('source_account')
    .limit(limit)
    .execute();
}

export async function countPermissions(tx: AnyTransaction, authorityId: string): Promise<number> {
  const { count } = await own(tx)
    .selectFrom('permission')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('authority_id', '=', authorityId)
    .executeTakeFirstOrThrow();
  return Number(count);
}
