/**
 * Ends the users of leases that are due, a few of one role at a time: claims the leases, ends the users at the target,
 * says how it went. Who does not get the claim does nothing; who crashes after it leaves leases that are due again when
 * the claim is over. What happened is recorded in the commit that ends the lease.
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

/** `failed`: the target did none of it. `nothing`: none was due, somebody else has them, or rows do not verify. */
export async function endLeases(deps: CcmsDeps, leaseIds: readonly string[]): Promise<'done' | 'failed' | 'nothing'> {
  const steps: LeaseStep[] = [];
  for (const from of await quietly(deps, leaseIds)) {
    const claim = claimed(leaseOf(from), deps.clock.now(), deps.revocationHold);
    if ('lease' in claim) steps.push({ from, to: claim.lease });
  }
  const mine = await deps.leases.takeAll(steps, deps.clock.now());
  const [first] = mine;
  if (!first) return 'nothing';
  const role = (await deps.roles.byIds([first.role_id])).get(first.role_id);
  const failures = await endUsers(deps, mine, role);
  const now = deps.clock.now();
  const outcomes = mine.flatMap((row) => outcomeOf(row, failures.get(row.username), now));
  await settle(deps, outcomes, role);
  for (const { step } of outcomes)
    if (step.failure) deps.log.warn({ lease: step.from.lease_id, failure: step.failure }, 'user is not ended');
  if (outcomes.length === 0) return 'nothing';
  return outcomes.every(({ step }) => step.failure) ? 'failed' : 'done';
}

/** Rows that do not verify stay, for the investigation, and must not keep the others alive. */
async function quietly(deps: CcmsDeps, leaseIds: readonly string[]): Promise<LeaseRow[]> {
  const found: LeaseRow[] = [];
  for (const leaseId of leaseIds) {
    try {
      const row = await deps.leases.byId(leaseId);
      if (row) found.push(row);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
    }
  }
  return found;
}

/** Of one role at one target. Why it could not be done, by user; of the others there is no user any more. */
async function endUsers(
  deps: CcmsDeps,
  leases: readonly LeaseRow[],
  role: CredentialRole | undefined,
): Promise<ReadonlyMap<string, LeaseFailure>> {
  const usernames = leases.map(({ username }) => username);
  const all = (failure: LeaseFailure) => new Map(usernames.map((username) => [username, failure]));
  try {
    const target = await deps.targets.byId(leases[0]!.target_id);
    if (!target) return all('target-missing');
    const failures = await atTarget(deps, target, role, (users) => users.revoke(usernames));
    return new Map([...failures].map(([username, { code }]) => [username, code]));
  } catch (error) {
    if (error instanceof TargetFailure) return all(error.code);
    deps.log.error({ usernames, err: String(error) }, 'the vault failed at ending users');
    return all('vault-fault');
  }
}

interface Event {
  operation: AnyOperation;
  input: Record<string, unknown>;
}

interface Outcome {
  step: LeaseStep;
  event: Event | undefined;
}

/** Nothing when somebody gave the lease up meanwhile. */
function outcomeOf(mine: LeaseRow, failure: LeaseFailure | undefined, now: number): Outcome[] {
  const before = leaseOf(mine);
  const outcome = failure ? revocationFailed(before, now, randomInt(JITTER_STEPS) / JITTER_STEPS) : ended(before, now);
  if ('refused' in outcome) return [];
  const { state, trigger } = outcome.lease;
  const step: LeaseStep = { from: mine, to: outcome.lease, failure: failure ?? null };
  const about = { LeaseId: mine.lease_id, Username: mine.username };
  if (failure) {
    const isNews = state === 'STUCK' && mine.state !== 'STUCK';
    return [{ step, event: isNews ? { operation: LeaseStuck, input: { ...about, Failure: failure } } : undefined }];
  }
  const isOver = state === 'REVOKED' || state === 'ABORTED';
  return [{ step, event: isOver ? { operation: LeaseEnded, input: { ...about, EndedBy: trigger } } : undefined }];
}

/** In one commit, each with its record. */
async function settle(deps: CcmsDeps, outcomes: readonly Outcome[], role: CredentialRole | undefined): Promise<void> {
  if (outcomes.length === 0) return;
  const next = await deps.leases.next(
    outcomes.map(({ step }) => step),
    deps.clock.now(),
  );
  const { partition, region } = deps.settings;
  await deps.store.transaction(async (tx) => {
    for (const [at, { event, step }] of outcomes.entries()) {
      if (!(await replaceLease(tx, next[at]!)) || !event) continue;
      const { account_id: accountId, role_id } = step.from;
      const arn = role?.arn ?? credentialRoleArn({ accountId, partition, region }, `deleted/${role_id}`);
      await record(deps, tx, event, { arn, accountId, type: ROLE_TYPE });
    }
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
