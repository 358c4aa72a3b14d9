/** Who changed what: written with every change, read where somebody asks how something came to be as it is. */
import type { Selectable } from 'kysely';
import type { Db, Tx } from './db.ts';
import type { ChangeNoteTable } from './landing-zone/schema.ts';

export type ChangeNote = Selectable<ChangeNoteTable>;

export async function noteChange(tx: Tx, note: ChangeNote): Promise<void> {
  await tx
    .insertInto('change_note')
    .values(note)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Changes of each of the objects, the latest first. */
export async function changesOf(db: Db, objectIds: readonly string[]): Promise<Map<string, ChangeNote[]>> {
  const changes = new Map<string, ChangeNote[]>();
  for (let from = 0; from < objectIds.length; from += BATCH) {
    const rows = await db
      .selectFrom('change_note')
      .selectAll()
      .where('object_id', 'in', objectIds.slice(from, from + BATCH))
      .orderBy('at', 'desc')
      .orderBy('event_id', 'desc')
      .execute();
    for (const row of rows) {
      const held = changes.get(row.object_id);
      if (held) held.push(row);
      else changes.set(row.object_id, [row]);
    }
  }
  return changes;
}

const BATCH = 500;

export async function forgetNotes(tx: Tx, before: number): Promise<void> {
  await tx.deleteFrom('change_note').where('at', '<', before).execute();
}
