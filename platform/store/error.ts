/**
 * What can go wrong in storage, as seen by callers. Driver errors never leave this folder as such, except
 * constraint violations, which are part of the callers' logic (`isUniqueViolation`, `isForeignKeyViolation`).
 */
export type StoreErrorCode =
  /** another process has the SQLite files open */
  | 'locked'
  /** the database was written by a newer release */
  | 'newer-schema'
  /** the database has another history than this code: edited migration, foreign file */
  | 'schema-mismatch'
  /** the file is damaged, truncated, missing its content or not a database */
  | 'corrupt'
  /** no space left; nothing of the transaction was kept */
  | 'disk-full'
  /** busy, unreachable, closed or shutting down; trying later may succeed */
  | 'unavailable'
  /** the platform cannot give the guarantees (network file system, old server) */
  | 'unsupported'
  /** a job effect by a worker that has lost its lease */
  | 'fenced'
  /** the caller broke a rule of this interface (a defect, not a fault) */
  | 'misuse';

export interface StoreErrorDetails {
  /** What the operator should do. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** `unknown` only when a COMMIT was sent and its answer was lost. */
  readonly committed?: 'no' | 'unknown';
  /** Internal: the whole transaction may be run again. */
  readonly retryable?: boolean;
}

export class StoreError extends Error {
  readonly code: StoreErrorCode;
  readonly hint: string | undefined;
  readonly committed: 'no' | 'unknown';
  readonly retryable: boolean;

  constructor(code: StoreErrorCode, message: string, details: StoreErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'StoreError';
    this.code = code;
    this.hint = details.hint;
    this.committed = details.committed ?? 'no';
    this.retryable = details.retryable ?? false;
  }
}

function driverCode(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

/** True for a violated primary key or unique index on either engine. The transaction must be abandoned. */
export function isUniqueViolation(error: unknown): boolean {
  const code = driverCode(error);
  return code === '23505' || code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY';
}

/** True for a violated foreign key on either engine. The transaction must be abandoned. */
export function isForeignKeyViolation(error: unknown): boolean {
  const code = driverCode(error);
  return code === '23503' || code === 'SQLITE_CONSTRAINT_FOREIGNKEY';
}
