/**
 * Ends what is due, at many targets at a time. Every target has a lane of its own: four workers while it answers, one
 * while it does not, so that a dead database costs the others nothing. Nobody waits for a lane: neither requests nor
 * the other timed work.
 */
import type { CcmsDeps } from '../../deps.ts';
import { type DueLease, dueAt, dueTargets } from '../../store/lease-queries.ts';
import { endLeases } from './end-leases.ts';

const WORKERS = 4;
/** What a look at the database brings. */
const BATCH = 200;
/** Users that a worker ends together: far less than a claim lasts. */
const TOGETHER = 25;

interface Lane {
  working: Set<Promise<void>>;
  isFailing: boolean;
  /** What the workers take next; the walk through what is due stands at `after`. */
  next: DueLease[];
  after: DueLease | undefined;
  filling: Promise<void> | undefined;
}

type Needs = Pick<CcmsDeps, 'store' | 'clock' | 'log' | 'revocationHold'>;

export class Revoker {
  private readonly lanes = new Map<string, Lane>();
  private readonly deps: () => CcmsDeps;
  private isStopped = false;
  private looking: Promise<void> | undefined;

  /** `deps`: later, because they hold the revoker. */
  constructor(deps: () => CcmsDeps) {
    this.deps = deps;
  }

  /** Somebody asked for an end: no need to wait for the next look. */
  wake(): void {
    this.looking ??= this.look()
      .catch((error: unknown) =>
        this.deps().log.warn({ err: String(error) }, 'leases that are due were not looked for'),
      )
      .finally(() => {
        this.looking = undefined;
      });
  }

  /** Looks for what is due and sets workers to it; does not wait for them. */
  async look(): Promise<void> {
    const { store, clock, revocationHold }: Needs = this.deps();
    for (const targetId of await dueTargets(store.read, clock.now(), revocationHold)) {
      if (this.isStopped) return;
      const lane = this.laneOf(targetId);
      if (lane.working.size === 0) lane.after = undefined;
      const wanted = lane.isFailing ? 1 : WORKERS;
      while (lane.working.size < wanted) this.employ(targetId, lane);
    }
  }

  /** Until nobody works any more. */
  async idle(): Promise<void> {
    for (;;) {
      const busy = [...this.lanes.values()].flatMap(({ working }) => [...working]);
      if (this.looking) busy.push(this.looking);
      if (busy.length === 0) return;
      await Promise.all(busy);
    }
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.idle();
  }

  private laneOf(targetId: string): Lane {
    const known = this.lanes.get(targetId);
    if (known) return known;
    const lane: Lane = { working: new Set(), isFailing: false, next: [], after: undefined, filling: undefined };
    this.lanes.set(targetId, lane);
    return lane;
  }

  private employ(targetId: string, lane: Lane): void {
    const work = this.work(targetId, lane)
      .catch((error: unknown) => this.deps().log.error({ err: String(error) }, 'a user was not ended'))
      .finally(() => {
        lane.working.delete(work);
        if (lane.working.size === 0 && !lane.isFailing) this.lanes.delete(targetId);
      });
    lane.working.add(work);
  }

  private async work(targetId: string, lane: Lane): Promise<void> {
    while (!this.isStopped) {
      const due = together(lane.next);
      if (due.length === 0) due.push(...(await this.filled(targetId, lane)));
      if (due.length === 0) return;
      const result = await endLeases(
        this.deps(),
        due.map((one) => one.lease_id),
      );
      if (result === 'done') lane.isFailing = false;
      if (result !== 'failed') continue;
      // The next look sets one worker to it, who finds out whether the target answers again.
      lane.isFailing = true;
      return;
    }
  }

  private async filled(targetId: string, lane: Lane): Promise<DueLease[]> {
    lane.filling ??= this.fill(targetId, lane).finally(() => {
      lane.filling = undefined;
    });
    await lane.filling;
    return together(lane.next);
  }

  /** Walks past what cannot be ended: rows that somebody damaged must not keep the others alive. */
  private async fill(targetId: string, lane: Lane): Promise<void> {
    const { store, clock, revocationHold }: Needs = this.deps();
    const when = { now: clock.now(), hold: revocationHold, after: lane.after };
    lane.next = await dueAt(store.read, targetId, when, BATCH);
    lane.after = lane.next.at(-1) ?? lane.after;
  }
}

/** Takes the first ones that can be ended together: of one role. What has failed before may fail the others: alone. */
function together(next: DueLease[]): DueLease[] {
  const [first] = next;
  if (!first) return [];
  const end = next.findIndex(({ role_id, attempt }) => role_id !== first.role_id || attempt > 0);
  const count = first.attempt > 0 ? 1 : end === -1 ? TOGETHER : Math.min(end, TOGETHER);
  return next.splice(0, Math.max(1, count));
}
