/** Reads how secrets are rotated, the journal of rotations and the registered functions: verified, or not at all. */
import type { Store } from '../../../platform/store/index.ts';
import type { RowGuard } from '../../../platform/store/row-guard.ts';
import type { FunctionRow, RotationRow, RunRow } from '../domain/rotation/rows.ts';
import {
  guardedFunction,
  guardedRotation,
  guardedRun,
  listFunctions,
  listRuns,
  openRuns,
  readFunction,
  readFunctionByName,
  readRotations,
  readRun,
} from './rotation-queries.ts';
import type { SecretRecord } from './secret-record.ts';
import type { CcmsTables } from './tables.ts';

export class Rotations {
  private readonly store: Store<CcmsTables>;
  private readonly guard: RowGuard;

  constructor(store: Store<CcmsTables>, guard: RowGuard) {
    this.store = store;
    this.guard = guard;
  }

  async of(secretId: string): Promise<RotationRow | undefined> {
    return (await this.ofMany([secretId])).get(secretId);
  }

  async ofMany(secretIds: readonly string[]): Promise<ReadonlyMap<string, RotationRow>> {
    const rows = await readRotations(this.store.read, secretIds);
    await this.guard.verify(rows.map(guardedRotation));
    return new Map(rows.map((row) => [row.secret_id, row]));
  }

  async run(runId: string): Promise<RunRow | undefined> {
    const row = await readRun(this.store.read, runId);
    if (!row) return undefined;
    await this.guard.verify([guardedRun(row)]);
    if (row.run_id !== runId) throw this.guard.refuse(`rotation run ${runId}`, 'the row is about another run');
    return row;
  }

  /** Those that have not ended, oldest first. */
  async open(secretId: string): Promise<RunRow[]> {
    return this.verified(secretId, await openRuns(this.store.read, secretId));
  }

  async runs(secret: SecretRecord, before: string | undefined, limit: number): Promise<RunRow[]> {
    const { secret_id: id } = secret.row;
    return this.verified(id, await listRuns(this.store.read, id, before, limit));
  }

  async functionByName(accountId: string, name: string): Promise<FunctionRow | undefined> {
    const row = await readFunctionByName(this.store.read, accountId, name);
    return row && this.verifiedFunction(row, row.account_id === accountId && row.name === name);
  }

  async functionById(functionId: string): Promise<FunctionRow | undefined> {
    const row = await readFunction(this.store.read, functionId);
    return row && this.verifiedFunction(row, row.function_id === functionId);
  }

  async functions(accountId: string, after: string, limit: number): Promise<FunctionRow[]> {
    const rows = await listFunctions(this.store.read, accountId, after, limit);
    await this.guard.verify(rows.map(guardedFunction));
    return rows;
  }

  private async verified(secretId: string, rows: RunRow[]): Promise<RunRow[]> {
    await this.guard.verify(rows.map(guardedRun));
    const strange = rows.find((row) => row.secret_id !== secretId);
    if (strange) throw this.guard.refuse(`rotation run ${strange.run_id}`, 'it belongs to another secret');
    return rows;
  }

  private async verifiedFunction(row: FunctionRow, isAsked: boolean): Promise<FunctionRow> {
    await this.guard.verify([guardedFunction(row)]);
    if (!isAsked) throw this.guard.refuse(`rotation function ${row.function_id}`, 'the row is about another function');
    return row;
  }
}
