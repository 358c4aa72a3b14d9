/** What nodes follow: one revision, raised by every commit that guardrails depend on, heard of at once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orgApi as api } from '../api/index.ts';
import {
  followed,
  found,
  guardrail,
  inOrder,
  member,
  type OrgWorld,
  openOrg,
  standAlone,
  unit,
} from '../testing/harness.ts';

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

  it('every change is told so that who follows knows the whole view', async () => {
    const root = (await world.internal.GetOrganizationView({})).Organization?.RootId as string;
    const guest = await standAlone(world, 'followed guest');
    const ids: Record<'left' | 'right' | 'account' | 'policy', string> = {
      left: '',
      right: '',
      account: '',
      policy: '',
    };
    const account = () => ({ AccountId: ids.account });
    const move = (SourceParentId: string, DestinationParentId: string) =>
      world.ask(api.MoveAccount, { ...account(), SourceParentId, DestinationParentId });
    const invited = async () => {
      const { Handshake } = await world.ask(api.InviteAccountToOrganization, {
        Target: { Id: guest.accountId, Type: 'ACCOUNT' },
      });
      return world.as(guest, api.AcceptHandshake, { HandshakeId: Handshake.Id });
    };
    const pair = () => ({ PolicyId: ids.policy, TargetId: ids.left });
    const Content = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"kms:Decrypt","Resource":"*"}}';
    const acts: [string, () => Promise<unknown>][] = [
      ['a unit', async () => (ids.left = await unit(world, root, 'left of two'))],
      ['another unit', async () => (ids.right = await unit(world, root, 'right of two'))],
      ['its name', () => world.ask(api.UpdateOrganizationalUnit, { OrganizationalUnitId: ids.left, Name: 'renamed' })],
      ['an account', async () => (ids.account = await member(world, 'followed', ids.left))],
      ['an account moved', () => move(ids.left, root)],
      ['an account moved back', () => move(root, ids.left)],
      [
        'a unit moved with its accounts',
        () => world.ask(api.MoveOrganizationalUnit, { OrganizationalUnitId: ids.left, DestinationParentId: ids.right }),
      ],
      ['a policy', async () => (ids.policy = await guardrail(world, 'followed'))],
      ['an attachment', () => world.ask(api.AttachPolicy, pair())],
      ['its mode', () => world.ask(api.UpdatePolicyAttachment, { ...pair(), Mode: 'observe' })],
      ['a document', () => world.ask(api.UpdatePolicy, { PolicyId: ids.policy, Content })],
      ['a name of a policy', () => world.ask(api.UpdatePolicy, { PolicyId: ids.policy, Name: 'followed on' })],
      ['a policy at the root', () => world.ask(api.AttachPolicy, { ...pair(), TargetId: root })],
      ['none at the root', () => world.ask(api.DetachPolicy, { ...pair(), TargetId: root })],
      ['none', () => world.ask(api.DetachPolicy, pair())],
      ['no policy', () => world.ask(api.DeletePolicy, { PolicyId: ids.policy })],
      ['a suspended account', () => world.ask(api.SuspendAccount, account())],
      ['a resumed account', () => world.ask(api.ResumeAccount, account())],
      ['an account that joins', invited],
      ['an account that leaves', () => world.as(guest, api.LeaveOrganization, {})],
      ['an account that joins again', invited],
      [
        'an account that is removed',
        () => world.ask(api.RemoveAccountFromOrganization, { AccountId: guest.accountId }),
      ],
      ['a closed account', () => world.ask(api.CloseAccount, account())],
      ['an account moved for good', () => move(ids.left, root)],
      ['a unit gone', () => world.ask(api.DeleteOrganizationalUnit, { OrganizationalUnitId: ids.left })],
    ];
    const first = await world.internal.GetOrganizationView({});
    let known = first;
    for (const [what, act] of acts) {
      await act();
      let now = known;
      let follower: typeof known | undefined;
      // What goes on in the background may come in between.
      do {
        now = await world.internal.GetOrganizationView({});
        follower = await followed(world, known);
      } while (follower && follower.Revision !== now.Revision);
      expect(now.Revision, what).toBeGreaterThan(known.Revision);
      expect(follower && inOrder(follower), what).toEqual(inOrder(now));
      known = now;
    }
    const late = await followed(world, first);
    expect(late && inOrder(late)).toEqual(inOrder(known));
  });

  it('what cannot be told apart is left to be read as a whole', async () => {
    const { Revision, Organization } = await world.internal.GetOrganizationView({});
    const ask = async (Since: number) => world.internal.GetOrganizationChanges({ Since, WaitMilliseconds: 0 });
    expect(await ask(Revision)).toEqual({ Revision });
    expect(await ask(Revision + 5)).toEqual({ Revision });
    const type = { RootId: Organization?.RootId, PolicyType: 'RESOURCE_CONTROL_POLICY' };
    await world.ask(api.EnablePolicyType, type);
    expect(await ask(Revision)).toEqual({ Revision: Revision + 1 });
    await world.ask(api.DisablePolicyType, type);
    await world.store.transaction((tx) => world.store.pruneChanges(tx, Revision + 1));
    await unit(world, Organization?.RootId as string, 'after the pruning');
    expect(await ask(Revision)).toEqual({ Revision: Revision + 3 });
    expect((await ask(Revision + 2)).Changes?.Units).toHaveLength(1);
  });
});
