import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { Caller } from '../../../platform/runtime/call.ts';
import { iamApi as api } from '../api/index.ts';
import { allow, errorOf, type IamWorld, makeUser, openIam, policy } from '../testing/harness.ts';
import { ADMIN, MISSING_PROJECT, projectsOf, unique } from '../testing/projects.ts';

let world: IamWorld;
let { as, project, grant, account }: ReturnType<typeof projectsOf> = {} as never;
beforeAll(async () => {
  world = await openIam();
  ({ as, project, grant, account } = projectsOf(world));
});
afterAll(() => world.close());

describe('a user, group, role, policy, device or namespace', () => {
  const trust = policy({
    Effect: 'Allow',
    Principal: { AWS: '*' },
    Action: 'sts:AssumeRole',
    Condition: { Bool: { 'aws:SecureTransport': 'true' } },
  });
  const kinds = {
    user: async (name: string, EnterpriseProjectId?: string) =>
      (await as(api.CreateUser, { UserName: name, EnterpriseProjectId })).User,
    group: async (name: string, EnterpriseProjectId?: string) =>
      (await as(api.CreateGroup, { GroupName: name, EnterpriseProjectId })).Group,
    role: async (name: string, EnterpriseProjectId?: string) =>
      (await as(api.CreateRole, { RoleName: name, AssumeRolePolicyDocument: trust, EnterpriseProjectId })).Role,
    policy: async (name: string, EnterpriseProjectId?: string) => {
      const PolicyDocument = policy(allow('kms:Decrypt'));
      return (await as(api.CreatePolicy, { PolicyName: name, PolicyDocument, EnterpriseProjectId })).Policy;
    },
    mfa: async (name: string, EnterpriseProjectId?: string) => {
      const made = await as(api.CreateVirtualMFADevice, { VirtualMFADeviceName: name, EnterpriseProjectId });
      return { ...made.VirtualMFADevice, Arn: made.VirtualMFADevice.SerialNumber };
    },
    namespace: async (name: string, EnterpriseProjectId?: string) => {
      const Name = `nsp-${name}`;
      const made = await as(api.RegisterNamespace, { Name, Actions: [{ Name: 'Do' }], EnterpriseProjectId });
      return { ...made.Namespace, Arn: `arn:aws:authz:local-1:${world.admin.accountId}:namespace/${Name}` };
    },
  } as const;

  it.each(Object.entries(kinds))('%s: is in its project, and moves', async (kind, make) => {
    const [here, there] = [await project(), await project()];
    const made = await make(unique('one'), here);
    expect(made.EnterpriseProjectId).toBe(here);
    expect((await make(unique('other'))).EnterpriseProjectId).toBe('0');
    const listed = async (EnterpriseProjectId: string) =>
      (await as(api.ListProjectResources, { EnterpriseProjectId })).Resources;
    const ResourceType = kind === 'namespace' ? 'authz:namespace' : `iam:${kind}`;
    const resource = { ResourceArn: made.Arn, ResourceType };
    expect(await listed(here)).toEqual([resource]);
    expect(await as(api.MoveResource, { ResourceArn: made.Arn, EnterpriseProjectId: there })).toEqual({
      ResourceArn: made.Arn,
      FromEnterpriseProjectId: here,
      EnterpriseProjectId: there,
    });
    expect([await listed(here), await listed(there)]).toEqual([[], [resource]]);
    const record = (await world.records()).findLast((r) => r.eventName === 'MoveResource');
    expect(record).toMatchObject({ resources: [{ ARN: made.Arn }], x: { enterpriseProject: here } });
  });

  it.each(Object.entries(kinds))('%s: is not made in or moved to a missing or disabled project', async (_, make) => {
    const closed = await project();
    await as(api.DisableEnterpriseProject, { EnterpriseProjectId: closed });
    const { Arn } = await make(unique('made'));
    for (const [EnterpriseProjectId, code] of [
      [closed, 'EnterpriseProjectDisabled'],
      [MISSING_PROJECT, 'NotFound'],
    ] as const) {
      expect(await errorOf(make(unique('x'), EnterpriseProjectId))).toMatchObject({ code });
      for (const operation of [api.MoveResource, api.PreviewMoveResource])
        expect(await errorOf(as(operation, { ResourceArn: Arn, EnterpriseProjectId }))).toMatchObject({ code });
    }
  });

  it('moves by the permission in both projects', async () => {
    const [here, there] = [await project(), await project()];
    const { Arn } = await kinds.user(unique('moved'), here);
    const mover = await makeUser(world, unique('mover'));
    const move = () => as(api.MoveResource, { ResourceArn: Arn, EnterpriseProjectId: there }, mover);
    await grant(here, { UserName: mover.userName });
    expect(await errorOf(move())).toMatchObject({ code: 'AccessDenied' });
    await grant(there, { UserName: mover.userName });
    await move();
    await as(api.DetachProjectPolicy, { EnterpriseProjectId: here, PolicyArn: ADMIN, UserName: mover.userName });
    expect(await errorOf(as(api.MoveResource, { ResourceArn: Arn, EnterpriseProjectId: here }, mover))).toMatchObject({
      code: 'AccessDenied',
    });
  });

  it('says before it moves who gains and who loses, and so it is', async () => {
    const [here, there] = [await project(), await project()];
    const { Arn } = await kinds.role(unique('role'), here);
    const RoleName = Arn.slice(Arn.lastIndexOf('/') + 1);
    const [old, next] = [await makeUser(world, unique('old')), await makeUser(world, unique('next'))];
    await grant(here, { UserName: old.userName });
    await grant(there, { UserName: next.userName });
    const preview = await as(api.PreviewMoveResource, { ResourceArn: Arn, EnterpriseProjectId: there });
    const of = (changes: typeof preview.Gains, arn: string) => changes.find((c) => c.PrincipalArn === arn)?.Actions;
    expect(of(preview.Gains, next.arn)).toEqual(expect.arrayContaining(['iam:GetRole', 'iam:DeleteRole']));
    expect(of(preview.Loses, old.arn)).toEqual(of(preview.Gains, next.arn));
    expect(of(preview.Gains, old.arn)).toBeUndefined();
    expect(of(preview.Gains, next.arn)).not.toContain('iam:AttachRolePolicy');
    const may = async (by: Caller) => {
      const found = await as(api.GetRole, { RoleName }, by).then(
        () => true,
        (error) => error.code === 'AccessDenied' && false,
      );
      return found;
    };
    expect([await may(old), await may(next)]).toEqual([true, false]);
    await as(api.MoveResource, { ResourceArn: Arn, EnterpriseProjectId: there });
    expect([await may(old), await may(next)]).toEqual([false, true]);
  });

  it.each([
    ['arn:aws:iam::aws:policy/ReadOnlyAccess', 'UnmodifiableEntity'],
    ['arn:aws:kms:local-1:123456789012:key/k', 'InvalidInput'],
    ['arn:aws:iam::123456789012:root', 'InvalidInput'],
    ['arn:aws:iam::123456789012:user/nobody', 'NotFound'],
  ])('that is %s cannot be moved', async (ResourceArn, code) => {
    const EnterpriseProjectId = await project();
    expect(await errorOf(as(api.MoveResource, { ResourceArn, EnterpriseProjectId }))).toMatchObject({ code });
  });
});

