/** Which accounts' waiting times stand still, and since when. */
import type { Kysely, Transaction } from 'kysely';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import type { PauseRow } from '../domain/deletion-pause.ts';
import type { KmsTables } from './tables.ts';

type Reader = Kysely<KmsTables>;
const own = (tx: AnyTransaction) => tx as Transaction<KmsTables>;

export function listPauses(db: Reader): Promise<PauseRow[]> {
  return db.selectFrom('deletion_pause').selectAll().execute();
}

export async function hasPause(db: Reader, accountId: string): Promise<boolean> {
  const row = await db
    .selectFrom('deletion_pause')
    .select('account_id')
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return row !== undefined;
}

/** A pause that began stays as it began; `replace` is for the time of the last look. */
export async function writePause(tx: AnyTransaction, row: PauseRow, replace: boolean): Promise<void> {
  const { account_id, ...columns } = row;
  await own(tx)
    .insertInto('deletion_pause')
    .values(row)
    .onConflict((conflict) => {
      const target = conflict.column('account_id');
      return replace ? target.doUpdateSet(columns) : target.doNothing();
    })
    .execute();
}

/** False when somebody else ended it. */
export async function deletePause(tx: AnyTransaction, row: PauseRow): Promise<boolean> {
  const result = await own(tx)
    .deleteFrom('deletion_pause')
    .where('account_id', '=', row.account_id)
    .where('since', '=', row.since)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Accounts with keys that wait for their deletion. */
export async function accountsWithWaitingKeys(db: Reader): Promise<string[]> {
  const rows = await db
    .selectFrom('kms_key')
    .select('account_id')
    .distinct()
    .where('deletion_date', 'is not', null)
    .where('state', '=', 'PendingDeletion')
    .execute();
  return rows.map(({ account_id }) => account_id);
}

export async function waitingKeysOf(db: Reader, accountId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('kms_key')
    .select('key_id')
    .where('account_id', '=', accountId)
    .where('state', '=', 'PendingDeletion')
    .execute();
  return rows.map(({ key_id }) => key_id);
}
