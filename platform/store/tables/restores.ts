/** Declared restores whose consequences a service has drawn. */
import type { Kysely, Transaction } from 'kysely';
import type { AnyTransaction } from '../transaction.ts';
import type { AppliedRestoreTable } from './schema.ts';

type Tables = { applied_restore: AppliedRestoreTable };

// biome-ignore lint/suspicious/noExplicitAny: the platform's own table is in every store
export async function wasApplied(db: Kysely<any>, restoreId: string): Promise<boolean> {
  const found = await (db as Kysely<Tables>)
    .selectFrom('applied_restore')
    .select('restore_id')
    .where('restore_id', '=', restoreId)
    .executeTakeFirst();
  return found !== undefined;
}

/** When the consequences of a restore were drawn last; 0: there was none. */
// biome-ignore lint/suspicious/noExplicitAny: the platform's own table is in every store
export async function restoredAt(db: Kysely<any>): Promise<number> {
  const found = await (db as Kysely<Tables>)
    .selectFrom('applied_restore')
    .select((eb) => eb.fn.max('applied_at').as('at'))
    .executeTakeFirst();
  return Number(found?.at ?? 0);
}

/** The least that anything waits for its deletion. */
export const LEAST_WAIT_MS = 7 * 86_400_000;

/**
 * Until when nothing is deleted that waits for it. Whoever took a deletion back after the backup was made cannot be known any
 * more, so all of it waits anew after a restore. What is scheduled later than that waits as long by itself.
 */
// biome-ignore lint/suspicious/noExplicitAny: the platform's own table is in every store
export async function nothingDeletedBefore(db: Kysely<any>): Promise<number> {
  const at = await restoredAt(db);
  return at === 0 ? 0 : at + LEAST_WAIT_MS;
}

/** Throws when another node was first: its transaction did the rest too. */
export async function restoreApplied(tx: AnyTransaction, restoreId: string, at: number): Promise<void> {
  const own = tx as Transaction<Tables>;
  await own.insertInto('applied_restore').values({ restore_id: restoreId, applied_at: at }).execute();
}
