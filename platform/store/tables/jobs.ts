import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Engine } from '../engine.ts';
import { StoreError } from '../error.ts';
import { type AnyTransaction, platform, runTransaction } from '../transaction.ts';

export interface NewJob {
  readonly type: string;
  /** At most one waiting or running job per (type, key). */
  readonly key: string;
  /** JSON value for the worker; no secrets. */
  readonly payload?: unknown;
  /** Milliseconds since 1970; absent = now. */
  readonly runAt?: number;
}

/** A leased job in the hands of one worker. */
export interface Job {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  /** Grows with every lease; an effect under an older fence is refused. */
  readonly fence: number;
  /** 1 on the first run. */
  readonly attempt: number;
  readonly payload: unknown;
  /** What the last `saveProgress` stored, or null. */
  readonly progress: unknown;
}

export interface ClaimOptions {
  readonly types: readonly string[];
  /** Name of the worker, for operators. */
  readonly owner: string;
  /** Renew well before it ends (10 s of 30 s). */
  readonly leaseMs: number;
  readonly limit: number;
}

export interface JobFailure {
  /** One line for operators; no secrets. */
  readonly error: string;
  readonly retryInMs: number;
  /** The job is dead after this many attempts. */
  readonly maxAttempts: number;
}

/**
 * Timed work that happens at least once, by one worker at a time. Leases run by the database's clock, so nodes with
 * wrong clocks do not steal each other's jobs. A worker that lost its lease is stopped by the fence: every effect
 * runs in a transaction that called `assertFence`.
 */
export class Jobs {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Adds a job, or finds the active one with this type and key (`created: false`). */
  async enqueue(tx: AnyTransaction, job: NewJob): Promise<{ id: string; created: boolean }> {
    const db = platform(tx);
    const id = randomUUID();
    const inserted = await db
      .insertInto('job')
      .values({
        id,
        type: job.type,
        key: job.key,
        run_at: job.runAt ?? this.#engine.now(),
        lease_owner: null,
        lease_until: null,
        fence: 0,
        attempt: 0,
        state: 'waiting',
        payload: JSON.stringify(job.payload ?? null),
        progress: null,
        last_error: null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst();
    if (inserted !== undefined) return { id, created: true };
    const active = await db
      .selectFrom('job')
      .select('id')
      .where('type', '=', job.type)
      .where('key', '=', job.key)
      .where('state', 'in', ['waiting', 'running'])
      .executeTakeFirst();
    if (active === undefined) {
      // It ended between the two statements; a new attempt of the transaction inserts.
      throw new StoreError('unavailable', `job ${job.type} of ${job.key} ended meanwhile`, { retryable: true });
    }
    return { id: active.id, created: false };
  }

  /** Leases due jobs, and jobs whose lease ran out, in a transaction of its own. */
  claim(options: ClaimOptions): Promise<Job[]> {
    if (options.types.length === 0) return Promise.resolve([]);
    return runTransaction(this.#engine, async (tx) => {
      const db = platform(tx);
      const due = await db
        .selectFrom('job')
        .select(['id', 'type', 'key', 'fence', 'attempt', 'payload', 'progress'])
        .where('type', 'in', options.types)
        .where((eb) =>
          eb.or([
            eb.and([eb('state', '=', 'waiting'), eb('run_at', '<=', this.#engine.now())]),
            eb.and([eb('state', '=', 'running'), eb('lease_until', '<=', this.#engine.now())]),
          ]),
        )
        .orderBy('run_at')
        .limit(options.limit)
        .forUpdate()
        .skipLocked()
        .execute();
      for (const job of due) {
        await db
          .updateTable('job')
          .set({
            state: 'running',
            lease_owner: options.owner,
            lease_until: this.#leaseEnd(options.leaseMs),
            fence: job.fence + 1,
            attempt: job.attempt + 1,
          })
          .where('id', '=', job.id)
          .execute();
      }
      return due.map((job) => ({
        id: job.id,
        type: job.type,
        key: job.key,
        fence: job.fence + 1,
        attempt: job.attempt + 1,
        payload: JSON.parse(job.payload),
        progress: job.progress === null ? null : JSON.parse(job.progress),
      }));
    });
  }

  /** Extends the lease; false when it was lost: stop working. */
  renew(job: Job, leaseMs: number): Promise<boolean> {
    return runTransaction(this.#engine, async (tx) => {
      const result = await this.#held(tx, job)
        .set({ lease_until: this.#leaseEnd(leaseMs) })
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    });
  }

  /**
   * Locks the job until `tx` ends, so nobody can take it over while the effect commits.
   * @throws StoreError `fenced` when another worker has taken it or it has ended
   */
  async assertFence(tx: AnyTransaction, job: Job): Promise<void> {
    const row = await platform(tx)
      .selectFrom('job')
      .select('fence')
      .where('id', '=', job.id)
      .where('fence', '=', job.fence)
      .where('state', '=', 'running')
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined) throw fenced(job);
  }

  /** Remembers how far the work is, for whoever continues. Throws `fenced`. */
  async saveProgress(tx: AnyTransaction, job: Job, progress: unknown): Promise<void> {
    const result = await this.#held(tx, job)
      .set({ progress: JSON.stringify(progress) })
      .executeTakeFirst();
    if (result.numUpdatedRows !== 1n) throw fenced(job);
  }

  /** Ends the job in the transaction of its last effect. Throws `fenced`. */
  async complete(tx: AnyTransaction, job: Job): Promise<void> {
    const result = await this.#held(tx, job)
      .set({ state: 'done', lease_owner: null, lease_until: null })
      .executeTakeFirst();
    if (result.numUpdatedRows !== 1n) throw fenced(job);
  }

  /** Gives the job back for a later attempt, or declares it dead. Throws `fenced`. */
  fail(job: Job, failure: JobFailure): Promise<'waiting' | 'dead'> {
    return runTransaction(this.#engine, async (tx) => {
      const state = job.attempt >= failure.maxAttempts ? 'dead' : 'waiting';
      const result = await this.#held(tx, job)
        .set({
          state,
          lease_owner: null,
          lease_until: null,
          last_error: failure.error,
          ...(state === 'waiting' ? { run_at: this.#leaseEnd(failure.retryInMs) } : {}),
        })
        .executeTakeFirst();
      if (result.numUpdatedRows !== 1n) throw fenced(job);
      return state;
    });
  }

  /** Deletes ended jobs that were due before `before` (milliseconds since 1970). */
  async prune(tx: AnyTransaction, before: number): Promise<void> {
    await platform(tx).deleteFrom('job').where('state', 'in', ['done', 'dead']).where('run_at', '<', before).execute();
  }

  #held(tx: AnyTransaction, job: Job) {
    return platform(tx)
      .updateTable('job')
      .where('id', '=', job.id)
      .where('fence', '=', job.fence)
      .where('state', '=', 'running');
  }

  #leaseEnd(ms: number) {
    return sql<number>`${this.#engine.now()} + ${ms}`;
  }
}

function fenced(job: Job): StoreError {
  return new StoreError('fenced', `job ${job.type} of ${job.key} is no longer held under fence ${job.fence}`);
}
