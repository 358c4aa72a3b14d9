/**
 * The right to number records: leased in the job table, so that one node has it and another takes over when that one
 * dies. The lease keeps nodes out of each other's way; what keeps the chain right is the fence, which every
 * transaction asserts: a node that lost the lease without noticing cannot commit.
 */
import type { Transaction } from 'kysely';
import { type Job, type Store, StoreError } from '../../../platform/store/index.ts';
import type { AuditDatabase } from '../store/schema.ts';

const TYPE = 'audit.sequencer';
const KEY = 'all';

/** How long the others wait for a node that died. */
export const LEASE_MS = 3_000;

export class SequencerLease {
  private readonly store: Store<AuditDatabase>;
  private readonly owner: string;
  private job: Job | undefined;

  constructor(store: Store<AuditDatabase>, owner: string) {
    this.store = store;
    this.owner = owner;
  }

  get held(): boolean {
    return this.job !== undefined;
  }

  /** Takes the lease when nobody has it. */
  async acquire(): Promise<boolean> {
    if (this.job) return true;
    await this.store.transaction((tx) => this.store.jobs.enqueue(tx, { type: TYPE, key: KEY }));
    const [job] = await this.store.jobs.claim({ types: [TYPE], owner: this.owner, leaseMs: LEASE_MS, limit: 1 });
    this.job = job;
    return job !== undefined;
  }

  async renew(): Promise<void> {
    const { job } = this;
    if (job && !(await this.store.jobs.renew(job, LEASE_MS))) this.lose(job);
  }

  /** Until the transaction ends nobody else can number records. False: the lease was lost; nothing may be numbered. */
  async assertIn(tx: Transaction<AuditDatabase>): Promise<boolean> {
    const { job } = this;
    if (!job) return false;
    try {
      await this.store.jobs.assertFence(tx, job);
      return true;
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'fenced') throw error;
      this.lose(job);
      return false;
    }
  }

  /** Lets another node take it at once. */
  async release(): Promise<void> {
    const { job } = this;
    if (!job) return;
    this.lose(job);
    const failure = { error: 'given back', retryInMs: 0, maxAttempts: Number.MAX_SAFE_INTEGER };
    await this.store.jobs.fail(job, failure);
  }

  private lose(job: Job): void {
    if (this.job === job) this.job = undefined;
  }
}
