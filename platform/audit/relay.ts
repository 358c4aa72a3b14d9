/**
 * Carries audit records from the outbox of a service to the audit service. Guarantees: every record is delivered at
 * least once (the receiver knows repeated ones by their event id), in the order of the outbox; a record leaves the
 * outbox only after the receiver answered. Never delays a request: it works in the background, in parts, and a
 * receiver that is away costs disk space only.
 *
 * One per process and service. Several processes on one PostgreSQL outbox each run one; they repeat each other's work
 * at times, which the receiver ignores.
 */
import { randomInt } from 'node:crypto';
import type { Registry } from 'prom-client';
import { ServiceError } from '../contract/error.ts';
import { reportGauge } from '../observe/gauge.ts';
import type { Logger } from '../observe/log.ts';
import type { OutboxRow, Store } from '../store/index.ts';

/** Members as `IngestRecords` takes them. */
export interface RelayRecord {
  EventId: string;
  AccountId: string;
  CreatedAt: number;
  Wseq: number;
  Boot: string;
  Node: string;
  Record: string;
}

export interface RelayOptions {
  store: Pick<Store<unknown>, 'readOutbox' | 'deleteOutbox'>;
  /** Resolves when all records of the batch are durable at the receiver. */
  send(records: RelayRecord[]): Promise<unknown>;
  log: Pick<Logger, 'warn' | 'error'>;
  clock: { now(): number };
  /** Name of this process and service, for operators. */
  node: string;
  registry?: Registry;
}

export interface RelayCounters {
  /** Records delivered since the start. */
  delivered: number;
  /** Attempts that failed since the start. */
  failures: number;
  /** Records the receiver refuses; they stay in the outbox. */
  parked: number;
  /** Age of the oldest record that was seen waiting, milliseconds; 0 when nothing waits. */
  lagMs: number;
}

const MAX_ROWS = 1000;
/** Characters of a batch: it stays a small request also when quotes are escaped on the way to another process. */
const MAX_CHARACTERS = 700 * 1024;
/** Time for more records to join: the commits of a batch cost more than its rows. */
const GATHER_MS = 50;
/** Also without a wake: rows whose commit came late, or of a process that died. */
const LOOK_MS = 200;
const MAX_BACKOFF_MS = 5_000;
const PARKED_MS = 60_000;

export class OutboxRelay {
  private readonly options: RelayOptions;
  private readonly parked = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private dueSoon = false;
  private pass: Promise<void> | undefined;
  private running = false;
  private delivered = 0;
  private failures = 0;
  private failedInARow = 0;
  private oldest: number | undefined;

  constructor(options: RelayOptions) {
    this.options = options;
    if (options.registry) this.observe(options.registry);
  }

  get counters(): RelayCounters {
    return {
      delivered: this.delivered,
      failures: this.failures,
      parked: this.parked.size,
      lagMs: this.oldest === undefined ? 0 : Math.max(0, this.options.clock.now() - this.oldest),
    };
  }

  start(): void {
    this.running = true;
    this.schedule(0);
  }

  /** Ends after the batch that is under way. What is left stays in the outbox for the next start. */
  async stop(): Promise<void> {
    this.running = false;
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.pass?.catch(() => undefined);
  }

  /** A record was appended. Costs nothing when a pass is already planned. */
  wake(): void {
    // While the receiver is away the back-off decides.
    if (this.dueSoon || !this.running || this.failedInARow > 0 || this.pass) return;
    this.dueSoon = true;
    this.schedule(GATHER_MS);
  }

  /** Delivers what is in the outbox now. Rejects when the receiver does not take it. */
  async drain(): Promise<void> {
    await this.pass?.catch(() => undefined);
    await this.carry();
  }

