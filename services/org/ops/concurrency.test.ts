import { beforeAll, expect, it } from 'vitest';
import { orgApi as api } from '../api/index.ts';
import { onBothEngines } from '../testing/engines.ts';
import { failure, guardrail, joined, member, type OrgWorld, standAlone, unit } from '../testing/harness.ts';

/** Outcomes of requests that were sent at once. */
async function outcomes(requests: Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const one of await Promise.allSettled(requests)) {
    const { code, details } = one.status === 'fulfilled' ? { code: 'ok', details: {} } : one.reason;
    const shown = details?.reason === undefined ? code : `${code}/${details.reason}`;
    counts[shown] = (counts[shown] ?? 0) + 1;
  }
  return counts;
}

const times = <T>(count: number, work: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => work(n));

onBothEngines(
  'at the same moment',
  (the) => {
    let world: OrgWorld;
    let root: string;
    beforeAll(async () => {
      world = the();
      const made = await outcomes(times(8, () => world.ask(api.CreateOrganization)));
      expect(made).toEqual({ ok: 1, AlreadyInOrganization: 7 });
      root = (await world.ask(api.ListRoots)).Roots[0]?.Id as string;
    });

    it('eight movers of one account: one moves it', async () => {
      const account = (await joined(world, 'moved')).accountId;
      const units: string[] = [];
      for (let i = 0; i < 8; i++) units.push(await unit(world, root, `to ${i}`));
      const result = await outcomes(
        units.map((DestinationParentId) =>
          world.ask(api.MoveAccount, { AccountId: account, SourceParentId: root, DestinationParentId }),
        ),
      );
      expect(result).toEqual({ ok: 1, SourceParentNotFound: 7 });
    });

    it('eight movers of units into one another: no cycle comes of it', async () => {
      const ring: string[] = [];
      for (let i = 0; i < 8; i++) ring.push(await unit(world, root, `ring ${i}`));
      const result = await outcomes(
        ring.map((OrganizationalUnitId, i) =>
          world.ask(api.MoveOrganizationalUnit, {
            OrganizationalUnitId,
            DestinationParentId: ring[(i + 1) % ring.length],
          }),
        ),
      );
      expect(result.ok).toBeGreaterThan(0);
      const refused =
        (result['InvalidInput/INVALID_PATTERN_TARGET_ID'] ?? 0) +
        (result['ConstraintViolation/OU_DEPTH_LIMIT_EXCEEDED'] ?? 0);
      expect((result.ok as number) + refused).toBe(8);
      const { Units } = await world.internal.GetOrganizationView({});
      const parents = new Map(Units.map((u) => [u.Id, u.ParentId]));
      for (const id of ring) {
        let [at, hops] = [id, 0];
        while (at !== root) {
          at = parents.get(at) as string;
          expect(++hops).toBeLessThanOrEqual(5);
        }
      }
    });

    it('eight attachers to one node: its limit holds, and one policy comes once', async () => {
      const target = await unit(world, root, 'crowded');
      const policies: string[] = [];
      for (let i = 0; i < 8; i++) policies.push(await guardrail(world, `crowd ${i}`));
      const result = await outcomes(
        policies.map((PolicyId) => world.ask(api.AttachPolicy, { PolicyId, TargetId: target })),
      );
      expect(result).toEqual({ ok: 4, 'ConstraintViolation/MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED': 4 });
      const other = await unit(world, root, 'single');
      const same = await outcomes(
        times(8, () => world.ask(api.AttachPolicy, { PolicyId: policies[0], TargetId: other })),
      );
      expect(same).toEqual({ ok: 1, DuplicatePolicyAttachment: 7 });
    });

    it('detachers of all policies of a node: one policy stays', async () => {
      const target = await unit(world, root, 'stripped');
      const policies = ['p-FullAWSAccess'];
      for (let i = 0; i < 3; i++) {
        const PolicyId = await guardrail(world, `strip ${i}`);
        await world.ask(api.AttachPolicy, { PolicyId, TargetId: target });
        policies.push(PolicyId);
      }
      const result = await outcomes(
        policies.map((PolicyId) => world.ask(api.DetachPolicy, { PolicyId, TargetId: target })),
      );
      expect(result).toEqual({ ok: 3, 'ConstraintViolation/MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED': 1 });
    });

    it('one unit gets a name, in whatever letter case', async () => {
      const spell = (n: number) => (n % 2 === 0 ? 'Same' : 'SAME');
      const result = await outcomes(times(8, (n) => unit(world, root, spell(n))));
      expect(result).toEqual({ ok: 1, DuplicateOrganizationalUnit: 7 });
    });

    it('a unit is either deleted or filled', async () => {
      for (let round = 0; round < 4; round++) {
        const id = await unit(world, root, `either ${round}`);
        await outcomes([
          world.ask(api.DeleteOrganizationalUnit, { OrganizationalUnitId: id }),
          unit(world, id, 'inside'),
          member(world, `inside ${round}`, id),
        ]);
        const { Units, Accounts } = await world.internal.GetOrganizationView({});
        const there = Units.some((u) => u.Id === id);
        const children = [...Units, ...Accounts].filter((child) => child.ParentId === id);
        expect([there, children.length > 0]).toEqual([there, there]);
      }
    });

    it('an invitation is accepted, declined or cancelled, once', async () => {
      const caller = await standAlone(world, 'wanted');
      const invite = () =>
        world.ask(api.InviteAccountToOrganization, { Target: { Id: caller.accountId, Type: 'ACCOUNT' } });
      expect(await outcomes(times(4, invite))).toEqual({ ok: 1, DuplicateHandshake: 3 });
      const { Handshakes } = await world.as(caller, api.ListHandshakesForAccount, {});
      const HandshakeId = Handshakes[0]?.Id as string;
      const result = await outcomes([
        ...times(3, () => world.as(caller, api.AcceptHandshake, { HandshakeId })),
        world.as(caller, api.DeclineHandshake, { HandshakeId }),
        world.ask(api.CancelHandshake, { HandshakeId }),
      ]);
      expect(result.ok).toBe(1);
      const { Handshake } = await world.ask(api.DescribeHandshake, { HandshakeId });
      const isMember =
        (await failure(world.as(caller, api.DescribeOrganization, {})).catch(() => 'member')) === 'member';
      expect(Handshake.State === 'ACCEPTED').toBe(isMember);
    });

    it('accounts asked for at once are all made, and no more than may be in progress', async () => {
      const asked = times(12, (n) =>
        world.ask(api.CreateAccount, { AccountName: `many ${n}`, Email: `many-${n}@example.com` }),
      );
      const done = (await Promise.allSettled(asked)).filter((one) => one.status === 'fulfilled');
      expect(done.length).toBeGreaterThan(0);
      await expect
        .poll(
          async () => (await world.ask(api.ListCreateAccountStatus, { States: ['IN_PROGRESS'] })).CreateAccountStatuses,
          {
            timeout: 10_000,
          },
        )
        .toEqual([]);
      const { CreateAccountStatuses } = await world.ask(api.ListCreateAccountStatus, { MaxResults: 100 });
      const made = CreateAccountStatuses.filter((status) => status.AccountName.startsWith('many'));
      expect(made.map((status) => status.State)).toEqual(made.map(() => 'SUCCEEDED'));
      expect(made).toHaveLength(done.length);
    });

    it('two requests for one address: one account', async () => {
      const asked = await Promise.all(
        times(2, () => world.ask(api.CreateAccount, { AccountName: 'twin', Email: 'Twin@example.com' })),
      );
      const states = asked.map(({ CreateAccountStatus }) => CreateAccountStatus.FailureReason ?? 'none').sort();
      expect(states).toEqual(['EMAIL_ALREADY_EXISTS', 'none']);
    });
  },
  { limits: { attachmentsPerNode: 5 } },
);
