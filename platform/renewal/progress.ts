/** Where each walk of a renewal stands: a row per step, written in the transaction that renews what it counts. */
import type { Kysely, Transaction } from 'kysely';
import type { AnyTransaction } from '../store/index.ts';
import type { RenewalTable } from '../store/tables/schema.ts';

export type Progress = RenewalTable;
type Tables = { renewal: RenewalTable };

// biome-ignore lint/suspicious/noExplicitAny: the platform's own table is in every store
const reader = (db: Kysely<any>) => db as Kysely<Tables>;
const own = (tx: AnyTransaction) => tx as Transaction<Tables>;

// biome-ignore lint/suspicious/noExplicitAny: see above
export function readProgress(db: Kysely<any>, step: string): Promise<Progress | undefined> {
  return reader(db).selectFrom('renewal').selectAll().where('step', '=', step).executeTakeFirst();
}

export async function beginWalk(tx: AnyTransaction, progress: Progress): Promise<void> {
  const { step, ...columns } = progress;
  await own(tx)
    .insertInto('renewal')
    .values(progress)
    .onConflict((conflict) => conflict.column('step').doUpdateSet(columns))
    .execute();
}

/** False when something that it may have passed was written meanwhile, or another form is in force: begin again. */
export async function saveProgress(tx: AnyTransaction, { step, ...columns }: Progress): Promise<boolean> {
  const result = await own(tx)
    .updateTable('renewal')
    .set(columns)
    .where('step', '=', step)
    .where('form', '=', columns.form)
    .where('wanted', '=', columns.wanted)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Has the step walked again, because this transaction writes something that is not in the form in force. */
export async function wantRenewal(tx: AnyTransaction, step: string): Promise<void> {
  await own(tx)
    .updateTable('renewal')
    .set((eb) => ({
      state: 'running' as const,
      wanted: eb('wanted', '+', 1),
      after: null,
      seen: 0,
      renewed: 0,
      refused: 0,
    }))
    .where('step', '=', step)
    .execute();
}
