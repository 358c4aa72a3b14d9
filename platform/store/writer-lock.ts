import { StoreError } from './error.ts';

interface Waiter {
  readonly grant: () => void;
  timer?: NodeJS.Timeout;
}

/**
 * The right to use the single SQLite writer connection, first come first served.
 *
 * INVARIANT: Kysely transactions await between statements, so without this lock the group commit (or a second
 * transaction) would slip its statements into somebody else's transaction.
 */
export class WriterLock {
  readonly #name: string;
  readonly #waitMs: number;
  readonly #waiters = new Set<Waiter>();
  #held = false;

  /** @param waitMs longest wait in `acquire`, milliseconds */
  constructor(name: string, waitMs: number) {
    this.#name = name;
    this.#waitMs = waitMs;
  }

  tryAcquire(): boolean {
    if (this.#held) return false;
    this.#held = true;
    return true;
  }

  /** Resolves with the lock held; rejects with `unavailable` after the bounded wait. */
  acquire(): Promise<void> {
    if (this.tryAcquire()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { grant: resolve };
      waiter.timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(
          new StoreError('unavailable', `writer of ${this.#name} was busy for ${this.#waitMs} ms`, {
            hint: 'a transaction is slow, or one waits inside itself for another transaction or record',
          }),
        );
      }, this.#waitMs);
      this.#waiters.add(waiter);
    });
  }

  release(): void {
    for (const next of this.#waiters) {
      this.#waiters.delete(next);
      clearTimeout(next.timer);
      // In a later turn: a queue of transactions must not keep the event loop from sockets and timers.
      setImmediate(next.grant);
      return;
    }
    this.#held = false;
  }
}
