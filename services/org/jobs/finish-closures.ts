/**
 * The clocks of closed accounts: what is being closed becomes closed, and what has been closed for longer than the
 * time of grace leaves the tree for good. Its row stays, closed, so that every service goes on refusing it and its id
 * is never used again.
 */
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { ORGANIZATION } from '../../../platform/runtime/change-hub.ts';
import type { Job } from '../../../platform/runtime/service.ts';
import { nothingDeletedBefore } from '../../../platform/store/index.ts';
import { AccountDepartedOrganization, CloseAccountResult } from '../api/results.ts';
import type { OrgDeps } from '../deps.ts';
import { nextState } from '../domain/account-state.ts';
import { closedBefore, dropMembership, memberById, updateAccount } from '../store/accounts.ts';
import type { AccountRow, Tx } from '../store/db.ts';
import { lockOrganization } from '../store/organization.ts';
import { recordResult } from './record-result.ts';

const DAY_MS = 86_400_000;
const BATCH = 100;

export const finishClosures: Job<OrgDeps> = {
  name: 'org-finish-closures',
  everyMs: 10_000,
  async run(deps) {
    const now = deps.clock.now();
    for (const account of await closedBefore(deps.store.read, 'PENDING_CLOSURE', now, BATCH))
      await step(deps, account, CloseAccountResult, async (tx, current) => {
        const state = nextState(current.state, 'finish');
        if (state) await updateAccount(tx, current.account_id, { state });
        return state !== undefined;
      });
    // Since a restore nobody knows what was reinstated.
    if (now < (await nothingDeletedBefore(deps.store.read))) return;
    const graceOver = now - deps.limits.graceDays * DAY_MS;
    for (const account of await closedBefore(deps.store.read, 'CLOSED', graceOver, BATCH)) {
      await step(deps, account, AccountDepartedOrganization, async (tx, current) => {
        const over = current.state === 'CLOSED' && (current.closed_at ?? now) <= graceOver;
        if (over) await dropMembership(tx, current.account_id);
        return over;
      });
      deps.log.warn({ accountId: account.account_id }, 'account has left for good: its time of grace is over');
    }
  },
};

/** Begins without waiting for the turn of the job. */
export function finishClosuresSoon(deps: OrgDeps): void {
  deps.background.begin(finishClosures.name, () => finishClosures.run(deps));
}

/** One account in one commit: a failure does not keep the others waiting. False: somebody else was faster. */
async function step(
  deps: OrgDeps,
  { account_id, organization_id }: AccountRow,
  result: AnyOperation,
  work: (tx: Tx, current: AccountRow) => Promise<boolean>,
): Promise<void> {
  await deps.store.transaction(async (tx) => {
    const organization = await lockOrganization(tx, organization_id as string);
    const current = organization && (await memberById(tx, organization.organization_id, account_id));
    if (!organization || !current) return;
    if (!(await work(tx, current))) return;
    await recordResult(deps, tx, result, organization, { AccountId: account_id });
    const accountId = organization.management_account_id;
    await deps.store.bumpVersion(tx, { kind: 'account', objectId: account_id, accountId });
  });
  deps.hub.publish(ORGANIZATION);
}
