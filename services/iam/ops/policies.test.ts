import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { iamApi as api } from '../api/index.ts';
import { allow, errorOf, type IamWorld, makeUser, openIam, policy } from '../testing/harness.ts';

let world: IamWorld;
beforeAll(async () => {
  world = await openIam({ limits: { versionsPerPolicy: 2, attachedPoliciesPerUser: 2, inlineCharactersPerUser: 300 } });
});
afterAll(() => world.close());

const asAdmin = <Op extends AnyOperation>(operation: Op, input: unknown) => world.as(world.admin, operation, input);
const ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess';
const READ = policy(allow('iam:ListUsers'));
const NOTHING = policy({ Effect: 'Deny', Action: '*', Resource: '*' });

async function makePolicy(PolicyName: string, PolicyDocument = READ): Promise<string> {
  return (await asAdmin(api.CreatePolicy, { PolicyName, PolicyDocument })).Policy.Arn;
}

describe('managed policies', () => {
  it('are made, read, listed and deleted', async () => {
    const { Policy } = await asAdmin(api.CreatePolicy, {
      PolicyName: 'Read',
      Path: '/p/',
      PolicyDocument: READ,
      Description: 'reads',
      Tags: [{ Key: 'a', Value: 'b' }],
    });
    expect(Policy).toMatchObject({ Path: '/p/', DefaultVersionId: 'v1', AttachmentCount: 0, IsAttachable: true });
    expect(Policy.PolicyId).toMatch(/^ANPA[A-Z2-7]{17}$/);
    expect(await asAdmin(api.GetPolicy, { PolicyArn: Policy.Arn })).toMatchObject({
      Policy: { Description: 'reads', Tags: [{ Key: 'a', Value: 'b' }] },
    });
    expect(await asAdmin(api.GetPolicyVersion, { PolicyArn: Policy.Arn, VersionId: 'v1' })).toMatchObject({
      PolicyVersion: { Document: READ, IsDefaultVersion: true },
    });
    expect(await errorOf(asAdmin(api.CreatePolicy, { PolicyName: 'READ', PolicyDocument: READ }))).toMatchObject({
      code: 'EntityAlreadyExists',
    });
    const local = await asAdmin(api.ListPolicies, { Scope: 'Local', PathPrefix: '/p/' });
    expect(local.Policies.map((p) => p.Arn)).toEqual([Policy.Arn]);
    await asAdmin(api.DeletePolicy, { PolicyArn: Policy.Arn });
    expect(await errorOf(asAdmin(api.GetPolicy, { PolicyArn: Policy.Arn }))).toMatchObject({ code: 'NotFound' });
  });

  it('lists own and shipped ones in pages without losing any', async () => {
    for (const name of ['l1', 'l2', 'l3']) await makePolicy(name);
    const names: string[] = [];
    let Marker: string | undefined;
    do {
      const page = await asAdmin(api.ListPolicies, { MaxItems: 2, Marker });
      names.push(...page.Policies.map((p) => p.PolicyName));
      Marker = page.Marker;
    } while (Marker !== undefined);
    expect(names.slice(0, 3)).toEqual(['l1', 'l2', 'l3']);
    expect(names).toContain('AdministratorAccess');
    expect(new Set(names).size).toBe(names.length);
    const attached = await asAdmin(api.ListPolicies, { OnlyAttached: true });
    expect(attached.Policies.map((p) => p.PolicyName)).toEqual(['AdministratorAccess']);
    const boundaries = await asAdmin(api.ListPolicies, { PolicyUsageFilter: 'PermissionsBoundary' });
    expect(boundaries.Policies).toEqual([]);
  });

  it('refuse a document that does not compile and say where', async () => {
    const PolicyDocument =
      '{"Version":"2012-10-17",\n"Statement":[{"Effect":"allow","Action":"kms:*","Resource":"*"}]}';
    const error = await errorOf(asAdmin(api.CreatePolicy, { PolicyName: 'bad', PolicyDocument }));
    expect(error).toMatchObject({
      code: 'MalformedPolicyDocument',
      message: expect.stringMatching(/at \/Statement\/0\/Effect \(line 2, column 24\)/),
      details: { findings: [expect.objectContaining({ code: 'bad-effect', line: 2, column: 24 })] },
    });
    await asAdmin(api.CreateUser, { UserName: 'refused' });
    for (const document of ['', '[]', '{"Statement":[]}', '{"a":1,"a":2}', '\u0000'].filter((d) => d !== '')) {
      expect(
        await errorOf(asAdmin(api.PutUserPolicy, { UserName: 'refused', PolicyName: 'x', PolicyDocument: document })),
      ).toMatchObject({ code: 'MalformedPolicyDocument' });
    }
  });

  it('bring versions into force and keep one default', async () => {
    const PolicyArn = await makePolicy('versioned', NOTHING);
    const { PolicyVersion } = await asAdmin(api.CreatePolicyVersion, { PolicyArn, PolicyDocument: READ });
    expect(PolicyVersion).toMatchObject({ VersionId: 'v2', IsDefaultVersion: false });
    expect(await errorOf(asAdmin(api.CreatePolicyVersion, { PolicyArn, PolicyDocument: READ }))).toMatchObject({
      code: 'LimitExceeded',
      message: 'A managed policy can have up to 2 versions.',
    });
    const holder = await makeUser(world, 'holder', [allow('iam:ListUsers')]);
    await asAdmin(api.AttachUserPolicy, { UserName: 'holder', PolicyArn });
    expect(await errorOf(world.as(holder, api.ListUsers, {}))).toMatchObject({
      code: 'AccessDenied',
      message: expect.stringContaining(`with an explicit deny in an identity-based policy: ${PolicyArn}`),
    });
    await asAdmin(api.SetDefaultPolicyVersion, { PolicyArn, VersionId: 'v2' });
    await world.as(holder, api.ListUsers, {});
    expect(await errorOf(asAdmin(api.DeletePolicyVersion, { PolicyArn, VersionId: 'v2' }))).toMatchObject({
      code: 'DeleteConflict',
      message: 'Cannot delete the default version of a policy.',
    });
    await asAdmin(api.DeletePolicyVersion, { PolicyArn, VersionId: 'v1' });
    const third = await asAdmin(api.CreatePolicyVersion, { PolicyArn, PolicyDocument: NOTHING, SetAsDefault: true });
    expect(third.PolicyVersion).toMatchObject({ VersionId: 'v3', IsDefaultVersion: true });
    expect(await errorOf(world.as(holder, api.ListUsers, {}))).toMatchObject({ code: 'AccessDenied' });
    const { Versions } = await asAdmin(api.ListPolicyVersions, { PolicyArn });
    expect(Versions.map((v) => v.VersionId)).toEqual(['v3', 'v2']);
    for (const VersionId of ['v1', 'v9', 'v2.a'])
      expect(await errorOf(asAdmin(api.SetDefaultPolicyVersion, { PolicyArn, VersionId }))).toMatchObject({
        code: 'NotFound',
      });
    expect(await errorOf(asAdmin(api.DeletePolicy, { PolicyArn }))).toMatchObject({
      code: 'DeleteConflict',
      message: 'Cannot delete a policy attached to entities.',
    });
    await asAdmin(api.DetachUserPolicy, { UserName: 'holder', PolicyArn });
    expect(await errorOf(asAdmin(api.DeletePolicy, { PolicyArn }))).toMatchObject({
      message: expect.stringContaining('more than one version'),
    });
  });

  it('that are shipped never change', async () => {
    expect(await asAdmin(api.GetPolicyVersion, { PolicyArn: ADMIN, VersionId: 'v1' })).toMatchObject({
      PolicyVersion: { IsDefaultVersion: true },
    });
    const changes: [AnyOperation, object][] = [
      [api.DeletePolicy, {}],
      [api.CreatePolicyVersion, { PolicyDocument: READ }],
      [api.SetDefaultPolicyVersion, { VersionId: 'v1' }],
      [api.DeletePolicyVersion, { VersionId: 'v1' }],
      [api.TagPolicy, { Tags: [{ Key: 'a', Value: 'b' }] }],
      [api.UntagPolicy, { TagKeys: ['a'] }],
    ];
    for (const [operation, input] of changes)
      expect(await errorOf(asAdmin(operation, { PolicyArn: ADMIN, ...input }))).toMatchObject({
        code: 'UnmodifiableEntity',
      });
  });

  it('are tagged', async () => {
    const PolicyArn = await makePolicy('tagged');
    await asAdmin(api.TagPolicy, {
      PolicyArn,
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    });
    await asAdmin(api.UntagPolicy, { PolicyArn, TagKeys: ['A'] });
    expect(await asAdmin(api.ListPolicyTags, { PolicyArn })).toMatchObject({ Tags: [{ Key: 'b', Value: '2' }] });
    expect(await asAdmin(api.ListPolicyTags, { PolicyArn: ADMIN })).toMatchObject({ Tags: [] });
  });
});

