/**
 * The rows of this service and what the MAC of each covers: every column but the MAC itself, so that a row that was
 * edited, or put in the place of another one, does not verify. `version` grows by one with every change of a key.
 */
import { createHash } from 'node:crypto';
import { type CanonicalValue, canonicalRow, lengthPrefixed } from '../../../platform/contract/canonical-row.ts';
import { DEFAULT_PROJECT } from '../../../platform/contract/enterprise-project.ts';
import type { RotationType } from '../api/rotation.ts';
import type { KeySpec, KeyState, KeyUsage, Origin } from '../api/shapes.ts';

/** Label of all row MACs; the kind of row is the first field of what they cover. */
export const ROW_MAC_LABEL = 'parapet/kms/row/v1';
export const MATERIAL_ID_LABEL = 'parapet/kms/material-id/v1';

/** `Deleted`: the tombstone of a destroyed key. It keeps the id from being used again and is never shown. */
export type StoredState = KeyState | 'Deleted';

export interface KeyRow {
  key_id: string;
  account_id: string;
  partition: string;
  region: string;
  state: StoredState;
  spec: KeySpec;
  usage: KeyUsage;
  origin: Origin;
  description: string;
  created_at: number;
  deletion_date: number | null;
  pending_window_days: number | null;
  /** Id of the current key material; empty in a tombstone. */
  material_id: string;
  /** JSON list of alias names, sorted. */
  aliases: string;
  /** JSON list of [name, value], sorted by name. */
  tags: string;
  policy: string;
  /** JSON list of [ARN, unique id] of the principals the policy named when it was written, sorted. */
  policy_principals: string;
  /** SHA-256 over policy and policy_principals, hexadecimal. */
  policy_hash: string;
  /** Enterprise project the key is in. */
  enterprise_project_id: string;
  /** The service whose default key it is (`secretsmanager`); null: a customer's key. */
  managed_by: string | null;
  /** Null: it does not rotate by itself. */
  rotation_period_days: number | null;
  next_rotation_at: number | null;
  version: number;
  row_mac: Buffer;
}

export interface MaterialRow {
  key_id: string;
  material_id: string;
  account_id: string;
  tenant_id: string;
  wrapped: Buffer;
  binding: Buffer;
  mac: Buffer;
  root_version: number;
  created_at: number;
  /** Null: it came with the key. */
  rotation_type: RotationType | null;
  row_mac: Buffer;
}

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

export interface AliasRow {
  account_id: string;
  name: string;
  key_id: string;
  created_at: number;
  updated_at: number;
  row_mac: Buffer;
}

export type Unsealed<Row> = Omit<Row, 'row_mac'>;

/**
 * The policy counts by its hash, so that a list of keys verifies without reading policies. The default project is left
 * out: rows from before there were projects are in it, and their MACs stay good. Fields are counted, so that a row of
 * another project is never read as one of the default project. Columns that came later count only where they hold
 * something, each after its name, and the project before them always.
 */
export function keyRowBytes(row: Omit<Unsealed<KeyRow>, 'policy' | 'policy_principals'>): Buffer {
  const later = laterColumns(row);
  const project = row.enterprise_project_id;
  return canonicalRow('key', [
    row.key_id,
    row.account_id,
    row.partition,
    row.region,
    row.state,
    row.spec,
    row.usage,
    row.origin,
    row.description,
    row.created_at,
    row.deletion_date,
    row.pending_window_days,
    row.material_id,
    row.aliases,
    row.tags,
    row.policy_hash,
    row.version,
    ...(project === DEFAULT_PROJECT && later.length === 0 ? [] : [project]),
    ...later,
  ]);
}

const LATER = ['managed_by', 'rotation_period_days', 'next_rotation_at'] as const;

function laterColumns(row: Pick<KeyRow, (typeof LATER)[number]>): CanonicalValue[] {
  return LATER.flatMap((name) => (row[name] === null ? [] : [name, row[name]]));
}

export function materialRowBytes(row: Unsealed<MaterialRow>): Buffer {
  return canonicalRow('material', [
    row.key_id,
    row.material_id,
    row.account_id,
    row.tenant_id,
    row.wrapped,
    row.binding,
    row.mac,
    row.root_version,
    row.created_at,
    // Rows from before there were rotations have no such field, and their MACs stay good.
    ...(row.rotation_type === null ? [] : [row.rotation_type]),
  ]);
}

export function tenantRowBytes(row: Unsealed<TenantRow>): Buffer {
  return canonicalRow('tenant', [
    row.account_id,
    row.tenant_id,
    row.wrapped,
    row.binding,
    row.mac,
    row.root_version,
    row.created_at,
  ]);
}

export function aliasRowBytes(row: Unsealed<AliasRow>): Buffer {
  return canonicalRow('alias', [row.account_id, row.name, row.key_id, row.created_at, row.updated_at]);
}

export function policyHash(policy: string, principals: string): string {
  const bytes = lengthPrefixed([Buffer.from(policy, 'utf8'), Buffer.from(principals, 'utf8')]);
  return createHash('sha256').update(bytes).digest('hex');
}

const BINDING_SCHEMA = 1;

/** What the HSM binds a tenant key to (spec kms 4.4). */
export function tenantBinding(tenant: { accountId: string; tenantId: string }): Buffer {
  return canonicalRow('parapet/kms/tenant-key', [BINDING_SCHEMA, tenant.accountId, tenant.tenantId]);
}

/**
 * What the HSM binds key material to (spec kms 4.4); wrapped bytes and root version it adds itself. The material id is
 * not in it because it is derived from the wrapped bytes.
 */
export function materialBinding(key: {
  accountId: string;
  tenantId: string;
  keyId: string;
  spec: KeySpec;
  usage: KeyUsage;
  origin: Origin;
}): Buffer {
  return canonicalRow('parapet/kms/key-material', [
    BINDING_SCHEMA,
    key.accountId,
    key.tenantId,
    key.keyId,
    key.spec,
    key.usage,
    key.origin,
  ]);
}

/** What the HSM derives a material id from; the id is the MAC in hexadecimal. */
export function materialIdBytes(keyId: string, wrapped: Buffer): Buffer {
  return canonicalRow('parapet/kms/material-id', [keyId, wrapped]);
}
