/**
 * Compares the users of our naming that a target has with its leases. Who belongs to no lease is reported once, and
 * ended when no lease can be that old, or when its lease has ended. A target that answers again also gets its users
 * ended that could not be before.
 */
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import { MAX_TTL_SECONDS } from '../../api/credential-roles.ts';
import { OrphanDropped, OrphanFound } from '../../api/leases.ts';
import type { CcmsDeps } from '../../deps.ts';
import { passes } from '../../domain/leases/failure-hints.ts';
import { revoking } from '../../domain/leases/lease.ts';
import { findOrphans, type Orphan } from '../../domain/leases/orphans.ts';
import { leaseOf } from '../../domain/leases/rows.ts';
import {
  deleteOrphan,
  insertOrphan,
  leasesByUsername,
  listOrphans,
  listStuck,
  targetsInUse,
} from '../../store/lease-queries.ts';
import type { TargetRecord } from '../../store/targets.ts';
import { revokeOne } from '../../targets/each-user.ts';
import { TargetFailure } from '../../targets/failure.ts';
import type { DynamicTarget } from '../../targets/port.ts';
import { TARGET_TYPE } from '../targets/target-access.ts';
import { atTarget } from './dynamic-access.ts';
import { record } from './end-leases.ts';

const PAGE = 500;
const STUCK_AT_ONCE = 500;
const TARGETS_AT_ONCE = 8;
const MAX_TTL_MS = MAX_TTL_SECONDS * 1000;

export class Reconciler {
  private readonly deps: () => CcmsDeps;
  private running: Promise<void> | undefined;
  private isStopped = false;

  constructor(deps: () => CcmsDeps) {
    this.deps = deps;
  }

  /** Sets about it unless it is under way; does not wait, because targets may take long. */
  start(): void {
    this.running ??= this.run()
      .catch((error: unknown) => this.deps().log.error({ err: String(error) }, 'users were not compared with leases'))
      .finally(() => {
        this.running = undefined;
      });
  }

  async idle(): Promise<void> {
    await this.running;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.running;
  }

  async run(): Promise<void> {
    const deps = this.deps();
    const waiting = await targetsInUse(deps.store.read);
    const worker = async () => {
      for (;;) {
        const next = waiting.pop();
        if (next === undefined || this.isStopped) return;
        await reconcileOrReport(deps, next);
      }
    };
    await Promise.all(Array.from({ length: TARGETS_AT_ONCE }, worker));
  }
}

async function reconcileOrReport(deps: CcmsDeps, targetId: string): Promise<void> {
  try {
    const target = await deps.targets.byId(targetId);
    if (target) await reconcile(deps, target);
  } catch (error) {
    const reason = error instanceof TargetFailure ? error.code : String(error);
    deps.log.warn({ targetId, reason }, 'users were not compared with leases');
  }
}

async function reconcile(deps: CcmsDeps, target: TargetRecord): Promise<void> {
  const known = new Set(await listOrphans(deps.store.read, target.row.target_id));
  await atTarget(deps, target, undefined, async (users) => {
    for (let after: string | undefined; ; ) {
      const page = await users.list(PAGE, after);
      const names = page.map(({ username }) => username);
      for (const orphan of await orphansAmong(deps, names)) {
        if (orphan.action === 'drop') await drop(deps, target, users, orphan.username);
        else if (!known.has(orphan.username)) await report(deps, target, orphan.username);
        known.delete(orphan.username);
      }
      after = names.at(-1);
      if (page.length < PAGE) break;
    }
  });
  // Somebody else has ended them.
  for (const username of known) await deps.store.transaction((tx) => deleteOrphan(tx, target.row.target_id, username));
  await hurry(deps, target);
}

async function orphansAmong(deps: CcmsDeps, names: readonly string[]): Promise<Orphan[]> {
  const rows = await deps.leases.verified(await leasesByUsername(deps.store.read, names));
  // A lease that was given up here has left its user behind.
  const states = new Map(rows.map((row) => [row.username, row.state]));
  return findOrphans(names, states, deps.clock.now(), MAX_TTL_MS, deps.revocationHold);
}

async function drop(deps: CcmsDeps, target: TargetRecord, users: DynamicTarget, username: string): Promise<void> {
  await revokeOne(users, username);
  deps.log.warn({ target: target.row.name, username }, 'a user that no lease accounts for was ended');
  await deps.store.transaction(async (tx) => {
    await deleteOrphan(tx, target.row.target_id, username);
    await record(deps, tx, eventOf(OrphanDropped, target, username), about(target));
  });
}

async function report(deps: CcmsDeps, target: TargetRecord, username: string): Promise<void> {
  deps.log.warn({ target: target.row.name, username }, 'a user that no lease accounts for was found');
  await deps.store.transaction(async (tx) => {
    const found = { target_id: target.row.target_id, username, found_at: deps.clock.now() };
    if (await insertOrphan(tx, found)) await record(deps, tx, eventOf(OrphanFound, target, username), about(target));
  });
}

function eventOf(operation: AnyOperation, target: TargetRecord, Username: string) {
  return { operation, input: { Target: target.row.name, Username } };
}

function about({ arn, row }: TargetRecord) {
  return { arn, accountId: row.account_id, type: TARGET_TYPE };
}

/** What waits for its hourly turn though the target answers. */
async function hurry(deps: CcmsDeps, target: TargetRecord): Promise<void> {
  const rows = await deps.leases.verified(await listStuck(deps.store.read, target.row.target_id, STUCK_AT_ONCE));
  const now = deps.clock.now();
  for (const from of rows) {
    const outcome = from.ended_by === null ? undefined : revoking(leaseOf(from), from.ended_by, now);
    if (from.next_attempt_at > now && passes(from.failure) && outcome && 'lease' in outcome)
      await deps.leases.take({ from, to: outcome.lease }, now);
  }
}
