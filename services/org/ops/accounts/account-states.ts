/** Suspend, resume, close, reinstate: which act leads where is a table (`domain/account-state.ts`). */
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call, Change } from '../../../../platform/runtime/call.ts';
import { CloseAccount, ReinstateAccount, ResumeAccount, SuspendAccount } from '../../api/account-states.ts';
import type { OrgDeps } from '../../deps.ts';
import { nextState, type StateAct } from '../../domain/account-state.ts';
import { closuresAllowed } from '../../domain/limits.ts';
import { finishClosures } from '../../jobs/finish-closures.ts';
import { countClosed, countInState, countMembers, updateAccount } from '../../store/accounts.ts';
import type { AccountRow, Tx } from '../../store/db.ts';
import { delegationsOf } from '../../store/delegation.ts';
import { organizationChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { showAccount } from '../show.ts';
import { type AnyCall, type Found, inOrganization } from '../standing.ts';
import { aboutAccount } from '../targets.ts';
import { lockedMember } from './place-account.ts';

const DAY_MS = 86_400_000;

function about(call: Call<AnyOperation>, input: { AccountId: string }, deps: OrgDeps) {
  return inOrganization(call, deps, (standing) => aboutAccount(call, deps, standing, input.AccountId));
}

interface Step {
  act: StateAct;
  /** Throws when a rule besides the table forbids it. */
  check?: (tx: Tx, account: AccountRow) => Promise<void>;
  set?: Partial<AccountRow>;
}

function changeState(call: AnyCall, deps: OrgDeps, standing: Found<AccountRow>, step: Step) {
  const { organization, scope, found } = standing;
  const changed = { kind: 'account', objectId: found.account_id };
  return organizationChange(deps, call, organization, changed, async (tx) => {
    const account = await lockedMember(call, tx, standing, found.account_id);
    requireMember(call, standing, account, step.act);
    const state = nextState(account.state, step.act);
    if (!state) throw refused(call, account, step.act);
    await step.check?.(tx, account);
    const set = { ...step.set, state };
    await updateAccount(tx, account.account_id, set);
    return { Account: await showAccount(tx, scope, { ...account, ...set }) };
  });
}

/** The management account is bound by nothing here, so nobody can stop it. */
function requireMember(call: AnyCall, { organization }: Found<AccountRow>, account: AccountRow, act: StateAct): void {
  if (account.account_id !== organization.management_account_id) return;
  throw call.fail(
    'ConstraintViolation',
    `the management account cannot be ${act === 'close' ? 'closed' : act + (act.endsWith('e') ? 'd' : 'ed')}`,
    {
      details: { reason: 'CANNOT_CLOSE_MANAGEMENT_ACCOUNT' },
    },
  );
}

function refused(call: AnyCall, { account_id, state }: AccountRow, act: StateAct) {
  if (act === 'close' && (state === 'CLOSED' || state === 'PENDING_CLOSURE'))
    return call.fail('AccountAlreadyClosed', `account ${account_id} is closed`);
  return call.fail('AccountConflict', `account ${account_id} is ${state}`, {
    hint: `it cannot ${act} from there`,
  });
}

export const suspendAccount = implement(SuspendAccount, {
  resolve: about,
  run: (call, input, standing, deps) =>
    changeState(call, deps, standing, {
      act: 'suspend',
      set: { keep_cross_account_use: input.KeepCrossAccountUse === true ? 1 : 0 },
    }),
});

export const resumeAccount = implement(ResumeAccount, {
  resolve: about,
  run: (call, _input, standing, deps) =>
    changeState(call, deps, standing, { act: 'resume', set: { keep_cross_account_use: 0 } }),
});

export const closeAccount = implement(CloseAccount, {
  resolve: about,
  run(call, _input, standing, deps): Change<undefined> {
    const closing = changeState(call, deps, standing, {
      act: 'close',
      check: (tx, account) => requireClosable(call, deps, standing, tx, account),
      set: { closed_at: call.now, keep_cross_account_use: 0 },
    });
    return {
      ...closing,
      async commit(tx) {
        await closing.commit(tx);
        return undefined;
      },
      after() {
        closing.after?.();
        deps.background.begin(finishClosures.name, () => finishClosures.run(deps));
      },
    };
  },
});

async function requireClosable(
  call: AnyCall,
  deps: OrgDeps,
  { organization }: Found<AccountRow>,
  tx: Tx,
  account: AccountRow,
): Promise<void> {
  const { organization_id } = organization;
  if ((await delegationsOf(tx, account.account_id)).length > 0)
    throw call.fail('ConstraintViolation', `account ${account.account_id} is a delegated administrator`, {
      hint: 'deregister it first',
      details: { reason: 'CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG' },
    });
  if ((await countInState(tx, organization_id, 'PENDING_CLOSURE')) >= deps.limits.closuresInProgress)
    throw call.fail('ConstraintViolation', `${deps.limits.closuresInProgress} accounts are being closed already`, {
      hint: 'try again in a moment',
      details: { reason: 'CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED' },
    });
  const allowed = closuresAllowed(deps.limits, await countMembers(tx, organization_id));
  if ((await countClosed(tx, organization_id, call.now - 30 * DAY_MS)) >= allowed)
    throw call.fail('ConstraintViolation', `at most ${allowed} accounts are closed within 30 days`, {
      details: { reason: 'CLOSE_ACCOUNT_QUOTA_EXCEEDED' },
    });
}

export const reinstateAccount = implement(ReinstateAccount, {
  resolve: about,
  run: (call, _input, standing, deps) =>
    changeState(call, deps, standing, {
      act: 'reinstate',
      check: async (_tx, account) => requireGrace(call, deps, account),
      set: { closed_at: null },
    }),
});

function requireGrace(call: AnyCall, deps: OrgDeps, account: AccountRow): void {
  const { graceDays } = deps.limits;
  if (call.now < (account.closed_at ?? 0) + graceDays * DAY_MS) return;
  throw call.fail('AccountConflict', `account ${account.account_id} was closed more than ${graceDays} days ago`);
}
