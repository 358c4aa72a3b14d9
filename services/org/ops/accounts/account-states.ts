/** Suspend, resume, close, reinstate. */
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call, Change } from '../../../../platform/runtime/call.ts';
import { CloseAccount, ReinstateAccount, ResumeAccount, SuspendAccount } from '../../api/account-states.ts';
import type { OrgDeps } from '../../deps.ts';
import { finishClosuresSoon } from '../../jobs/finish-closures.ts';
import type { AccountRow } from '../../store/db.ts';
import { type Changing, organizationChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { showAccount } from '../show.ts';
import { type AnyCall, type Found, inOrganization } from '../standing.ts';
import { aboutAccount } from '../targets.ts';
import { changeState, memberNow } from './account-changes.ts';

function about(call: Call<AnyOperation>, input: { AccountId: string }, deps: OrgDeps) {
  return inOrganization(call, deps, (standing) => aboutAccount(call, deps, standing, input.AccountId));
}

type StateChange = (at: Changing, account: AccountRow) => Promise<AccountRow>;

function change(call: AnyCall, deps: OrgDeps, { organization, scope, found }: Found<AccountRow>, work: StateChange) {
  const changed = { kind: 'account', objectId: found.account_id };
  return organizationChange(deps, call, organization, changed, async (at) => ({
    Account: await showAccount(at.tx, scope, await work(at, await memberNow(at, found.account_id))),
  }));
}

export const suspendAccount = implement(SuspendAccount, {
  resolve: about,
  run: (call, input, standing, deps) =>
    change(call, deps, standing, (at, account) =>
      changeState(at, account, 'suspend', { keepCrossAccountUse: input.KeepCrossAccountUse === true }),
    ),
});

export const resumeAccount = implement(ResumeAccount, {
  resolve: about,
  run: (call, _input, standing, deps) =>
    change(call, deps, standing, (at, account) => changeState(at, account, 'resume')),
});

export const closeAccount = implement(CloseAccount, {
  resolve: about,
  run(call, _input, { organization, found }, deps): Change<undefined> {
    const changed = { kind: 'account', objectId: found.account_id };
    const closing = organizationChange(deps, call, organization, changed, async (at) => {
      await changeState(at, await memberNow(at, found.account_id), 'close');
      return undefined;
    });
    return {
      ...closing,
      after() {
        closing.after?.();
        finishClosuresSoon(deps);
      },
    };
  },
});

export const reinstateAccount = implement(ReinstateAccount, {
  resolve: about,
  run: (call, _input, standing, deps) =>
    change(call, deps, standing, (at, account) => changeState(at, account, 'reinstate')),
});
