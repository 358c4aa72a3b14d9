/**
 * The organization as this node knows it. Answers from memory; guarantees that a change made anywhere is seen within
 * one second, and refuses to answer (`Unavailable`, which denies) when it could not confirm for five seconds that its
 * view is current. A lost confirmation of more than two seconds is repaired before answering. Follows the org service
 * as `PrincipalDirectory` follows iam.
 */
import { ServiceError } from '../contract/error.ts';
import type { Logger } from '../observe/log.ts';
import { type ChangeHub, ORGANIZATION } from '../runtime/change-hub.ts';
import type { Clock } from '../runtime/clock.ts';
import { GuardrailSets } from './guardrail-sets.ts';
import type { OrganizationChanges } from './organization-changes.ts';
import type { OrganizationData } from './organization-data.ts';
import { OrganizationSnapshot } from './organization-snapshot.ts';

export interface OrganizationFeed {
  view(): Promise<OrganizationData>;
  /** The revision; answers at once when it is not `since`, else after `waitMs`. */
  changes(since: number, waitMs: number): Promise<OrganizationNews>;
}

export interface OrganizationNews {
  readonly revision: number;
  /** From `since` on; absent: nothing changed, or more than can be told. */
  readonly changes?: OrganizationChanges | undefined;
}

const POLL_MS = 500;
const RETRY_MS = 200;
const SUSPECT_MS = 2_000;
const STALE_MS = 5_000;
/** How long a request waits for a confirmation: org may hang instead of refusing. */
const PATIENCE_MS = 1_000;

export class OrganizationView {
  private readonly feed: OrganizationFeed;
  private readonly clock: Clock;
  private readonly sets: GuardrailSets;
  private latest: OrganizationSnapshot | undefined;
  private confirmedAt = Number.NEGATIVE_INFINITY;
  /** Raised by every change this process makes. */
  private generation = 0;
  /** The generation that `latest` shows for certain. */
  private shown = 0;
  private asked = 0;
  /** Number of the question whose answer is `latest`: an older answer that comes later is dropped. */
  private accepted = 0;
  private confirming: Promise<void> | undefined;
  private following: Promise<void> | undefined;
  private stopped = false;

  constructor(options: { feed: OrganizationFeed; clock: Clock; hub: ChangeHub; log: Logger }) {
    this.feed = options.feed;
    this.clock = options.clock;
    options.hub.subscribe((topic) => {
      if (topic === ORGANIZATION) this.changed();
    });
    this.sets = new GuardrailSets((policy, error) =>
      options.log.error({ policy, err: String(error) }, 'guardrail cannot be read: it allows nothing'),
    );
  }

  /** What to judge one request by: take it once. */
  snapshot(): OrganizationSnapshot | Promise<OrganizationSnapshot> {
    return this.latest && this.fresh() ? this.latest : this.confirmed();
  }

  /** The organization changed in this process: the next request asks before it is answered. */
  private changed(): void {
    this.generation++;
    this.confirming = undefined;
  }

  /** Follows the changes until `stop`. */
  start(): void {
    this.following ??= this.follow();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.following;
  }

  private fresh(): boolean {
    return this.shown === this.generation && this.clock.now() - this.confirmedAt < SUSPECT_MS;
  }

  private async confirmed(): Promise<OrganizationSnapshot> {
    const { generation } = this;
    // Requests that come together ask once.
    const confirming = this.confirming ?? this.poll(0);
    this.confirming = confirming;
    let cause: unknown;
    try {
      await inTime(confirming);
    } catch (error) {
      cause = error;
    }
    if (this.confirming === confirming) this.confirming = undefined;
    const stale = this.shown < generation || this.clock.now() - this.confirmedAt >= STALE_MS;
    if (this.latest && !stale) return this.latest;
    throw new ServiceError('Unavailable', 'the organization cannot be confirmed as current', {
      hint: 'check that the org service is running and reachable, then try again',
      details: { retryAfterSeconds: 1 },
      cause,
    });
  }

  private async follow(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.poll(POLL_MS);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  private async poll(waitMs: number): Promise<void> {
    const generation = this.generation;
    const askedAt = this.clock.now();
    const known = this.latest?.revision;
    const isNear = askedAt - this.confirmedAt < STALE_MS;
    if (known !== undefined) {
      const question = ++this.asked;
      const { revision, changes } = await this.feed.changes(known, waitMs);
      if (revision === this.latest?.revision) {
        // The view was current when the answer was given, at the earliest when it was asked for.
        return this.confirm(generation, waitMs === 0 ? askedAt : this.clock.now());
      }
      // After a long silence org may have been restored and have come as far again another way.
      if (changes && isNear && this.latest) {
        // Another answer came first: these changes do not begin at what is known now.
        if (this.latest.revision !== known) return this.poll(0);
        this.latest = this.latest.changed(changes);
        this.accepted = Math.max(this.accepted, question);
        return this.confirm(generation, askedAt);
      }
    }
    await this.read();
  }

  private async read(): Promise<void> {
    const generation = this.generation;
    const askedAt = this.clock.now();
    const question = ++this.asked;
    const data = await this.feed.view();
    if (question > this.accepted) {
      this.accepted = question;
      if (this.latest?.revision !== data.Revision) this.latest = new OrganizationSnapshot(data, this.sets);
    }
    this.confirm(generation, askedAt);
  }

  /** What was asked for when this process had made so many changes proves that much, of the time it was asked at. */
  private confirm(generation: number, at: number): void {
    this.shown = Math.max(this.shown, generation);
    this.confirmedAt = Math.max(this.confirmedAt, at);
  }
}

async function inTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), PATIENCE_MS);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
