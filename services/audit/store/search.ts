/**
 * Searches the records of one account. Walks the index of the filter that selects the fewest records and applies the
 * others on the way; looks at a bounded number of records per call, so that no search can keep the process busy.
 */
import { type Kysely, sql } from 'kysely';
import { giveWay } from '../sequencer/append.ts';
import type { AuditDatabase, RecordTable } from './schema.ts';

/** All texts in the form of `indexTerm`. */
export interface EventFilters {
  accountId: string;
  /** Milliseconds, inclusive. */
  from?: number;
  to?: number;
  name?: string;
  source?: string;
  principal?: string;
  actor?: string;
  accessKey?: string;
  resource?: string;
  outcome?: string;
  layer?: string;
  project?: string;
  requestId?: string;
  eventId?: string;
  order: 'asc' | 'desc';
}

/** The last record that was looked at. */
export interface EventPosition {
  time: number;
  sequence: number;
}

export interface EventPage {
  sequences: number[];
  /** Absent when there is nothing more. */
  next?: EventPosition;
}

const STEP = 500;
const MAX_STEPS = 4;

type Row = Pick<
  RecordTable,
  | 'event_id'
  | 'sequence'
  | 'time'
  | 'name'
  | 'source'
  | 'principal'
  | 'actor'
  | 'access_key'
  | 'outcome'
  | 'request_id'
  | 'layer'
  | 'project'
>;

export async function searchEvents(
  db: Kysely<AuditDatabase>,
  filters: EventFilters,
  limit: number,
  after: EventPosition | undefined,
): Promise<EventPage> {
  const sequences: number[] = [];
  const exact = isExact(filters);
  const step = exact ? limit + 1 : STEP;
  let position = after;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const rows = await walk(db, filters, step, position);
    for (const [index, row] of rows.entries()) {
      position = { time: row.time, sequence: row.sequence };
      if (!matches(row, filters)) continue;
      sequences.push(row.sequence);
      if (sequences.length === limit) {
        const more = index < rows.length - 1 || rows.length === step;
        return { sequences, ...(more && { next: position }) };
      }
    }
    if (rows.length < step) return { sequences };
    await giveWay();
  }
  return { sequences, ...(position && { next: position }) };
}

/** True when the index that is walked answers all filters. */
function isExact(filters: EventFilters): boolean {
  const { accessKey, actor, name, source, principal, outcome, resource, requestId, eventId, layer, project } = filters;
  if (source !== undefined || principal !== undefined || outcome !== undefined) return false;
  const walked = [eventId, requestId, resource, accessKey, layer, actor, project, name].filter(
    (value) => value !== undefined,
  );
  return walked.length <= 1;
}

function matches(row: Row, filters: EventFilters): boolean {
  const same = (value: string | null, wanted: string | undefined) => wanted === undefined || value === wanted;
  return (
    same(row.name, filters.name) &&
    same(row.source, filters.source) &&
    same(row.principal, filters.principal) &&
    same(row.actor, filters.actor) &&
    same(row.access_key, filters.accessKey) &&
    same(row.outcome, filters.outcome) &&
    same(row.request_id, filters.requestId) &&
    same(row.layer, filters.layer) &&
    same(row.project, filters.project) &&
    same(row.event_id, filters.eventId)
  );
}

async function walk(
  db: Kysely<AuditDatabase>,
  filters: EventFilters,
  count: number,
  after: EventPosition | undefined,
): Promise<Row[]> {
  const { accountId, order, resource } = filters;
  const columns = [
    'record.event_id',
    'record.sequence',
    'record.time',
    'record.name',
    'record.source',
    'record.principal',
    'record.actor',
    'record.access_key',
    'record.outcome',
    'record.request_id',
    'record.layer',
    'record.project',
  ] as const;
  // The columns that order and bound the walk are those of the table whose index is walked.
  const along = resource === undefined ? 'record' : 'record_resource';
  const time = sql.ref<number>(`${along}.time`);
  const sequence = sql.ref<number>(`${along}.sequence`);

  let query =
    resource === undefined
      ? db.selectFrom('record').select(columns)
      : db
          .selectFrom('record_resource')
          .innerJoin('record', (join) =>
            join
              .onRef('record.account_id', '=', 'record_resource.account_id')
              .onRef('record.sequence', '=', 'record_resource.sequence'),
          )
          .select(columns)
          .where('record_resource.account_id', '=', accountId)
          .where('record_resource.arn', '=', resource);
  query = query.where('record.account_id', '=', accountId);
  if (resource === undefined) {
    if (filters.eventId !== undefined) query = query.where('record.event_id', '=', filters.eventId);
    else if (filters.requestId !== undefined) query = query.where('record.request_id', '=', filters.requestId);
    else if (filters.accessKey !== undefined) query = query.where('record.access_key', '=', filters.accessKey);
    else if (filters.layer !== undefined) query = query.where('record.layer', '=', filters.layer);
    else if (filters.actor !== undefined) query = query.where('record.actor', '=', filters.actor);
    else if (filters.project !== undefined) query = query.where('record.project', '=', filters.project);
    else if (filters.name !== undefined) query = query.where('record.name', '=', filters.name);
  }
  if (filters.from !== undefined) query = query.where(time, '>=', filters.from);
  if (filters.to !== undefined) query = query.where(time, '<=', filters.to);
  if (after) {
    // The first condition bounds the index; the second leaves out what this moment has before the position.
    const beyond = order === 'asc' ? '>' : '<';
    query = query
      .where(time, order === 'asc' ? '>=' : '<=', after.time)
      .where((eb) => eb.or([eb(time, beyond, after.time), eb(sequence, beyond, after.sequence)]));
  }
  return query.orderBy(time, order).orderBy(sequence, order).limit(count).execute();
}

/** Texts and hashes of the records found, in the order of `sequences`. */
export async function readEvents(
  db: Kysely<AuditDatabase>,
  accountId: string,
  sequences: readonly number[],
): Promise<{ sequence: number; record: string; hash: string }[]> {
  if (sequences.length === 0) return [];
  const rows = await db
    .selectFrom('record')
    .select(['sequence', 'record', 'hash'])
    .where('account_id', '=', accountId)
    .where('sequence', 'in', sequences)
    .execute();
  const found = new Map(rows.map((row) => [row.sequence, row]));
  return sequences.flatMap((sequence) => found.get(sequence) ?? []);
}

/** The text of one record of the account, also of one that has no number yet. */
export async function findRecord(
  db: Kysely<AuditDatabase>,
  accountId: string,
  eventId: string,
): Promise<string | undefined> {
  for (const table of ['record', 'pending'] as const) {
    const row = await db
      .selectFrom(table)
      .select('record')
      .where('event_id', '=', eventId)
      .where('account_id', '=', accountId)
      .executeTakeFirst();
    if (row) return row.record;
  }
  return undefined;
}

/** The number of a record in the stream of its account; undefined: there is none, or it has none yet. */
export async function findPlace(
  db: Kysely<AuditDatabase>,
  accountId: string,
  eventId: string,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('record')
    .select('sequence')
    .where('event_id', '=', eventId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return row?.sequence;
}
