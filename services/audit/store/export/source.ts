/** Records in the order in which they are exported: those of an account, or those of many in the order of the log. */
import type { Kysely } from 'kysely';
import type { NumberedRecord } from '../../domain/export/recorded.ts';
import { logSize } from '../log.ts';
import { readHead } from '../records.ts';
import type { AuditDatabase } from '../schema.ts';

type Reader = Kysely<AuditDatabase>;

/** Members of an organization; absent: the one account. */
export interface Source {
  accountId: string;
  members?: readonly string[];
}

export interface PlacedRecord extends NumberedRecord {
  /** Of an account its sequence, of an organization its place in the log. */
  position: number;
}

export interface Portion {
  records: PlacedRecord[];
  /** Where the next one begins. */
  next: number;
}

const COLUMNS = [
  'record.event_id as eventId',
  'record.account_id as accountId',
  'record.sequence as sequence',
  'record.time as time',
  'record.record as text',
] as const;

/** Where the next record that is numbered will be. */
export async function endOf(db: Reader, { accountId, members }: Source): Promise<number> {
  if (members) return logSize(db);
  return ((await readHead(db, accountId))?.sequence ?? 0) + 1;
}

/** At most `limit` places from `from` to before `end`, and at most `maxCharacters` unless the first alone has more. */
export async function readPortion(
  db: Reader,
  source: Source,
  { from, end, limit, maxCharacters }: { from: number; end: number; limit: number; maxCharacters: number },
): Promise<Portion> {
  const next = Math.min(end, from + limit);
  if (from >= next) return { records: [], next: from };
  const rows = source.members ? await ofMembers(db, source, from, next) : await ofAccount(db, source, from, next);
  let characters = 0;
  for (const [index, { position, text }] of rows.entries()) {
    characters += text.length;
    if (characters > maxCharacters && index > 0) return { records: rows.slice(0, index), next: position };
  }
  return { records: rows, next };
}

async function ofAccount(db: Reader, { accountId }: Source, from: number, before: number): Promise<PlacedRecord[]> {
  const rows = await db
    .selectFrom('record')
    .select(COLUMNS)
    .where('account_id', '=', accountId)
    .where('sequence', '>=', from)
    .where('sequence', '<', before)
    .orderBy('sequence')
    .execute();
  return rows.map((row) => ({ ...row, position: row.sequence }));
}

async function ofMembers(db: Reader, { members = [] }: Source, from: number, before: number): Promise<PlacedRecord[]> {
  const isMember = new Set(members);
  const rows = await db
    .selectFrom('log_entry')
    .innerJoin('record', (join) =>
      join.onRef('record.account_id', '=', 'log_entry.account_id').onRef('record.sequence', '=', 'log_entry.sequence'),
    )
    .select([...COLUMNS, 'log_entry.position as position'])
    .where('log_entry.position', '>=', from)
    .where('log_entry.position', '<', before)
    .orderBy('log_entry.position')
    .execute();
  return rows.filter(({ accountId }) => isMember.has(accountId));
}

/** When the record arrived that is there, or the next one that is. */
export async function arrivalAt(db: Reader, source: Source, position: number): Promise<number | undefined> {
  const end = await endOf(db, source);
  for (let from = position; from < end; from += 100) {
    const { records } = await readPortion(db, source, { from, end, limit: 100, maxCharacters: 1 });
    if (records[0]) return records[0].time;
    // Of others' records there may be many: the search is worth no more than that.
    if (from - position > 1_000) return undefined;
  }
  return undefined;
}
