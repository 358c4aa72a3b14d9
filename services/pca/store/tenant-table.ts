/** Where the tenant keys of accounts are, under which the keys of their authorities are wrapped. */
import type { TenantTable } from '../../../platform/store/tenant-keys.ts';
import { tenantBinding, tenantRowBytes } from '../domain/rows.ts';
import { insertTenant, type Reader, readTenant, replaceTenant } from './authority-queries.ts';
import type { PcaTables } from './tables.ts';

export const tenantTable: TenantTable<PcaTables> = {
  read: (db, accountId) => readTenant(db as Reader, accountId),
  insert: insertTenant,
  replace: replaceTenant,
  binding: tenantBinding,
  bytes: tenantRowBytes,
};
