/**
 * The organization as this node knows it, followed from org. Answers from memory as far as `Freshness` allows; every
 * revision is one immutable snapshot.
 */
import type { Logger } from '../observe/log.ts';
import { type ChangeHub, ORGANIZATION } from '../runtime/change-hub.ts';
import type { Clock } from '../runtime/clock.ts';
import { Freshness } from './freshness.ts';
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

export class OrganizationView {
  private readonly feed: OrganizationFeed;
  private readonly sets: GuardrailSets;
  private readonly freshness: Freshness;
  private latest: OrganizationSnapshot | undefined;

  constructor(options: { feed: OrganizationFeed; clock: Clock; hub: ChangeHub; log: Logger }) {
    this.feed = options.feed;
    this.freshness = new Freshness({
      clock: options.clock,
      peer: 'org',
      subject: 'the organization',
      ask: (waitMs) => this.ask(waitMs),
    });
    options.hub.subscribe((topic) => {
      if (topic === ORGANIZATION) this.freshness.changed();
    });
    this.sets = new GuardrailSets((policy, error) =>
      options.log.error({ policy, err: String(error) }, 'guardrail cannot be read: it allows nothing'),
    );
  }

  /** What to judge one request by: take it once. */
  snapshot(): OrganizationSnapshot | Promise<OrganizationSnapshot> {
    return this.latest && this.freshness.fresh() ? this.latest : this.confirmed();
  }

  /** Follows the changes until `stop`. */
  start(): void {
    this.freshness.start();
  }

  stop(): Promise<void> {
    return this.freshness.stop();
  }

  private async confirmed(): Promise<OrganizationSnapshot> {
    await this.freshness.confirm();
    // Whatever confirmed has brought one.
    return this.latest as OrganizationSnapshot;
  }

  private async ask(waitMs: number): Promise<() => void> {
    const before = this.latest;
    // After a long silence org may have been restored and have come as far again another way.
    const isNear = this.freshness.near();
    if (before) {
      const { revision, changes } = await this.feed.changes(before.revision, waitMs);
      if (revision === before.revision) return () => undefined;
      if (changes && isNear) {
        // Whatever other answers have brought meanwhile: these changes begin at what was known when this was asked.
        const after = before.changed(changes);
        return () => {
          this.latest = after;
        };
      }
    }
    const data = await this.feed.view();
    return () => {
      if (this.latest?.revision !== data.Revision) this.latest = new OrganizationSnapshot(data, this.sets);
    };
  }
}
