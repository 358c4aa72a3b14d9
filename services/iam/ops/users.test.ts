import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { iamApi as api } from '../api/index.ts';
import { allow, errorOf, type IamWorld, makeUser, openIam, policy } from '../testing/harness.ts';

let world: IamWorld;
beforeAll(async () => {
  world = await openIam({
    limits: { usersPerAccount: 30, groupsPerUser: 2, attachedPoliciesPerUser: 1, tagsPerResource: 3 },
  });
});
afterAll(() => world.close());

const asAdmin = <Op extends AnyOperation>(operation: Op, input: unknown) => world.as(world.admin, operation, input);

describe('users', () => {
  it('are made, described, listed page by page, renamed and deleted', async () => {
    const { accountId } = world.admin;
    for (const UserName of ['u3', 'U1', 'u2']) {
      const { User } = await asAdmin(api.CreateUser, {
        UserName,
        Path: '/team/',
        Tags: [{ Key: 'k', Value: UserName }],
      });
      expect(User).toMatchObject({ Arn: `arn:aws:iam::${accountId}:user/team/${UserName}`, Path: '/team/' });
      expect(User.UserId).toMatch(/^AIDA[A-Z2-7]{17}$/);
    }
    const first = await asAdmin(api.ListUsers, { PathPrefix: '/team/', MaxItems: 2 });
    expect(first.Users.map((user) => user.UserName)).toEqual(['U1', 'u2']);
    expect(first.IsTruncated).toBe(true);
    const second = await asAdmin(api.ListUsers, { PathPrefix: '/team/', MaxItems: 2, Marker: first.Marker });
    expect(second).toMatchObject({ Users: [{ UserName: 'u3' }], IsTruncated: false });
    expect(second).not.toHaveProperty('Marker');

    await asAdmin(api.UpdateUser, { UserName: 'u3', NewUserName: 'u4', NewPath: '/' });
    expect(await asAdmin(api.GetUser, { UserName: 'u4' })).toMatchObject({
      User: { Arn: `arn:aws:iam::${accountId}:user/u4`, Tags: [{ Key: 'k', Value: 'u3' }] },
    });
    expect(await errorOf(asAdmin(api.GetUser, { UserName: 'u3' }))).toMatchObject({
      code: 'NotFound',
      message: 'The user with name u3 cannot be found.',
    });
    await asAdmin(api.DeleteUser, { UserName: 'u4' });
    const leftovers = await world.store.read.selectFrom('tag').selectAll().where('value', '=', 'u3').execute();
    expect(leftovers).toEqual([]);
  });

  it('refuses a marker of another list, account or filter', async () => {
    const { Marker } = await asAdmin(api.ListUsers, { PathPrefix: '/team/', MaxItems: 1 });
    for (const input of [{ Marker }, { Marker, PathPrefix: '/' }, { Marker: 'AAAA', PathPrefix: '/team/' }])
      expect(await errorOf(asAdmin(api.ListUsers, input))).toMatchObject({ code: 'Validation' });
    expect(await errorOf(asAdmin(api.ListGroups, { Marker, PathPrefix: '/team/' }))).toMatchObject({
      code: 'Validation',
    });
  });

  it('does not take a name that differs only in case', async () => {
    await asAdmin(api.CreateUser, { UserName: 'carol' });
    expect(await errorOf(asAdmin(api.CreateUser, { UserName: 'CAROL' }))).toMatchObject({
      code: 'EntityAlreadyExists',
      message: 'User with name CAROL already exists.',
    });
    await asAdmin(api.CreateUser, { UserName: 'dave' });
    expect(await errorOf(asAdmin(api.UpdateUser, { UserName: 'dave', NewUserName: 'Carol' }))).toMatchObject({
      code: 'EntityAlreadyExists',
    });
    await asAdmin(api.UpdateUser, { UserName: 'dave', NewUserName: 'Dave' });
    expect(await asAdmin(api.GetUser, { UserName: 'Dave' })).toMatchObject({ User: { UserName: 'Dave' } });
  });

  it('stops at the limit of the account', async () => {
    const { Users } = await asAdmin(api.ListUsers, {});
    for (let n = Users.length; n < 30; n++) await asAdmin(api.CreateUser, { UserName: `filler-${n}` });
    expect(await errorOf(asAdmin(api.CreateUser, { UserName: 'one-more' }))).toMatchObject({
      code: 'LimitExceeded',
      message: 'Cannot exceed quota for UsersPerAccount: 30',
    });
    for (let n = Users.length; n < 30; n++) await asAdmin(api.DeleteUser, { UserName: `filler-${n}` });
  });

  it('are not deleted while anything is attached, and the error names what', async () => {
    await asAdmin(api.CreateUser, { UserName: 'full' });
    await asAdmin(api.CreateGroup, { GroupName: 'holders' });
    await asAdmin(api.AddUserToGroup, { UserName: 'full', GroupName: 'holders' });
    const { AccessKey } = await asAdmin(api.CreateAccessKey, { UserName: 'full' });
    await asAdmin(api.PutUserPolicy, { UserName: 'full', PolicyName: 'p', PolicyDocument: policy(allow('kms:*')) });
    const admin = 'arn:aws:iam::aws:policy/AdministratorAccess';
    await asAdmin(api.AttachUserPolicy, { UserName: 'full', PolicyArn: admin });

    const steps: [string, () => Promise<unknown>][] = [
      ['must detach all policies first', () => asAdmin(api.DetachUserPolicy, { UserName: 'full', PolicyArn: admin })],
      ['must delete policies first', () => asAdmin(api.DeleteUserPolicy, { UserName: 'full', PolicyName: 'p' })],
      [
        'must delete access keys first',
        () => asAdmin(api.DeleteAccessKey, { UserName: 'full', AccessKeyId: AccessKey.AccessKeyId }),
      ],
      [
        'must remove user from all groups first',
        () => asAdmin(api.RemoveUserFromGroup, { UserName: 'full', GroupName: 'holders' }),
      ],
    ];
    for (const [sentence, remove] of steps) {
      const error = await errorOf(asAdmin(api.DeleteUser, { UserName: 'full' }));
      expect(error).toMatchObject({ code: 'DeleteConflict', message: `Cannot delete entity, ${sentence}.` });
      expect(error.hint).toContain('holders');
      await remove();
    }
    await asAdmin(api.DeleteUser, { UserName: 'full' });
  });

  it('describe themselves without a name; the root user has none', async () => {
    const erin = await makeUser(world, 'erin', [allow(['iam:GetUser', 'iam:ListAccessKeys'])]);
    expect(await world.as(erin, api.GetUser, {})).toMatchObject({ User: { UserName: 'erin' } });
    const root = {
      ...world.admin,
      kind: 'root' as const,
      arn: `arn:aws:iam::${erin.accountId}:root`,
      principalId: erin.accountId,
    };
    const { User } = await world.as(root, api.GetUser, {});
    expect(User).toMatchObject({ Arn: root.arn, UserId: erin.accountId });
    expect(User).not.toHaveProperty('UserName');
    expect(await world.as(root, api.ListAccessKeys, {})).toMatchObject({ AccessKeyMetadata: [] });
    const session = { ...erin, kind: 'federated' as const, entityId: erin.principalId };
    expect(await errorOf(world.as(session, api.ListAccessKeys, {}))).toMatchObject({
      code: 'Validation',
      message: 'Must specify userName when calling with non-User credentials',
    });
  });

  it('needs the permission on the old and on the new place to move a user', async () => {
    await asAdmin(api.CreateUser, { UserName: 'moved', Path: '/dev/' });
    const mover = await makeUser(world, 'mover', [allow('iam:UpdateUser', `arn:aws:iam::*:user/dev/*`)]);
    expect(await errorOf(world.as(mover, api.UpdateUser, { UserName: 'moved', NewPath: '/prod/' }))).toMatchObject({
      code: 'AccessDenied',
    });
    await world.as(mover, api.UpdateUser, { UserName: 'moved', NewUserName: 'moved2' });
  });
});

