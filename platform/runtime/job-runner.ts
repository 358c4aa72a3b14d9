/**
 * Runs the timed work of a service: each job on one node at a time (leased in the store), at least once per period,
 * resumed by another node when this one dies. A job that fails is logged and tried again at its next turn.
 */
import type { Logger } from '../observe/log.ts';
import type { Store, Job as StoredJob } from '../store/index.ts';
import type { Job } from './service.ts';

const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
const LOOK_MS = 1_000;

export class JobRunner<Deps> {
  private readonly jobs: readonly Job<Deps>[];
  private readonly deps: Deps;
  // biome-ignore lint/suspicious/noExplicitAny: the runner uses the platform's own tables only
  private readonly store: Store<any>;
  private readonly owner: string;
  private readonly log: Logger;
  private readonly now: () => number;
  private readonly held: () => boolean;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(options: {
    jobs: readonly Job<Deps>[];
    deps: Deps;
    // biome-ignore lint/suspicious/noExplicitAny: see above
    store: Store<any>;
    owner: string;
    log: Logger;
    now: () => number;
    /** Timed work changes things, here and elsewhere: not before a restore was declared. */
    held: () => boolean;
  }) {
    this.jobs = options.jobs;
    this.deps = options.deps;
    this.store = options.store;
    this.owner = options.owner;
    this.log = options.log;
    this.now = options.now;
    this.held = options.held;
  }

  start(): void {
    if (this.jobs.length > 0) this.running ??= this.loop();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  private async loop(): Promise<void> {
    while (!this.stopped) {
      try {
        if (!this.held()) {
          await this.plan();
          await this.turn();
        }
      } catch (error) {
        this.log.warn({ err: String(error) }, 'timed work could not be looked up');
      }
      for (let waited = 0; waited < LOOK_MS && !this.stopped; waited += 100)
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Every job has one waiting row; a row that ended is put back for its next turn. */
  private async plan(): Promise<void> {
    for (const job of this.jobs)
      await this.store.transaction((tx) => this.store.jobs.enqueue(tx, { type: job.name, key: 'timed' }));
  }

  private async turn(): Promise<void> {
    const types = this.jobs.map((job) => job.name);
    const claimed = await this.store.jobs.claim({ types, owner: this.owner, leaseMs: LEASE_MS, limit: types.length });
    for (const row of claimed) await this.runOne(row);
  }

  private async runOne(row: StoredJob): Promise<void> {
    const job = this.jobs.find((candidate) => candidate.name === row.type);
    if (!job) return;
    const renewal = setInterval(() => {
      this.store.jobs.renew(row, LEASE_MS).catch(() => undefined);
    }, RENEW_MS);
    try {
      await job.run(this.deps);
      await this.again(row, job, undefined);
    } catch (error) {
      this.log.error({ job: job.name, err: String(error) }, 'timed work failed');
      await this.again(row, job, 'failed, see the log');
    } finally {
      clearInterval(renewal);
    }
  }

  private async again(row: StoredJob, job: Job<Deps>, error: string | undefined): Promise<void> {
    if (error !== undefined) {
      await this.store.jobs.fail(row, { error, retryInMs: job.everyMs, maxAttempts: Number.MAX_SAFE_INTEGER });
      return;
    }
    await this.store.transaction(async (tx) => {
      await this.store.jobs.complete(tx, row);
      await this.store.jobs.enqueue(tx, { type: job.name, key: 'timed', runAt: this.now() + job.everyMs });
    });
  }
}
