/**
 * The tenant key of each account: made on first use, one per account for ever. Two nodes that make one at the same
 * moment both continue with the one that was stored first.
 */
import { LRUCache } from 'lru-cache';
import type { Hsm } from '../../../hsm/port.ts';
import { wantRenewal } from '../../../platform/renewal/progress.ts';
import type { Clock } from '../../../platform/runtime/clock.ts';
import type { Ids } from '../../../platform/runtime/ids.ts';
import type { Store } from '../../../platform/store/index.ts';
import type { RowGuard } from '../../../platform/store/row-guard.ts';
import { type TenantRow, tenantBinding, tenantRowBytes } from '../domain/rows.ts';
import { insertTenant, readTenant } from './queries.ts';
import type { KmsTables } from './tables.ts';

const MAX_TENANTS = 10_000;
/** Another node may have stored a key in another form. */
const KNOWN_MS = 5_000;

/** The step of the renewal that walks them. */
export const TENANT_KEYS_STEP = 'tenant keys';

export class TenantKeys {
  private readonly known = new LRUCache<string, TenantRow>({ max: MAX_TENANTS, ttl: KNOWN_MS });
  private readonly store: Store<KmsTables>;
  private readonly hsm: Hsm;
  private readonly guard: RowGuard;
  private readonly clock: Clock;
  private readonly ids: Ids;

  constructor(options: { store: Store<KmsTables>; hsm: Hsm; guard: RowGuard; clock: Clock; ids: Ids }) {
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
    const stored = (await readTenant(this.store.read, accountId)) ?? (await this.create(accountId));
    await this.guard.verify([guardedTenant(stored)]);
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
    const key = await this.hsm.createTenantKey(tenantBinding({ accountId, tenantId }));
    const row = {
      account_id: accountId,
      tenant_id: tenantId,
      wrapped: key.wrapped,
      binding: key.binding,
      mac: key.mac,
      root_version: key.rootVersion,
      created_at: this.clock.now(),
    };
    const [row_mac] = await this.guard.seal([tenantRowBytes(row)]);
    return this.store.transaction(async (tx) => {
      await insertTenant(tx, { ...row, row_mac: row_mac! });
      if (key.degraded) await wantRenewal(tx, TENANT_KEYS_STEP);
      return (await readTenant(tx, accountId))!;
    });
  }
}

export function guardedTenant(row: TenantRow) {
  return { name: `tenant key of ${row.account_id}`, data: tenantRowBytes(row), mac: row.row_mac };
}
