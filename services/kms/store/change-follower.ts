/**
 * Follows the change feed of the store, so that what another node wrote leaves the caches of this one within the
 * polling time. When the feed cannot be read for longer than `STALE_MS`, `isCurrent` says so and nothing is answered
 * from memory. SQLite has one process and needs none of this.
 */
import type { Logger } from '../../../platform/observe/log.ts';
import type { Clock } from '../../../platform/runtime/clock.ts';
import type { AnyTransaction, Store } from '../../../platform/store/index.ts';
import type { Grants } from './grants.ts';
import type { KeyCache } from './key-cache.ts';
import type { KmsTables } from './tables.ts';

const POLL_MS = 200;
const STALE_MS = 5_000;
const BATCH = 1_000;

/** Tells every node that a key or an alias changed, or that a grant ended. Last statement of the transaction that changed it. */
export async function announce(
  store: Store<KmsTables>,
  tx: AnyTransaction,
  accountId: string,
  changed: { keys: readonly string[]; alias?: string; endedGrant?: string },
): Promise<void> {
  for (const keyId of changed.keys) await store.bumpVersion(tx, { kind: 'key', objectId: keyId, accountId });
  const { endedGrant } = changed;
  if (endedGrant !== undefined) await store.bumpVersion(tx, { kind: 'grant', objectId: endedGrant, accountId });
  if (changed.alias !== undefined) await store.bumpVersion(tx, { kind: 'alias', objectId: changed.alias, accountId });
}

/** Tells every node that wrapped keys changed: cached ones may be of no use to a token that is asked later. */
export async function announceRenewal(store: Store<KmsTables>, tx: AnyTransaction): Promise<void> {
  await store.bumpVersion(tx, { kind: 'renewal', objectId: 'keys', accountId: null });
}

export class ChangeFollower {
  private readonly store: Store<KmsTables>;
  private readonly grants: Grants;
  private readonly clock: Clock;
  private readonly log: Logger;
  private version: number | undefined;
  private confirmedAt = 0;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(store: Store<KmsTables>, grants: Grants, clock: Clock, log: Logger) {
    this.store = store;
    this.grants = grants;
    this.clock = clock;
    this.log = log;
  }

  isCurrent = (): boolean => {
    return this.running === undefined || this.clock.now() - this.confirmedAt < STALE_MS;
  };

  start(cache: KeyCache): void {
    if (this.store.engine !== 'postgres') return;
    this.running ??= this.follow(cache);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  private async follow(cache: KeyCache): Promise<void> {
    while (!this.stopped) {
      try {
        await this.poll(cache);
      } catch (error) {
        this.log.warn({ err: String(error) }, 'change feed cannot be read');
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Takes over what changed since the last look. */
  async poll(cache: KeyCache): Promise<void> {
    const askedAt = this.clock.now();
    if (this.version === undefined) {
      this.version = await this.store.currentVersion();
      cache.clear();
    }
    for (;;) {
      const changes = await this.store.changesSince(this.version, BATCH);
      const first = changes[0];
      if (!first) break;
      if (first.v !== this.version + 1) cache.clear();
      for (const change of changes) {
        if (change.kind === 'key') cache.forgetKey(change.objectId);
        else if (change.kind === 'renewal') cache.clear();
        else if (change.kind === 'grant') this.grants.noteEnd(change.objectId);
        else if (change.accountId !== null) cache.forgetAlias(change.accountId, change.objectId);
        this.version = change.v;
      }
      if (changes.length < BATCH) break;
    }
    this.confirmedAt = askedAt;
  }
}
