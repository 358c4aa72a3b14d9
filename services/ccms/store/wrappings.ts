/**
 * Wrapped values. Guarantees that only rows that verify are answered, that one of two readers at the same time writes,
 * and that what this process saw used or revoked does not come back.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Transaction } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { AnyTransaction, Store } from '../../../platform/store/index.ts';
import type { GuardedRow, RowGuard } from '../../../platform/store/row-guard.ts';
import { type WrappingRow, wrappingRowBytes } from '../domain/wrapping.ts';
import type { CcmsTables } from './tables.ts';

const MAX_MARKS = 200_000;
const own = (tx: AnyTransaction) => tx as Transaction<CcmsTables>;

export class Wrappings {
  /** Highest version seen of each: what is older was put back. */
  private readonly marks = new LRUCache<string, number>({ max: MAX_MARKS });
  private readonly store: Store<CcmsTables>;
  private readonly guard: RowGuard;

  constructor(store: Store<CcmsTables>, guard: RowGuard) {
    this.store = store;
    this.guard = guard;
  }

  async byTokenHash(hash: Buffer): Promise<WrappingRow | undefined> {
    const row = await this.query().where('token_hash', '=', hash).executeTakeFirst();
    if (!row || !timingSafeEqual(row.token_hash, hash)) return undefined;
    return (await this.verified([row]))[0];
  }

  async byId(wrappingId: string): Promise<WrappingRow | undefined> {
    const row = await this.query().where('wrapping_id', '=', wrappingId).executeTakeFirst();
    return row && (await this.verified([row]))[0];
  }

  /** Those of a secret after `after`, by id. */
  async list(secretId: string, after: string, limit: number): Promise<WrappingRow[]> {
    const rows = await this.query()
      .where('secret_id', '=', secretId)
      .where('wrapping_id', '>', after)
      .orderBy('wrapping_id')
      .limit(limit)
      .execute();
    return this.verified(rows);
  }

  async countOpen(secretId: string, now: number): Promise<number> {
    const { count } = await this.store.read
      .selectFrom('secret_wrapping')
      .select((eb) => eb.fn.countAll().as('count'))
      .where('secret_id', '=', secretId)
      .where('sealed', 'is not', null)
      .where('expires_at', '>', now)
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  async sealed(row: Omit<WrappingRow, 'row_mac'>): Promise<WrappingRow> {
    const [row_mac] = await this.guard.seal([wrappingRowBytes(row)]);
    return { ...row, row_mac: row_mac! };
  }

  async insert(tx: AnyTransaction, row: WrappingRow): Promise<void> {
    await own(tx).insertInto('secret_wrapping').values(row).execute();
  }

  /** Replaces a row that still has the version before `row.version`; false when somebody was faster. */
  async replace(tx: AnyTransaction, row: WrappingRow): Promise<boolean> {
    const { wrapping_id, ...columns } = row;
    const result = await own(tx)
      .updateTable('secret_wrapping')
      .set(columns)
      .where('wrapping_id', '=', wrapping_id)
      .where('version', '=', row.version - 1)
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  }

  /** What this process wrote: nothing older is accepted from now on. */
  written({ wrapping_id, version }: WrappingRow): void {
    if (version > (this.marks.get(wrapping_id) ?? 0)) this.marks.set(wrapping_id, version);
  }

  /** Values whose time has passed go at once, what is left of them when it was kept long enough. */
  async forget(tx: AnyTransaction, now: number, keptSince: number): Promise<void> {
    await own(tx)
      .updateTable('secret_wrapping')
      .set({ sealed: null })
      .where('expires_at', '<=', now)
      .where('sealed', 'is not', null)
      .execute();
    await own(tx).deleteFrom('secret_wrapping').where('expires_at', '<', keptSince).execute();
  }

  private query() {
    return this.store.read.selectFrom('secret_wrapping').selectAll();
  }

  /**
   * SECURITY: never answers a value below the mark. A row that was read before the mark rose may be older in good faith
   * and is read again; what is still older then was put back.
   */
  private async verified(rows: readonly WrappingRow[]): Promise<WrappingRow[]> {
    await this.guard.verify(rows.map(guarded));
    return Promise.all(rows.map((row) => (this.isOld(row) ? this.again(row) : row)));
  }

  private async again({ wrapping_id }: WrappingRow): Promise<WrappingRow> {
    const row = await this.query().where('wrapping_id', '=', wrapping_id).executeTakeFirst();
    if (row) await this.guard.verify([guarded(row)]);
    if (!row || this.isOld(row)) throw this.guard.refuse(`wrapping ${wrapping_id}`, 'it was rolled back');
    return row;
  }

  private isOld({ wrapping_id, version }: WrappingRow): boolean {
    return version < (this.marks.get(wrapping_id) ?? 0);
  }
}

function guarded(row: WrappingRow): GuardedRow {
  return { name: `wrapping ${row.wrapping_id}`, data: wrappingRowBytes(row), mac: row.row_mac };
}
