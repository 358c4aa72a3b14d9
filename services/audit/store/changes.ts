/** The order of successful writes over all accounts, beside the chains of the accounts. */
import type { Kysely, Transaction } from 'kysely';
import { type EngineName, RowsStatement } from './batch.ts';
import type { AuditDatabase, WriteOrderTable } from './schema.ts';

const insertChanges = new RowsStatement<WriteOrderTable>(['position', 'account_id', 'sequence'], (tx, rows) =>
  tx.insertInto('write_order').values(rows),
);

/** INVARIANT: under the fence of the sequencer, so positions are gapless and never appear behind a later one. */
export async function appendChanges(
  tx: Transaction<AuditDatabase>,
  engine: EngineName,
  written: readonly { account_id: string; sequence: number }[],
): Promise<void> {
  if (written.length === 0) return;
  const head = await headPosition(tx);
  const rows = written.map(({ account_id, sequence }, index) => ({ position: head + 1 + index, account_id, sequence }));
  await insertChanges.run(tx, engine, rows);
}

export async function headPosition(db: Kysely<AuditDatabase>): Promise<number> {
  const last = await db
    .selectFrom('write_order')
    .select('position')
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last?.position ?? 0;
}

export interface StoredChange {
  position: number;
  account_id: string;
  event_id: string;
  time: number;
  name: string;
  principal: string | null;
  record: string;
}

export function readChanges(db: Kysely<AuditDatabase>, after: number, limit: number): Promise<StoredChange[]> {
  return db
    .selectFrom('write_order')
    .innerJoin('record', (join) =>
      join
        .onRef('record.account_id', '=', 'write_order.account_id')
        .onRef('record.sequence', '=', 'write_order.sequence'),
    )
    .select([
      'write_order.position',
      'write_order.account_id',
      'record.event_id',
      'record.time',
      'record.name',
      'record.principal',
      'record.record',
    ])
    .where('write_order.position', '>', after)
    .orderBy('write_order.position')
    .limit(limit)
    .execute();
}
