/** Rows of dynamic credentials and what the MAC of each covers: every column but the MAC itself. */
import { canonicalRow } from '../../../../platform/contract/canonical-row.ts';
import type { Unsealed } from '../rows.ts';
import type { Lease, LeaseState, RevocationTrigger } from './lease.ts';

export interface CredentialRoleRow {
  role_id: string;
  account_id: string;
  partition: string;
  region: string;
  name: string;
  description: string;
  target_id: string;
  /** JSON: `{"actAs":...}` or `{"grants":[...]}`. */
  settings: string;
  default_ttl_seconds: number;
  max_ttl_seconds: number;
  max_leases: number;
  max_leases_per_principal: number;
  /** Sessions that one user may have at a time; null: as many as the database lets. */
  connection_limit: number | null;
  enterprise_project_id: string;
  created_at: number;
  changed_at: number;
  version: number;
  row_mac: Buffer;
}

export interface LeaseRow {
  lease_id: string;
  account_id: string;
  role_id: string;
  target_id: string;
  /** At the database; never used twice. */
  username: string;
  /** Who asked: the session of a role, or the user. */
  principal_id: string;
  principal_arn: string;
  /** The user or role behind it. */
  entity_id: string;
  /** The session it was asked for with; null: long-lived credentials. */
  session_id: string | null;
  request_id: string;
  state: LeaseState;
  created_at: number;
  expires_at: number;
  max_expires_at: number;
  attempt: number;
  next_attempt_at: number;
  ended_by: RevocationTrigger | null;
  /** Why the last attempt at ending the user failed, by name. */
  failure: string | null;
  /** 1: ended here without having been ended at the target. */
  forgotten: number;
  /** When it came to its end; null: there is a user, or may be one. */
  ended_at: number | null;
  /** JSON, `ops/leases/asked.ts`; null: from a time when that was not kept. */
  asked: string | null;
  version: number;
  row_mac: Buffer;
}

/** A user of our naming that no lease accounts for, so that it is reported once. */
export interface OrphanRow {
  target_id: string;
  username: string;
  found_at: number;
}

export function credentialRoleBytes(row: Unsealed<CredentialRoleRow>): Buffer {
  return canonicalRow('credential-role', [
    row.role_id,
    row.account_id,
    row.partition,
    row.region,
    row.name,
    row.description,
    row.target_id,
    row.settings,
    row.default_ttl_seconds,
    row.max_ttl_seconds,
    row.max_leases,
    row.max_leases_per_principal,
    row.connection_limit,
    row.enterprise_project_id,
    row.created_at,
    row.changed_at,
    row.version,
  ]);
}

export function leaseBytes(row: Unsealed<LeaseRow>): Buffer {
  return canonicalRow('lease', [
    row.lease_id,
    row.account_id,
    row.role_id,
    row.target_id,
    row.username,
    row.principal_id,
    row.principal_arn,
    row.entity_id,
    row.session_id,
    row.request_id,
    row.state,
    row.created_at,
    row.expires_at,
    row.max_expires_at,
    row.attempt,
    row.next_attempt_at,
    row.ended_by,
    row.failure,
    row.forgotten,
    row.ended_at,
    row.version,
    // Rows from before it keep the form they were sealed in: one field more is another form.
    ...(row.asked === null ? [] : [row.asked]),
  ]);
}

export function leaseOf(row: LeaseRow): Lease {
  return {
    state: row.state,
    username: row.username,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    maxExpiresAt: row.max_expires_at,
    attempt: row.attempt,
    nextAttemptAt: row.next_attempt_at,
    trigger: row.ended_by ?? undefined,
  };
}

/** The columns that a state of the lease is kept in. */
export function leaseColumns(lease: Lease, now: number) {
  const isOver = lease.state === 'REVOKED' || lease.state === 'ABORTED';
  return {
    state: lease.state,
    username: lease.username,
    created_at: lease.createdAt,
    expires_at: lease.expiresAt,
    max_expires_at: lease.maxExpiresAt,
    attempt: lease.attempt,
    next_attempt_at: lease.nextAttemptAt,
    ended_by: lease.trigger ?? null,
    ended_at: isOver ? now : null,
  };
}
