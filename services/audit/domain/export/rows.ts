/** The rows of exports, and what the MACs cover: every column but the MAC itself. */
import { hash } from 'node:crypto';
import { canonicalRow } from '../../../../platform/contract/canonical-row.ts';
import type { Format } from './format.ts';

/** Label of all row MACs of this service; the kind of row is the first field of what they cover. */
export const ROW_MAC_LABEL = 'parapet/audit/row/v1';

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

export interface ExportRow {
  export_id: string;
  account_id: string;
  name: string;
  description: string;
  scope: 'ACCOUNT' | 'ORGANIZATION';
  state: 'ACTIVE' | 'PAUSED';
  format: Format;
  /** JSON of `Destination`. */
  destination: string;
  /** JSON of `Secrets`, sealed under the tenant key of the account; null: it has none. */
  secrets: Buffer | null;
  /** JSON of `RecordFilter`. */
  filter: string;
  created_at: number;
  changed_at: number;
  version: number;
  row_mac: Buffer;
}

export type Unsealed<Row> = Omit<Row, 'row_mac'>;

export function tenantRowBytes(row: Unsealed<TenantRow>): Buffer {
  const { account_id, tenant_id, wrapped, binding, mac, root_version, created_at } = row;
  return canonicalRow('tenant', [account_id, tenant_id, wrapped, binding, mac, root_version, created_at]);
}

export function tenantBinding(tenant: { accountId: string; tenantId: string }): Buffer {
  return canonicalRow('parapet/audit/tenant-key', [1, tenant.accountId, tenant.tenantId]);
}

export function exportRowBytes(row: Unsealed<ExportRow>): Buffer {
  return canonicalRow('export', [
    row.export_id,
    row.account_id,
    row.name,
    row.description,
    row.scope,
    row.state,
    row.format,
    row.destination,
    row.secrets,
    row.filter,
    row.created_at,
    row.changed_at,
    row.version,
  ]);
}

/** SECURITY: secrets open for the export and the destination they were given for, and for no other. */
export function secretsBinding(row: Pick<ExportRow, 'export_id' | 'account_id' | 'destination'>): Buffer {
  return canonicalRow('parapet/audit/export-secrets', [
    row.export_id,
    row.account_id,
    hash('sha256', row.destination, 'buffer'),
  ]);
}