describe('attachments', () => {
  it('are counted, listed and limited', async () => {
    const arns = [await makePolicy('a1'), await makePolicy('a2'), await makePolicy('a3')];
    await asAdmin(api.CreateUser, { UserName: 'attached' });
    await asAdmin(api.CreateGroup, { GroupName: 'attached' });
    for (const PolicyArn of [arns[0], arns[0], arns[1]])
      await asAdmin(api.AttachUserPolicy, { UserName: 'attached', PolicyArn });
    expect(await errorOf(asAdmin(api.AttachUserPolicy, { UserName: 'attached', PolicyArn: arns[2] }))).toMatchObject({
      code: 'LimitExceeded',
      message: 'Cannot exceed quota for PoliciesPerUser: 2',
    });
    await asAdmin(api.AttachGroupPolicy, { GroupName: 'attached', PolicyArn: arns[0] });
    await asAdmin(api.PutUserPermissionsBoundary, { UserName: 'attached', PermissionsBoundary: arns[0] });
    expect(await asAdmin(api.GetPolicy, { PolicyArn: arns[0] })).toMatchObject({
      Policy: { AttachmentCount: 2, PermissionsBoundaryUsageCount: 1 },
    });
    const listed = await asAdmin(api.ListAttachedUserPolicies, { UserName: 'attached', MaxItems: 1 });
    expect(listed).toMatchObject({ AttachedPolicies: [{ PolicyName: 'a1', PolicyArn: arns[0] }], IsTruncated: true });
    expect(await asAdmin(api.ListAttachedUserPolicies, { UserName: 'attached', Marker: listed.Marker })).toMatchObject({
      AttachedPolicies: [{ PolicyName: 'a2' }],
    });
    expect(await asAdmin(api.ListAttachedGroupPolicies, { GroupName: 'attached' })).toMatchObject({
      AttachedPolicies: [{ PolicyName: 'a1' }],
    });

    const all = await asAdmin(api.ListEntitiesForPolicy, { PolicyArn: arns[0], MaxItems: 1 });
    expect(all).toMatchObject({
      PolicyGroups: [{ GroupName: 'attached' }],
      PolicyUsers: [],
      PolicyRoles: [],
      IsTruncated: true,
    });
    expect(await asAdmin(api.ListEntitiesForPolicy, { PolicyArn: arns[0], Marker: all.Marker })).toMatchObject({
      PolicyGroups: [],
      PolicyUsers: [{ UserName: 'attached' }],
      IsTruncated: false,
    });
    expect(
      await asAdmin(api.ListEntitiesForPolicy, { PolicyArn: arns[1], PolicyUsageFilter: 'PermissionsBoundary' }),
    ).toMatchObject({ PolicyGroups: [], PolicyUsers: [] });
    expect(await asAdmin(api.ListEntitiesForPolicy, { PolicyArn: arns[0], EntityFilter: 'Role' })).toMatchObject({
      PolicyGroups: [],
      PolicyUsers: [],
      PolicyRoles: [],
    });

    expect(await errorOf(asAdmin(api.DetachUserPolicy, { UserName: 'attached', PolicyArn: arns[2] }))).toMatchObject({
      code: 'NotFound',
    });
    expect(
      await errorOf(asAdmin(api.AttachUserPolicy, { UserName: 'attached', PolicyArn: 'arn:aws:iam::aws:policy/None' })),
    ).toMatchObject({
      code: 'NotFound',
      message: 'Policy arn:aws:iam::aws:policy/None does not exist or is not attachable.',
    });
  });

  it('can be restricted to named policies', async () => {
    const good = await makePolicy('good');
    const bad = await makePolicy('bad');
    const keeper = await makeUser(world, 'keeper', [
      allow('iam:AttachUserPolicy', '*', { ArnEquals: { 'iam:PolicyARN': good } }),
    ]);
    await asAdmin(api.CreateUser, { UserName: 'receiver' });
    await world.as(keeper, api.AttachUserPolicy, { UserName: 'receiver', PolicyArn: good });
    expect(
      await errorOf(world.as(keeper, api.AttachUserPolicy, { UserName: 'receiver', PolicyArn: bad })),
    ).toMatchObject({
      code: 'AccessDenied',
    });
  });
});

