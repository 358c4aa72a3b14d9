/**
 * Searches the records of one account by walking the index of the filter that selects the fewest of them, or those of all
 * accounts by time; the other filters are applied on the way. Looks at a bounded number of records per call, so that no
 * search can keep the process busy.
 */
import { type Kysely, sql } from 'kysely';
import { giveWay } from '../sequencer/append.ts';
import type { AuditDatabase, RecordTable } from './schema.ts';

/** All texts in the form of `indexTerm`. */
export interface EventFilters {
  /** Absent: of all accounts. */
  accountId?: string;
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
  accountId: string;
  sequence: number;
}

export interface EventPage {
  eventIds: string[];
  /** Absent when there is nothing more. */
  next?: EventPosition;
}

const STEP = 500;
const MAX_STEPS = 4;

type Row = Pick<
  RecordTable,
  | 'event_id'
  | 'account_id'
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
> & {
  /** Asked for where a resource is searched in all accounts. */
  touches?: boolean;
};

export async function searchEvents(
  db: Kysely<AuditDatabase>,
  filters: EventFilters,
  limit: number,
  after: EventPosition | undefined,
): Promise<EventPage> {
  const eventIds: string[] = [];
  const exact = isExact(filters);
  const step = exact ? limit + 1 : STEP;
  let position = after;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const rows = await walk(db, filters, step, position);
    for (const [index, row] of rows.entries()) {
      position = { time: row.time, accountId: row.account_id, sequence: row.sequence };
      if (!matches(row, filters)) continue;
      eventIds.push(row.event_id);
      if (eventIds.length === limit) {
        const more = index < rows.length - 1 || rows.length === step;
        return { eventIds, ...(more && { next: position }) };
      }
    }
    if (rows.length < step) return { eventIds };
    await giveWay();
  }
  return { eventIds, ...(position && { next: position }) };
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
    same(row.event_id, filters.eventId) &&
    (row.touches === undefined || Boolean(row.touches))
  );
}

const COLUMNS = [
  'record.event_id',
  'record.account_id',
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

function walk(
  db: Kysely<AuditDatabase>,
  filters: EventFilters,
  count: number,
  after: EventPosition | undefined,
): Promise<Row[]> {
  const { accountId } = filters;
  return accountId === undefined
    ? walkTime(db, filters, count, after)
    : walkAccount(db, { ...filters, accountId }, count, after);
}

/** Of all accounts. Only what has an index over all of them narrows the walk. */
function walkTime(
  db: Kysely<AuditDatabase>,
  { eventId, requestId, resource, from, to, order }: EventFilters,
  count: number,
  after: EventPosition | undefined,
): Promise<Row[]> {
  const beyond = order === 'asc' ? '>' : '<';
  const touches = sql<boolean>`exists (select 1 from record_resource where record_resource.account_id = record.account_id
    and record_resource.arn = ${resource} and record_resource.time = record.time
    and record_resource.sequence = record.sequence)`;
  let query = db.selectFrom('record').select(COLUMNS).where('record.account_id', '<>', '');
  if (resource !== undefined) query = query.select(touches.as('touches'));
  if (eventId !== undefined) query = query.where('record.event_id', '=', eventId);
  if (requestId !== undefined) query = query.where('record.request_id', '=', requestId);
  if (from !== undefined) query = query.where('record.time', '>=', from);
  if (to !== undefined) query = query.where('record.time', '<=', to);
  if (after) {
    query = query
      .where('record.time', order === 'asc' ? '>=' : '<=', after.time)
      .where((eb) =>
        eb.or([
          eb('record.time', beyond, after.time),
          eb('record.account_id', beyond, after.accountId),
          eb.and([eb('record.account_id', '=', after.accountId), eb('record.sequence', beyond, after.sequence)]),
        ]),
      );
  }
  return query
    .orderBy('record.time', order)
    .orderBy('record.account_id', order)
    .orderBy('record.sequence', order)
    .limit(count)
    .execute();
}

function walkAccount(
  db: Kysely<AuditDatabase>,
  filters: EventFilters & { accountId: string },
  count: number,
  after: EventPosition | undefined,
): Promise<Row[]> {
  const { accountId, order, resource } = filters;
  // The columns that order and bound the walk are those of the table whose index is walked.
  const along = resource === undefined ? 'record' : 'record_resource';
  const time = sql.ref<number>(`${along}.time`);
  const sequence = sql.ref<number>(`${along}.sequence`);

  let query =
    resource === undefined
      ? db.selectFrom('record').select(COLUMNS)
      : db
          .selectFrom('record_resource')
          .innerJoin('record', (join) =>
            join
              .onRef('record.account_id', '=', 'record_resource.account_id')
              .onRef('record.sequence', '=', 'record_resource.sequence'),
          )
          .select(COLUMNS)
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

export type FoundEvent = Pick<RecordTable, 'event_id' | 'account_id' | 'sequence' | 'record' | 'hash'>;

/** In the order of `eventIds`. */
export async function readEvents(db: Kysely<AuditDatabase>, eventIds: readonly string[]): Promise<FoundEvent[]> {
  if (eventIds.length === 0) return [];
  const rows = await db
    .selectFrom('record')
    .select(['event_id', 'account_id', 'sequence', 'record', 'hash'])
    .where('event_id', 'in', eventIds)
    .execute();
  const found = new Map(rows.map((row) => [row.event_id, row]));
  return eventIds.flatMap((id) => found.get(id) ?? []);
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
