/** Names of what can go wrong with a rotation, and which of them waiting may cure. */
import { type RUN_FAILURES, TARGET_FAILURES } from '../../api/rotation-names.ts';

const TRANSIENT: Readonly<Record<TargetFailureCode, boolean>> = {
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
};

export type TargetFailureCode = (typeof TARGET_FAILURES)[number];
export const TARGET_FAILURE_CODES: readonly TargetFailureCode[] = TARGET_FAILURES;

export function isTransient(code: TargetFailureCode): boolean {
  return TRANSIENT[code];
}

export type RunFailure = (typeof RUN_FAILURES)[number];

/** What may pass besides what a target has. */
const PASSING: ReadonlySet<RunFailure> = new Set<RunFailure>([
  'value-unavailable',
  'function-unreachable',
  'function-failed',
  'key-in-use',
]);

/** Whether the step is tried again by itself. */
export function mayPass(failure: RunFailure): boolean {
  return PASSING.has(failure) || (failure in TRANSIENT && isTransient(failure as TargetFailureCode));
}