describe('permissions boundaries', () => {
  it('limit what policies grant, and are shown', async () => {
    const bound = await makePolicy('bound', policy(allow('iam:GetUser')));
    const hugo = await makeUser(world, 'hugo', [allow('iam:*')]);
    await asAdmin(api.PutUserPermissionsBoundary, { UserName: 'hugo', PermissionsBoundary: bound });
    expect(await world.as(hugo, api.GetUser, {})).toMatchObject({
      User: { PermissionsBoundary: { PermissionsBoundaryArn: bound } },
    });
    expect(await errorOf(world.as(hugo, api.ListUsers, {}))).toMatchObject({
      code: 'AccessDenied',
      message: expect.stringContaining('because no permissions boundary allows'),
    });
    expect(await errorOf(asAdmin(api.DeletePolicy, { PolicyArn: bound }))).toMatchObject({ code: 'DeleteConflict' });
    await asAdmin(api.DeleteUserPermissionsBoundary, { UserName: 'hugo' });
    await world.as(hugo, api.ListUsers, {});
    expect(await errorOf(asAdmin(api.DeleteUserPermissionsBoundary, { UserName: 'hugo' }))).toMatchObject({
      code: 'NotFound',
    });
  });

  it('can be required of whoever makes users', async () => {
    const bound = await makePolicy('required');
    const condition = { StringEquals: { 'iam:PermissionsBoundary': bound } };
    const maker = await makeUser(world, 'maker', [allow(['iam:CreateUser', 'iam:PutUserPolicy'], '*', condition)]);
    expect(await errorOf(world.as(maker, api.CreateUser, { UserName: 'free' }))).toMatchObject({
      code: 'AccessDenied',
    });
    await world.as(maker, api.CreateUser, { UserName: 'bounded', PermissionsBoundary: bound });
    await world.as(maker, api.PutUserPolicy, { UserName: 'bounded', PolicyName: 'p', PolicyDocument: READ });
    expect(
      await errorOf(world.as(maker, api.PutUserPolicy, { UserName: 'maker', PolicyName: 'p', PolicyDocument: READ })),
    ).toMatchObject({ code: 'AccessDenied' });
  });

  it('that can no longer be read allow nothing', async () => {
    const ida = await makeUser(world, 'ida', [allow('iam:*')]);
    await world.store.transaction(async (tx) => {
      const gone = { boundary_arn: 'arn:aws:iam::aws:policy/Withdrawn' };
      await tx.updateTable('iam_user').set(gone).where('user_id', '=', ida.principalId).execute();
    });
    world.hub.publish('*');
    expect(await errorOf(world.as(ida, api.GetUser, {}))).toMatchObject({ code: 'AccessDenied' });
  });
});

