/**
 * Leases, verified, and their steps from state to state. A step starts from the row that was read: who comes second
 * finds another version and does nothing.
 */

import type { Store } from '../../../platform/store/index.ts';
import type { RowGuard } from '../../../platform/store/row-guard.ts';
import type { Lease } from '../domain/leases/lease.ts';
import { type LeaseRow, leaseBytes, leaseColumns } from '../domain/leases/rows.ts';
import type { Unsealed } from '../domain/rows.ts';
import { guardedLease, readLease, replaceLease } from './lease-queries.ts';
import type { CcmsTables } from './tables.ts';

export interface LeaseStep {
  from: LeaseRow;
  to: Lease;
  failure?: string | null;
  forgotten?: boolean;
}

export class Leases {
  private readonly store: Store<CcmsTables>;
  private readonly guard: RowGuard;

  constructor(store: Store<CcmsTables>, guard: RowGuard) {
    this.store = store;
    this.guard = guard;
  }

  async byId(leaseId: string): Promise<LeaseRow | undefined> {
    const row = await readLease(this.store.read, leaseId);
    if (!row) return undefined;
    const [lease] = await this.verified([row]);
    if (row.lease_id !== leaseId) throw this.guard.refuse(`lease ${leaseId}`, 'another lease');
    return lease;
  }

  async verified(rows: readonly LeaseRow[]): Promise<readonly LeaseRow[]> {
    await this.guard.verify(rows.map(guardedLease));
    return rows;
  }

  async seal(rows: readonly Unsealed<LeaseRow>[]): Promise<LeaseRow[]> {
    const macs = await this.guard.seal(rows.map(leaseBytes));
    return rows.map((row, at) => ({ ...row, row_mac: macs[at]! }));
  }

  /** The rows that steps lead to, for `replaceLease`. */
  next(steps: readonly LeaseStep[], now: number): Promise<LeaseRow[]> {
    return this.seal(
      steps.map(({ from: { row_mac, ...before }, to, failure, forgotten }) => ({
        ...before,
        ...leaseColumns(to, now),
        failure: failure === undefined ? before.failure : failure,
        forgotten: forgotten ? 1 : before.forgotten,
        version: before.version + 1,
      })),
    );
  }

  /** Takes one step by itself; undefined when somebody was faster. */
  async take(step: LeaseStep, now: number): Promise<LeaseRow | undefined> {
    return (await this.takeAll([step], now))[0];
  }

  /** Takes steps in one commit; answers the rows for which nobody was faster. */
  async takeAll(steps: readonly LeaseStep[], now: number): Promise<LeaseRow[]> {
    if (steps.length === 0) return [];
    const rows = await this.next(steps, now);
    return this.store.transaction(async (tx) => {
      const taken: LeaseRow[] = [];
      for (const row of rows) if (await replaceLease(tx, row)) taken.push(row);
      return taken;
    });
  }
}
