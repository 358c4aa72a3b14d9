/**
 * Opened data keys, for a bounded time and for the caller that kms let open them: nobody profits from the permission of
 * somebody else, and a key that was disabled stops reads when the time is over. With no time kms is asked on each read.
 */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { lengthPrefixed } from '../../../platform/contract/canonical-row.ts';
import type { Caller } from '../../../platform/runtime/call.ts';
import type { Clock } from '../../../platform/runtime/clock.ts';

const MAX_KEYS = 10_000;

interface Held {
  key: Buffer;
  until: number;
}

export class KeyCache {
  private readonly held = new LRUCache<string, Held>({ max: MAX_KEYS, dispose: ({ key }) => key.fill(0) });
  private readonly ms: number;
  private readonly clock: Clock;

  constructor(seconds: number, clock: Clock) {
    this.ms = seconds * 1000;
    this.clock = clock;
  }

  /** The opened key, the caller's own copy to zero; `open` asks kms. */
  async obtain(caller: Caller, arn: string, versionId: string, wrapped: Buffer, open: () => Promise<Buffer>) {
    if (this.ms === 0) return open();
    const id = cacheId(caller, arn, versionId, wrapped);
    const now = this.clock.now();
    const found = this.held.get(id);
    if (found && now < found.until) return Buffer.from(found.key);
    if (found) this.held.delete(id);
    const key = await open();
    this.held.set(id, { key: Buffer.from(key), until: now + this.ms });
    return key;
  }

  close(): void {
    this.held.clear();
  }
}

/** Sessions are principals of their own: what bounds them may differ. */
function cacheId(caller: Caller, arn: string, versionId: string, wrapped: Buffer): string {
  const texts = [caller.principalId, caller.session?.id ?? '', caller.accountId, arn, versionId];
  const bytes = lengthPrefixed([...texts.map((text) => Buffer.from(text, 'utf8')), wrapped]);
  return createHash('sha256').update(bytes).digest('base64');
}
