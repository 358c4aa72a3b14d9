/** Users of our naming that the target has and no lease accounts for (spec ccms 3.7). */
import { ISSUING_MS, type LeaseState } from './lease.ts';
import { createdAtOf } from './username.ts';

export interface Orphan {
  readonly username: string;
  /** `report`: somebody looks at it. A user whose name tells no time is never dropped: it may be a person's. */
  readonly action: 'report' | 'drop';
}

/**
 * @param found users at the target
 * @param leases by user name; an ended lease should have none
 * @param maxTtlMs a user older than any lease can be is dropped
 */
export function findOrphans(
  found: readonly string[],
  leases: ReadonlyMap<string, LeaseState>,
  now: number,
  maxTtlMs: number,
  hold = false,
): Orphan[] {
  const orphans: Orphan[] = [];
  for (const username of found) {
    const state = leases.get(username);
    const ended = state === 'REVOKED' || state === 'ABORTED';
    if (state !== undefined && !ended) continue;
    const createdAt = createdAtOf(username);
    // A lease that ended may still be on its way out at another runner.
    const old = createdAt !== undefined && now - createdAt > (ended ? ISSUING_MS : maxTtlMs);
    orphans.push({ username, action: old && !hold ? 'drop' : 'report' });
  }
  return orphans;
}
