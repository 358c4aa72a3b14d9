/** Who changed what: written with every change, read where somebody asks how something came to be as it is. */
import type { Selectable } from 'kysely';
import type { Db, Tx } from './db.ts';
import type { ChangeNoteTable } from './schema.ts';

export type ChangeNote = Selectable<ChangeNoteTable>;

export async function noteChange(tx: Tx, note: ChangeNote): Promise<void> {
  await tx
    .insertInto('change_note')
    .values(note)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** The latest change of each of the objects. */
export async function latestChanges(db: Db, objectIds: readonly string[]): Promise<Map<string, ChangeNote>> {
  const latest = new Map<string, ChangeNote>();
  for (let from = 0; from < objectIds.length; from += 500) {
    const rows = await db
      .selectFrom('change_note')
      .selectAll()
      .where('object_id', 'in', objectIds.slice(from, from + 500))
      .orderBy('at')
      .orderBy('event_id')
      .execute();
    for (const row of rows) latest.set(row.object_id, row);
  }
  return latest;
}

export async function forgetNotes(tx: Tx, before: number): Promise<void> {
  await tx.deleteFrom('change_note').where('at', '<', before).execute();
}
