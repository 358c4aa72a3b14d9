/**
 * Carries rotations on, on every node: takes what is due by claim, some at a time, and few at a time at one target, so
 * that a database that does not answer holds up nothing but its own.
 */
import type { CcmsDeps } from '../../deps.ts';
import { HEARTBEAT_MS, isDue } from '../../domain/rotation/run.ts';
import { type DueRun, listDueRuns } from '../../store/rotation-queries.ts';
import { Journal } from './journal.ts';
import { turn } from './turn.ts';

const AT_A_TIME = 32;
const AT_ONE_TARGET = 4;
const BATCH = 100;

export class RotationRunner {
  private readonly running = new Map<string, { lane: string; done: Promise<void> }>();
  private stopped = false;

  /** Starts what is due and fits; does not wait for it. */
  async dispatch(deps: CcmsDeps): Promise<void> {
    const now = deps.clock.now();
    // Walks past what cannot be claimed: runs of secrets that are to be deleted, rows that somebody damaged.
    for (let after: DueRun | undefined; this.running.size < AT_A_TIME && !this.stopped; ) {
      const due = await listDueRuns(deps.store.read, now, this.fullLanes(), after, BATCH);
      for (const run of due) this.start(deps, run);
      after = due.at(-1);
      if (due.length < BATCH) return;
    }
  }

  /** When nothing runs any more. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.all([...this.running.values()].map(({ done }) => done));
  }

  async close(): Promise<void> {
    this.stopped = true;
    await this.idle();
  }

  private start(deps: CcmsDeps, { run_id, lane }: DueRun): void {
    const isFull = this.running.size >= AT_A_TIME || this.inLane(lane) >= AT_ONE_TARGET;
    if (isFull || this.stopped || this.running.has(run_id)) return;
    const done = this.carryOn(deps, run_id)
      .catch((error) => deps.log.error({ run: run_id, err: String(error) }, 'rotation does not go on'))
      .finally(() => this.running.delete(run_id));
    this.running.set(run_id, { lane, done });
  }

  private inLane(lane: string): number {
    return [...this.running.values()].filter((one) => one.lane === lane).length;
  }

  private fullLanes(): string[] {
    const lanes = new Set([...this.running.values()].map(({ lane }) => lane));
    return [...lanes].filter((lane) => this.inLane(lane) >= AT_ONE_TARGET);
  }

  /** Step after step, as long as there is one to do now. */
  private async carryOn(deps: CcmsDeps, runId: string): Promise<void> {
    const owner = deps.ids.uuidv7();
    while (!this.stopped) {
      const journal = await Journal.claim(deps, runId, owner);
      if (!journal) return;
      const renewal = setInterval(() => void journal.beat().catch(() => undefined), HEARTBEAT_MS);
      try {
        for await (const _ of turn(deps, journal));
      } finally {
        clearInterval(renewal);
      }
      if (!isDue(journal.run, deps.clock.now())) return;
    }
  }
}
