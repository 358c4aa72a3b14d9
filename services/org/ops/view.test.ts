/** What nodes follow: one revision, raised by every commit that guardrails depend on, heard of at once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orgApi as api } from '../api/index.ts';
import { found, guardrail, member, type OrgWorld, openOrg, standAlone, unit } from '../testing/harness.ts';

let world: OrgWorld;
beforeAll(async () => {
  world = await openOrg();
});
afterAll(() => world?.close());

const revision = async () => (await world.internal.GetOrganizationChanges({ Since: 0, WaitMilliseconds: 0 })).Revision;

describe('the view', () => {
  it('is empty before there is an organization', async () => {
    expect(await world.internal.GetOrganizationView({})).toEqual({
      Revision: 0,
      EnabledPolicyTypes: [],
      Units: [],
      Accounts: [],
      Policies: [],
      Attachments: [],
    });
  });

  it('is for our own services only', async () => {
    await expect(world.as(world.management, api.GetOrganizationView, {})).rejects.toMatchObject({
      code: 'AccessDenied',
    });
    await expect(
      world.as(world.management, api.GetOrganizationChanges, { Since: 0, WaitMilliseconds: 0 }),
    ).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  it('holds the whole organization at one revision', async () => {
    const { organizationId, rootId } = await found(world);
    const outer = await unit(world, rootId, 'outer');
    const inner = await unit(world, outer, 'inner');
    const account = await member(world, 'held', inner);
    const policy = await guardrail(world, 'held');
    await world.ask(api.AttachPolicy, { PolicyId: policy, TargetId: inner, Mode: 'observe' });
    const view = await world.internal.GetOrganizationView({});
    expect(view).toMatchObject({
      Revision: await revision(),
      Organization: { Id: organizationId, RootId: rootId, ManagementAccountId: world.management.accountId },
      EnabledPolicyTypes: ['SERVICE_CONTROL_POLICY'],
    });
    expect(view.Units).toContainEqual({ Id: inner, ParentId: outer, Name: 'inner' });
    expect(view.Accounts).toContainEqual({ Id: account, ParentId: inner, State: 'ACTIVE', KeepCrossAccountUse: false });
    expect(view.Attachments).toContainEqual({ TargetId: inner, PolicyId: policy, Mode: 'observe' });
    expect(view.Policies.map((p) => p.Id).sort()).toEqual([policy, 'p-FullAWSAccess', 'p-RCPFullAWSAccess'].sort());
  });

  it('the revision moves with what guardrails depend on, and with nothing else', async () => {
    const { RootId } = (await world.internal.GetOrganizationView({})).Organization ?? {};
    const moves = async (work: () => Promise<unknown>) => {
      const before = await revision();
      await work();
      return (await revision()) - before;
    };
    const root = RootId as string;
    let id = '';
    expect(await moves(async () => (id = await unit(world, root, 'counted')))).toBe(1);
    const policy = await guardrail(world, 'counted');
    const pair = { PolicyId: policy, TargetId: id };
    expect(await moves(() => world.ask(api.AttachPolicy, pair))).toBe(1);
    expect(await moves(() => world.ask(api.UpdatePolicyAttachment, { ...pair, Mode: 'observe' }))).toBe(1);
    expect(await moves(() => world.ask(api.UpdatePolicy, { PolicyId: policy, Name: 'recounted' }))).toBe(1);
    expect(await moves(() => world.ask(api.DetachPolicy, pair))).toBe(1);
    expect(await moves(() => world.ask(api.TagResource, { ResourceId: id, Tags: [{ Key: 'a', Value: 'b' }] }))).toBe(0);
    expect(await moves(() => world.ask(api.UpdatePolicy, { PolicyId: policy, Description: 'more' }))).toBe(0);
    const guest = await standAlone(world, 'guest');
    const target = { Target: { Id: guest.accountId, Type: 'ACCOUNT' } };
    expect(await moves(() => world.ask(api.InviteAccountToOrganization, target))).toBe(0);
  });

  it('is never older than the revision at the time of asking, however many ask', async () => {
    const { RootId } = (await world.internal.GetOrganizationView({})).Organization ?? {};
    const ask = async (n: number) => {
      if (n % 3 === 0) await unit(world, RootId as string, `asked ${n}`);
      const before = await revision();
      const view = await world.internal.GetOrganizationView({});
      expect(view.Revision).toBeGreaterThanOrEqual(before);
      if (n % 3 === 0) expect(view.Units.map((u) => u.Name)).toContain(`asked ${n}`);
    };
    await Promise.all(Array.from({ length: 24 }, (_, n) => ask(n)));
  });

  it('a write wakes who waits, at once; without one the wait ends', async () => {
    const Since = await revision();
    const { RootId } = (await world.internal.GetOrganizationView({})).Organization ?? {};
    const begun = performance.now();
    const heard = world.internal.GetOrganizationChanges({ Since, WaitMilliseconds: 1_000 });
    // Long after the first look, long before the second.
    await new Promise((done) => setTimeout(done, 20));
    await unit(world, RootId as string, 'loud');
    const written = performance.now();
    expect((await heard).Revision).toBe(Since + 1);
    expect(performance.now() - written).toBeLessThan(100);
    expect(performance.now() - begun).toBeLessThan(500);
    const quiet = await world.internal.GetOrganizationChanges({ Since: Since + 1, WaitMilliseconds: 50 });
    expect(quiet.Revision).toBe(Since + 1);
  });
});
