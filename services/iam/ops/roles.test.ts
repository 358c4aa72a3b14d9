/** Roles as objects, and who may take them on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { Caller } from '../../../platform/runtime/call.ts';
import { iamApi as api } from '../api/index.ts';
import {
  allow,
  assume,
  errorOf,
  type IamWorld,
  makeRole,
  makeUser,
  openIam,
  otherAdmin,
  policy,
  rootOf,
  trust,
} from '../testing/harness.ts';

let world: IamWorld;
let other: Caller;
beforeAll(async () => {
  world = await openIam();
  other = await otherAdmin(world);
});
afterAll(() => world.close());

const asAdmin = <Op extends AnyOperation>(operation: Op, input: unknown) => world.as(world.admin, operation, input);
let count = 0;
const unique = (prefix: string) => `${prefix}-${++count}`;
const READ = [allow(['iam:GetRole', 'iam:ListRoles'])];

describe('a role', () => {
  it('remembers when it was last used, the newest use only, for 400 days', async () => {
    const RoleName = unique('used');
    const made = await asAdmin(api.CreateRole, { RoleName, AssumeRolePolicyDocument: trust(world.admin.accountId) });
    const { RoleId } = made.Role;
    const lastUsed = async () => (await asAdmin(api.GetRole, { RoleName })).Role.RoleLastUsed;
    const use = (At: number, Region: string) =>
      world.internal.NoteUses({ AccessKeys: [], Roles: [{ RoleId, At, Service: 'kms', Region }] });
    expect(await lastUsed()).toEqual({});
    const at = world.clock.time;
    await use(at, 'local-1');
    await use(at - 1_000, 'local-2');
    const expected = { LastUsedDate: at, Region: 'local-1' };
    expect(await lastUsed()).toEqual(expected);
    await world.deps.roleUses.flush(world.store);
    await use(at - 500, 'local-2');
    expect(await lastUsed()).toEqual(expected);
    await world.deps.roleUses.flush(world.store);
    expect(await lastUsed()).toEqual(expected);
    const { Roles } = await asAdmin(api.ListRoles, {});
    expect(Roles.find((role) => role.RoleName === RoleName)).not.toHaveProperty('RoleLastUsed');
    world.clock.time += 400 * 86_400_000;
    try {
      expect(await lastUsed()).toEqual({});
    } finally {
      world.clock.time = at;
    }
  });

  it('is described as it was made, and lists leave tags, boundary and last use out', async () => {
    const RoleName = unique('role');
    const document = trust(world.admin.accountId);
    const { Policy } = await asAdmin(api.CreatePolicy, { PolicyName: unique('b'), PolicyDocument: policy(allow('*')) });
    const made = await asAdmin(api.CreateRole, {
      RoleName,
      Path: '/ops/',
      AssumeRolePolicyDocument: document,
      Description: 'on call',
      MaxSessionDuration: 7200,
      PermissionsBoundary: Policy.Arn,
      Tags: [{ Key: 'team', Value: 'a' }],
    });
    expect(made.Role).toMatchObject({
      RoleName,
      Path: '/ops/',
      RoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}$/),
      Arn: `arn:aws:iam::${world.admin.accountId}:role/ops/${RoleName}`,
      AssumeRolePolicyDocument: document,
      Description: 'on call',
      MaxSessionDuration: 7200,
      PermissionsBoundary: { PermissionsBoundaryArn: Policy.Arn },
      Tags: [{ Key: 'team', Value: 'a' }],
    });
    expect((await asAdmin(api.GetRole, { RoleName })).Role).toEqual({ ...made.Role, RoleLastUsed: {} });
    const { Roles } = await asAdmin(api.ListRoles, { PathPrefix: '/ops/' });
    const { PermissionsBoundary: _boundary, Tags: _tags, ...listed } = made.Role;
    expect(Roles).toEqual([listed]);
    const entities = await asAdmin(api.ListEntitiesForPolicy, { PolicyArn: Policy.Arn });
    expect(entities.PolicyRoles).toEqual([{ RoleName, RoleId: made.Role.RoleId }]);
    expect(await errorOf(asAdmin(api.DeletePolicy, { PolicyArn: Policy.Arn }))).toMatchObject({
      code: 'DeleteConflict',
    });
    await asAdmin(api.DeleteRolePermissionsBoundary, { RoleName });
    expect(await errorOf(asAdmin(api.DeleteRolePermissionsBoundary, { RoleName }))).toMatchObject({ code: 'NotFound' });
    await asAdmin(api.DeletePolicy, { PolicyArn: Policy.Arn });
  });

  it('changes its description and longest session one by one', async () => {
    const RoleName = unique('role');
    await makeRole(world, RoleName);
    await asAdmin(api.UpdateRole, { RoleName, Description: 'one' });
    await asAdmin(api.UpdateRole, { RoleName, MaxSessionDuration: 10_000 });
    expect((await asAdmin(api.GetRole, { RoleName })).Role).toMatchObject({
      Description: 'one',
      MaxSessionDuration: 10_000,
    });
    const { Role } = await asAdmin(api.UpdateRoleDescription, { RoleName, Description: 'two' });
    expect(Role).toMatchObject({ Description: 'two', MaxSessionDuration: 10_000 });
  });

  it('is not made where roles of services are', async () => {
    for (const Path of ['/aws-service-role/x.amazonaws.com/', '/aws-reserved/sso/'])
      expect(await errorOf(makeRole(world, unique('role'), undefined, { input: { Path } }))).toMatchObject({
        code: 'InvalidInput',
      });
  });

  it('has a name that is unique without letter case', async () => {
    const RoleName = unique('Role');
    await makeRole(world, RoleName);
    expect(await errorOf(makeRole(world, RoleName.toLowerCase()))).toMatchObject({ code: 'EntityAlreadyExists' });
    expect(await errorOf(asAdmin(api.GetRole, { RoleName: RoleName.toLowerCase() }))).toMatchObject({
      code: 'NotFound',
    });
  });

  it('is deleted only without policies, and takes its sessions and tags along', async () => {
    const RoleName = unique('role');
    const arn = await makeRole(world, RoleName, READ);
    await asAdmin(api.TagRole, { RoleName, Tags: [{ Key: 'a', Value: 'b' }] });
    const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
    await asAdmin(api.AttachRolePolicy, { RoleName, PolicyArn });
    const session = await assume(world, world.admin, arn);
    expect(await errorOf(asAdmin(api.DeleteRole, { RoleName }))).toMatchObject({
      code: 'DeleteConflict',
      message: 'Cannot delete entity, must detach all policies first.',
    });
    expect((await asAdmin(api.ListAttachedRolePolicies, { RoleName })).AttachedPolicies).toEqual([
      { PolicyName: 'ReadOnlyAccess', PolicyArn },
    ]);
    await asAdmin(api.DetachRolePolicy, { RoleName, PolicyArn });
    expect(await errorOf(asAdmin(api.DeleteRole, { RoleName }))).toMatchObject({
      message: 'Cannot delete entity, must delete policies first.',
    });
    expect((await asAdmin(api.ListRolePolicies, { RoleName })).PolicyNames).toEqual(['test']);
    await asAdmin(api.DeleteRolePolicy, { RoleName, PolicyName: 'test' });
    await asAdmin(api.DeleteRole, { RoleName });
    expect(await errorOf(world.as(session, api.GetCallerIdentity, {}))).toMatchObject({ code: 'Unauthenticated' });
    const db = world.store.read;
    const id = session.entityId as string;
    expect(await db.selectFrom('session').selectAll().where('entity_id', '=', id).execute()).toEqual([]);
    for (const table of ['tag', 'inline_policy', 'attachment'] as const)
      expect(await db.selectFrom(table).selectAll().where('owner_id', '=', id).execute()).toEqual([]);
  });

  it('of another account answers what a missing one does', async () => {
    const RoleName = unique('role');
    await makeRole(world, RoleName);
    for (const operation of [api.GetRole, api.DeleteRole, api.ListRoleTags, api.ListAttachedRolePolicies]) {
      const seen = await errorOf(world.as(other, operation, { RoleName }));
      const missing = await errorOf(world.as(other, operation, { RoleName: 'missing' }));
      expect(seen.message.replaceAll(RoleName, 'missing')).toBe(missing.message);
    }
    expect((await world.as(other, api.ListRoles, {})).Roles).toEqual([]);
  });
});

describe('a trust policy', () => {
  it('is refused with the fault and its place', async () => {
    const wrong = policy({ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole', Resource: '*' });
    const error = await errorOf(makeRole(world, unique('role'), undefined, { trust: wrong }));
    expect(error).toMatchObject({ code: 'MalformedPolicyDocument', message: expect.stringContaining('line') });
  });

  it('must name principals that exist', async () => {
    const nobody = `arn:aws:iam::${world.admin.accountId}:user/nobody`;
    const error = await errorOf(makeRole(world, unique('role'), undefined, { trust: trust(nobody) }));
    expect(error).toMatchObject({
      code: 'MalformedPolicyDocument',
      message: `Invalid principal in policy: "AWS":"${nobody}"`,
    });
  });

  it('that lets everybody in needs a condition', async () => {
    expect(await errorOf(makeRole(world, unique('role'), undefined, { trust: trust('*') }))).toMatchObject({
      code: 'MalformedPolicyDocument',
    });
  });

  it('that names the account needs the permission as well; one that names the user does not', async () => {
    const user = await makeUser(world, unique('user'));
    const arn = await makeRole(world, unique('role'));
    expect(await errorOf(assume(world, user, arn))).toMatchObject({ code: 'AccessDenied' });
    const direct = await makeRole(world, unique('role'), undefined, { trust: trust(user.arn) });
    await assume(world, user, direct);
    const allowed = await makeUser(world, unique('user'), [allow('sts:AssumeRole', arn)]);
    await assume(world, allowed, arn);
  });

  it('that says nothing about the account keeps even its administrator out', async () => {
    const user = await makeUser(world, unique('user'));
    const arn = await makeRole(world, unique('role'), undefined, { trust: trust(user.arn) });
    expect(await errorOf(assume(world, world.admin, arn))).toMatchObject({ code: 'AccessDenied' });
  });

  it('does not let in a user made anew under the old name', async () => {
    const name = unique('user');
    const user = await makeUser(world, name);
    const arn = await makeRole(world, unique('role'), undefined, { trust: trust(user.arn) });
    await asAdmin(api.DeleteAccessKey, { UserName: name, AccessKeyId: user.accessKeyId });
    await asAdmin(api.DeleteUser, { UserName: name });
    const anew = await makeUser(world, name, [allow('sts:AssumeRole')]);
    expect(anew.arn).toBe(user.arn);
    expect(await errorOf(assume(world, anew, arn))).toMatchObject({ code: 'AccessDenied' });
  });

  it('across accounts needs the trust there and the permission here', async () => {
    const arn = await makeRole(world, unique('role'), READ, { trust: trust(other.accountId) });
    const nobody = await makeUser(world, unique('user'), undefined, other);
    const allowed = await makeUser(world, unique('user'), [allow('sts:AssumeRole', arn)], other);
    expect(await errorOf(assume(world, nobody, arn))).toMatchObject({ code: 'AccessDenied' });
    const session = await assume(world, allowed, arn);
    expect(session.accountId).toBe(world.admin.accountId);
    expect((await world.as(session, api.ListRoles, {})).Roles.length).toBeGreaterThan(0);
    const untrusted = await makeRole(world, unique('role'));
    expect(await errorOf(assume(world, allowed, untrusted))).toMatchObject({ code: 'AccessDenied' });
  });

  it('of a foreign role that denies the caller answers what a missing role does', async () => {
    const deny = policy(
      { Effect: 'Allow', Principal: { AWS: other.accountId }, Action: 'sts:AssumeRole' },
      { Effect: 'Deny', Principal: { AWS: other.arn }, Action: 'sts:AssumeRole' },
    );
    const arn = await makeRole(world, unique('role'), undefined, { trust: deny });
    const seen = await errorOf(assume(world, other, arn));
    const missing = await errorOf(assume(world, other, `${arn}-missing`));
    expect(seen.message).toBe(missing.message.replace(`${arn}-missing`, arn));
  });

  it('may name a session of a role, and only that one gets in', async () => {
    const first = unique('role');
    const arn = await makeRole(world, first, [allow('sts:AssumeRole')]);
    const named = `arn:aws:sts::${world.admin.accountId}:assumed-role/${first}/deploy`;
    const second = await makeRole(world, unique('role'), undefined, { trust: trust(named) });
    await assume(world, await assume(world, world.admin, arn, { RoleSessionName: 'deploy' }), second);
    const wrong = await assume(world, world.admin, arn, { RoleSessionName: 'other' });
    expect(await errorOf(assume(world, wrong, second))).toMatchObject({ code: 'AccessDenied' });
  });

  it('that is replaced lets new callers in and keeps old ones out, while sessions go on', async () => {
    const RoleName = unique('role');
    const arn = await makeRole(world, RoleName, READ);
    const session = await assume(world, world.admin, arn);
    await asAdmin(api.UpdateAssumeRolePolicy, { RoleName, PolicyDocument: trust(other.accountId) });
    expect(await errorOf(assume(world, world.admin, arn))).toMatchObject({ code: 'AccessDenied' });
    await assume(world, other, arn);
    await world.as(session, api.ListRoles, {});
  });

  it('lets nobody in who is a root user or a federated user', async () => {
    const arn = await makeRole(world, unique('role'));
    expect(await errorOf(assume(world, rootOf(world.admin.accountId), arn))).toMatchObject({
      code: 'AccessDenied',
      message: 'Roles may not be assumed by root accounts.',
    });
  });
});