describe('tags of users', () => {
  it('are written, replaced, listed and removed, without regard to case', async () => {
    await asAdmin(api.CreateUser, { UserName: 'tagged' });
    const Tags = [
      { Key: 'Team', Value: 'a' },
      { Key: 'env', Value: '' },
    ];
    await asAdmin(api.TagUser, { UserName: 'tagged', Tags });
    await asAdmin(api.TagUser, { UserName: 'tagged', Tags: [{ Key: 'Team', Value: 'b' }] });
    expect(
      await errorOf(asAdmin(api.TagUser, { UserName: 'tagged', Tags: [{ Key: 'team', Value: 'c' }] })),
    ).toMatchObject({
      code: 'InvalidInput',
    });
    const first = await asAdmin(api.ListUserTags, { UserName: 'tagged', MaxItems: 1 });
    expect(first).toMatchObject({ Tags: [{ Key: 'env', Value: '' }], IsTruncated: true });
    expect(await asAdmin(api.ListUserTags, { UserName: 'tagged', Marker: first.Marker })).toMatchObject({
      Tags: [{ Key: 'Team', Value: 'b' }],
    });
    await asAdmin(api.UntagUser, { UserName: 'tagged', TagKeys: ['TEAM', 'absent'] });
    expect(await asAdmin(api.ListUserTags, { UserName: 'tagged' })).toMatchObject({
      Tags: [{ Key: 'env', Value: '' }],
    });
  });

  it('reach conditions of policies at once', async () => {
    const guard = allow('iam:GetUser', '*', { StringEquals: { 'aws:ResourceTag/env': `\${aws:PrincipalTag/env}` } });
    const frank = await makeUser(world, 'frank', [guard]);
    await asAdmin(api.CreateUser, { UserName: 'target', Tags: [{ Key: 'env', Value: 'prod' }] });
    expect(await errorOf(world.as(frank, api.GetUser, { UserName: 'target' }))).toMatchObject({ code: 'AccessDenied' });
    await asAdmin(api.TagUser, { UserName: 'frank', Tags: [{ Key: 'env', Value: 'prod' }] });
    expect(await world.as(frank, api.GetUser, { UserName: 'target' })).toMatchObject({ User: { UserName: 'target' } });
  });
});

