/** What happens to leases without a request. */
import { ServiceError } from '../../../platform/contract/error.ts';
import type { Caller } from '../../../platform/runtime/call.ts';
import type { Job } from '../../../platform/runtime/service.ts';
import { MAX_TTL_SECONDS } from '../api/credential-roles.ts';
import type { CcmsDeps } from '../deps.ts';
import { revoking } from '../domain/leases/lease.ts';
import { type LeaseRow, leaseOf } from '../domain/leases/rows.ts';
import { endOfPermission } from '../ops/leases/permission.ts';
import { deleteEnded, type LeaseHolder, leasesOfHolder, listHolders, listLiving } from '../store/lease-queries.ts';

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

/**
 * A user does not outlive the permission it was asked for with: policies that changed, an account that was suspended,
 * a project its role was moved to. Whoever holds many is asked about once.
 */
export const endWithoutPermission: Job<CcmsDeps> = {
  name: 'ccms-end-leases-without-permission',
  everyMs: 15_000,
  async run(deps) {
    const decided = new Map<string, ReturnType<typeof endOfPermission>>();
    for (let after = ''; ; ) {
      const rows = await listLiving(deps.store.read, after, LEASES_AT_ONCE);
      await endUnpermitted(deps, await genuine(deps, rows), decided);
      after = rows.at(-1)?.lease_id ?? '';
      if (rows.length < LEASES_AT_ONCE) return;
    }
  },
};

/** A row that does not verify stays, for the investigation, and must not keep the others alive. */
async function genuine(deps: CcmsDeps, rows: readonly LeaseRow[]): Promise<LeaseRow[]> {
  const found: LeaseRow[] = [];
  for (const row of rows) {
    try {
      found.push(...(await deps.leases.verified([row])));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
    }
  }
  return found;
}

async function endUnpermitted(
  deps: CcmsDeps,
  rows: readonly LeaseRow[],
  decided: Map<string, ReturnType<typeof endOfPermission>>,
): Promise<void> {
  const roles = await deps.roles.byIds([...new Set(rows.map((row) => row.role_id))]);
  let isAny = false;
  for (const from of rows) {
    const role = roles.get(from.role_id);
    if (!role) continue;
    const key = JSON.stringify([from.principal_id, from.session_id, from.role_id, from.asked]);
    const deciding = decided.get(key) ?? endOfPermission(deps, from, role);
    decided.set(key, deciding);
    const trigger = await deciding;
    if (trigger === undefined) continue;
    const now = deps.clock.now();
    const outcome = revoking(leaseOf(from), trigger, now);
    if ('lease' in outcome && (await deps.leases.take({ from, to: outcome.lease }, now))) isAny = true;
  }
  if (isAny) deps.revoker.wake();
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
