/** Brings tenant keys, and the MACs of rows, into the form that the HSM has now. */
import { guardedRows } from '../../../platform/renewal/guarded-rows.ts';
import { renewalJob } from '../../../platform/renewal/renewal.ts';
import { tenantKeys } from '../../../platform/renewal/wrapped-keys.ts';
import type { AuditDeps } from '../deps.ts';
import { exportRowBytes, ROW_MAC_LABEL, tenantRowBytes } from '../domain/export/rows.ts';
import { tenantTable } from '../store/export/export-queries.ts';

const label = ROW_MAC_LABEL;

export const renewRows = renewalJob<AuditDeps>('audit-renew-rows', [
  tenantKeys(tenantTable),
  guardedRows({ table: 'tenant_key', key: ['account_id'], label, bytes: tenantRowBytes }),
  guardedRows({ table: 'export', key: ['export_id'], label, bytes: exportRowBytes }),
]);