describe('groups', () => {
  it('give their policies to their members', async () => {
    const grace = await makeUser(world, 'grace');
    await asAdmin(api.CreateGroup, { GroupName: 'readers', Path: '/g/' });
    await asAdmin(api.PutGroupPolicy, {
      GroupName: 'readers',
      PolicyName: 'look',
      PolicyDocument: policy(allow('iam:ListUsers')),
    });
    expect(await errorOf(world.as(grace, api.ListUsers, {}))).toMatchObject({ code: 'AccessDenied' });
    await asAdmin(api.AddUserToGroup, { GroupName: 'readers', UserName: 'grace' });
    await asAdmin(api.AddUserToGroup, { GroupName: 'readers', UserName: 'grace' });
    await world.as(grace, api.ListUsers, {});
    expect(await asAdmin(api.GetGroup, { GroupName: 'readers' })).toMatchObject({ Users: [{ UserName: 'grace' }] });
    expect(await asAdmin(api.ListGroupsForUser, { UserName: 'grace' })).toMatchObject({
      Groups: [{ GroupName: 'readers' }],
    });
    await asAdmin(api.RemoveUserFromGroup, { GroupName: 'readers', UserName: 'grace' });
    expect(await errorOf(world.as(grace, api.ListUsers, {}))).toMatchObject({ code: 'AccessDenied' });
    expect(await errorOf(asAdmin(api.RemoveUserFromGroup, { GroupName: 'readers', UserName: 'grace' }))).toMatchObject({
      code: 'NotFound',
    });
  });

  it('are at most two for a user here', async () => {
    for (const GroupName of ['g1', 'g2', 'g3']) await asAdmin(api.CreateGroup, { GroupName });
    await asAdmin(api.CreateUser, { UserName: 'social' });
    await asAdmin(api.AddUserToGroup, { GroupName: 'g1', UserName: 'social' });
    await asAdmin(api.AddUserToGroup, { GroupName: 'g2', UserName: 'social' });
    await asAdmin(api.AddUserToGroup, { GroupName: 'g2', UserName: 'social' });
    expect(await errorOf(asAdmin(api.AddUserToGroup, { GroupName: 'g3', UserName: 'social' }))).toMatchObject({
      code: 'LimitExceeded',
      message: 'Cannot exceed quota for GroupsPerUser: 2',
    });
    expect((await asAdmin(api.ListGroupsForUser, { UserName: 'social' })).Groups).toHaveLength(2);
  });

  it('are renamed and deleted when they are empty', async () => {
    await asAdmin(api.CreateGroup, { GroupName: 'old' });
    await asAdmin(api.PutGroupPolicy, { GroupName: 'old', PolicyName: 'p', PolicyDocument: policy(allow('kms:*')) });
    await asAdmin(api.UpdateGroup, { GroupName: 'old', NewGroupName: 'new' });
    expect(await asAdmin(api.ListGroupPolicies, { GroupName: 'new' })).toMatchObject({ PolicyNames: ['p'] });
    expect(await errorOf(asAdmin(api.DeleteGroup, { GroupName: 'new' }))).toMatchObject({ code: 'DeleteConflict' });
    await asAdmin(api.DeleteGroupPolicy, { GroupName: 'new', PolicyName: 'p' });
    await asAdmin(api.DeleteGroup, { GroupName: 'new' });
    expect(await errorOf(asAdmin(api.GetGroup, { GroupName: 'new' }))).toMatchObject({ code: 'NotFound' });
  });
});
