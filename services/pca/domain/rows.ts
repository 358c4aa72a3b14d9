/**
 * The rows of this service and what the MAC of each covers: every column but the MAC itself. A row that was edited, or
 * put in the place of another one, does not verify.
 */
import { canonicalRow } from '../../../platform/contract/canonical-row.ts';
import type { REPORT_FORMATS, REPORT_STATUSES } from '../api/reports/audit-reports.ts';
import type { AUTHORITY_TYPES, KEY_STORAGE, USAGE_MODES } from '../api/shapes.ts';
import type { AuthorityState } from './authority-state.ts';
import type { RevocationState } from './revocation/reason.ts';
import type { KeyAlgorithm, SigningAlgorithm } from './x509/algorithm.ts';

/** Label of all row MACs; the kind of row is the first field of what they cover. */
export const ROW_MAC_LABEL = 'parapet/pca/row/v1';

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

export interface AuthorityRow {
  authority_id: string;
  account_id: string;
  partition: string;
  region: string;
  type: (typeof AUTHORITY_TYPES)[number];
  state: AuthorityState;
  usage_mode: (typeof USAGE_MODES)[number];
  key_algorithm: KeyAlgorithm;
  /** What it signs its certificate request with, and what Describe answers. */
  signing_algorithm: SigningAlgorithm;
  key_storage: (typeof KEY_STORAGE)[number];
  /** JSON of the configuration as it was asked for. */
  configuration: string;
  /** SHA-256 of the Name, hexadecimal. */
  subject_hash: string;
  /** SubjectPublicKeyInfo, and its SHA-256. */
  public_key: Buffer;
  public_key_hash: string;
  /** DER; of a destroyed authority empty. */
  csr: Buffer;
  certificate: Buffer | null;
  /** The certificates above, child first, DER one behind the other. */
  chain: Buffer | null;
  not_before: number | null;
  not_after: number | null;
  created_at: number;
  state_changed_at: number;
  /** When its key is destroyed; null: it is not to be deleted. */
  restorable_until: number | null;
  /** JSON list of [key, value], sorted by key. */
  tags: string;
  enterprise_project_id: string;
  /** JSON of its revocation settings; null: it never had any. */
  revocation: string | null;
  /** As it was put, and the unique ids of those it names; empty: none. */
  policy: string;
  policy_principals: string;
  tenant_id: string;
  /** The private key, wrapped by the tenant key; of a destroyed authority empty. */
  wrapped: Buffer;
  binding: Buffer;
  key_mac: Buffer;
  root_version: number;
  version: number;
  row_mac: Buffer;
}

/** `reserved`: what is about to be signed was stored; `issued`: what was signed, too; `failed`: it never was. */
export type CertificateState = 'reserved' | 'issued' | 'failed';

export interface CertificateRow {
  authority_id: string;
  /** Hexadecimal. */
  serial: string;
  account_id: string;
  state: CertificateState;
  template: string;
  /** What the signature is over. */
  tbs: Buffer;
  certificate: Buffer | null;
  not_before: number;
  not_after: number;
  subject_hash: string;
  public_key_hash: string;
  requested_by: string;
  created_at: number;
  /** As the row of its revocation says it; null: it was never revoked or on hold. */
  revocation_state: RevocationState | null;
  revocation_reason: number | null;
  revoked_at: number | null;
  row_mac: Buffer;
}

/** Of a certificate that was never revoked. */
export const UNREVOKED = { revocation_state: null, revocation_reason: null, revoked_at: null } as const;

export interface PermissionRow {
  authority_id: string;
  principal: string;
  source_account: string;
  /** JSON list, sorted. */
  actions: string;
  created_at: number;
  row_mac: Buffer;
}

export interface AuditReportRow {
  report_id: string;
  authority_id: string;
  account_id: string;
  bucket: string;
  format: (typeof REPORT_FORMATS)[number];
  status: (typeof REPORT_STATUSES)[number];
  /** Of the file; 0 and empty until it is written. */
  size: number;
  sha256: string;
  created_at: number;
  row_mac: Buffer;
}

