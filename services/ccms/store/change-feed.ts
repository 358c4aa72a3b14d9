/**
 * The feed of changes of secrets: numbered without gaps by the store, in the transaction of each change, the same for
 * every node. Whoever waits is woken by one look at the number for all, a few times a second.
 */
import type { AnyTransaction, Store } from '../../../platform/store/index.ts';
import type { ChangeReason } from '../api/watch.ts';
import type { CcmsTables } from './tables.ts';

const LOOK_EVERY_MS = 200;
export const MAX_WAITING = 1_000;

export class ChangeFeed {
  private readonly waiting = new Map<() => void, number>();
  private readonly store: Store<CcmsTables>;
  private timer: NodeJS.Timeout | undefined;
  private looking = false;

  constructor(store: Store<CcmsTables>) {
    this.store = store;
  }

  /** Last statement of the transaction that changed a secret. */
  async announce(tx: AnyTransaction, secret: { arn: string; accountId: string }, reason: ChangeReason): Promise<void> {
    await this.store.bumpVersion(tx, { kind: reason, objectId: secret.arn, accountId: secret.accountId });
  }

  get isFull(): boolean {
    return this.waiting.size >= MAX_WAITING;
  }

  /** Until there is something newer than `seen`, or it is over. */
  async newer(seen: number, over: AbortSignal): Promise<void> {
    if (over.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.waiting.delete(wake);
        over.removeEventListener('abort', wake);
        resolve();
      };
      this.waiting.set(wake, seen);
      over.addEventListener('abort', wake, { once: true });
      this.timer ??= setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
    });
  }

  /** A database that cannot be read wakes everybody: their own look tells them why. */
  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    const version = await this.store.currentVersion().catch(() => Number.POSITIVE_INFINITY);
    this.looking = false;
    for (const [wake, seen] of [...this.waiting]) if (version > seen) wake();
    if (this.waiting.size === 0) this.rest();
  }

  private rest(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  close(): void {
    this.rest();
    for (const wake of [...this.waiting.keys()]) wake();
  }
}
