/** The names of rotation that callers see: states, steps, failures and what an operator may do. */

export const ROTATION_STEPS = ['create', 'set', 'test', 'finish', 'retire', 'withdraw'] as const;

export const ROTATION_STATES = [
  'PREPARED',
  'CREATED',
  'SET',
  'TESTED',
  'FINISHED',
  'ABANDONING',
  'RETRY_WAIT',
  'FAILED',
  'RETIRED',
  'ABANDONED',
  'FORGONE',
] as const;

/** What an operator may do with a run that failed. */
export const OPERATOR_ACTS = [
  /** Tries the step again; also what the next rotation window does. */
  'resume',
  /** The target accepts the pending value: goes on with it. */
  'adopt',
  /** The target accepts the current value: the new one is withdrawn. */
  'abandon',
  /** Neither is accepted, or the current one is not: sets the value with the administrative credential alone. */
  'reset',
  /** The credential that could not be closed is left as it is. */
  'forgo',
] as const;

/** What can go wrong at a target. */
export const TARGET_FAILURES = [
  'unreachable',
  'timeout',
  'busy',
  'read-only',
  'sessions-left',
  'tls-failed',
  'tls-required',
  'address-refused',
  'admin-refused',
  'admin-unreadable',
  'current-refused',
  'pending-refused',
  'accepts-anything',
  'permission-missing',
  'object-missing',
  'name-unsuitable',
  'password-unsuitable',
  'wrong-identity',
  'grant-drift',
  'still-needed',
  'statement-refused',
  'unsupported',
] as const;

/** What stops a rotation: its target, or something else. */
export const RUN_FAILURES = [
  ...TARGET_FAILURES,
  /** The target accepts neither the pending nor the current value. */
  'out-of-sync',
  /** Not done when the rotation window closed; the next window goes on with the same token. */
  'window-closed',
  /** A value could not be read, made or sealed now. */
  'value-unavailable',
  /** The current value is not a JSON object with the members a rotation needs. */
  'value-unsuitable',
  /** Somebody took AWSPENDING from the version of the run. */
  'stage-moved',
  /** The role may not do it, or does not let the vault in. */
  'access-denied',
  /** The target, the function or the user that the strategy names is gone. */
  'strategy-missing',
  /** The function gave no answer: no connection, no time. */
  'function-unreachable',
  /** The function answered that it failed, or said it was done when it was not. */
  'function-failed',
  /** The function could not prove who it is, stands where none may, or answers like something else. */
  'function-refused',
  /** The user has two access keys already, and the other one is not ours to delete. */
  'no-room-for-key',
  /** The outgoing key was used not long ago. */
  'key-in-use',
  /** The rotation was cancelled while it ran. */
  'cancelled',
] as const;

/** What users of a MariaDB target may be granted. */
export const PRIVILEGES = [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'CREATE',
  'DROP',
  'REFERENCES',
  'INDEX',
  'ALTER',
  'CREATE TEMPORARY TABLES',
  'LOCK TABLES',
  'EXECUTE',
  'CREATE VIEW',
  'SHOW VIEW',
  'CREATE ROUTINE',
  'ALTER ROUTINE',
  'EVENT',
  'TRIGGER',
] as const;
