/** The last day each version was read: kept in memory, written twice a minute, so that a read writes nothing itself. */
import type { Store } from '../../../platform/store/index.ts';
import { DAY_MS } from '../domain/limits.ts';
import type { AccessRow } from '../domain/rows.ts';
import { writeAccess } from './queries.ts';
import type { CcmsTables } from './tables.ts';

const MAX_WAITING = 100_000;
const EVERY_MS = 30_000;

export class AccessLog {
  private readonly waiting = new Map<string, AccessRow>();
  /** What was written already: one row for a day and version. */
  private readonly written = new Map<string, number>();
  private readonly store: Store<CcmsTables>;
  private timer: NodeJS.Timeout | undefined;

  constructor(store: Store<CcmsTables>) {
    this.store = store;
  }

  saw(secretId: string, versionId: string, now: number): void {
    const day = now - (now % DAY_MS);
    const key = keyOf(secretId, versionId);
    if (this.written.get(key) === day || this.waiting.size >= MAX_WAITING) return;
    this.waiting.set(key, { secret_id: secretId, version_id: versionId, day });
  }

  /** What is not written yet joins what is. */
  latest(secretId: string, rows: readonly AccessRow[]): Map<string, number> {
    const days = new Map<string, number>();
    for (const row of [...rows, ...this.waiting.values()])
      if (row.secret_id === secretId && row.day > (days.get(row.version_id) ?? 0)) days.set(row.version_id, row.day);
    return days;
  }

  start(onError: (error: unknown) => void): void {
    this.timer ??= setInterval(() => void this.flush().catch(onError), EVERY_MS).unref();
  }

  async flush(): Promise<void> {
    const batch = [...this.waiting];
    if (batch.length === 0) return;
    await this.store.transaction((tx) =>
      writeAccess(
        tx,
        batch.map(([, row]) => row),
      ),
    );
    if (this.written.size > MAX_WAITING) this.written.clear();
    for (const [key, row] of batch) {
      this.written.set(key, row.day);
      if (this.waiting.get(key) === row) this.waiting.delete(key);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }
}

function keyOf(secretId: string, versionId: string): string {
  return `${secretId}/${versionId}`;
}
