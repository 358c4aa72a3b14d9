/** The detective engine with all it follows: the real iam, kms and audit beside org, and their records on the way. */
import type { Kysely } from 'kysely';
import type { AnyOperation, InputOf, OutputOf } from '../../../platform/contract/operation.ts';
import type { Caller } from '../../../platform/runtime/call.ts';
import type { Job } from '../../../platform/store/index.ts';
import { type Audit, type AuditOptions, startAudit } from '../../audit/testing/harness.ts';
import { KmsHarness } from '../../kms/testing/harness.ts';
import { FOLLOW } from '../jobs/detective/follower.ts';
import { FollowSteps } from '../jobs/detective/steps.ts';
import { type OrgWorld, openOrg, type WorldOptions } from './harness.ts';

export interface DetectiveWorld extends OrgWorld {
  audit: Audit;
  kms: KmsHarness;
  /** Carries records to audit and lets the follower work until there is nothing left to do. */
  settle(): Promise<void>;
  /** Carries records to audit. */
  relay(): Promise<void>;
  /** One step of the follower; false when it had nothing to do. */
  step(): Promise<boolean>;
  /** Another process takes the follower's work over: the lease of the one before has ended. Answers the old step. */
  restart(): Promise<() => Promise<boolean>>;
  /** As the administrator; what is in `given` and not in the input is the business of the test. */
  put<Op extends AnyOperation>(operation: Op, input: InputOf<Op> | object, by?: Caller): Promise<OutputOf<Op>>;
}

const MOST_STEPS = 500;
const LEASE_MS = 3_600_000;

/** No test here has a secret or an authority. */
const EMPTY = {
  DescribeConfigurations: async () => ({ Items: [] }),
  ListConfigurations: async () => ({ Items: [] }),
};

export async function openDetective(options: WorldOptions & { auditName?: string } = {}): Promise<DetectiveWorld> {
  const auditOptions: AuditOptions = { ...(options.url !== undefined && { url: options.url, name: 'audit' }) };
  const audit = await startAudit(auditOptions);
  const kms = await KmsHarness.open(options.url === undefined ? {} : { url: options.url });
  const world = await openOrg({
    ...options,
    peers: { kms: kms.internal(), ccms: EMPTY, pca: EMPTY, audit: audit.internal },
  });
  const follower = () => {
    const steps = new FollowSteps(world.deps);
    let job: Job | undefined;
    return async () => {
      if (!job) {
        await world.store.transaction((tx) => world.store.jobs.enqueue(tx, { type: FOLLOW, key: 'all' }));
        [job] = await world.store.jobs.claim({ types: [FOLLOW], owner: 'test', leaseMs: LEASE_MS, limit: 1 });
      }
      if (!job) throw new Error('somebody else holds the job');
      return steps.next(job);
    };
  };
  let step = follower();
  const relay = async () => {
    for (const store of [world.iam.store, world.store, kms.store]) {
      const rows = await store.readOutbox(1_000);
      if (rows.length > 0) await audit.internal.IngestRecords({ Records: rows.map(relayed) });
    }
  };
  return {
    ...world,
    audit,
    kms,
    relay,
    step: () => step(),
    async restart() {
      const old = step;
      await world.store.transaction(async (tx) => {
        const jobs = tx as unknown as Kysely<{ job: { type: string; lease_until: number } }>;
        await jobs.updateTable('job').set({ lease_until: 0 }).where('type', '=', FOLLOW).execute();
      });
      step = follower();
      return old;
    },
    put: (operation, input, by = world.management) => world.as(by, operation, input),
    async settle() {
      await relay();
      for (let taken = 0; await step(); taken++) if (taken > MOST_STEPS) throw new Error('the follower finds no end');
    },
    async close() {
      await world.close();
      await kms.close();
      await audit.close();
    },
  };
}

type OutboxRow = Awaited<ReturnType<OrgWorld['store']['readOutbox']>>[number];

function relayed(row: OutboxRow) {
  return {
    EventId: row.eventId,
    AccountId: row.accountId ?? '',
    CreatedAt: row.createdAt,
    Wseq: row.wseq,
    Boot: row.boot,
    Node: 'test',
    Record: row.record,
  };
}
