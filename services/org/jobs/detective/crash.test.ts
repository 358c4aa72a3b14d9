import fc from 'fast-check';
import { expect, it } from 'vitest';
import { iamApi } from '../../../iam/api/index.ts';
import { orgApi } from '../../api/index.ts';
import { dieAfter } from '../../testing/death.ts';
import type { DetectiveWorld } from '../../testing/detective.ts';
import { detectiveOnBothEngines } from '../../testing/detective-engines.ts';

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { AWS: '*' },
    Action: 'sts:AssumeRole',
    Condition: { Bool: { 'aws:SecureTransport': 'true' } },
  },
});

/** Works until there is nothing left to do, or the process dies: true. */
async function dies(world: DetectiveWorld): Promise<boolean> {
  try {
    for (let taken = 0; await world.step(); taken++) if (taken > 200) throw new Error('the follower finds no end');
    return false;
  } catch (error) {
    if (!String(error).includes('the process')) throw error;
    return true;
  }
}

interface Version {
  arn: string;
  version: number;
  event_id: string | null;
  event_name: string | null;
  configuration: string;
  tags: string;
  status: string;
}

function versions({ store }: DetectiveWorld): Promise<Version[]> {
  return store.read.selectFrom('config_version').selectAll().orderBy('arn').orderBy('version').execute();
}

/** No version without a difference to the one before, no record that made two of them, no gap in their numbers. */
function expectNothingTwice(all: readonly Version[]): void {
  const seen = new Set<string>();
  for (const [index, row] of all.entries()) {
    const before = all[index - 1];
    const isFirst = before?.arn !== row.arn;
    expect(row.version, row.arn).toBe(isFirst ? 1 : before.version + 1);
    if (!isFirst) {
      const facts = ({ configuration, tags, status }: Version) => [configuration, tags, status];
      expect(facts(row), `${row.arn} ${row.version}`).not.toEqual(facts(before));
    }
    if (row.event_id === null) continue;
    const key = `${row.arn} ${row.event_id}`;
    expect(seen.has(key), key).toBe(false);
    seen.add(key);
  }
}

/** What is recorded is what the services say now. */
async function expectNothingLost(world: DetectiveWorld): Promise<void> {
  const said = new Map<string, { Configuration: string; Tags: object }>();
  for (let After: string | undefined; ; ) {
    const page = await world.iam.internal.ListConfigurations({ ...(After !== undefined && { After }) });
    for (const item of page.Items) said.set(item.Arn, item);
    After = page.Next;
    if (After === undefined) break;
  }
  const rows = await world.store.read.selectFrom('config_item').selectAll().where('recorder', '=', 'iam').execute();
  const living = rows.filter((row) => row.status === 'OK');
  expect(living.map((row) => row.arn).sort()).toEqual([...said.keys()].sort());
  for (const row of living) {
    expect(JSON.parse(row.configuration), row.arn).toEqual(JSON.parse(said.get(row.arn)?.Configuration ?? '{}'));
    expect(JSON.parse(row.tags), row.arn).toEqual(said.get(row.arn)?.Tags);
  }
}

/** Each verdict row is what the last turn of its rule said. */
async function expectTurnsToAgree({ store }: DetectiveWorld): Promise<void> {
  const turns = await store.read.selectFrom('config_verdict_change').selectAll().orderBy('at').execute();
  const last = new Map<string, string | null>();
  for (const { arn, rule_id, before, after } of turns) {
    const key = `${arn} ${rule_id}`;
    expect(before, key).toBe(last.get(key) ?? null);
    last.set(key, after);
  }
  const verdicts = await store.read.selectFrom('config_verdict').selectAll().execute();
  for (const { arn, rule_id, verdict } of verdicts) expect(last.get(`${arn} ${rule_id}`)).toBe(verdict);
}

