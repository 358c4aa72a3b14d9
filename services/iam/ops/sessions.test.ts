/** What a session may do, what it hands on, and what ends it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyOperation, InputOf } from '../../../platform/contract/operation.ts';
import type { Caller } from '../../../platform/runtime/call.ts';
import { iamApi as api } from '../api/index.ts';
import {
  allow,
  assume,
  callerOf,
  errorOf,
  type IamWorld,
  makeRole,
  makeUser,
  openIam,
  otherAdmin,
  policy,
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
const can = (caller: Caller, operation: AnyOperation, input: object = {}) =>
  world.as(caller, operation, input).then(
    () => true,
    (error: { code: string }) => {
      if (error.code !== 'AccessDenied') throw error;
      return false;
    },
  );
const LIST = allow(['iam:ListUsers', 'iam:ListRoles']);

describe('a role session', () => {
  it('is who it says it is, and has the role for conditions', async () => {
    const RoleName = unique('role');
    const account = world.admin.accountId;
    const conditions = {
      ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${account}:role/${RoleName}` },
      StringLike: { 'aws:userid': 'AROA*:deploy' },
      StringEquals: {
        'aws:PrincipalType': 'AssumedRole',
        'aws:PrincipalTag/team': 'session',
        'aws:PrincipalTag/own': 'r',
      },
      Null: { 'aws:username': 'true', 'aws:MultiFactorAuthAge': 'true' },
      Bool: { 'aws:MultiFactorAuthPresent': 'false' },
      DateGreaterThan: { 'aws:TokenIssueTime': '2026-01-01T00:00:00Z' },
    };
    const arn = await makeRole(world, RoleName, [allow('iam:ListUsers', '*', conditions)], {
      input: {
        Tags: [
          { Key: 'Team', Value: 'role' },
          { Key: 'own', Value: 'r' },
        ],
      },
    });
    const session = await assume(world, world.admin, arn, {
      RoleSessionName: 'deploy',
      Tags: [{ Key: 'team', Value: 'session' }],
    });
    expect(await world.as(session, api.GetCallerIdentity, {})).toEqual({
      UserId: `${session.entityId}:deploy`,
      Account: account,
      Arn: `arn:aws:sts::${account}:assumed-role/${RoleName}/deploy`,
    });
    expect(await can(session, api.ListUsers)).toBe(true);
    expect(await can(await assume(world, world.admin, arn, { RoleSessionName: 'deploy' }), api.ListUsers)).toBe(false);
  });

  it('is named in the record of what it does, with its role', async () => {
    const RoleName = unique('role');
    const arn = await makeRole(world, RoleName, [LIST]);
    const session = await assume(world, world.admin, arn, { SourceIdentity: 'alice' });
    await world.as(session, api.ListUsers, {});
    const record = (await world.records()).at(-1);
    expect(record).toMatchObject({
      eventName: 'ListUsers',
      userIdentity: {
        type: 'AssumedRole',
        principalId: session.principalId,
        arn: session.arn,
        accessKeyId: session.accessKeyId,
        sessionContext: {
          sessionId: session.accessKeyId,
          sessionIssuer: { type: 'Role', arn, principalId: session.entityId, userName: RoleName },
          sourceIdentity: 'alice',
        },
      },
      x: { decision: { session: { id: session.accessKeyId, arn: session.arn, entityArn: arn } } },
    });
    const made = (await world.records()).find(
      (r) => r.eventName === 'AssumeRole' && JSON.stringify(r.resources).includes(session.accessKeyId as string),
    );
    expect(made).toMatchObject({ requestParameters: { RoleArn: arn, SourceIdentity: 'alice' } });
    expect(JSON.stringify(await world.records())).not.toContain('SecretAccessKey":"');
  });

  it('may do no more than its session policy also allows', async () => {
    const arn = await makeRole(world, unique('role'), [LIST]);
    const Policy = policy(allow(['iam:ListUsers', 'iam:CreateUser']));
    const session = await assume(world, world.admin, arn, { Policy });
    expect(await can(session, api.ListUsers)).toBe(true);
    expect(await can(session, api.ListRoles)).toBe(false);
    expect(await can(session, api.CreateUser, { UserName: unique('user') })).toBe(false);
  });

  it('follows its managed session policies, and may do nothing more when one is gone', async () => {
    const arn = await makeRole(world, unique('role'), [LIST]);
    const managed = async (statement: object) => {
      const PolicyDocument = policy(statement);
      return (await asAdmin(api.CreatePolicy, { PolicyName: unique('p'), PolicyDocument })).Policy.Arn;
    };
    const users = await managed(allow('iam:ListUsers'));
    const noRoles = await managed({ Effect: 'Deny', Action: 'iam:ListRoles', Resource: '*' });
    const PolicyArns = [{ arn: users }, { arn: noRoles }];
    const session = await assume(world, world.admin, arn, { PolicyArns, Policy: policy(allow('*')) });
    expect(await can(session, api.ListUsers)).toBe(true);
    expect(await can(session, api.ListRoles)).toBe(false);
    await asAdmin(api.CreatePolicyVersion, {
      PolicyArn: noRoles,
      PolicyDocument: policy({ Effect: 'Deny', Action: 'iam:GetRole', Resource: '*' }),
      SetAsDefault: true,
    });
    expect(await can(session, api.ListRoles)).toBe(true);
    await asAdmin(api.DeletePolicyVersion, { PolicyArn: noRoles, VersionId: 'v1' });
    await asAdmin(api.DeletePolicy, { PolicyArn: noRoles });
    const fresh = await assume(world, world.admin, arn);
    expect(await can(fresh, api.ListUsers)).toBe(true);
    await asAdmin(api.TagRole, { RoleName: arn.split('/').at(-1), Tags: [] });
    expect(await can(session, api.ListUsers)).toBe(false);
  });

  it('takes policies and tags up to a size, in a token that is always small', async () => {
    const arn = await makeRole(world, unique('role'), [LIST]);
    const Policy = policy({ ...allow('iam:ListUsers'), Sid: 'a'.repeat(60_000) });
    const Tags = Array.from({ length: 20 }, (_, i) => ({ Key: `key${i}`, Value: 'v'.repeat(200) }));
    const made = await asAdmin(api.AssumeRole, { RoleArn: arn, RoleSessionName: 'big', Policy, Tags });
    expect(made.PackedPolicySize).toBeGreaterThan(90);
    expect(made.Credentials.SessionToken.length).toBeLessThan(400);
    const more = [...Tags, ...Array.from({ length: 10 }, (_, i) => ({ Key: `more${i}`, Value: 'v'.repeat(250) }))];
    expect(
      await errorOf(asAdmin(api.AssumeRole, { RoleArn: arn, RoleSessionName: 'big', Policy, Tags: more })),
    ).toMatchObject({ code: 'PackedPolicyTooLarge' });
  });

  it.each<[string, Partial<InputOf<typeof api.AssumeRole>>, string]>([
    ['a malformed session policy', { Policy: '{"Statement":1}' }, 'MalformedPolicyDocument'],
    ['a session policy with a principal', { Policy: trust('*') }, 'MalformedPolicyDocument'],
    [
      'a policy that does not exist',
      { PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/Nothing' }] },
      'MalformedPolicyDocument',
    ],
    ['a longer session than the role permits', { DurationSeconds: 3601 }, 'Validation'],
    ['a transitive key that is no tag', { TransitiveTagKeys: ['a'] }, 'Validation'],
    ['half a second factor', { TokenCode: '123456' }, 'Validation'],
  ])('is not made with %s', async (_name, input, code) => {
    const arn = await makeRole(world, unique('role'), [LIST]);
    expect(await errorOf(assume(world, world.admin, arn, input))).toMatchObject({ code });
  });

  it('needs the permission and the trust for tags and for a source identity', async () => {
    const bare = policy({ Effect: 'Allow', Principal: { AWS: world.admin.accountId }, Action: 'sts:AssumeRole' });
    const arn = await makeRole(world, unique('role'), [LIST], { trust: bare });
    await assume(world, world.admin, arn);
    const Tags = [{ Key: 'a', Value: 'b' }];
    expect(await errorOf(assume(world, world.admin, arn, { Tags }))).toMatchObject({
      message: expect.stringContaining('sts:TagSession'),
    });
    expect(await errorOf(assume(world, world.admin, arn, { SourceIdentity: 'me' }))).toMatchObject({
      message: expect.stringContaining('sts:SetSourceIdentity'),
    });
  });

  it('is bounded like a user: by what the boundary also allows', async () => {
    const RoleName = unique('role');
    const arn = await makeRole(world, RoleName, [LIST]);
    const { Policy } = await asAdmin(api.CreatePolicy, {
      PolicyName: unique('b'),
      PolicyDocument: policy(allow('iam:ListUsers')),
    });
    const session = await assume(world, world.admin, arn);
    await asAdmin(api.PutRolePermissionsBoundary, { RoleName, PermissionsBoundary: Policy.Arn });
    expect(await can(session, api.ListUsers)).toBe(true);
    expect(await errorOf(world.as(session, api.ListRoles, {}))).toMatchObject({
      message: expect.stringContaining('no permissions boundary allows'),
    });
  });
});

describe('a chain of roles', () => {
  it('lasts an hour at most, hands transitive tags on and keeps the source identity', async () => {
    const first = await makeRole(world, unique('role'), [allow(['sts:*'])], { input: { MaxSessionDuration: 43_200 } });
    const second = await makeRole(world, unique('role'), [LIST], { input: { MaxSessionDuration: 43_200 } });
    const parent = await assume(world, world.admin, first, {
      DurationSeconds: 43_200,
      SourceIdentity: 'alice',
      Tags: [
        { Key: 'ticket', Value: '7' },
        { Key: 'stage', Value: 'x' },
      ],
      TransitiveTagKeys: ['ticket'],
    });
    expect(await errorOf(assume(world, parent, second, { DurationSeconds: 3601 }))).toMatchObject({
      message: expect.stringContaining('1 hour session limit for roles assumed by role chaining'),
    });
    expect(await errorOf(assume(world, parent, second, { SourceIdentity: 'bob' }))).toMatchObject({
      code: 'Validation',
    });
    const changed = { Tags: [{ Key: 'Ticket', Value: '8' }] };
    expect(await errorOf(assume(world, parent, second, changed))).toMatchObject({ code: 'Validation' });
    const child = await assume(world, parent, second);
    const { Session } = await world.internal.GetSessionSnapshot({ SessionId: child.accessKeyId as string });
    expect(Session).toMatchObject({
      SourceIdentity: 'alice',
      Tags: { ticket: '7' },
      TransitiveTagKeys: ['ticket'],
    });
  });
});

describe('a federated user', () => {
  const federate = async (by: Caller, input: object) => {
    const made = await world.as(by, api.GetFederationToken, { Name: 'bob', ...input });
    return callerOf(world, made.Credentials.AccessKeyId, made.Credentials.SessionToken);
  };

  it('may do what the user may and the session policy allows', async () => {
    const user = await makeUser(world, unique('user'), [allow(['sts:GetFederationToken', 'iam:ListUsers'])]);
    const nothing = await federate(user, {});
    expect(await can(nothing, api.ListUsers)).toBe(false);
    const some = await federate(user, { Policy: policy(allow(['iam:ListUsers', 'iam:ListRoles'])) });
    expect(await world.as(some, api.GetCallerIdentity, {})).toEqual({
      UserId: `${user.accountId}:bob`,
      Account: user.accountId,
      Arn: `arn:aws:sts::${user.accountId}:federated-user/bob`,
    });
    expect(await can(some, api.ListUsers)).toBe(true);
    expect(await can(some, api.ListRoles)).toBe(false);
  });

  it('takes on no role and makes no session', async () => {
    const arn = await makeRole(world, unique('role'));
    const bob = await federate(world.admin, { Policy: policy(allow('*')) });
    expect(await errorOf(assume(world, bob, arn))).toMatchObject({ code: 'AccessDenied' });
    for (const operation of [api.GetSessionToken, api.CreateSession])
      expect(await errorOf(world.as(bob, operation, {}))).toMatchObject({ code: 'AccessDenied' });
    expect(await errorOf(federate(bob, {}))).toMatchObject({ code: 'AccessDenied' });
  });
});

describe('a revocation', () => {
  const revoked = async (caller: Caller) => {
    expect(await errorOf(world.as(caller, api.GetCallerIdentity, {}))).toMatchObject({ code: 'Unauthenticated' });
  };
  const live = (caller: Caller) => world.as(caller, api.GetCallerIdentity, {});

  it('of one session ends it and what was made from it, in every account, and no other', async () => {
    const first = await makeRole(world, unique('role'), [allow('sts:AssumeRole')]);
    const second = await makeRole(world, unique('role'), [LIST], { by: other, trust: trust(world.admin.accountId) });
    const parent = await assume(world, world.admin, first);
    const child = await assume(world, parent, second);
    const sibling = await assume(world, world.admin, first);
    await live(child);
    await asAdmin(api.RevokeSession, { SessionId: parent.accessKeyId });
    for (const caller of [parent, child]) await revoked(caller);
    expect(await errorOf(assume(world, parent, second))).toMatchObject({ code: 'Unauthenticated' });
    await live(sibling);
  });

  it('of sessions before a time ends those of the role, and none that come later', async () => {
    const RoleName = unique('role');
    const arn = await makeRole(world, RoleName, [LIST]);
    const early = await assume(world, world.admin, arn);
    world.clock.time += 5;
    const Before = world.clock.time;
    const late = await assume(world, world.admin, arn);
    expect(await asAdmin(api.RevokeSessionsBefore, { RoleName, Before })).toEqual({ RevokedSessions: 1 });
    await revoked(early);
    await live(late);
    expect(await errorOf(asAdmin(api.RevokeSessionsBefore, { RoleName, Before: Before + 60_000 }))).toMatchObject({
      code: 'Validation',
    });
  });

  it('of the sessions of a user ends everything the user took on, and leaves its access key alone', async () => {
    const UserName = unique('user');
    const user = await makeUser(world, UserName, [allow(['sts:*', 'iam:ListUsers'])]);
    const arn = await makeRole(world, unique('role'), [LIST], { by: other, trust: trust(world.admin.accountId) });
    const { Credentials } = await world.as(user, api.GetSessionToken, {});
    const own = await callerOf(world, Credentials.AccessKeyId, Credentials.SessionToken);
    const direct = await assume(world, user, arn);
    const chained = await assume(world, own, arn);
    world.clock.time += 5;
    await asAdmin(api.RevokeSessionsBefore, { UserName });
    for (const caller of [own, direct, chained]) await revoked(caller);
    await live(user);
    await assume(world, user, arn);
  });

  it('is not undone by an earlier time', async () => {
    const RoleName = unique('role');
    const arn = await makeRole(world, RoleName, [LIST]);
    const early = world.clock.time - 10_000;
    const session = await assume(world, world.admin, arn);
    world.clock.time += 5;
    await asAdmin(api.RevokeSessionsBefore, { RoleName });
    await asAdmin(api.RevokeSessionsBefore, { RoleName, Before: early });
    await revoked(session);
    const row = await world.store.read
      .selectFrom('iam_role')
      .select('sessions_not_before')
      .where('name', '=', RoleName)
      .executeTakeFirst();
    expect(row?.sessions_not_before).toBe(world.clock.time);
  });

  it('counts for a session whose row is written after it', async () => {
    const RoleName = unique('role');
    const arn = await makeRole(world, RoleName, [LIST]);
    const session = await assume(world, world.admin, arn);
    world.clock.time += 5;
    await asAdmin(api.RevokeSessionsBefore, { RoleName });
    const id = session.accessKeyId as string;
    await world.store.transaction((tx) =>
      tx.updateTable('session').set({ revoked_at: null }).where('session_id', '=', id).execute(),
    );
    expect(await world.internal.GetSessionSnapshot({ SessionId: id })).toEqual({});
  });

  it('of another account finds what a missing session would', async () => {
    const arn = await makeRole(world, unique('role'));
    const session = await assume(world, world.admin, arn);
    const id = session.accessKeyId as string;
    const seen = await errorOf(world.as(other, api.RevokeSession, { SessionId: id }));
    const missing = await errorOf(world.as(other, api.RevokeSession, { SessionId: 'ASIAAAAAAAAAAAAAAAAA' }));
    expect(seen.message.replace(id, 'ID')).toBe(missing.message.replace('ASIAAAAAAAAAAAAAAAAA', 'ID'));
    await live(session);
  });

  it('is asked for on the role or user of the session', async () => {
    const arn = await makeRole(world, unique('role'));
    const session = await assume(world, world.admin, arn);
    const elsewhere = await makeUser(world, unique('user'), [allow('sts:RevokeSession', `${arn}x`)]);
    const here = await makeUser(world, unique('user'), [allow('sts:RevokeSession', arn)]);
    const input = { SessionId: session.accessKeyId };
    expect(await errorOf(world.as(elsewhere, api.RevokeSession, input))).toMatchObject({ code: 'AccessDenied' });
    await world.as(here, api.RevokeSession, input);
    await revoked(session);
  });

  it('shows in the list of sessions', async () => {
    const RoleName = unique('role');
    const arn = await makeRole(world, RoleName);
    const a = await assume(world, world.admin, arn, { RoleSessionName: 'one', SourceIdentity: 'alice' });
    await assume(world, world.admin, arn, { RoleSessionName: 'two' });
    await asAdmin(api.RevokeSession, { SessionId: a.accessKeyId });
    const { Sessions } = await asAdmin(api.ListSessions, { RoleName });
    expect(Sessions.map((s) => [s.Arn.split('/').at(-1), s.Kind, s.SourceIdentity, s.RevokedAt !== undefined])).toEqual(
      expect.arrayContaining([
        ['one', 'role', 'alice', true],
        ['two', 'role', undefined, false],
      ]),
    );
    expect(await errorOf(asAdmin(api.ListSessions, {}))).toMatchObject({ code: 'Validation' });
  });
});

describe('a session ends', () => {
  it('with the access key everything began with, in every account', async () => {
    const UserName = unique('user');
    const user = await makeUser(world, UserName, [allow('sts:AssumeRole')]);
    const arn = await makeRole(world, unique('role'), [LIST], { by: other, trust: trust(world.admin.accountId) });
    const made = await world.as(user, api.AssumeRole, { RoleArn: arn, RoleSessionName: 'test' });
    const fresh = () => callerOf(world, made.Credentials.AccessKeyId, made.Credentials.SessionToken);
    const session = await fresh();
    await world.as(session, api.ListRoles, {});
    await asAdmin(api.UpdateAccessKey, { UserName, AccessKeyId: user.accessKeyId, Status: 'Inactive' });
    expect(await errorOf(world.as(session, api.ListRoles, {}))).toMatchObject({ code: 'Unauthenticated' });
    expect(await errorOf(fresh())).toMatchObject({ code: 'UnknownAccessKey' });
    await asAdmin(api.UpdateAccessKey, { UserName, AccessKeyId: user.accessKeyId, Status: 'Active' });
    await world.as(await fresh(), api.ListRoles, {});
  });

  it('when it expires, and is then forgotten', async () => {
    const arn = await makeRole(world, unique('role'));
    const made = await asAdmin(api.AssumeRole, { RoleArn: arn, RoleSessionName: 'test', DurationSeconds: 900 });
    const { AccessKeyId, SessionToken } = made.Credentials;
    world.clock.time += 900_000;
    expect(await errorOf(callerOf(world, AccessKeyId, SessionToken))).toMatchObject({ code: 'ExpiredToken' });
    const { forgetSessions } = await import('../jobs/forget-sessions.ts');
    await forgetSessions.run(world.deps);
    const rows = () =>
      world.store.read.selectFrom('session').selectAll().where('session_id', '=', AccessKeyId).execute();
    expect(await rows()).toHaveLength(1);
    world.clock.time += 3_600_001;
    await forgetSessions.run(world.deps);
    expect(await rows()).toEqual([]);
  });
});
