/** Settings of decisions: written with the first record that names one, read by their ids. */
import type { Kysely, Transaction } from 'kysely';
import { settingId } from '../../../platform/contract/decision-form.ts';
import { type EngineName, paddedLists, RowsStatement } from './batch.ts';
import type { AuditDatabase, DecisionSettingTable } from './schema.ts';

const insertSettings = new RowsStatement<DecisionSettingTable>(['id', 'text'], (tx, rows) =>
  tx
    .insertInto('decision_setting')
    .values(rows)
    .onConflict((conflict) => conflict.column('id').doNothing()),
);

export async function addSettings(
  tx: Transaction<AuditDatabase>,
  engine: EngineName,
  settings: ReadonlyMap<string, string>,
): Promise<void> {
  const rows = [...settings].map(([id, text]) => ({ id, text }));
  await insertSettings.run(tx, engine, rows);
}

/** Texts by their ids. What does not have its hash was forged, and is left out. */
export async function readSettings(db: Kysely<AuditDatabase>, ids: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const list of paddedLists(ids)) {
    const rows = await db.selectFrom('decision_setting').select(['id', 'text']).where('id', 'in', list).execute();
    for (const { id, text } of rows) if (settingId(text) === id) found.set(id, text);
  }
  return found;
}
