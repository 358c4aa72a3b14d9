/** The row of a target, and what its MAC covers: every other column. */
import { canonicalRow } from '../../../platform/contract/canonical-row.ts';
import type { ENGINES } from '../api/targets.ts';
import type { Unsealed } from './rows.ts';

export type Engine = (typeof ENGINES)[number];

export interface TargetRow {
  target_id: string;
  account_id: string;
  partition: string;
  region: string;
  name: string;
  description: string;
  engine: Engine;
  /** JSON list of `TargetEndpoint`. */
  endpoints: string;
  /** JSON of `TargetTls`. */
  tls: string;
  /** PostgreSQL: the database to log in to; others: empty. */
  database: string;
  /** MariaDB: the host part of its accounts; others: empty. */
  from_host: string;
  /** Redis: where its nodes keep their users; others: empty. */
  saved_in: '' | 'aclfile' | 'config';
  /** The secret of the administrative user: JSON with `username` and `password`. */
  admin_secret_arn: string;
  /** The role in which the vault reads that secret and acts for the target. */
  role_arn: string;
  enterprise_project_id: string;
  created_at: number;
  changed_at: number;
  version: number;
  row_mac: Buffer;
}

export interface TargetEndpoint {
  Host: string;
  Port: number;
}

/** `plain` is refused by every adapter but for sockets and loopback addresses. */
export interface TargetTls {
  Mode: 'verify' | 'plain';
  /** PEM; absent: the authorities of the system. */
  Ca?: string | undefined;
  ServerName?: string | undefined;
}

export function targetRowBytes(row: Unsealed<TargetRow>): Buffer {
  return canonicalRow('target', [
    row.target_id,
    row.account_id,
    row.partition,
    row.region,
    row.name,
    row.description,
    row.engine,
    row.endpoints,
    row.tls,
    row.database,
    row.from_host,
    row.saved_in,
    row.admin_secret_arn,
    row.role_arn,
    row.enterprise_project_id,
    row.created_at,
    row.changed_at,
    row.version,
  ]);
}
