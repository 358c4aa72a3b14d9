/**
 * Fingerprints of values: equal values of one account have equal ones, and nobody without the HSM can try guesses. So a
 * repeated request is known without opening what is stored.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Hsm } from '../../../hsm/port.ts';
import { lengthPrefixed } from '../../../platform/contract/canonical-row.ts';
import { FINGERPRINT_LABEL } from '../domain/rows.ts';

const MAX_ACCOUNTS = 1_000;

export class Fingerprints {
  private readonly keys = new LRUCache<string, Buffer>({ max: MAX_ACCOUNTS, dispose: (key) => key.fill(0) });
  private readonly hsm: Hsm;

  constructor(hsm: Hsm) {
    this.hsm = hsm;
  }

  async of(accountId: string, kind: 'text' | 'binary', value: Buffer): Promise<Buffer> {
    // Held here: what the cache drops meanwhile is zeroed.
    const key = Buffer.from(this.keys.get(accountId) ?? (await this.derive(accountId)));
    const covered = lengthPrefixed([Buffer.from(kind, 'ascii'), value]);
    try {
      return createHmac('sha256', key).update(covered).digest();
    } finally {
      key.fill(0);
      covered.fill(0);
    }
  }

  private async derive(accountId: string): Promise<Buffer> {
    const key = await this.hsm.mac(FINGERPRINT_LABEL, Buffer.from(accountId, 'ascii'));
    this.keys.set(accountId, key);
    return key;
  }

  close(): void {
    this.keys.clear();
  }
}

export function sameFingerprint(a: Buffer | null, b: Buffer): boolean {
  return a !== null && a.length === b.length && timingSafeEqual(a, b);
}