describe('of another account', () => {
  it('a project answers what a missing one answers', async () => {
    const theirs = await project();
    const other = await account();
    const attempts: [AnyOperation, (id: string) => object][] = [
      [api.DescribeEnterpriseProject, (id) => ({ EnterpriseProjectId: id })],
      [api.UpdateEnterpriseProject, (id) => ({ EnterpriseProjectId: id, Description: 'x' })],
      [api.DisableEnterpriseProject, (id) => ({ EnterpriseProjectId: id })],
      [api.EnableEnterpriseProject, (id) => ({ EnterpriseProjectId: id })],
      [api.ListProjectGrants, (id) => ({ EnterpriseProjectId: id })],
      [api.ListProjectResources, (id) => ({ EnterpriseProjectId: id })],
      [api.AttachProjectPolicy, (id) => ({ EnterpriseProjectId: id, PolicyArn: ADMIN, UserName: 'admin' })],
      [api.DetachProjectPolicy, (id) => ({ EnterpriseProjectId: id, PolicyArn: ADMIN, UserName: 'admin' })],
      [api.CreateUser, (id) => ({ UserName: 'x', EnterpriseProjectId: id })],
      [api.MoveResource, (id) => ({ ResourceArn: other.arn, EnterpriseProjectId: id })],
      [api.PreviewMoveResource, (id) => ({ ResourceArn: other.arn, EnterpriseProjectId: id })],
    ];
    const nobody = await makeUser(world, unique('nobody'), undefined, other);
    for (const caller of [other, nobody]) {
      for (const [operation, input] of attempts) {
        const found = await errorOf(as(operation, input(theirs), caller));
        const absent = await errorOf(as(operation, input(MISSING_PROJECT), caller));
        const neutral = ({ code, message, hint }: Awaited<ReturnType<typeof errorOf>>, id: string) =>
          JSON.stringify({ code, message, hint })
            .replaceAll(id, 'ID')
            .replaceAll(/decisions\/[0-9a-f-]+/g, '');
        expect(neutral(found, theirs)).toBe(neutral(absent, MISSING_PROJECT));
      }
    }
    expect((await as(api.ListEnterpriseProjects, {}, other)).EnterpriseProjects).toHaveLength(1);
  });

  it('a user cannot be moved, and one of ours does not fall under their grants', async () => {
    const other = await account();
    const here = await project(unique('theirs'), other);
    const stolen = as(api.MoveResource, { ResourceArn: world.admin.arn, EnterpriseProjectId: here }, other);
    expect(await errorOf(stolen)).toMatchObject({ code: 'NotFound' });
    const visitor = await makeUser(world, unique('visitor'), undefined, other);
    await grant('0', { UserName: visitor.userName }, ADMIN, other);
    const { Role } = await as(api.CreateRole, {
      RoleName: unique('open'),
      AssumeRolePolicyDocument: policy({
        Effect: 'Allow',
        Principal: { AWS: other.accountId },
        Action: 'sts:AssumeRole',
      }),
    });
    const assume = as(api.AssumeRole, { RoleArn: Role.Arn, RoleSessionName: 's1' }, visitor);
    expect(await errorOf(assume)).toMatchObject({ code: 'AccessDenied' });
    await as(api.AssumeRole, { RoleArn: Role.Arn, RoleSessionName: 's1' }, other);
  });
});
