/**
 * When access keys and roles were last used: collected in memory, written twice a minute by each process. Coalesced to
 * the newest use of each, so that a busy one costs one row per turn. A crash loses the last minute of it; nothing is
 * decided by it.
 */
import type { Store } from '../../../platform/store/index.ts';
import type { Tx, Use } from '../store/db.ts';
import type { IamDb } from '../store/schema.ts';

const MAX_WAITING = 100_000;
const BATCH = 200;
const EVERY_MS = 30_000;

export class LatestUses {
  private readonly waiting = new Map<string, Use>();
  private readonly write: (tx: Tx, use: Use) => Promise<void>;

  constructor(write: (tx: Tx, use: Use) => Promise<void>) {
    this.write = write;
  }

  note(use: Use): void {
    const before = this.waiting.get(use.id);
    if (before ? before.at >= use.at : this.waiting.size >= MAX_WAITING) return;
    this.waiting.set(use.id, use);
  }

  /** The newest use that is not written yet. */
  latest(id: string): Use | undefined {
    return this.waiting.get(id);
  }

  /** Writes in the background until the returned function is called, which writes the rest. */
  follow(store: Store<IamDb>, onError: (error: unknown) => void): () => Promise<void> {
    const timer = setInterval(() => void this.flush(store).catch(onError), EVERY_MS);
    timer.unref();
    return () => {
      clearInterval(timer);
      return this.flush(store);
    };
  }

  async flush(store: Store<IamDb>): Promise<void> {
    while (this.waiting.size > 0) {
      const batch = [...this.waiting.values()].slice(0, BATCH);
      await store.transaction(async (tx) => {
        for (const use of batch) await this.write(tx, use);
      });
      for (const use of batch) if (this.waiting.get(use.id) === use) this.waiting.delete(use.id);
    }
  }
}
