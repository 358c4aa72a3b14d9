/** What the state of an account permits (spec org 3.5), as a table. */
import { ServiceError } from '../contract/error.ts';
import type { Caller } from '../runtime/call.ts';
import type { AccountState } from './organization-data.ts';

interface StateRule {
  /** Completes "account 111122223333 is ...". */
  phrase: string;
  /** Its keys, sessions and tokens work. */
  callers: boolean;
  /** Other accounts may use what it owns; `kept`: where that was asked for. */
  use: 'yes' | 'kept' | 'no';
  /** Waiting times before something is destroyed run on. */
  timersRun: boolean;
  /** Revocation lists and OCSP answers of its authorities go on. */
  publicationContinues: boolean;
  hint: string;
}

const resumable = { callers: false, timersRun: false } as const;

export const STATE_RULES: Readonly<Record<AccountState, StateRule>> = {
  PENDING_ACTIVATION: {
    ...resumable,
    phrase: 'waiting for its activation',
    use: 'no',
    publicationContinues: false,
    hint: 'finish the activation of the account',
  },
  ACTIVE: {
    phrase: 'active',
    callers: true,
    use: 'yes',
    timersRun: true,
    publicationContinues: true,
    hint: '',
  },
  SUSPENDED: {
    ...resumable,
    phrase: 'suspended',
    use: 'kept',
    publicationContinues: true,
    hint: 'an administrator of the management account can resume the account',
  },
  PENDING_CLOSURE: {
    ...resumable,
    phrase: 'being closed',
    use: 'no',
    publicationContinues: true,
    hint: 'an administrator of the management account can reinstate the account',
  },
  CLOSED: {
    ...resumable,
    phrase: 'closed',
    use: 'no',
    publicationContinues: true,
    hint: 'an administrator of the management account can reinstate the account while it is kept',
  },
};

/** The error of a caller whose account refuses its own credentials. */
export function callerRefusal(caller: Caller, state: AccountState, decisionId: string): ServiceError | undefined {
  const rule = STATE_RULES[state];
  if (rule.callers) return undefined;
  return new ServiceError(
    'AccessDenied',
    `the credentials of ${caller.arn} are refused because ${stateSentence(caller.accountId, state)}`,
    { hint: rule.hint, details: { decisionId, accountState: state } },
  );
}

/** "account 111122223333 is suspended (SUSPENDED)". */
export function stateSentence(accountId: string, state: AccountState): string {
  return `account ${accountId} is ${STATE_RULES[state].phrase} (${state})`;
}
