import { LRUCache } from 'lru-cache';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { PkiClient } from './handler.ts';
import type { HttpFile } from './http-file.ts';

const MAX_KEPT_BYTES = 256 * 1024 * 1024;
/** A list is asked about once a second, however many fetch it. */
const CHECKED_MS = 1_000;
const MOST_FRESH_SECONDS = 3_600;

interface KeptList {
  number: number;
  thisUpdate: number;
  nextUpdate: number;
  sha256: string;
  list: Buffer;
  checkedAt: number;
}

/** Lists as pca has them, kept as long as their number is the present one. */
export class ListFiles {
  private readonly kept = new LRUCache<string, KeptList>({
    maxSize: MAX_KEPT_BYTES,
    sizeCalculation: ({ list }) => list.length + 512,
  });
  private readonly pca: PkiClient;
  private readonly clock: Clock;

  constructor(pca: PkiClient, clock: Clock) {
    this.pca = pca;
    this.clock = clock;
  }

  /** Undefined: there is no such list. */
  async find(path: string): Promise<HttpFile | undefined> {
    const found = await this.current(path);
    if (!found) return undefined;
    const remaining = Math.max(0, found.nextUpdate - this.clock.now());
    const freshSeconds = Math.min(MOST_FRESH_SECONDS, Math.floor(remaining / 2000));
    return {
      bytes: found.list,
      mediaType: 'application/pkix-crl',
      tag: found.sha256,
      modifiedAt: found.thisUpdate,
      freshSeconds,
      expiresAt: this.clock.now() + freshSeconds * 1000,
    };
  }

  private async current(path: string): Promise<KeptList | undefined> {
    if (path.length > 1024) return undefined;
    const now = this.clock.now();
    const known = this.kept.get(path);
    if (known && Math.abs(now - known.checkedAt) < CHECKED_MS) return known;
    const asked = { Path: path, ...(known && { Known: known.number }) };
    const { Number: number, List, ThisUpdate, NextUpdate, Sha256 } = await this.pca.GetRevocationListFile(asked);
    if (known && number === known.number) {
      known.checkedAt = now;
      return known;
    }
    this.kept.delete(path);
    if (number === undefined || !List || ThisUpdate === undefined || NextUpdate === undefined || !Sha256)
      return undefined;
    const made = { number, thisUpdate: ThisUpdate, nextUpdate: NextUpdate, sha256: Sha256, list: List, checkedAt: now };
    this.kept.set(path, made);
    return made;
  }
}
