/**
 * Ends the user of one lease that is due: claims the lease, ends the user at the target, says how it went. Who does not
 * get the claim does nothing; who crashes after it leaves a lease that is due again when the claim is over. What
 * happened is recorded in the commit that ends the lease.
 */
import { randomInt } from 'node:crypto';
import { serviceCaller } from '../../../../platform/client/transport.ts';
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import { LeaseEnded, LeaseStuck } from '../../api/leases.ts';
import type { CcmsDeps } from '../../deps.ts';
import { credentialRoleArn } from '../../domain/leases/credential-role.ts';
import type { LeaseFailure } from '../../domain/leases/failure-hints.ts';
import { claimed, ended, revocationFailed } from '../../domain/leases/lease.ts';
import { type LeaseRow, leaseOf } from '../../domain/leases/rows.ts';
import type { CredentialRole } from '../../store/credential-roles.ts';
import { replaceLease } from '../../store/lease-queries.ts';
import type { LeaseStep } from '../../store/leases.ts';
import { TargetFailure } from '../../targets/failure.ts';
import { atTarget } from './dynamic-access.ts';
import { ROLE_TYPE } from './role-access.ts';

const JITTER_STEPS = 1000;

/** `failed`: the target did not do it. `nothing`: it was not due, somebody else has it, or its row does not verify. */
export async function endLease(deps: CcmsDeps, leaseId: string): Promise<'done' | 'failed' | 'nothing'> {
  const row = await quietly(deps, leaseId);
  if (!row) return 'nothing';
  const claim = claimed(leaseOf(row), deps.clock.now(), deps.revocationHold);
  if ('refused' in claim) return 'nothing';
  const mine = await deps.leases.take({ from: row, to: claim.lease }, deps.clock.now());
  if (!mine) return 'nothing';
  const role = (await deps.roles.byIds([mine.role_id])).get(mine.role_id);
  const failure = await endUser(deps, mine, role);
  const now = deps.clock.now();
  const before = leaseOf(mine);
  const outcome = failure ? revocationFailed(before, now, randomInt(JITTER_STEPS) / JITTER_STEPS) : ended(before, now);
  // Somebody gave it up meanwhile.
  if ('refused' in outcome) return 'nothing';
  const { state } = outcome.lease;
  const step: LeaseStep = { from: mine, to: outcome.lease, failure: failure ?? null };
  if (failure) {
    deps.log.warn({ lease: leaseId, failure, attempt: outcome.lease.attempt }, 'user is not ended');
    const isNews = state === 'STUCK' && mine.state !== 'STUCK';
    const input = { LeaseId: leaseId, Username: mine.username, Failure: failure };
    await settle(deps, step, isNews ? { operation: LeaseStuck, input } : undefined, role);
    return 'failed';
  }
  const isOver = state === 'REVOKED' || state === 'ABORTED';
  const input = { LeaseId: leaseId, Username: mine.username, EndedBy: outcome.lease.trigger };
  await settle(deps, step, isOver ? { operation: LeaseEnded, input } : undefined, role);
  return 'done';
}

/** A row that does not verify stays, for the investigation, and must not keep the others alive. */
async function quietly(deps: CcmsDeps, leaseId: string): Promise<LeaseRow | undefined> {
  try {
    return await deps.leases.byId(leaseId);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return undefined;
  }
}

/** Why it could not be done; undefined: there is no such user any more. */
async function endUser(
  deps: CcmsDeps,
  { target_id, username }: LeaseRow,
  role: CredentialRole | undefined,
): Promise<LeaseFailure | undefined> {
  try {
    const target = await deps.targets.byId(target_id);
    if (!target) return 'target-missing';
    await atTarget(deps, target, role, (users) => users.revoke(username));
    return undefined;
  } catch (error) {
    if (error instanceof TargetFailure) return error.code;
    deps.log.error({ username, err: String(error) }, 'the vault failed at ending a user');
    return 'vault-fault';
  }
}

interface Event {
  operation: AnyOperation;
  input: Record<string, unknown>;
}

async function settle(
  deps: CcmsDeps,
  step: LeaseStep,
  event: Event | undefined,
  role: CredentialRole | undefined,
): Promise<void> {
  const now = deps.clock.now();
  const [next] = await deps.leases.next([step], now);
  const { account_id: accountId, role_id } = step.from;
  const { partition, region } = deps.settings;
  const arn = role?.arn ?? credentialRoleArn({ accountId, partition, region }, `deleted/${role_id}`);
  await deps.store.transaction(async (tx) => {
    if (!(await replaceLease(tx, next!))) return;
    if (event) await record(deps, tx, event, { arn, accountId, type: ROLE_TYPE });
  });
}

/** The record of what happens without a request. */
export async function record(
  deps: CcmsDeps,
  tx: AnyTransaction,
  { operation, input }: Event,
  { arn, accountId, type }: { arn: string; accountId: string; type: string },
): Promise<void> {
  const now = deps.clock.now();
  await deps.recorder.appendIn(tx, {
    eventId: deps.ids.uuidv7(),
    operation,
    caller: { ...serviceCaller('ccms'), accountId },
    origin: {
      requestId: deps.ids.uuidv7(),
      sourceIp: '127.0.0.1',
      userAgent: 'parapet/ccms',
      receivedAt: now,
      protocol: 'internal',
    },
    now,
    input,
    resources: [{ ARN: arn, accountId, type }],
  });
}
