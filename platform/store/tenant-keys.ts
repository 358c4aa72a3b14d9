/**
 * The tenant key of each account in one service: made on first use, one per account for ever. Two nodes that make one at
 * the same moment both continue with the one that was stored first.
 */
import { LRUCache } from 'lru-cache';
import type { Hsm, WrappedKey } from '../../hsm/port.ts';
import { wantRenewal } from '../renewal/progress.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Ids } from '../runtime/ids.ts';
import type { AnyTransaction, Store } from './index.ts';
import type { RowGuard } from './row-guard.ts';

export interface TenantRow {
  account_id: string;
  tenant_id: string;
  wrapped: Buffer;
  binding: Buffer;
  mac: Buffer;
  root_version: number;
  created_at: number;
  row_mac: Buffer;
}

/** Where a service keeps its tenant keys, and what they are bound to. */
export interface TenantTable<DB> {
  read(db: Store<DB>['read'] | AnyTransaction, accountId: string): Promise<TenantRow | undefined>;
  /** Does nothing when the account has one already. */
  insert(tx: AnyTransaction, row: TenantRow): Promise<void>;
  /** The same key in another form, where the row still is what its MAC `from` says. */
  replace(tx: AnyTransaction, row: TenantRow, from: Buffer): Promise<void>;
  binding(tenant: { accountId: string; tenantId: string }): Buffer;
  /** What the MAC of a row covers. */
  bytes(row: Omit<TenantRow, 'row_mac'>): Buffer;
}

const MAX_TENANTS = 10_000;
/** Another node may have stored a key in another form. */
const KNOWN_MS = 5_000;

/** The step of the renewal that walks them. */
export const TENANT_KEYS_STEP = 'tenant keys';

export class TenantKeys<DB> {
  private readonly known = new LRUCache<string, TenantRow>({ max: MAX_TENANTS, ttl: KNOWN_MS });
  private readonly table: TenantTable<DB>;
  private readonly store: Store<DB>;
  private readonly hsm: Hsm;
  private readonly guard: RowGuard;
  private readonly clock: Clock;
  private readonly ids: Ids;

  constructor(
    table: TenantTable<DB>,
    options: { store: Store<DB>; hsm: Hsm; guard: RowGuard; clock: Clock; ids: Ids },
  ) {
    this.table = table;
    this.store = options.store;
    this.hsm = options.hsm;
    this.guard = options.guard;
    this.clock = options.clock;
    this.ids = options.ids;
  }

  /** Rejects with `ServiceError` when the stored key does not verify, `HsmError` when the HSM is away. */
  async obtain(accountId: string): Promise<TenantRow> {
    const known = this.known.get(accountId);
    if (known) return known;
    const stored = (await this.table.read(this.store.read, accountId)) ?? (await this.create(accountId));
    await this.guard.verify([guardedTenant(stored, this.table)]);
    if (stored.account_id !== accountId)
      throw this.guard.refuse(`tenant key of ${accountId}`, 'it names another account');
    this.known.set(accountId, stored);
    return stored;
  }

  clear(): void {
    this.known.clear();
  }

  private async create(accountId: string): Promise<TenantRow> {
    const tenantId = this.ids.uuidv4();
    const key = await this.hsm.createTenantKey(this.table.binding({ accountId, tenantId }));
    const row = {
      account_id: accountId,
      tenant_id: tenantId,
      wrapped: key.wrapped,
      binding: key.binding,
      mac: key.mac,
      root_version: key.rootVersion,
      created_at: this.clock.now(),
    };
    const [row_mac] = await this.guard.seal([this.table.bytes(row)]);
    return this.store.transaction(async (tx) => {
      await this.table.insert(tx, { ...row, row_mac: row_mac! });
      if (key.degraded) await wantRenewal(tx, TENANT_KEYS_STEP);
      return (await this.table.read(tx, accountId))!;
    });
  }
}

export function guardedTenant<DB>(row: TenantRow, table: TenantTable<DB>) {
  return { name: `tenant key of ${row.account_id}`, data: table.bytes(row), mac: row.row_mac };
}

/** As the HSM takes it. */
export function wrappedKey(row: Pick<TenantRow, 'wrapped' | 'binding' | 'mac' | 'root_version'>): WrappedKey {
  return { wrapped: row.wrapped, binding: row.binding, mac: row.mac, rootVersion: row.root_version };
}
