/** What somebody can do about what went wrong at a target, by the name of the failure. */
import { isTransient, TARGET_FAILURE_CODES, type TargetFailureCode } from '../rotation/failures.ts';

/** What else keeps a user from being ended. */
const OWN = {
  'target-missing': 'the target was deleted: ForgetLease gives the lease up',
  'vault-fault': 'the vault or a service it needs failed: its log tells why; it is tried again by itself',
} as const;

export type LeaseFailure = TargetFailureCode | keyof typeof OWN;

const HINTS: Readonly<Partial<Record<TargetFailureCode, string>>> = {
  'address-refused': 'PARAPET_VAULT_TARGET_NETWORKS says where the vault may connect to',
  'admin-unreadable': 'the role needs secretsmanager:GetSecretValue on the secret and kms:Decrypt on its key',
  'admin-refused': 'correct the administrative secret of the target: TestTarget tells whether it logs in',
  'permission-missing': 'give the administrative user the privileges that a target needs',
  'object-missing': 'make the database or role again that is named, or name another one',
  'name-unsuitable': 'name what the database takes',
  'statement-refused': 'look into the log of the database',
  'tls-failed': 'check Tls.Ca and Tls.ServerName against the certificate of the server',
};

const isOfTarget = (name: string): name is TargetFailureCode =>
  (TARGET_FAILURE_CODES as readonly string[]).includes(name);

export function failureHint(name: string): string {
  if (!isOfTarget(name)) return name === 'target-missing' ? OWN[name] : OWN['vault-fault'];
  return HINTS[name] ?? 'TestTarget shows it for each endpoint';
}

/** Whether it is worth another try as soon as the target answers again. */
export function passes(name: string | null): boolean {
  return name === 'vault-fault' || (name !== null && isOfTarget(name) && isTransient(name));
}
