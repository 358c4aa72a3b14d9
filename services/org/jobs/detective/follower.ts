/**
 * Keeps the recorded configurations true. One node at a time holds the work (a leased job); how far it is stands in the
 * job itself and moves in the transaction of what was recorded, so a crash repeats work and loses none.
 *
 * Three things in turn, each in small steps: the changes that the audit service tells; an hourly walk over everything
 * the services have, for what was missed; a walk over all items, because verdicts depend on time and on rules.
 */
import type { Logger } from '../../../../platform/observe/log.ts';
import type { Clock } from '../../../../platform/runtime/clock.ts';
import type { Job, Store } from '../../../../platform/store/index.ts';
import type { OrgDb } from '../../store/schema.ts';

export const FOLLOW = 'org-config-follow';
const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
const IDLE_MS = 500;
const RETRY_MS = 2_000;
/** Between two steps of a walk, so that requests get their turn. */
const PACE_MS = 20;

/** What is done while the job is held; true when there may be more to do at once. */
export interface Steps {
  next(job: Job): Promise<boolean>;
}

/** Where the work stands. */
export interface Progress {
  /** Position in the changes of audit; undefined before the first look. */
  position?: number;
  /** A walk over the resources of one service. */
  sweep?: { service: string; startedAt: number; after?: string; ended?: boolean };
  /** When the last walk over each service began. */
  sweptAt: Record<string, number>;
  /** A walk over all items. */
  pass?: { startedAt: number; rules: number; after: string };
  passedAt: number;
  /** When it ended, and how long it took. */
  passEnded?: { at: number; took: number };
  /** Version of the rules that the last finished pass knew. */
  passedRules: number;
}

export const FRESH: Progress = { sweptAt: {}, passedAt: 0, passedRules: 0 };

export class ConfigFollower {
  private readonly store: Store<OrgDb>;
  private readonly clock: Clock;
  private readonly log: Logger;
  private readonly owner: string;
  private running: Promise<void> | undefined;
  private job: Job | undefined;
  private renewAt = 0;
  private stopped = false;
  private wake: () => void = () => undefined;

  constructor(options: { store: Store<OrgDb>; clock: Clock; log: Logger; owner: string }) {
    this.store = options.store;
    this.clock = options.clock;
    this.log = options.log;
    this.owner = options.owner;
  }

  start(steps: Steps): void {
    this.running ??= this.loop(steps);
  }

  /** Gives the work back, so that another node goes on at once. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.running;
    if (!this.job) return;
    const { job } = this;
    this.job = undefined;
    await this.store.jobs
      .fail(job, { error: 'given back', retryInMs: 0, maxAttempts: Number.MAX_SAFE_INTEGER })
      .catch(() => undefined);
  }

  private async loop(steps: Steps): Promise<void> {
    while (!this.stopped) {
      let pause = IDLE_MS;
      try {
        const job = await this.hold();
        if (job && (await steps.next(job))) pause = PACE_MS;
      } catch (error) {
        // A peer that is away, a lease that was lost: what was not committed is done again.
        this.log.warn({ err: String(error) }, 'configurations could not be followed');
        if (this.job && !(await this.renew(this.job))) this.job = undefined;
        pause = RETRY_MS;
      }
      await this.sleep(pause);
    }
  }

  private async hold(): Promise<Job | undefined> {
    if (this.job) {
      if (performance.now() < this.renewAt || (await this.renew(this.job))) return this.job;
      this.job = undefined;
    }
    await this.store.transaction((tx) => this.store.jobs.enqueue(tx, { type: FOLLOW, key: 'all' }));
    const [job] = await this.store.jobs.claim({ types: [FOLLOW], owner: this.owner, leaseMs: LEASE_MS, limit: 1 });
    this.job = job;
    this.renewAt = performance.now() + RENEW_MS;
    return job;
  }

  private async renew(job: Job): Promise<boolean> {
    const held = await this.store.jobs.renew(job, LEASE_MS).catch(() => false);
    this.renewAt = performance.now() + RENEW_MS;
    return held;
  }

  private sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
