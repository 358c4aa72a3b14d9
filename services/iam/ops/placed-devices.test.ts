import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../../platform/runtime/call.ts';
import { iamApi as api } from '../api/index.ts';
import { errorOf, type IamWorld, makeUser, openIam } from '../testing/harness.ts';
import { projectsOf, unique } from '../testing/projects.ts';

let world: IamWorld;
let { as, project, grant, account }: ReturnType<typeof projectsOf> = {} as never;
beforeAll(async () => {
  world = await openIam();
  ({ as, project, grant, account } = projectsOf(world));
});
afterAll(() => world.close());

/** An administrator of one project. */
async function administrator(): Promise<{ by: Caller; here: string }> {
  const here = await project();
  const by = await makeUser(world, unique('local'));
  await grant(here, { UserName: by.userName });
  return { by, here };
}
const DENIED = { code: 'AccessDenied' };
const serialOf = (made: { VirtualMFADevice: { SerialNumber: string } }) => made.VirtualMFADevice.SerialNumber;

describe('an MFA device', () => {
  const make = (by: Caller, EnterpriseProjectId?: string) =>
    as(api.CreateVirtualMFADevice, { VirtualMFADeviceName: unique('phone'), EnterpriseProjectId }, by).then(serialOf);

  it('is made and deleted by who administers its project, and by nobody of another one', async () => {
    const [one, other] = [await administrator(), await administrator()];
    const SerialNumber = await make(one.by, one.here);
    expect(await errorOf(make(one.by))).toMatchObject(DENIED);
    expect(await errorOf(make(one.by, other.here))).toMatchObject(DENIED);
    expect(await errorOf(as(api.DeleteVirtualMFADevice, { SerialNumber }, other.by))).toMatchObject(DENIED);
    const { VirtualMFADevices } = await as(api.ListVirtualMFADevices, {});
    expect(VirtualMFADevices).toContainEqual({ SerialNumber, EnterpriseProjectId: one.here });
    await as(api.DeleteVirtualMFADevice, { SerialNumber }, one.by);
  });

  it('follows a move, and the preview says who gains and loses', async () => {
    const [one, other] = [await administrator(), await administrator()];
    const ResourceArn = await make(one.by, one.here);
    const move = { ResourceArn, EnterpriseProjectId: other.here };
    const { Gains, Loses } = await as(api.PreviewMoveResource, { ...move, MaxItems: 1000 });
    const actionsOf = (changes: typeof Gains, { arn }: Caller) => changes.find((c) => c.PrincipalArn === arn)?.Actions;
    expect(actionsOf(Loses, one.by)).toContain('iam:DeleteVirtualMFADevice');
    expect(actionsOf(Gains, other.by)).toContain('iam:DeleteVirtualMFADevice');
    await as(api.MoveResource, move);
    const SerialNumber = ResourceArn;
    expect(await errorOf(as(api.DeleteVirtualMFADevice, { SerialNumber }, one.by))).toMatchObject(DENIED);
    await as(api.DeleteVirtualMFADevice, { SerialNumber }, other.by);
  });

  it('of another account is like a missing one', async () => {
    const stranger = await account();
    const ResourceArn = await make(stranger);
    const move = { ResourceArn, EnterpriseProjectId: '0' };
    const foreign = await errorOf(as(api.MoveResource, move));
    const missing = await errorOf(as(api.MoveResource, { ...move, ResourceArn: `${ResourceArn}-not` }));
    expect([foreign.code, foreign.message.replace(ResourceArn, '')]).toEqual([
      missing.code,
      missing.message.replace(`${ResourceArn}-not`, ''),
    ]);
  });
});

describe('an action namespace', () => {
  const register = (by: Caller, EnterpriseProjectId?: string) =>
    as(api.RegisterNamespace, { Name: unique('space'), Actions: [{ Name: 'Do' }], EnterpriseProjectId }, by);

  it('is registered, described and deleted by who administers its project, and by nobody of another one', async () => {
    const [one, other] = [await administrator(), await administrator()];
    const { Namespace } = await register(one.by, one.here);
    const { Name } = Namespace;
    expect(Namespace.EnterpriseProjectId).toBe(one.here);
    expect(await errorOf(register(one.by))).toMatchObject(DENIED);
    expect(await errorOf(as(api.DescribeNamespace, { Name }, other.by))).toMatchObject(DENIED);
    expect(await errorOf(as(api.DeleteNamespace, { Name }, other.by))).toMatchObject(DENIED);
    expect((await as(api.DescribeNamespace, { Name }, one.by)).Namespace).toEqual(Namespace);
    await as(api.DeleteNamespace, { Name }, one.by);
  });

  it('is in a project of its own account, also when another account has one of its name', async () => {
    const stranger = await account();
    const here = await project();
    const Name = unique('space');
    for (const by of [world.admin, stranger]) await as(api.RegisterNamespace, { Name, Actions: [{ Name: 'Do' }] }, by);
    const ResourceArn = `arn:aws:authz:local-1:${world.admin.accountId}:namespace/${Name}`;
    await as(api.MoveResource, { ResourceArn, EnterpriseProjectId: here });
    expect((await as(api.DescribeNamespace, { Name })).Namespace.EnterpriseProjectId).toBe(here);
    expect((await as(api.DescribeNamespace, { Name }, stranger)).Namespace.EnterpriseProjectId).toBe('0');
  });
});
