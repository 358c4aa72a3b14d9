import type { Selectable } from 'kysely';
import type { NewTenantKey, WrappedKey } from '../../../hsm/port.ts';
import { wantRenewal } from '../../../platform/renewal/progress.ts';
import type { Db, Tx } from './db.ts';
import type { TenantKeyTable } from './schema.ts';

/** The step of the renewal that walks them. */
export const TENANT_KEYS_STEP = 'tenant keys';

export async function tenantKeyOf(db: Db, accountId: string): Promise<WrappedKey | undefined> {
  const row = await db.selectFrom('tenant_key').selectAll().where('account_id', '=', accountId).executeTakeFirst();
  return row && wrappedKey(row);
}

export async function insertTenantKey(tx: Tx, accountId: string, key: NewTenantKey, now: number): Promise<void> {
  await tx
    .insertInto('tenant_key')
    .values({
      account_id: accountId,
      wrapped: key.wrapped,
      binding: key.binding,
      mac: key.mac,
      root_version: key.rootVersion,
      created_at: now,
    })
    .execute();
  if (key.degraded) await wantRenewal(tx, TENANT_KEYS_STEP);
}

/** The same key in another form, where it still is the one that was read. */
export async function replaceTenantKey(tx: Tx, accountId: string, from: Buffer, key: WrappedKey): Promise<void> {
  await tx
    .updateTable('tenant_key')
    .set({ wrapped: key.wrapped, mac: key.mac, root_version: key.rootVersion })
    .where('account_id', '=', accountId)
    .where('mac', '=', from)
    .execute();
}

export function wrappedKey(row: Selectable<TenantKeyTable>): WrappedKey {
  return { wrapped: row.wrapped, binding: row.binding, mac: row.mac, rootVersion: row.root_version };
}
