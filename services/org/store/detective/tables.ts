/**
 * Tables of the detective engine. `config_item` holds the present, `config_version` every version that ever was (never
 * updated). A verdict row says what a rule says now; NOT_APPLICABLE has none.
 */
import type { StoredVerdict } from '../../domain/detective/exceptions.ts';
import type { Severity } from '../../domain/detective/score.ts';

export interface ConfigTypeTable {
  account_id: string;
  type: string;
  title: string;
  schema: string;
  freshness_hours: number;
  updated_at: number;
}

export type ItemStatus = 'OK' | 'DELETED';

export interface ConfigVersionTable {
  arn: string;
  version: number;
  captured_at: number;
  name: string;
  status: ItemStatus;
  /** The audit record of the change; null for what a sweep found. */
  event_id: string | null;
  event_name: string | null;
  actor: string | null;
  /** JSON object. */
  tags: string;
  /** Canonical JSON. */
  configuration: string;
}

export interface ConfigItemTable extends ConfigVersionTable {
  account_id: string;
  type: string;
  /** The service that records it, `api` for what collectors register. */
  recorder: string;
  created_at: number | null;
  confirmed_at: number;
  hash: string;
}

export interface ConfigRelationTable {
  to_arn: string;
  from_arn: string;
}

export interface ConfigVerdictTable {
  arn: string;
  rule_id: string;
  account_id: string;
  type: string;
  severity: Severity;
  verdict: StoredVerdict;
  annotation: string | null;
  since: number;
  exception_id: string | null;
  exempt_until: number | null;
}

export interface ConfigVerdictChangeTable {
  arn: string;
  at: number;
  rule_id: string;
  before: string | null;
  after: string | null;
}

export interface ConfigRuleTable {
  rule_id: string;
  account_id: string;
  target_id: string;
  title: string;
  severity: Severity;
  /** JSON list. */
  types: string;
  expression: string;
  message: string;
  /** JSON object. */
  parameters: string;
  created_at: number;
  updated_at: number;
}

export interface ConfigPackTable {
  pack_name: string;
  /** `*`, root, unit or account. */
  target_id: string;
  account_id: string;
  /** JSON object: guardrail id to values. */
  parameters: string;
  created_at: number;
}

export interface ConfigExceptionTable {
  exception_id: string;
  account_id: string;
  rule_id: string;
  scope_kind: 'resource' | 'account' | 'unit';
  scope_id: string;
  category: 'WAIVER' | 'MITIGATED';
  owner: string;
  reason: string;
  created_by: string;
  created_at: number;
  /** Moved forward when it is ended before its time. */
  expires_at: number;
}

export interface ConfigStateTable {
  name: string;
  value: number;
}

export interface DetectiveTables {
  config_type: ConfigTypeTable;
  config_item: ConfigItemTable;
  config_version: ConfigVersionTable;
  config_relation: ConfigRelationTable;
  config_verdict: ConfigVerdictTable;
  config_verdict_change: ConfigVerdictChangeTable;
  config_rule: ConfigRuleTable;
  config_pack: ConfigPackTable;
  config_exception: ConfigExceptionTable;
  config_state: ConfigStateTable;
}

export type { Db, Tx } from '../db.ts';

/** Statements hold this many rows or values at most: both engines limit the parameters of one. */
export const MOST_ROWS = 100;

export function* batches<T>(list: readonly T[], size = MOST_ROWS): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size);
}
