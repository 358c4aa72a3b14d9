/**
 * What can go wrong at a target, by name. A failure carries no text of a driver and no cause: both may hold statements,
 * and statements may hold secrets. What helps the operator is the name, the target and the vendor's own short code.
 */
import type { TargetFailureCode } from '../domain/rotation/failures.ts';

export class TargetFailure extends Error {
  readonly code: TargetFailureCode;
  /** SQLSTATE, errno or the first word of an error reply; letters, digits and underscores only. */
  readonly vendorCode: string | undefined;

  constructor(code: TargetFailureCode, where: string, vendorCode?: string) {
    const shown = vendorCode !== undefined && /^\w{1,64}$/.test(vendorCode) ? vendorCode : undefined;
    super(`${where} ${SENTENCES[code]}${shown === undefined ? '' : ` (${shown})`}`);
    this.name = 'TargetFailure';
    this.code = code;
    this.vendorCode = shown;
  }
}

const SENTENCES: Readonly<Record<TargetFailureCode, string>> = {
  unreachable: 'cannot be reached',
  timeout: 'did not answer in time',
  busy: 'is out of connections or locks',
  'read-only': 'does not take changes: it is a replica',
  'sessions-left': 'still has sessions of the user',
  'tls-failed': 'could not prove who it is',
  'tls-required': 'may not be reached without TLS: it is not on this machine',
  'address-refused': 'is at an address that the vault may not connect to',
  'admin-unreadable':
    'has an administrative secret that its role cannot read, or that is not JSON with username and password',
  'admin-refused': 'refuses the administrative credential',
  'current-refused': 'refuses the current credential, so the administrative one is not used on its behalf',
  'pending-refused': 'refuses the pending credential',
  'accepts-anything': 'lets the user in with any password',
  'permission-missing': 'denies a privilege that the step needs',
  'object-missing': 'lacks a database, role or user that the configuration names',
  'name-unsuitable': 'cannot have a user of that name',
  'password-unsuitable': 'cannot be given that password: printable ASCII, 1 to 512 characters',
  'wrong-identity': 'lets the user in as somebody else than the configuration says',
  'grant-drift': 'gives the two users different privileges',
  'still-needed': 'was asked to retire a credential that is in use',
  'statement-refused': 'refuses a statement',
  unsupported: 'is too old, or is configured in a way that rotation needs otherwise',
};
