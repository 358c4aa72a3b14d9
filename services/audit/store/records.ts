/** Rows of the chain: appended by the sequencer, read by everybody else. */
import type { Kysely, Transaction } from 'kysely';
import { GENESIS, GENESIS_HASH, type StreamPosition } from '../domain/chain.ts';
import { type EngineName, paddedLists, RowsStatement } from './batch.ts';
import type { AuditDatabase, RecordResourceTable, RecordTable, StreamHeadTable } from './schema.ts';

type Tx = Transaction<AuditDatabase>;
type Db = Kysely<AuditDatabase>;

const RECORD_COLUMNS = [
  'event_id',
  'account_id',
  'sequence',
  'time',
  'name',
  'source',
  'principal',
  'actor',
  'access_key',
  'outcome',
  'request_id',
  'layer',
  'project',
  'hash',
  'record',
  'decisions',
] as const satisfies readonly (keyof RecordTable)[];

const insertRecords = new RowsStatement<RecordTable>(RECORD_COLUMNS, (tx, rows) =>
  tx.insertInto('record').values(rows),
);

const insertResources = new RowsStatement<RecordResourceTable>(['account_id', 'arn', 'time', 'sequence'], (tx, rows) =>
  tx.insertInto('record_resource').values(rows),
);

const saveHeads = new RowsStatement<StreamHeadTable>(
  ['account_id', 'sequence', 'hash', 'first_time', 'last_time'],
  (tx, rows) =>
    tx
      .insertInto('stream_head')
      .values(rows)
      .onConflict((conflict) =>
        conflict.column('account_id').doUpdateSet((eb) => ({
          sequence: eb.ref('excluded.sequence'),
          hash: eb.ref('excluded.hash'),
          first_time: eb.ref('excluded.first_time'),
          last_time: eb.ref('excluded.last_time'),
        })),
      ),
);

/** Ids of the list that are already in the chain. */
export async function chained(tx: Tx, eventIds: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const list of paddedLists(eventIds)) {
    const rows = await tx.selectFrom('record').select('event_id').where('event_id', 'in', list).execute();
    for (const row of rows) found.add(row.event_id);
  }
  return found;
}

export async function readHeads(tx: Tx, accounts: readonly string[]): Promise<Map<string, StreamHeadTable>> {
  const heads = new Map<string, StreamHeadTable>();
  for (const list of paddedLists(accounts)) {
    const rows = await tx.selectFrom('stream_head').selectAll().where('account_id', 'in', list).execute();
    for (const row of rows) heads.set(row.account_id, row);
  }
  return heads;
}

export async function appendRecords(
  tx: Tx,
  engine: EngineName,
  rows: readonly RecordTable[],
  resources: readonly RecordResourceTable[],
  heads: readonly StreamHeadTable[],
  between: () => Promise<void>,
): Promise<void> {
  await insertRecords.run(tx, engine, rows, between);
  await insertResources.run(tx, engine, resources, between);
  await saveHeads.run(tx, engine, heads);
}

export async function readHead(db: Db, accountId: string): Promise<StreamHeadTable | undefined> {
  return db.selectFrom('stream_head').selectAll().where('account_id', '=', accountId).executeTakeFirst();
}

/** Over all streams. */
export async function countRecords(db: Db): Promise<number> {
  const row = await db
    .selectFrom('stream_head')
    .select((eb) => eb.fn.sum('sequence').as('count'))
    .executeTakeFirst();
  return Number(row?.count ?? 0);
}

export function positionOf(head: StreamHeadTable | undefined): StreamPosition {
  return head ? { sequence: head.sequence, hash: head.hash } : GENESIS;
}

export interface StoredStreamRecord {
  sequence: number;
  record: string;
  previousHash: string;
  hash: string;
}

/** Records `from` to `to`, ascending, at most `maxCharacters` of text unless the first one alone has more. */
export async function readStream(
  db: Db,
  accountId: string,
  range: { from: number; to: number },
  maxCharacters: number,
): Promise<StoredStreamRecord[]> {
  const out: StoredStreamRecord[] = [];
  let previous = GENESIS_HASH;
  if (range.from > 1 && range.from <= range.to) {
    const before = await db
      .selectFrom('record')
      .select('hash')
      .where('account_id', '=', accountId)
      .where('sequence', '=', range.from - 1)
      .executeTakeFirst();
    // A record that is missing from the table shows as a break of the chain, not as an error.
    previous = before?.hash ?? GENESIS_HASH;
  }
  let characters = 0;
  for (let at = range.from; at <= range.to; at += READ_STEP) {
    const rows = await db
      .selectFrom('record')
      .select(['sequence', 'record', 'hash'])
      .where('account_id', '=', accountId)
      .where('sequence', '>=', at)
      .where('sequence', '<=', Math.min(range.to, at + READ_STEP - 1))
      .orderBy('sequence')
      .execute();
    for (const row of rows) {
      characters += row.record.length;
      if (characters > maxCharacters && out.length > 0) return out;
      out.push({ sequence: row.sequence, record: row.record, previousHash: previous, hash: row.hash });
      previous = row.hash;
    }
  }
  return out;
}

const READ_STEP = 200;
