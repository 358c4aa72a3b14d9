/** What happens to leases without a request. */
import type { Caller } from '../../../platform/runtime/call.ts';
import type { Job } from '../../../platform/runtime/service.ts';
import { MAX_TTL_SECONDS } from '../api/credential-roles.ts';
import type { CcmsDeps } from '../deps.ts';
import { revoking } from '../domain/leases/lease.ts';
import { leaseOf } from '../domain/leases/rows.ts';
import { deleteEnded, type LeaseHolder, leasesOfHolder, listHolders } from '../store/lease-queries.ts';

const LEASES_AT_ONCE = 500;
const ENDED_AT_ONCE = 1000;

/** Expired ones, those somebody asked for, and issues that were given up. */
export const revokeLeases: Job<CcmsDeps> = {
  name: 'ccms-revoke-leases',
  everyMs: 1000,
  run: (deps) => deps.revoker.look(),
};

export const reconcileUsers: Job<CcmsDeps> = {
  name: 'ccms-reconcile-users',
  everyMs: 60_000,
  async run(deps) {
    deps.reconciler.start();
  },
};

/** A user does not outlive the session it was asked for with, nor the user or role behind it. */
export const endWithParent: Job<CcmsDeps> = {
  name: 'ccms-end-leases-with-parent',
  everyMs: 5000,
  async run(deps) {
    for (const holder of await listHolders(deps.store.read))
      if ((await deps.directory.of(callerOf(holder))) === undefined) await endLeasesOf(deps, holder);
  },
};

/** As far as the directory needs to know who it was. */
function callerOf({ account_id, entity_id, session_id }: LeaseHolder): Caller {
  const caller: Caller = { kind: 'user', arn: '', accountId: account_id, principalId: entity_id, entityId: entity_id };
  return session_id === null ? caller : { ...caller, session: { id: session_id, issuedAt: 0, expiresAt: 0 } };
}

async function endLeasesOf(deps: CcmsDeps, holder: LeaseHolder): Promise<void> {
  const rows = await deps.leases.verified(await leasesOfHolder(deps.store.read, holder, LEASES_AT_ONCE));
  const now = deps.clock.now();
  for (const from of rows) {
    const outcome = revoking(leaseOf(from), 'parent-ended', now);
    if ('lease' in outcome) await deps.leases.take({ from, to: outcome.lease }, now);
  }
  if (rows.length > 0) deps.revoker.wake();
}

/** Kept as long as a user of theirs could turn up. */
export const removeEndedLeases: Job<CcmsDeps> = {
  name: 'ccms-remove-ended-leases',
  everyMs: 3_600_000,
  async run(deps) {
    const before = deps.clock.now() - MAX_TTL_SECONDS * 1000;
    for (;;) {
      const removed = await deps.store.transaction((tx) => deleteEnded(tx, before, ENDED_AT_ONCE));
      if (removed < ENDED_AT_ONCE) return;
    }
  },
};
