/** The rows of rotation, and what the MAC of each covers: every column but the MAC itself. */
import { canonicalRow } from '../../../../platform/contract/canonical-row.ts';
import type { Unsealed } from '../rows.ts';
import type { RotationRun, RotationState, RotationStep, RunFailure } from './run.ts';

/** How a secret is rotated, and when. */
export interface RotationRow {
  secret_id: string;
  account_id: string;
  /** JSON, `strategy.ts`. */
  strategy: string;
  /** Where it rotates (`strategy.ts`): what is used by a secret is not deleted. */
  lane: string;
  /** 1: by schedule and on request; 0: cancelled, or never asked for. */
  enabled: number;
  /** JSON, `rules.ts`; empty: on request only. */
  rules: string;
  rules_set_at: number;
  /** When the schedule acts next; null: it does not. */
  due_at: number | null;
  /** End of the window that `due_at` was first drawn for: a rotation that misses it is overdue from then on. */
  promised_at: number | null;
  last_rotated_at: number | null;
  /** When AWSCURRENT came to the version that has it, by whomever. */
  moved_at: number | null;
  version: number;
  row_mac: Buffer;
}

/** One rotation: a journal entry (`run.ts`) and what it is about. */
export interface RunRow {
  run_id: string;
  secret_id: string;
  account_id: string;
  /** Id of the version that becomes AWSCURRENT. */
  token: string;
  strategy: string;
  lane: string;
  started_by: string;
  /** Given with a forced rotation, and with acts of an operator. */
  reason: string | null;
  /** The version that was AWSCURRENT before; known once the stage is about to move. */
  outgoing: string | null;
  state: RotationState;
  step: RotationStep | null;
  attempt: number;
  next_attempt_at: number;
  window_ends_at: number;
  failure: RunFailure | null;
  guard_waived: number;
  fence: number;
  owner: string | null;
  lease_until: number;
  started_at: number;
  /** When AWSCURRENT moved. */
  finished_at: number | null;
  ended_at: number | null;
  version: number;
  row_mac: Buffer;
}

export function rotationRowBytes(row: Unsealed<RotationRow>): Buffer {
  return canonicalRow('rotation', [
    row.secret_id,
    row.account_id,
    row.strategy,
    row.lane,
    row.enabled,
    row.rules,
    row.rules_set_at,
    row.due_at,
    row.promised_at,
    row.last_rotated_at,
    row.moved_at,
    row.version,
  ]);
}

export function runRowBytes(row: Unsealed<RunRow>): Buffer {
  return canonicalRow('rotation-run', [
    row.run_id,
    row.secret_id,
    row.account_id,
    row.token,
    row.strategy,
    row.lane,
    row.started_by,
    row.reason,
    row.outgoing,
    row.state,
    row.step,
    row.attempt,
    row.next_attempt_at,
    row.window_ends_at,
    row.failure,
    row.guard_waived,
    row.fence,
    row.owner,
    row.lease_until,
    row.started_at,
    row.finished_at,
    row.ended_at,
    row.version,
  ]);
}

/** The journal entry of a row. */
export function runOf(row: Unsealed<RunRow>): RotationRun {
  return {
    state: row.state,
    step: row.step ?? undefined,
    attempt: row.attempt,
    nextAttemptAt: row.next_attempt_at,
    windowEndsAt: row.window_ends_at,
    failure: row.failure ?? undefined,
    guardWaived: row.guard_waived === 1,
    fence: row.fence,
    owner: row.owner ?? undefined,
    leaseUntil: row.lease_until,
  };
}

/** The columns of a journal entry. */
export function runColumns(run: RotationRun) {
  return {
    state: run.state,
    step: run.step ?? null,
    attempt: run.attempt,
    next_attempt_at: run.nextAttemptAt,
    window_ends_at: run.windowEndsAt,
    failure: run.failure ?? null,
    guard_waived: run.guardWaived ? 1 : 0,
    fence: run.fence,
    owner: run.owner ?? null,
    lease_until: run.leaseUntil,
  };
}

/** A function of somebody else that rotates: where it is, and as whom the vault reads what it signs its requests with. */
export interface FunctionRow {
  function_id: string;
  account_id: string;
  name: string;
  url: string;
  /** PEM; null: the authorities of the system. */
  ca: string | null;
  role_arn: string;
  signing_secret_arn: string;
  enterprise_project_id: string;
  created_at: number;
  changed_at: number;
  version: number;
  row_mac: Buffer;
}

export function functionRowBytes(row: Unsealed<FunctionRow>): Buffer {
  return canonicalRow('rotation-function', [
    row.function_id,
    row.account_id,
    row.name,
    row.url,
    row.ca,
    row.role_arn,
    row.signing_secret_arn,
    row.enterprise_project_id,
    row.created_at,
    row.changed_at,
    row.version,
  ]);
}
