/** Where kms keeps the tenant keys of accounts. */
import type { TenantTable } from '../../../platform/store/tenant-keys.ts';
import { tenantBinding, tenantRowBytes } from '../domain/rows.ts';
import { insertTenant, readTenant, replaceTenant } from './queries.ts';
import type { KmsTables } from './tables.ts';

export const tenantTable: TenantTable<KmsTables> = {
  read: (db, accountId) => readTenant(db as Parameters<typeof readTenant>[0], accountId),
  insert: insertTenant,
  replace: replaceTenant,
  binding: tenantBinding,
  bytes: tenantRowBytes,
};
