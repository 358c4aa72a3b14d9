import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import {
  type PostgresServer,
  postgresMissing,
  startPostgres,
} from '../../../platform/store/testing/postgres-server.ts';
import { iamApi as api } from '../api/index.ts';
import { allow, type IamWorld, openIam, policy } from '../testing/harness.ts';

const DOCUMENT = policy(allow('kms:Decrypt'));
/** Outcomes of the same request sent many times at once. */
async function outcomes(requests: Promise<unknown>[]): Promise<Record<string, number>> {
  const settled = await Promise.allSettled(requests);
  const counts: Record<string, number> = {};
  for (const one of settled) {
    const code = one.status === 'fulfilled' ? 'ok' : (one.reason as { code: string }).code;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

const times = <T>(count: number, work: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => work(n));

function together(open: () => Promise<IamWorld>): void {
  let world: IamWorld;
  beforeAll(async () => {
    world = await open();
  });
  afterAll(() => world?.close());
  const asAdmin = <Op extends AnyOperation>(operation: Op, input: unknown) => world.as(world.admin, operation, input);

  it('two keys at most are made for a user', async () => {
    await asAdmin(api.CreateUser, { UserName: 'keys' });
    expect(await outcomes(times(8, () => asAdmin(api.CreateAccessKey, { UserName: 'keys' })))).toEqual({
      ok: 2,
      LimitExceeded: 6,
    });
    expect((await asAdmin(api.ListAccessKeys, { UserName: 'keys' })).AccessKeyMetadata).toHaveLength(2);
  });

  it('one user, one group and one policy get a name, in whatever letter case', async () => {
    const spell = (n: number) => (n % 2 === 0 ? 'same' : 'SAME');
    const once = { ok: 1, EntityAlreadyExists: 5 };
    expect(await outcomes(times(6, (n) => asAdmin(api.CreateUser, { UserName: spell(n) })))).toEqual(once);
    expect(await outcomes(times(6, (n) => asAdmin(api.CreateGroup, { GroupName: spell(n) })))).toEqual(once);
    expect(
      await outcomes(times(6, (n) => asAdmin(api.CreatePolicy, { PolicyName: spell(n), PolicyDocument: DOCUMENT }))),
    ).toEqual(once);
  });

  it('the limit of the account holds', async () => {
    const result = await outcomes(times(25, (n) => asAdmin(api.CreateUser, { UserName: `many-${n}` })));
    expect(result).toEqual({ ok: 17, LimitExceeded: 8 });
  });

  it('versions of a policy get numbers of their own', async () => {
    const { Policy } = await asAdmin(api.CreatePolicy, { PolicyName: 'versions', PolicyDocument: DOCUMENT });
    const input = { PolicyArn: Policy.Arn, PolicyDocument: DOCUMENT };
    expect(await outcomes(times(6, () => asAdmin(api.CreatePolicyVersion, input)))).toEqual({
      ok: 4,
      LimitExceeded: 2,
    });
    const { Versions } = await asAdmin(api.ListPolicyVersions, { PolicyArn: Policy.Arn });
    expect(Versions.map((v) => v.VersionId)).toEqual(['v5', 'v4', 'v3', 'v2', 'v1']);
    expect(Versions.filter((v) => v.IsDefaultVersion)).toHaveLength(1);
  });

  it('a policy is either attached or deleted', async () => {
    for (let round = 0; round < 5; round++) {
      const { Policy } = await asAdmin(api.CreatePolicy, { PolicyName: `race-${round}`, PolicyDocument: DOCUMENT });
      const PolicyArn = Policy.Arn;
      await outcomes([
        asAdmin(api.AttachUserPolicy, { UserName: 'keys', PolicyArn }),
        asAdmin(api.DeletePolicy, { PolicyArn }),
      ]);
      const { AttachedPolicies } = await asAdmin(api.ListAttachedUserPolicies, { UserName: 'keys' });
      const { Policies } = await asAdmin(api.ListPolicies, { Scope: 'Local' });
      const attached = AttachedPolicies.some((p) => p.PolicyArn === PolicyArn);
      expect(Policies.some((p) => p.Arn === PolicyArn)).toBe(attached);
      if (attached) await asAdmin(api.DetachUserPolicy, { UserName: 'keys', PolicyArn });
    }
  });
}

const limits = { usersPerAccount: 20 };
const noPostgres = postgresMissing();

describe('at the same moment (SQLite)', () => together(() => openIam({ limits })));

describe.skipIf(noPostgres !== undefined)(
  `at the same moment (PostgreSQL${noPostgres ? `, skipped: ${noPostgres}` : ''})`,
  () => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server?.stop());
    together(() => openIam({ limits, url: server.url }));
  },
);
