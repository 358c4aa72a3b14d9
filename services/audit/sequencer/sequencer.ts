/**
 * Takes records in and gives each its number and hash. Guarantees: a record that was accepted is durable and in the
 * chain exactly once, at the latest after another node took over; records of one sender keep their order. Refuses to
 * number anything without the fence; then records wait in `pending` for the node that has it.
 *
 * A node that holds the lease numbers records in the commit that takes them (when nothing waits), so in one process
 * a record is written once and nothing is ever seen half done.
 */
import type { Transaction } from 'kysely';
import type { Logger } from '../../../platform/observe/log.ts';
import { type Store, StoreError } from '../../../platform/store/index.ts';
import { addPending, anyPending, deletePending, readPending } from '../store/pending.ts';
import type { AuditDatabase } from '../store/schema.ts';
import { type Arrived, appendToChain, giveWay, type Prepared, prepare } from './append.ts';
import { backfillLog } from './backfill.ts';
import { LEASE_MS, SequencerLease } from './lease.ts';

export interface SequencerOptions {
  store: Store<AuditDatabase>;
  log: Pick<Logger, 'warn'>;
  clock: { now(): number };
  /** Name of this node, for operators. */
  owner: string;
}

const BATCH = 512;
/** How often a node looks for records that another node took in, and for a lease that ran out. */
const LOOK_MS = 250;
const MAX_RETRY_MS = 5_000;

export class Sequencer {
  private readonly store: Store<AuditDatabase>;
  private readonly log: Pick<Logger, 'warn'>;
  private readonly clock: { now(): number };
  private readonly lease: SequencerLease;
  /** Several processes may share a PostgreSQL database; SQLite has one process, so nobody can take its lease. */
  private readonly shared: boolean;
  private position = 0;
  private failures = 0;
  private renewAt = 0;
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> | undefined;
  private again = false;
  private started = false;
  /** Since this node has the lease, everything that has a number is in the log. */
  private logged = false;

  constructor(options: SequencerOptions) {
    this.store = options.store;
    this.log = options.log;
    this.clock = options.clock;
    this.lease = new SequencerLease(options.store, options.owner);
    this.shared = options.store.engine === 'postgres';
  }

  /** True when records can be numbered in the commit that takes them. */
  get leading(): boolean {
    return this.lease.held && this.logged;
  }

  /** Takes the lease, or begins to wait for it. */
  async start(): Promise<void> {
    this.started = true;
    await this.work();
  }

  /** Gives the lease back; waiting records stay for the next node or start. */
  async stop(): Promise<void> {
    this.started = false;
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.turn;
    try {
      await this.lease.release();
    } catch (error) {
      // The lease runs out by itself.
      this.log.warn({ err: error instanceof Error ? error.message : 'unknown' }, 'lease could not be given back');
    }
  }

  /** There may be records that wait. */
  wake(): void {
    if (this.started) void this.work();
  }

  /** What `take` needs; done before the transaction. */
  async prepare(records: readonly Arrived[]): Promise<Prepared[] | undefined> {
    return this.leading ? prepare(records) : undefined;
  }

  /** Takes records in, in the transaction of the caller: numbered when `prepared` and possible, else waiting. */
  async take(
    tx: Transaction<AuditDatabase>,
    records: readonly Arrived[],
    prepared: readonly Prepared[] | undefined,
  ): Promise<'numbered' | 'waiting'> {
    if (prepared && (await this.lease.assertIn(tx)) && !(await anyPending(tx))) {
      await appendToChain(tx, this.store.engine, prepared);
      return 'numbered';
    }
    const now = this.clock.now();
    const rows = records.map((record) => ({
      event_id: record.eventId,
      position: this.nextPosition(now),
      account_id: record.accountId,
      created_at: record.createdAt,
      record: record.text,
    }));
    await addPending(tx, this.store.engine, rows);
    return 'waiting';
  }

  /** Numbers everything that waits, if this node has or gets the lease. Never throws. */
  work(): Promise<void> {
    this.again = true;
    this.turn ??= this.run().finally(() => {
      this.turn = undefined;
      // Woken between the last look and here.
      if (this.again && this.started && this.failures === 0) void this.work();
      else this.plan();
    });
    return this.turn;
  }

  private async run(): Promise<void> {
    try {
      while (this.again) {
        this.again = false;
        if (!this.lease.held) this.logged = false;
        if (!(await this.lease.acquire())) continue;
        await this.keepLease();
        this.logged ||= await backfillLog(this.store, async (write) => {
          await this.keepLease();
          return this.underFence(write);
        });
        if (!this.logged) continue;
        while (await this.numberBatch()) await giveWay();
      }
      this.failures = 0;
    } catch (error) {
      this.failures++;
      const code = error instanceof StoreError ? error.code : undefined;
      this.log.warn({ code, err: error instanceof Error ? error.message : 'unknown' }, 'records could not be numbered');
    }
  }

  /** One commit; false when nothing is left to do. */
  private async numberBatch(): Promise<boolean> {
    const waiting = await readPending(this.store.read, BATCH);
    if (waiting.length === 0) return false;
    const prepared = await prepare(
      waiting.map((row) => ({
        eventId: row.event_id,
        accountId: row.account_id,
        createdAt: row.created_at,
        text: row.record,
      })),
    );
    const done = await this.underFence(async (tx) => {
      await appendToChain(tx, this.store.engine, prepared);
      await deletePending(
        tx,
        waiting.map((row) => row.event_id),
      );
    });
    return done && waiting.length === BATCH ? true : done && (await anyPending(this.store.read));
  }

  /** One commit; false when another node may have the lease: nothing was written. */
  underFence(write: (tx: Transaction<AuditDatabase>) => Promise<void>): Promise<boolean> {
    return this.store.transaction(async (tx) => {
      if (!(await this.lease.assertIn(tx))) return false;
      await write(tx);
      return true;
    });
  }

  private async keepLease(): Promise<void> {
    const now = this.clock.now();
    if (!this.shared || now < this.renewAt) return;
    this.renewAt = now + LEASE_MS / 3;
    await this.lease.renew();
  }

  private plan(): void {
    if (!this.started || this.timer) return;
    // A leader without companions only looks again because a look that failed may have left something.
    const calm = this.lease.held && !this.shared ? 4 * LOOK_MS : LOOK_MS;
    const wait = this.failures > 0 ? Math.min(MAX_RETRY_MS, LOOK_MS * 2 ** Math.min(this.failures, 5)) : calm;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.work();
    }, wait);
  }

  /** Increasing for one node, close to the time of arrival among several. */
  private nextPosition(now: number): number {
    this.position = Math.max(this.position + 1, now * 1000);
    return this.position;
  }
}
