/** Secrets of exports, sealed under the tenant key of their account for one export and destination. */
import type { GuardedRow } from '../../../../platform/store/row-guard.ts';
import { wrappedKey } from '../../../../platform/store/tenant-keys.ts';
import type { AuditDeps } from '../../deps.ts';
import type { Secrets } from '../../domain/export/destination.ts';
import { type ExportRow, exportRowBytes, secretsBinding } from '../../domain/export/rows.ts';

export function guardedExport(row: ExportRow): GuardedRow {
  return { name: `export ${row.export_id}`, data: exportRowBytes(row), mac: row.row_mac };
}

type Bound = Pick<ExportRow, 'export_id' | 'account_id' | 'destination'>;

/** Null when there is nothing to seal. */
export async function sealSecrets(deps: AuditDeps, row: Bound, secrets: Secrets): Promise<Buffer | null> {
  if (Object.keys(secrets).length === 0) return null;
  const tenant = await deps.tenants.obtain(row.account_id);
  const plaintext = Buffer.from(JSON.stringify(secrets));
  try {
    return await deps.hsm.sealSecret(wrappedKey(tenant), secretsBinding(row), plaintext);
  } finally {
    plaintext.fill(0);
  }
}

/** They live as long as the turn: TLS and HTTP of Node take texts. */
export async function openSecrets(deps: AuditDeps, row: ExportRow): Promise<Secrets> {
  if (row.secrets === null) return {};
  const tenant = await deps.tenants.obtain(row.account_id);
  const plaintext = await deps.hsm.openSecret(wrappedKey(tenant), secretsBinding(row), row.secrets);
  try {
    return JSON.parse(plaintext.toString('utf8')) as Secrets;
  } finally {
    plaintext.fill(0);
  }
}
