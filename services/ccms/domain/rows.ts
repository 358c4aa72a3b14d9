/**
 * The rows of this service and what the MAC of each covers: every column but the MAC itself and the sealed value, which
 * is bound to its version by its own tag. A row that was edited, or put in the place of another one, does not verify.
 */
import { createHash } from 'node:crypto';
import { canonicalRow, lengthPrefixed } from '../../../platform/contract/canonical-row.ts';

/** Label of all row MACs; the kind of row is the first field of what they cover. */
export const ROW_MAC_LABEL = 'parapet/ccms/row/v1';
export const FINGERPRINT_LABEL = 'parapet/ccms/fingerprint-key/v1';

export interface SecretRow {
  secret_id: string;
  account_id: string;
  partition: string;
  region: string;
  name: string;
  /** The six characters behind the name in the ARN. */
  suffix: string;
  description: string;
  /** As the user named it; null: the default key of the account. */
  kms_key_id: string | null;
  /** JSON list of [stage, version id], sorted by stage. */
  stages: string;
  /** JSON list of [key, value], sorted by key. */
  tags: string;
  /** Empty: none. */
  policy: string;
  /** JSON list of [ARN, unique id] of the principals the policy named when it was written. */
  policy_principals: string;
  policy_hash: string;
  enterprise_project_id: string;
  created_at: number;
  changed_at: number;
  /** When it is destroyed; null: it is not to be deleted. */
  deletion_date: number | null;
  deleted_at: number | null;
  /** The token it was made with: the same token again is the same request. */
  create_token: string;
  /** Number of the newest version; numbers are never used again. */
  last_ordinal: number;
  version: number;
  row_mac: Buffer;
}

export interface VersionRow {
  secret_id: string;
  version_id: string;
  account_id: string;
  ordinal: number;
  created_at: number;
  created_by: string;
  /** ARN of the key; null: no value yet. */
  key_arn: string | null;
  /** What ListSecretVersionIds calls the key. */
  key_name: string;
  kind: 'text' | 'binary' | null;
  /** HMAC of the value, so that equal values are known without opening one. */
  fingerprint: Buffer | null;
  expires_at: number | null;
  sealed: Buffer | null;
  version: number;
  row_mac: Buffer;
}

/** What stays of a destroyed secret: its ARN is never used again. */
export interface TombstoneRow {
  arn: string;
  account_id: string;
  destroyed_at: number;
  destroyed_by: string;
}

/** The day a version was last read; kept apart because reads write nothing else. */
export interface AccessRow {
  secret_id: string;
  version_id: string;
  day: number;
}

export type Unsealed<Row> = Omit<Row, 'row_mac'>;
export type ListedSecret = Omit<SecretRow, 'policy' | 'policy_principals'>;

/** The policy counts by its hash, so that a list verifies without reading policies. */
export function secretRowBytes(row: Omit<Unsealed<SecretRow>, 'policy' | 'policy_principals'>): Buffer {
  return canonicalRow('secret', [
    row.secret_id,
    row.account_id,
    row.partition,
    row.region,
    row.name,
    row.suffix,
    row.description,
    row.kms_key_id,
    row.stages,
    row.tags,
    row.policy_hash,
    row.enterprise_project_id,
    row.created_at,
    row.changed_at,
    row.deletion_date,
    row.deleted_at,
    row.create_token,
    row.last_ordinal,
    row.version,
  ]);
}

export function versionRowBytes(row: Omit<Unsealed<VersionRow>, 'sealed'>): Buffer {
  return canonicalRow('version', [
    row.secret_id,
    row.version_id,
    row.account_id,
    row.ordinal,
    row.created_at,
    row.created_by,
    row.key_arn,
    row.key_name,
    row.kind,
    row.fingerprint,
    row.expires_at,
    row.version,
  ]);
}

/** Whether two rows are the same in every column, the MAC included. */
export function isSameRow(a: SecretRow, b: SecretRow): boolean {
  const columns = Object.keys(a) as (keyof SecretRow)[];
  if (columns.length !== Object.keys(b).length) return false;
  return columns.every((column) => {
    const [one, other] = [a[column], b[column]];
    return one === other || (Buffer.isBuffer(one) && Buffer.isBuffer(other) && one.equals(other));
  });
}

export function policyHash(policy: string, principals: string): string {
  const bytes = lengthPrefixed([Buffer.from(policy, 'utf8'), Buffer.from(principals, 'utf8')]);
  return createHash('sha256').update(bytes).digest('hex');
}
