/** The states of an account (spec org 3.5) as a table: which act leads where, and what each state permits. */
import type { ACCOUNT_STATES } from '../api/internal.ts';

export type AccountState = (typeof ACCOUNT_STATES)[number];

/** activate: its making is done; finish: its closing is done. */
export type StateAct = 'activate' | 'suspend' | 'resume' | 'close' | 'finish' | 'reinstate';

const TRANSITIONS: Readonly<Record<StateAct, Partial<Record<AccountState, AccountState>>>> = {
  activate: { PENDING_ACTIVATION: 'ACTIVE' },
  suspend: { ACTIVE: 'SUSPENDED' },
  resume: { SUSPENDED: 'ACTIVE' },
  close: { ACTIVE: 'PENDING_CLOSURE', SUSPENDED: 'PENDING_CLOSURE' },
  finish: { PENDING_CLOSURE: 'CLOSED' },
  reinstate: { CLOSED: 'ACTIVE' },
};

/** Undefined: the state does not permit the act. */
export function nextState(state: AccountState, act: StateAct): AccountState | undefined {
  return TRANSITIONS[act][state];
}

/** What may be done with an account besides changing its state. */
type Permission = 'move' | 'tag' | 'delegate' | 'leave';

const PERMITTED: Readonly<Record<Permission, readonly AccountState[]>> = {
  move: ['ACTIVE', 'SUSPENDED', 'CLOSED'],
  tag: ['PENDING_ACTIVATION', 'ACTIVE', 'SUSPENDED'],
  delegate: ['ACTIVE'],
  // A suspended account that left would be out of reach of who suspended it.
  leave: ['ACTIVE'],
};

export function permits(state: AccountState, what: Permission): boolean {
  return PERMITTED[what].includes(state);
}

/** The member `Status` of clients of before September 2026. */
export function legacyStatus(state: AccountState): 'ACTIVE' | 'SUSPENDED' | 'PENDING_CLOSURE' | undefined {
  if (state === 'PENDING_ACTIVATION') return undefined;
  return state === 'CLOSED' ? 'SUSPENDED' : state;
}
