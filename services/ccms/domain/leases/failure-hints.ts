/** What somebody can do about a user that could not be ended, by the name of the failure. */
import { isTransient, TARGET_FAILURE_CODES, type TargetFailureCode } from '../rotation/failures.ts';

/** Besides those of the target itself. */
export const OWN_FAILURES = {
  'target-missing': 'the target was deleted: ForgetLease gives the lease up',
  'role-refused':
    'the role of the target may not be assumed by the vault, or may not read the administrative secret: TestTarget tells',
  'vault-fault': 'the vault failed: its log tells why; it is tried again by itself',
} as const;

export type LeaseFailure = TargetFailureCode | keyof typeof OWN_FAILURES;

const HINTS: Partial<Record<TargetFailureCode, string>> = {
  'admin-refused': 'the administrative secret of the target does not log in: correct it, TestTarget tells',
  'permission-missing': 'the administrative user lacks a privilege: give it what the README of targets lists',
  'object-missing': 'a database or role that the credential role names is gone: make it again, or change the role',
  'name-unsuitable': 'the credential role names what the database takes for another user: change it',
  'statement-refused': 'the database refuses a statement: its log tells why',
  'tls-failed': 'the certificate of the database does not verify: correct the TLS settings of the target',
  'tls-required': 'the target may not be reached without TLS: correct its TLS settings',
  unsupported: 'the database is too old, or is configured in a way that cannot work',
};

const isOfTarget = (name: string): name is TargetFailureCode =>
  (TARGET_FAILURE_CODES as readonly string[]).includes(name);

export function failureHint(name: string): string {
  if (name in OWN_FAILURES) return OWN_FAILURES[name as keyof typeof OWN_FAILURES];
  if (!isOfTarget(name)) return OWN_FAILURES['vault-fault'];
  if (isTransient(name)) return 'the database is tried again by itself; when it is gone for good, ForgetLease gives up';
  return HINTS[name] ?? 'TestTarget tells what is wrong with the target';
}

/** Whether it is worth another try as soon as the target answers again. */
export function passes(name: string | null): boolean {
  return name !== null && (!isOfTarget(name) ? name !== 'target-missing' : isTransient(name));
}
