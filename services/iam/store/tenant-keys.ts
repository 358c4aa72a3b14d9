import type { WrappedKey } from '../../../hsm/port.ts';
import type { Db, Tx } from './db.ts';

export async function tenantKeyOf(db: Db, accountId: string): Promise<WrappedKey | undefined> {
  const row = await db.selectFrom('tenant_key').selectAll().where('account_id', '=', accountId).executeTakeFirst();
  return row && { wrapped: row.wrapped, binding: row.binding, mac: row.mac, rootVersion: row.root_version };
}

export async function insertTenantKey(tx: Tx, accountId: string, key: WrappedKey, now: number): Promise<void> {
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
}
