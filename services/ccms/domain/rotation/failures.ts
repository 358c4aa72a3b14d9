/** Names of what can go wrong at a target, and which of them waiting may cure. */

const TRANSIENT = {
  unreachable: true,
  timeout: true,
  busy: true,
  'read-only': true,
  'sessions-left': true,
  'tls-failed': false,
  'tls-required': false,
  'address-refused': false,
  'admin-refused': false,
  'admin-unreadable': false,
  'current-refused': false,
  'pending-refused': false,
  'accepts-anything': false,
  'permission-missing': false,
  'object-missing': false,
  'name-unsuitable': false,
  'password-unsuitable': false,
  'wrong-identity': false,
  'grant-drift': false,
  'still-needed': false,
  'statement-refused': false,
  unsupported: false,
} as const;

export type TargetFailureCode = keyof typeof TRANSIENT;
export const TARGET_FAILURE_CODES = Object.keys(TRANSIENT) as TargetFailureCode[];

export function isTransient(code: TargetFailureCode): boolean {
  return TRANSIENT[code];
}
