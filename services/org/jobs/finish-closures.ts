/**
 * The clocks of closed accounts: what is being closed becomes closed, and what has been closed for longer than the
 * time of grace leaves the tree for good. Its row stays, closed, so that every service goes on refusing it and its id
 * is never used again.
 */
import { ORGANIZATION } from '../../../platform/runtime/change-hub.ts';
import type { Job } from '../../../platform/runtime/service.ts';
import type { OrgDeps } from '../deps.ts';
import { nextState } from '../domain/account-state.ts';
import { closedBefore, dropMembership, memberById, updateAccount } from '../store/accounts.ts';
import type { AccountRow, Tx } from '../store/db.ts';
import { lockOrganization } from '../store/organization.ts';

const DAY_MS = 86_400_000;
const BATCH = 100;

export const finishClosures: Job<OrgDeps> = {
  name: 'org-finish-closures',
  everyMs: 10_000,
  async run(deps) {
    const now = deps.clock.now();
    for (const account of await closedBefore(deps.store.read, 'PENDING_CLOSURE', now, BATCH))
      await step(deps, account, async (tx, current) => {
        const state = nextState(current.state, 'finish');
        if (state) await updateAccount(tx, current.account_id, { state });
      });
    const graceOver = now - deps.limits.graceDays * DAY_MS;
    for (const account of await closedBefore(deps.store.read, 'CLOSED', graceOver, BATCH)) {
      await step(deps, account, async (tx, current) => {
        if (current.state === 'CLOSED' && (current.closed_at ?? now) <= graceOver)
          await dropMembership(tx, current.account_id);
      });
      deps.log.warn({ accountId: account.account_id }, 'account has left for good: its time of grace is over');
    }
  },
};

/** One account in one commit: a failure does not keep the others waiting. */
async function step(
  deps: OrgDeps,
  { account_id, organization_id }: AccountRow,
  work: (tx: Tx, current: AccountRow) => Promise<void>,
): Promise<void> {
  await deps.store.transaction(async (tx) => {
    const organization = await lockOrganization(tx, organization_id as string);
    const current = organization && (await memberById(tx, organization.organization_id, account_id));
    if (!organization || !current) return;
    await work(tx, current);
    const accountId = organization.management_account_id;
    await deps.store.bumpVersion(tx, { kind: 'account', objectId: account_id, accountId });
  });
  deps.hub.publish(ORGANIZATION);
}
