/**
 * When access keys were last used: collected in memory, written twice a minute by each process. Coalesced to the newest use of a key,
 * so that a busy key costs one row per turn. A crash loses the last minute of it; nothing is decided by it.
 */
import type { Store } from '../../../platform/store/index.ts';
import { type KeyUse, noteKeyUse } from '../store/access-keys.ts';
import type { IamDb } from '../store/schema.ts';

const MAX_WAITING = 100_000;
const BATCH = 200;
const EVERY_MS = 30_000;

export class KeyUses {
  private readonly waiting = new Map<string, KeyUse>();

  note(use: KeyUse): void {
    const before = this.waiting.get(use.accessKeyId);
    if (before ? before.at >= use.at : this.waiting.size >= MAX_WAITING) return;
    this.waiting.set(use.accessKeyId, use);
  }

  /** The newest use that is not written yet. */
  latest(accessKeyId: string): KeyUse | undefined {
    return this.waiting.get(accessKeyId);
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
        for (const use of batch) await noteKeyUse(tx, use);
      });
      for (const use of batch) if (this.waiting.get(use.accessKeyId) === use) this.waiting.delete(use.accessKeyId);
    }
  }
}