  private schedule(delayMs: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.dueSoon = false;
      void this.turn();
    }, delayMs);
  }

  private async turn(): Promise<void> {
    try {
      await this.carry();
      this.failedInARow = 0;
    } catch (error) {
      this.failures++;
      this.failedInARow++;
      if (this.failedInARow === 1 || this.failedInARow % 10 === 0) {
        const reason = error instanceof Error ? error.message : 'unknown';
        this.options.log.warn({ node: this.options.node, attempts: this.failedInARow, reason }, 'records not relayed');
      }
    }
    if (!this.running || this.timer) return;
    this.schedule(this.failedInARow === 0 ? LOOK_MS : this.backoff());
  }

  private backoff(): number {
    const most = Math.min(MAX_BACKOFF_MS, LOOK_MS * 2 ** Math.min(this.failedInARow, 8));
    return randomInt(LOOK_MS, most + 1);
  }

  /** One at a time: passes until the outbox was found empty. */
  private carry(): Promise<void> {
    this.pass ??= this.carryAll().finally(() => {
      this.pass = undefined;
    });
    return this.pass;
  }

  private async carryAll(): Promise<void> {
    for (;;) {
      const limit = Math.min(MAX_ROWS + this.parked.size, 2 * MAX_ROWS);
      const rows = await this.options.store.readOutbox(limit);
      const waiting = this.withoutParked(rows);
      this.oldest = waiting[0]?.createdAt;
      for (let at = 0; at < waiting.length; ) {
        const batch = nextBatch(waiting, at, MAX_CHARACTERS / 2 ** Math.min(this.failedInARow, 6));
        await this.deliver(batch);
        at += batch.length;
        this.oldest = waiting[at]?.createdAt;
        // The requests of this process come first.
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (rows.length < limit || waiting.length === 0) return;
    }
  }

  private async deliver(batch: readonly OutboxRow[]): Promise<void> {
    try {
      await this.options.send(batch.map((row) => this.toRecord(row)));
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== 'Validation') throw error;
      await this.isolate(batch, error);
      return;
    }
    await this.options.store.deleteOutbox(batch.map((row) => row.eventId));
    this.delivered += batch.length;
  }

  /** The receiver refuses something in the batch: the rest must not wait for it. */
  private async isolate(batch: readonly OutboxRow[], error: ServiceError): Promise<void> {
    const half = Math.ceil(batch.length / 2);
    if (batch.length > 1) {
      await this.deliver(batch.slice(0, half));
      await this.deliver(batch.slice(half));
      return;
    }
    const [row] = batch as [OutboxRow];
    this.parked.set(row.eventId, this.options.clock.now() + PARKED_MS);
    this.options.log.error(
      {
        node: this.options.node,
        eventId: row.eventId,
        issues: error.details.issues?.map((issue) => issue.message),
      },
      'audit record refused by the audit service, kept in the outbox',
    );
  }

  private withoutParked(rows: OutboxRow[]): OutboxRow[] {
    if (this.parked.size === 0) return rows;
    const now = this.options.clock.now();
    for (const [id, until] of this.parked) if (until <= now) this.parked.delete(id);
    return rows.filter((row) => !this.parked.has(row.eventId));
  }

  private toRecord(row: OutboxRow): RelayRecord {
    return {
      EventId: row.eventId,
      AccountId: row.accountId ?? '',
      CreatedAt: row.createdAt,
      Wseq: row.wseq,
      Boot: row.boot,
      Node: this.options.node,
      Record: row.record,
    };
  }

  private observe(registry: Registry): void {
    const labels = { node: this.options.node };
    reportGauge(registry, {
      name: 'parapet_audit_relay_lag_seconds',
      help: 'Age of the oldest record that waits in the outbox',
      labels,
      read: () => this.counters.lagMs / 1000,
    });
    reportGauge(registry, {
      name: 'parapet_audit_relay_parked_records',
      help: 'Records the audit service refuses',
      labels,
      read: () => this.parked.size,
    });
  }
}

/** At least one row. Smaller after a failure, which a batch that is too large for the receiver looks like. */
function nextBatch(rows: readonly OutboxRow[], from: number, maxCharacters: number): OutboxRow[] {
  const batch: OutboxRow[] = [];
  let characters = 0;
  for (let at = from; at < rows.length; at++) {
    const row = rows[at] as OutboxRow;
    characters += row.record.length;
    if (batch.length > 0 && (characters > maxCharacters || batch.length === MAX_ROWS)) break;
    batch.push(row);
  }
  return batch;
}
