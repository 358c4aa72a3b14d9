/** Reads targets, verified: what is answered is what this service wrote about the target that was asked for. */
import type { Store } from '../../../platform/store/index.ts';
import type { GuardedRow, RowGuard } from '../../../platform/store/row-guard.ts';
import type { Place } from '../domain/secret-ref.ts';
import { targetArn } from '../domain/target-ref.ts';
import { type TargetEndpoint, type TargetRow, type TargetTls, targetRowBytes } from '../domain/target-row.ts';
import type { CcmsTables } from './tables.ts';
import { readTarget, readTargetByName } from './target-queries.ts';

export interface TargetRecord {
  row: TargetRow;
  arn: string;
  place: Place;
  endpoints: readonly TargetEndpoint[];
  tls: TargetTls;
}

export class Targets {
  private readonly store: Store<CcmsTables>;
  private readonly guard: RowGuard;

  constructor(store: Store<CcmsTables>, guard: RowGuard) {
    this.store = store;
    this.guard = guard;
  }

  async byName(accountId: string, name: string): Promise<TargetRecord | undefined> {
    const row = await readTargetByName(this.store.read, accountId, name);
    return row && this.verified(row, row.account_id === accountId && row.name === name);
  }

  async byId(targetId: string): Promise<TargetRecord | undefined> {
    const row = await readTarget(this.store.read, targetId);
    return row && this.verified(row, row.target_id === targetId);
  }

  private async verified(row: TargetRow, asAsked: boolean): Promise<TargetRecord> {
    await this.guard.verify([guardedTarget(row)]);
    if (!asAsked) throw this.guard.refuse(`target ${row.target_id}`, 'the row is about another target');
    return recordOf(row);
  }
}

export function guardedTarget(row: TargetRow): GuardedRow {
  return { name: `target ${row.target_id}`, data: targetRowBytes(row), mac: row.row_mac };
}

/** Of a row that was verified. */
export function recordOf(row: TargetRow): TargetRecord {
  const place = { accountId: row.account_id, partition: row.partition, region: row.region };
  return {
    row,
    place,
    arn: targetArn(place, row.name),
    endpoints: JSON.parse(row.endpoints) as TargetEndpoint[],
    tls: JSON.parse(row.tls) as TargetTls,
  };
}
