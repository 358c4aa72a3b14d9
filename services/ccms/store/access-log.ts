/**
 * The last day each version was read, and who may have it in use: kept in memory and written every few seconds, so that
 * a read writes nothing itself. A day is written once, a reader once a minute at most.
 */
import type { Store } from '../../../platform/store/index.ts';
import { DAY_MS } from '../domain/limits.ts';
import { laterRead, type ReaderRow, readerRow, type VersionRead } from '../domain/rotation/readers.ts';
import type { AccessRow } from '../domain/rows.ts';
import { writeAccess } from './queries.ts';
import { readersUsing, writeReaders } from './reader-queries.ts';
import type { CcmsTables } from './tables.ts';

const MAX_WAITING = 100_000;
const EVERY_MS = 5000;

export class AccessLog {
  private readonly days = new Waiting<AccessRow>((row) => `${row.day}`);
  private readonly readers = new Waiting<ReaderRow>((row) => `${row.minute}/${row.keeps_until}`, laterRead);
  private readonly store: Store<CcmsTables>;
  private timer: NodeJS.Timeout | undefined;

  constructor(store: Store<CcmsTables>) {
    this.store = store;
  }

  /** @param reader unless it is the vault itself, which keeps nothing */
  saw(secretId: string, versionId: string, now: number, reader?: VersionRead): void {
    const day = now - (now % DAY_MS);
    this.days.add(`${secretId}/${versionId}`, { secret_id: secretId, version_id: versionId, day });
    if (!reader) return;
    const row = readerRow(secretId, versionId, reader, now);
    this.readers.add(readerKey(row), row);
  }

  /** What is not written yet joins what is. */
  latest(secretId: string, rows: readonly AccessRow[]): Map<string, number> {
    const days = new Map<string, number>();
    for (const row of [...rows, ...this.days.rows()])
      if (row.secret_id === secretId && row.day > (days.get(row.version_id) ?? 0)) days.set(row.version_id, row.day);
    return days;
  }

  /** Who may have a version in use, the longest first; reads of the last seconds at other nodes are not known here. */
  async using(secretId: string, versionId: string, now: number): Promise<ReaderRow[]> {
    const found = new Map<string, ReaderRow>();
    for (const row of [...(await readersUsing(this.store.read, secretId, versionId, now)), ...this.readers.rows()]) {
      if (row.secret_id !== secretId || row.version_id !== versionId || row.keeps_until <= now) continue;
      const known = found.get(row.reader_id);
      found.set(row.reader_id, known ? laterRead(known, row) : row);
    }
    return [...found.values()].sort((a, b) => b.keeps_until - a.keeps_until || (a.reader_id < b.reader_id ? -1 : 1));
  }

  start(onError: (error: unknown) => void): void {
    this.timer ??= setInterval(() => void this.flush().catch(onError), EVERY_MS).unref();
  }

  async flush(): Promise<void> {
    const days = this.days.batch();
    const readers = this.readers.batch();
    if (days.length + readers.length === 0) return;
    await this.store.transaction(async (tx) => {
      await writeAccess(
        tx,
        days.map(([, row]) => row),
      );
      await writeReaders(
        tx,
        readers.map(([, row]) => row),
      );
    });
    this.days.written(days);
    this.readers.written(readers);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }
}

function readerKey({ secret_id, version_id, reader_id }: ReaderRow): string {
  return `${secret_id}/${version_id}/${reader_id}`;
}

/** Rows on their way to the database: what was written last is not written again. */
class Waiting<Row> {
  private readonly waiting = new Map<string, Row>();
  private readonly known = new Map<string, string>();
  private readonly markOf: (row: Row) => string;
  private readonly merged: (before: Row, row: Row) => Row;

  constructor(markOf: (row: Row) => string, merged: (before: Row, row: Row) => Row = (_, row) => row) {
    this.markOf = markOf;
    this.merged = merged;
  }

  add(key: string, row: Row): void {
    if (this.known.get(key) === this.markOf(row)) return;
    const before = this.waiting.get(key);
    if (before === undefined && this.waiting.size >= MAX_WAITING) return;
    this.waiting.set(key, before === undefined ? row : this.merged(before, row));
  }

  rows(): Iterable<Row> {
    return this.waiting.values();
  }

  batch(): [string, Row][] {
    return [...this.waiting];
  }

  written(batch: readonly [string, Row][]): void {
    if (this.known.size > MAX_WAITING) this.known.clear();
    for (const [key, row] of batch) {
      this.known.set(key, this.markOf(row));
      if (this.waiting.get(key) === row) this.waiting.delete(key);
    }
  }
}