describe('inline policies', () => {
  it('are written, replaced, read, listed and deleted', async () => {
    await asAdmin(api.CreateUser, { UserName: 'inline' });
    await asAdmin(api.PutUserPolicy, { UserName: 'inline', PolicyName: 'one', PolicyDocument: READ });
    await asAdmin(api.PutUserPolicy, { UserName: 'inline', PolicyName: 'one', PolicyDocument: NOTHING });
    expect(await asAdmin(api.GetUserPolicy, { UserName: 'inline', PolicyName: 'one' })).toEqual({
      UserName: 'inline',
      PolicyName: 'one',
      PolicyDocument: NOTHING,
    });
    expect(
      await errorOf(asAdmin(api.PutUserPolicy, { UserName: 'inline', PolicyName: 'ONE', PolicyDocument: READ })),
    ).toMatchObject({ code: 'EntityAlreadyExists' });
    expect(await errorOf(asAdmin(api.GetUserPolicy, { UserName: 'inline', PolicyName: 'ONE' }))).toMatchObject({
      code: 'NotFound',
      message: 'The user policy with name ONE cannot be found.',
    });
    await asAdmin(api.PutUserPolicy, { UserName: 'inline', PolicyName: 'two', PolicyDocument: READ });
    expect(await asAdmin(api.ListUserPolicies, { UserName: 'inline' })).toMatchObject({ PolicyNames: ['one', 'two'] });
    expect(
      await errorOf(
        asAdmin(api.PutUserPolicy, {
          UserName: 'inline',
          PolicyName: 'six',
          PolicyDocument: `${READ}${' '.repeat(200)}`,
        }),
      ),
    ).toMatchObject({ code: 'LimitExceeded' });
    await asAdmin(api.DeleteUserPolicy, { UserName: 'inline', PolicyName: 'one' });
    expect(await errorOf(asAdmin(api.DeleteUserPolicy, { UserName: 'inline', PolicyName: 'one' }))).toMatchObject({
      code: 'NotFound',
    });
  });

  it('of groups work the same', async () => {
    await asAdmin(api.CreateGroup, { GroupName: 'inline' });
    await asAdmin(api.PutGroupPolicy, { GroupName: 'inline', PolicyName: 'one', PolicyDocument: READ });
    expect(await asAdmin(api.GetGroupPolicy, { GroupName: 'inline', PolicyName: 'one' })).toMatchObject({
      PolicyDocument: READ,
    });
    await asAdmin(api.DeleteGroupPolicy, { GroupName: 'inline', PolicyName: 'one' });
    expect(await errorOf(asAdmin(api.GetGroupPolicy, { GroupName: 'inline', PolicyName: 'one' }))).toMatchObject({
      code: 'NotFound',
      message: 'The group policy with name one cannot be found.',
    });
  });
});

describe('the account', () => {
  it('is summed up', async () => {
    const { SummaryMap } = await asAdmin(api.GetAccountSummary, {});
    expect(SummaryMap).toMatchObject({ AccessKeysPerUserQuota: 2, VersionsPerPolicyQuota: 2 });
    expect(SummaryMap.Users).toBeGreaterThan(3);
    expect(await asAdmin(api.ListAccountAliases, {})).toEqual({ AccountAliases: [], IsTruncated: false });
  });
});
