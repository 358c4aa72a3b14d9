/** Tables every service database has, whatever the service. */
export interface AuditOutboxTable {
  event_id: string;
  position: number;
  account_id: string | null;
  wseq: number;
  boot: string;
  created_at: number;
  record: string;
}

export interface IdempotencyTable {
  account_id: string;
  principal: string;
  operation: string;
  token: string;
  request_hash: string;
  response: Buffer | null;
  resource_ref: string | null;
  status: 'started' | 'done';
  expires_at: number;
}

export interface JobTable {
  id: string;
  type: string;
  key: string;
  run_at: number;
  lease_owner: string | null;
  lease_until: number | null;
  fence: number;
  attempt: number;
  state: 'waiting' | 'running' | 'done' | 'dead';
  payload: string;
  progress: string | null;
  last_error: string | null;
}

export interface ChangeLogTable {
  v: number;
  kind: string;
  object_id: string;
  account_id: string | null;
  at: number;
}

export interface GlobalVersionTable {
  id: number;
  v: number;
}

/** How far the keys or rows of one kind are brought into the form that the HSM has now. */
export interface RenewalTable {
  step: string;
  /** The form this walk brings them into. */
  form: string;
  state: 'running' | 'done';
  begins_at: number;
  /** Grows when something was written that the walk may have passed already. */
  wanted: number;
  /** The last row that was looked at; null: none yet. */
  after: string | null;
  /** Rows there were when it began. */
  total: number;
  seen: number;
  renewed: number;
  /** Rows that nobody of ours wrote: left as they are. */
  refused: number;
}

/** A restore that was declared, and after which this service has done what has to be done once. */
export interface AppliedRestoreTable {
  restore_id: string;
  applied_at: number;
}

export interface SchemaMigrationTable {
  area: string;
  name: string;
  checksum: string;
  applied_at: number;
}

export interface PlatformTables {
  audit_outbox: AuditOutboxTable;
  idempotency: IdempotencyTable;
  job: JobTable;
  change_log: ChangeLogTable;
  global_version: GlobalVersionTable;
  renewal: RenewalTable;
  applied_restore: AppliedRestoreTable;
  schema_migration: SchemaMigrationTable;
}
