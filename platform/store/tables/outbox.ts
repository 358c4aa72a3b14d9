import { CompiledQuery } from 'kysely';
import { type Engine, recordValues, type StoredRecord } from '../engine.ts';
import { StoreError } from '../error.ts';
import { GroupCommit } from '../group-commit.ts';
import { runCompiled } from '../prepared-query.ts';
import { type AnyTransaction, platform, runTransaction } from '../transaction.ts';

/** One audit record on its way to the audit service. */
export interface OutboxRow {
  /** Unique; the receiver's idempotency key. */
  readonly eventId: string;
  readonly accountId: string | null;
  /** Contiguous per `boot` of a writer; gaps tell the receiver that something is missing. */
  readonly wseq: number;
  readonly boot: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** The record as canonical JSON; kept to the character. */
  readonly record: string;
}

/**
 * Records leave in insertion order but are selected as "those still here", never as "position above the last one
 * seen": transactions commit in another order than they insert, so a cursor would skip rows.
 */
export class Outbox {
  readonly #engine: Engine;
  readonly #insert: CompiledQuery;
  readonly #now: () => number;
  readonly #group: GroupCommit<StoredRecord>;
  #position: number;

  /** @param position highest position in use, so that a clock set back does not reorder the outbox */
  constructor(engine: Engine, now: () => number, position: number) {
    this.#engine = engine;
    this.#insert = CompiledQuery.raw(engine.insertRecordText);
    this.#now = now;
    this.#position = position;
    this.#group = new GroupCommit({ write: (rows) => engine.insertRecords(rows) });
  }

  static async highestPosition(engine: Engine): Promise<number> {
    const row = await engine.reader
      .selectFrom('audit_outbox')
      .select((eb) => eb.fn.max('position').as('position'))
      .executeTakeFirst();
    return Math.max(row?.position ?? 0, engine.journal?.position ?? 0);
  }

  append(row: OutboxRow): Promise<void> {
    try {
      return this.#group.append(this.#stored(row));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async appendIn(tx: AnyTransaction, row: OutboxRow): Promise<void> {
    await runCompiled(tx, this.#insert, recordValues(this.#stored(row)));
  }

  async read(limit: number): Promise<OutboxRow[]> {
    const rows = await this.#engine.reader
      .selectFrom('audit_outbox')
      .selectAll()
      .orderBy('position')
      .orderBy('event_id')
      .limit(limit)
      .execute();
    const journalled = this.#engine.journal?.read(limit) ?? [];
    const all = journalled.length === 0 ? rows : rows.length === 0 ? journalled : inOrder(rows, journalled, limit);
    return all.map((row) => ({
      eventId: row.event_id,
      accountId: row.account_id,
      wseq: row.wseq,
      boot: row.boot,
      createdAt: row.created_at,
      record: row.record,
    }));
  }

  async delete(eventIds: readonly string[]): Promise<void> {
    const rows = this.#engine.journal?.delete(eventIds) ?? eventIds;
    if (rows.length === 0) return;
    await runTransaction(this.#engine, async (tx) => {
      // Lists of fixed lengths, so that few distinct statements exist.
      for (let start = 0; start < rows.length; start += 128) {
        const slice = rows.slice(start, start + 128);
        const length = slice.length > 16 ? 128 : 16;
        const padded = [...slice, ...new Array<string>(length - slice.length).fill(slice[0]!)];
        await platform(tx).deleteFrom('audit_outbox').where('event_id', 'in', padded).execute();
      }
    });
  }

  close(): Promise<void> {
    return this.#group.close();
  }

  // Milliseconds with room for 1,000 rows each: increasing for one writer, close to time order among several.
  #stored(row: OutboxRow): StoredRecord {
    if (!Number.isSafeInteger(row.wseq) || !Number.isSafeInteger(row.createdAt)) {
      throw new StoreError('misuse', `record ${row.eventId} has a sequence or time that is not a safe integer`);
    }
    // Checked here because a row that the database refuses takes its whole batch with it.
    if (`${row.eventId}${row.boot}${row.accountId}`.includes('\0') || row.record.includes('\0')) {
      throw new StoreError('misuse', 'a record with a zero character was appended');
    }
    this.#position = Math.max(this.#position + 1, this.#now() * 1000);
    return {
      event_id: row.eventId,
      position: this.#position,
      account_id: row.accountId,
      wseq: row.wseq,
      boot: row.boot,
      created_at: row.createdAt,
      record: row.record,
    };
  }
}

function inOrder(a: readonly StoredRecord[], b: readonly StoredRecord[], limit: number): StoredRecord[] {
  return [...a, ...b].sort((x, y) => x.position - y.position).slice(0, limit);
}