async function expectTruth(world: DetectiveWorld): Promise<void> {
  expectNothingTwice(await versions(world));
  await expectNothingLost(world);
  await expectTurnsToAgree(world);
}

detectiveOnBothEngines('a follower whose process dies', (room) => {
  const as = (operation: Parameters<typeof room.world.iam.as>[1], input: object) =>
    room.world.iam.as(room.world.management, operation, input);
  const causes = async (UserName: string) => {
    const Arn = `arn:aws:iam::${room.world.management.accountId}:user/${UserName}`;
    const { Versions } = await room.world.put(orgApi.GetResourceConfigHistory, { Arn });
    return Versions.map(({ Cause }) => Cause?.EventName);
  };

  it.each(['before', 'after'] as const)(
    '%s any of its commits loses no change and records none twice',
    async (moment) => {
      const { world } = room;
      await world.settle();
      let rounds = 0;
      for (let died = true; died; ) {
        if (++rounds > 60) throw new Error('it never got to its end');
        // Each round begins with a walk over everything, so that some die in each kind of work.
        world.clock.time += 3_600_001;
        const UserName = `user-${rounds}`;
        await as(iamApi.CreateUser, { UserName });
        await as(iamApi.CreateRole, { RoleName: `role-${rounds}`, AssumeRolePolicyDocument: TRUST });
        await world.relay();
        const revive = dieAfter(world, rounds, moment);
        died = await dies(world);
        revive();
        const old = await world.restart();
        await world.step();
        // Whoever was thought dead and is not changes nothing any more.
        await old().catch(() => undefined);
        expect(await dies(world)).toBe(false);
        await as(iamApi.TagUser, { UserName, Tags: [{ Key: 'round', Value: String(rounds) }] });
        await world.settle();
        expect(await causes(UserName), `died ${moment} commit ${rounds}`).toEqual(['TagUser', 'CreateUser']);
        await expectTruth(world);
      }
      expect(rounds).toBeGreaterThan(10);
    },
    300_000,
  );

  it('at moments that nobody chose records what there is in the end, and nothing twice', async () => {
    const { world } = room;
    await world.settle();
    let made = 0;
    const users: string[] = [];
    const act = fc.oneof(
      { weight: 3, arbitrary: fc.constant({ kind: 'make' } as const) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('tag' as const), which: fc.nat(), value: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), which: fc.nat() }) },
      { weight: 2, arbitrary: fc.constant({ kind: 'relay' } as const) },
      { weight: 1, arbitrary: fc.constant({ kind: 'hour' } as const) },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant('die' as const),
          commits: fc.oneof(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 15 })),
          moment: fc.constantFrom('before' as const, 'after' as const),
          returns: fc.boolean(),
        }),
      },
    );
    const perform = async (what: Parameters<Parameters<typeof act.map>[0]>[0]) => {
      world.clock.time += 1;
      const chosen = 'which' in what ? users[what.which % Math.max(users.length, 1)] : undefined;
      if (what.kind === 'make') {
        users.push(`made-${++made}`);
        await as(iamApi.CreateUser, { UserName: `made-${made}` });
      } else if (what.kind === 'tag' && chosen) {
        await as(iamApi.TagUser, { UserName: chosen, Tags: [{ Key: 'value', Value: String(what.value) }] });
      } else if (what.kind === 'delete' && chosen) {
        users.splice(users.indexOf(chosen), 1);
        await as(iamApi.DeleteUser, { UserName: chosen });
      } else if (what.kind === 'relay') await world.relay();
      else if (what.kind === 'hour') world.clock.time += 3_600_001;
      else if (what.kind === 'die') {
        const revive = dieAfter(world, what.commits, what.moment);
        await dies(world);
        revive();
        const old = await world.restart();
        await world.step();
        if (what.returns) await old().catch(() => undefined);
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 16 }), async (acts) => {
        for (const what of acts) await perform(what);
        await world.settle();
        await expectTruth(world);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  }, 300_000);
});
