/** States of an account: suspended and resumed, closed and reinstated. Every service obeys them within a second. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { AccountId, flag, structure } from '../../../platform/contract/shape.ts';
import {
  accountAlreadyClosed,
  accountNotFound,
  concurrentModification,
  conflict,
  constraint,
  notInUse,
} from './errors.ts';
import { Account, EXAMPLE, organizationsTarget, shared } from './shapes.ts';

const authz = (action: string) => ({ action: `organizations:${action}`, resource: 'organizations:account' });
const stateErrors = { ...notInUse, ...accountNotFound, ...conflict, ...constraint, ...concurrentModification };

export const SuspendAccount = defineOperation({
  ...shared,
  name: 'SuspendAccount',
  doc: 'Stops an account: its sessions and keys are refused, its deletion timers pause, revocation lists go on.',
  input: structure({
    AccountId,
    /** Other accounts may go on using its keys and secrets. */
    KeepCrossAccountUse: flag().optional(),
  }),
  output: structure({ Account }),
  errors: stateErrors,
  authz: authz('SuspendAccount'),
  effect: 'write',
  examples: [{ title: 'suspend', input: { AccountId: EXAMPLE.account } }],
});

export const ResumeAccount = defineOperation({
  ...shared,
  name: 'ResumeAccount',
  doc: 'Lets a suspended account work again.',
  input: structure({ AccountId }),
  output: structure({ Account }),
  errors: stateErrors,
  authz: authz('ResumeAccount'),
  effect: 'write',
  examples: [{ title: 'resume', input: { AccountId: EXAMPLE.account } }],
});

export const CloseAccount = defineOperation({
  ...shared,
  name: 'CloseAccount',
  doc: 'Closes a member. It can be reinstated for 90 days; after that it leaves the organization for good.',
  input: structure({ AccountId }),
  errors: {
    ...notInUse,
    ...accountNotFound,
    ...accountAlreadyClosed,
    ...conflict,
    ...constraint,
    ...concurrentModification,
  },
  authz: authz('CloseAccount'),
  effect: 'write',
  aws: organizationsTarget('CloseAccount'),
  examples: [{ title: 'close', input: { AccountId: EXAMPLE.account } }],
});

export const ReinstateAccount = defineOperation({
  ...shared,
  name: 'ReinstateAccount',
  doc: 'Makes a closed account active again while its time of grace lasts.',
  input: structure({ AccountId }),
  output: structure({ Account }),
  errors: stateErrors,
  authz: authz('ReinstateAccount'),
  effect: 'write',
  examples: [{ title: 'reinstate', input: { AccountId: EXAMPLE.account } }],
});
