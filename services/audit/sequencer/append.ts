/**
 * Gives records their place in the chain of their account. Runs in a transaction that holds the fence, so there is
 * one at a time.
 *
 * INVARIANT: numbers of an account are gapless from 1 and every event id has exactly one; every record is a leaf of the
 * Merkle log, in the order of the numbers.
 */
import { setImmediate } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import { leafHash } from '../../../tlog/tree.ts';
import { entryHash, GENESIS_HASH, recordEntry } from '../domain/chain.ts';
import { type IndexColumns, indexColumns } from '../domain/index-columns.ts';
import type { EngineName } from '../store/batch.ts';
import { appendChanges } from '../store/changes.ts';
import { appendLeaves } from '../store/log.ts';
import { appendRecords, chained, readHeads } from '../store/records.ts';
import type {
  AuditDatabase,
  LogEntryTable,
  RecordResourceTable,
  RecordTable,
  StreamHeadTable,
} from '../store/schema.ts';
import { addSettings } from '../store/settings.ts';

/** A record as it arrived; `text` is kept to the character. */
export interface Arrived {
  eventId: string;
  accountId: string;
  createdAt: number;
  text: string;
}

export interface Prepared extends Arrived {
  columns: IndexColumns;
}

/** Records between two turns of the event loop: two milliseconds or so. */
const SLICE = 256;

/** The others in this process get their turn. */
export const giveWay = (): Promise<void> => setImmediate();

/** What does not need the transaction: takes the search columns out of the text. */
export async function prepare(records: readonly Arrived[]): Promise<Prepared[]> {
  const out: Prepared[] = [];
  for (const record of records) {
    out.push({ ...record, columns: indexColumns(record.text) });
    if (out.length % SLICE === 0) await giveWay();
  }
  return out;
}

/** Appends what is not in the chain yet, in the order given; answers how many. */
export async function appendToChain(
  tx: Transaction<AuditDatabase>,
  engine: EngineName,
  records: readonly Prepared[],
): Promise<number> {
  const known = await chained(
    tx,
    records.map((record) => record.eventId),
  );
  const fresh = records.filter((record) => !known.has(record.eventId) && known.add(record.eventId));
  if (fresh.length === 0) return 0;

  const heads = await readHeads(tx, [...new Set(fresh.map((record) => record.accountId))]);
  const rows: RecordTable[] = [];
  const leaves: Omit<LogEntryTable, 'position'>[] = [];
  const resources: RecordResourceTable[] = [];
  const written: RecordTable[] = [];
  const settings = new Map<string, string>();
  for (const record of fresh) {
    const { row, leaf } = nextRow(record, heads);
    rows.push(row);
    leaves.push({ account_id: row.account_id, sequence: row.sequence, leaf });
    if (record.columns.change && row.account_id !== '') written.push(row);
    for (const [id, text] of record.columns.decisions.settings) settings.set(id, text);
    for (const arn of record.columns.resources)
      resources.push({ account_id: row.account_id, arn, time: row.time, sequence: row.sequence });
    if (rows.length % SLICE === 0) await giveWay();
  }
  await appendRecords(tx, engine, rows, resources, [...heads.values()], giveWay);
  await addSettings(tx, engine, settings);
  await appendChanges(tx, engine, written);
  await appendLeaves(tx, engine, leaves);
  return fresh.length;
}

/** The row of a record and its leaf, and its head moved on. */
function nextRow(record: Prepared, heads: Map<string, StreamHeadTable>): { row: RecordTable; leaf: Buffer } {
  const { accountId, createdAt, columns } = record;
  const head = heads.get(accountId);
  const sequence = (head?.sequence ?? 0) + 1;
  const entry = recordEntry(accountId, sequence, head?.hash ?? GENESIS_HASH, record.text);
  const hash = entryHash(entry);
  heads.set(accountId, {
    account_id: accountId,
    sequence,
    hash,
    first_time: head?.first_time ?? createdAt,
    last_time: Math.max(head?.last_time ?? createdAt, createdAt),
  });
  const row: RecordTable = {
    event_id: record.eventId,
    account_id: accountId,
    sequence,
    time: createdAt,
    name: columns.name,
    source: columns.source,
    principal: columns.principal,
    actor: columns.actor,
    access_key: columns.accessKey,
    outcome: columns.outcome,
    request_id: columns.requestId,
    layer: columns.layer,
    project: columns.project,
    hash,
    record: record.text,
    decisions: columns.decisions.text,
  };
  return { row, leaf: leafHash(entry) };
}