/**
 * A name of an issued certificate, for finding it. Without MAC: what is found is asked whether it has the name, and a row
 * that is missing could not be seen.
 */
export interface CertificateNameRow {
  account_id: string;
  /** See `search/name-key.ts`. */
  name: string;
  created_at: number;
  serial: string;
  authority_id: string;
}

/**
 * Without MAC: whoever can write to the database could remove a row of a list unseen, whatever stands in the others.
 */
export interface BlockedKeyRow {
  account_id: string;
  public_key_hash: string;
  reason: string;
  blocked_at: number;
}

export type Unsealed<Row> = Omit<Row, 'row_mac'>;

export function tenantRowBytes(row: Unsealed<TenantRow>): Buffer {
  const { account_id, tenant_id, wrapped, binding, mac, root_version, created_at } = row;
  return canonicalRow('tenant', [account_id, tenant_id, wrapped, binding, mac, root_version, created_at]);
}

export function authorityRowBytes(row: Unsealed<AuthorityRow>): Buffer {
  return canonicalRow('authority', [
    row.authority_id,
    row.account_id,
    row.partition,
    row.region,
    row.type,
    row.state,
    row.usage_mode,
    row.key_algorithm,
    row.signing_algorithm,
    row.key_storage,
    row.configuration,
    row.subject_hash,
    row.public_key,
    row.public_key_hash,
    row.csr,
    row.certificate,
    row.chain,
    row.not_before,
    row.not_after,
    row.created_at,
    row.state_changed_at,
    row.restorable_until,
    row.tags,
    row.enterprise_project_id,
    row.tenant_id,
    row.wrapped,
    row.binding,
    row.key_mac,
    row.root_version,
    row.version,
    row.revocation,
    row.policy,
    row.policy_principals,
  ]);
}

/** The last three are covered once there are any: whatever else they are made then, the row does not verify. */
export function certificateRowBytes(row: Unsealed<CertificateRow>): Buffer {
  return canonicalRow('certificate', [
    row.authority_id,
    row.serial,
    row.account_id,
    row.state,
    row.template,
    row.tbs,
    row.certificate,
    row.not_before,
    row.not_after,
    row.subject_hash,
    row.public_key_hash,
    row.requested_by,
    row.created_at,
    ...(row.revocation_state === null ? [] : [row.revocation_state, row.revocation_reason, row.revoked_at]),
  ]);
}

export function permissionRowBytes(row: Unsealed<PermissionRow>): Buffer {
  const { authority_id, principal, source_account, actions, created_at } = row;
  return canonicalRow('permission', [authority_id, principal, source_account, actions, created_at]);
}

export function auditReportRowBytes(row: Unsealed<AuditReportRow>): Buffer {
  const { report_id, authority_id, account_id, bucket, format, status, size, sha256, created_at } = row;
  return canonicalRow('audit-report', [
    report_id,
    authority_id,
    account_id,
    bucket,
    format,
    status,
    size,
    sha256,
    created_at,
  ]);
}

const BINDING_SCHEMA = 1;

/** What the HSM binds the tenant key of an account to. */
export function tenantBinding(tenant: { accountId: string; tenantId: string }): Buffer {
  return canonicalRow('parapet/pca/tenant-key', [BINDING_SCHEMA, tenant.accountId, tenant.tenantId]);
}

/** What the HSM binds the key of an authority to. */
export function authorityKeyBinding(key: {
  accountId: string;
  tenantId: string;
  authorityId: string;
  algorithm: KeyAlgorithm;
}): Buffer {
  const { accountId, tenantId, authorityId, algorithm } = key;
  return canonicalRow('parapet/pca/authority-key', [BINDING_SCHEMA, accountId, tenantId, authorityId, algorithm]);
}
