/** What is done with one lease. */
import { change, implementFor } from '../../../../platform/runtime/call.ts';
import { DescribeLease, ForgetLease, RenewLease, RevokeLease } from '../../api/leases.ts';
import type { CcmsDeps } from '../../deps.ts';
import { databaseExpiry, forgotten, type LeaseOutcome, renewed, revoking } from '../../domain/leases/lease.ts';
import { leaseOf } from '../../domain/leases/rows.ts';
import { replaceLease } from '../../store/lease-queries.ts';
import type { LeaseStep } from '../../store/leases.ts';
import type { AnyCall } from '../secret-access.ts';
import { noChange } from '../secret-change.ts';
import { missingTarget } from '../targets/target-access.ts';
import { targetFailed } from '../targets/test-login.ts';
import { atTarget } from './dynamic-access.ts';

import { ttlConditions } from './issue-credential.ts';
import { describedLeases, type LeaseRecord, leaseRaced, resolveLease } from './lease-access.ts';

const implement = implementFor<CcmsDeps>();

export const describeLease = implement(DescribeLease, {
  resolve: (call, input, deps) => resolveLease(call, deps, input.LeaseId),
  async run(call, _input, { row }, deps) {
    const [Lease] = await describedLeases(call, deps, [row]);
    return { Lease: Lease! };
  },
});

/** The database first: a user that lives longer than its lease is ended by us, one that lives shorter fails its owner. */
export const renewLease = implement(RenewLease, {
  resolve: (call, input, deps) =>
    resolveLease(call, deps, input.LeaseId, (role) => ({ conditions: ttlConditions(input, role) }), true),
  async run(call, input, { row, role }: LeaseRecord, deps) {
    const now = deps.clock.now();
    const ttl = input.TtlSeconds ?? role?.row.default_ttl_seconds;
    const outcome: LeaseOutcome = ttl === undefined ? { refused: 'expired' } : renewed(leaseOf(row), now, ttl * 1000);
    if ('refused' in outcome)
      throw call.fail('InvalidRequest', `a lease that is ${stateOf(outcome.refused, row.state)} cannot be renewed`, {
        hint: 'issue another credential',
      });
    const { lease } = outcome;
    const target = await deps.targets.byId(row.target_id);
    if (!target) throw missingTarget(call, row.target_id);
    const answer = await atTarget(deps, target, role, (users) =>
      users.renew(row.username, databaseExpiry(lease), now),
    ).catch((error: unknown) => {
      throw targetFailed(call, error);
    });
    if (answer === 'absent')
      throw call.fail('InvalidRequest', 'somebody has dropped the user of the lease', {
        hint: 'issue another credential',
      });
    const [next] = await deps.leases.next([{ from: row, to: lease }], now);
    return change(async (tx) => {
      if (!(await replaceLease(tx, next!))) throw leaseRaced(call);
      return {
        LeaseId: row.lease_id,
        ExpiresAt: lease.expiresAt,
        Renewable: lease.expiresAt < lease.maxExpiresAt,
        MaxExpiresAt: lease.maxExpiresAt,
      };
    });
  },
});

function stateOf(refusal: string, state: string): string {
  return refusal === 'expired' ? 'over' : state;
}

export const revokeLease = implement(RevokeLease, {
  resolve: (call, input, deps) => resolveLease(call, deps, input.LeaseId),
  run: (call, _input, record, deps) =>
    step(call, deps, record, (now) => ({
      from: record.row,
      to: revoking(leaseOf(record.row), 'requested', now),
    })),
});

export const forgetLease = implement(ForgetLease, {
  resolve: (call, input, deps) => resolveLease(call, deps, input.LeaseId),
  run: (call, _input, record, deps) =>
    step(call, deps, record, (now) => ({
      from: record.row,
      to: forgotten(leaseOf(record.row), now),
      forgotten: true,
    })),
});

/** Asking again for what has happened answers the same and changes nothing. */
async function step(
  call: AnyCall,
  deps: CcmsDeps,
  { row }: LeaseRecord,
  wanted: (now: number) => Omit<LeaseStep, 'to'> & { to: LeaseOutcome },
) {
  const now = deps.clock.now();
  const { to, ...rest } = wanted(now);
  if ('refused' in to) {
    const [Lease] = await describedLeases(call, deps, [row]);
    return noChange({ Lease: Lease! });
  }
  const [next] = await deps.leases.next([{ ...rest, to: to.lease }], now);
  const [Lease] = await describedLeases(call, deps, [next!]);
  return change(
    async (tx) => {
      if (!(await replaceLease(tx, next!))) throw leaseRaced(call);
      return { Lease: Lease! };
    },
    () => deps.revoker.wake(),
  );
}
