import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iamApi as api } from '../api/index.ts';
import { allow, callerOf, errorOf, type IamWorld, makeUser, openIam, policy } from '../testing/harness.ts';
import { ADMIN, MISSING_PROJECT, projectsOf, unique } from '../testing/projects.ts';

const ROOT_POLICY = 'arn:aws:organizations::123456789012:policy/o-abcdefghij/service_control_policy/p-lines';
const CODES = { AuthenticationCode1: '123456', AuthenticationCode2: '654321' };

let world: IamWorld;
let { as, project, grant }: ReturnType<typeof projectsOf> = {} as never;
beforeAll(async () => {
  world = await openIam();
  ({ as, project, grant } = projectsOf(world));
});
afterAll(() => world.close());

describe('a grant', () => {
  it('reaches users, members of groups and sessions of roles, in the project alone', async () => {
    const [research, sales] = [await project(), await project()];
    const [inResearch, inSales] = [unique('r'), unique('s')];
    await as(api.CreateUser, { UserName: inResearch, EnterpriseProjectId: research });
    await as(api.CreateUser, { UserName: inSales, EnterpriseProjectId: sales });
    const [direct, member] = [await makeUser(world, unique('direct')), await makeUser(world, unique('member'))];
    const [GroupName, RoleName] = [unique('group'), unique('role')];
    await as(api.CreateGroup, { GroupName });
    await as(api.AddUserToGroup, { GroupName, UserName: member.userName });
    const trust = policy({ Effect: 'Allow', Principal: { AWS: direct.arn }, Action: 'sts:AssumeRole' });
    await as(api.CreateRole, { RoleName, AssumeRolePolicyDocument: trust });
    const { Role } = await as(api.GetRole, { RoleName });
    for (const grantee of [{ UserName: direct.userName }, { GroupName }, { RoleName }]) await grant(research, grantee);
    const { Credentials } = await as(api.AssumeRole, { RoleArn: Role.Arn, RoleSessionName: 's1' }, direct);
    const session = await callerOf(world, Credentials.AccessKeyId, Credentials.SessionToken);
    for (const caller of [direct, member, session]) {
      await as(api.ListAccessKeys, { UserName: inResearch }, caller);
      for (const UserName of [inSales, 'admin'])
        expect(await errorOf(as(api.GetUser, { UserName }, caller))).toMatchObject({ code: 'AccessDenied' });
      // Neither lists nor what belongs to no resource.
      expect(await errorOf(as(api.ListUsers, {}, caller))).toMatchObject({ code: 'AccessDenied' });
    }
    const { Grants } = await as(api.ListProjectGrants, { EnterpriseProjectId: research });
    expect(Grants.map((g) => [g.GranteeType, g.PolicyName]).sort()).toEqual([
      ['Group', 'AdministratorAccess'],
      ['Role', 'AdministratorAccess'],
      ['User', 'AdministratorAccess'],
    ]);
    const own = await as(api.ListProjectGrants, { EnterpriseProjectId: research, GroupName });
    expect(own.Grants).toMatchObject([{ GranteeArn: `arn:aws:iam::${world.admin.accountId}:group/${GroupName}` }]);
    expect((await as(api.ListProjectGrants, { EnterpriseProjectId: sales })).Grants).toEqual([]);
  });

  it('lets its holder administer the project: make, grant and list in it, and nothing elsewhere', async () => {
    const [mine, theirs] = [await project(), await project()];
    const lead = await makeUser(world, unique('lead'));
    await grant(mine, { UserName: lead.userName });
    const UserName = unique('hired');
    await as(api.CreateUser, { UserName, EnterpriseProjectId: mine }, lead);
    await grant(mine, { UserName }, ADMIN, lead);
    expect((await as(api.ListProjectResources, { EnterpriseProjectId: mine }, lead)).Resources).toEqual([
      { ResourceArn: `arn:aws:iam::${world.admin.accountId}:user/${UserName}`, ResourceType: 'iam:user' },
    ]);
    for (const attempt of [
      as(api.CreateUser, { UserName: unique('x') }, lead),
      as(api.CreateUser, { UserName: unique('x'), EnterpriseProjectId: theirs }, lead),
      as(api.DescribeEnterpriseProject, { EnterpriseProjectId: theirs }, lead),
      as(api.CreateEnterpriseProject, { Name: unique('x') }, lead),
      grant(theirs, { UserName }, ADMIN, lead),
      grant('0', { UserName }, ADMIN, lead),
      as(api.AttachUserPolicy, { UserName: lead.userName, PolicyArn: ADMIN }, lead),
    ])
      expect(await errorOf(attempt)).toMatchObject({ code: 'AccessDenied' });
  });

  it('never reaches beyond the project: nobody in it gets rights elsewhere', async () => {
    const mine = await project();
    const lead = await makeUser(world, unique('lead'));
    await grant(mine, { UserName: lead.userName });
    const [UserName, GroupName, RoleName] = [unique('u'), unique('g'), unique('r')];
    const EnterpriseProjectId = mine;
    const trust = policy({ Effect: 'Allow', Principal: { AWS: lead.arn }, Action: 'sts:AssumeRole' });
    await as(api.CreateUser, { UserName, EnterpriseProjectId }, lead);
    await as(api.CreateGroup, { GroupName, EnterpriseProjectId }, lead);
    await as(api.CreateRole, { RoleName, AssumeRolePolicyDocument: trust, EnterpriseProjectId });
    const PolicyDocument = policy(allow('*'));
    const made = await as(api.CreatePolicy, { PolicyName: unique('p'), PolicyDocument, EnterpriseProjectId }, lead);
    const PolicyArn = made.Policy.Arn;
    const Tags = [{ Key: 'team', Value: 'finance' }];
    const inline = { PolicyName: 'x', PolicyDocument };
    const PermissionsBoundary = ADMIN;
    for (const [operation, input] of [
      [api.AttachUserPolicy, { UserName, PolicyArn: ADMIN }],
      [api.AttachGroupPolicy, { GroupName, PolicyArn: ADMIN }],
      [api.AttachRolePolicy, { RoleName, PolicyArn: ADMIN }],
      [api.DetachUserPolicy, { UserName, PolicyArn: ADMIN }],
      [api.DetachGroupPolicy, { GroupName, PolicyArn: ADMIN }],
      [api.DetachRolePolicy, { RoleName, PolicyArn: ADMIN }],
      [api.PutUserPolicy, { UserName, ...inline }],
      [api.PutGroupPolicy, { GroupName, ...inline }],
      [api.PutRolePolicy, { RoleName, ...inline }],
      [api.DeleteUserPolicy, { UserName, PolicyName: 'x' }],
      [api.DeleteGroupPolicy, { GroupName, PolicyName: 'x' }],
      [api.DeleteRolePolicy, { RoleName, PolicyName: 'x' }],
      [api.PutUserPermissionsBoundary, { UserName, PermissionsBoundary }],
      [api.PutRolePermissionsBoundary, { RoleName, PermissionsBoundary }],
      [api.DeleteUserPermissionsBoundary, { UserName }],
      [api.DeleteRolePermissionsBoundary, { RoleName }],
      [api.CreatePolicyVersion, { PolicyArn, PolicyDocument, SetAsDefault: true }],
      [api.SetDefaultPolicyVersion, { PolicyArn, VersionId: 'v1' }],
      [api.TagUser, { UserName, Tags }],
      [api.UntagUser, { UserName, TagKeys: ['team'] }],
      [api.TagRole, { RoleName, Tags }],
      [api.UntagRole, { RoleName, TagKeys: ['team'] }],
      [api.CreateUser, { UserName: unique('x'), EnterpriseProjectId, Tags }],
      [api.CreateRole, { RoleName: unique('x'), AssumeRolePolicyDocument: trust, EnterpriseProjectId }],
      [api.UpdateAssumeRolePolicy, { RoleName, PolicyDocument: trust }],
      [api.UpdateUser, { UserName, NewPath: '/trusted/' }],
      [api.CreateAccessKey, { UserName }],
      [api.UpdateAccessKey, { UserName, AccessKeyId: 'AKIAIOSFODNN7EXAMPLE', Status: 'Active' }],
      [api.AddUserToGroup, { GroupName, UserName }],
      [api.RemoveUserFromGroup, { GroupName, UserName }],
      [api.EnableMFADevice, { UserName, SerialNumber: `arn:aws:iam::${lead.accountId}:mfa/none`, ...CODES }],
      [api.DeactivateMFADevice, { UserName, SerialNumber: `arn:aws:iam::${lead.accountId}:mfa/none` }],
    ] as const) {
      expect([operation.name, (await errorOf(as(operation, input, lead))).code]).toEqual([
        operation.name,
        'AccessDenied',
      ]);
      // Permissions that hold everywhere go as far as they did.
      const code = await as(operation, input).then(
        () => 'done',
        (error) => error.code as string,
      );
      expect(code).not.toBe('AccessDenied');
    }
  });

  it('does not let its holder become somebody who may do more', async () => {
    const lead = await makeUser(world, unique('lead'));
    await grant('0', { UserName: lead.userName });
    const [RoleName, GroupName] = [unique('r'), unique('g')];
    const trust = policy({ Effect: 'Allow', Principal: { AWS: world.admin.accountId }, Action: 'sts:AssumeRole' });
    const { Role } = await as(api.CreateRole, { RoleName, AssumeRolePolicyDocument: trust });
    await as(api.AttachRolePolicy, { RoleName, PolicyArn: ADMIN });
    await as(api.CreateGroup, { GroupName });
    await as(api.AttachGroupPolicy, { GroupName, PolicyArn: ADMIN });
    for (const attempt of [
      as(api.CreateAccessKey, { UserName: 'admin' }, lead),
      as(api.AddUserToGroup, { GroupName, UserName: lead.userName }, lead),
      as(api.AssumeRole, { RoleArn: Role.Arn, RoleSessionName: 'lead' }, lead),
    ])
      expect(await errorOf(attempt)).toMatchObject({ code: 'AccessDenied' });
    // What is only asked about is answered as the request itself would be.
    const asked = (Action: string, Resource: string) => as(api.Authorize, { Principal: lead.arn, Action, Resource });
    const admin = `arn:aws:iam::${lead.accountId}:user/admin`;
    expect(await asked('iam:GetUser', admin)).toMatchObject({ Decision: 'Allow' });
    expect(await asked('iam:CreateAccessKey', admin)).toMatchObject({ Decision: 'Deny' });
    expect(await asked('organizations:DetachPolicy', ROOT_POLICY)).toMatchObject({ Decision: 'Deny' });
    const simulated = await as(api.SimulatePrincipalPolicy, {
      PolicySourceArn: lead.arn,
      ActionNames: ['iam:GetUser', 'iam:CreateAccessKey'],
      ResourceArns: [admin],
    });
    expect(simulated.EvaluationResults.map((result) => result.EvalDecision)).toEqual(['allowed', 'implicitDeny']);
    // Whom a trust policy names needs no grant: the account has let it in.
    const named = policy({ Effect: 'Allow', Principal: { AWS: lead.arn }, Action: 'sts:AssumeRole' });
    await as(api.UpdateAssumeRolePolicy, { RoleName, PolicyDocument: named });
    await as(api.AssumeRole, { RoleArn: Role.Arn, RoleSessionName: 'lead' }, lead);
  });

  it('denies what it denies beyond the project too', async () => {
    const mine = await project();
    const UserName = unique('u');
    await as(api.CreateUser, { UserName, EnterpriseProjectId: mine });
    const never = { Effect: 'Deny', Action: 'iam:AttachUserPolicy', Resource: '*' };
    const { Policy } = await as(api.CreatePolicy, { PolicyName: unique('never'), PolicyDocument: policy(never) });
    const strong = await makeUser(world, unique('strong'), [allow('iam:*')]);
    await as(api.AttachUserPolicy, { UserName, PolicyArn: ADMIN }, strong);
    await grant(mine, { UserName: strong.userName }, Policy.Arn);
    expect(await errorOf(as(api.AttachUserPolicy, { UserName, PolicyArn: ADMIN }, strong))).toMatchObject({
      code: 'AccessDenied',
    });
  });

  it('follows the policy to its version in force', async () => {
    const here = await project();
    const UserName = unique('target');
    await as(api.CreateUser, { UserName, EnterpriseProjectId: here });
    const { Policy } = await as(api.CreatePolicy, {
      PolicyName: unique('readers'),
      PolicyDocument: policy(allow('iam:GetUser')),
    });
    const reader = await makeUser(world, unique('reader'));
    await grant(here, { UserName: reader.userName }, Policy.Arn);
    await as(api.GetUser, { UserName }, reader);
    await as(api.CreatePolicyVersion, {
      PolicyArn: Policy.Arn,
      PolicyDocument: policy(allow('iam:ListUserTags')),
      SetAsDefault: true,
    });
    expect(await errorOf(as(api.GetUser, { UserName }, reader))).toMatchObject({ code: 'AccessDenied' });
    await as(api.ListUserTags, { UserName }, reader);
  });

  it('names exactly one grantee who exists, a policy that exists and a project of the account', async () => {
    const here = await project();
    for (const [input, code] of [
      [{}, 'Validation'],
      [{ UserName: 'admin', GroupName: 'g' }, 'Validation'],
      [{ UserName: 'nobody' }, 'NotFound'],
      [{ GroupName: 'nothing' }, 'NotFound'],
      [{ RoleName: 'nothing' }, 'NotFound'],
      [{ UserName: 'admin', PolicyArn: 'arn:aws:iam::aws:policy/Nothing' }, 'NotFound'],
      [{ UserName: 'admin', EnterpriseProjectId: MISSING_PROJECT }, 'NotFound'],
    ] as const) {
      const given = { EnterpriseProjectId: here, PolicyArn: ADMIN, ...input };
      expect(await errorOf(as(api.AttachProjectPolicy, given))).toMatchObject({ code });
      expect(await errorOf(as(api.DetachProjectPolicy, given))).toMatchObject({ code });
    }
  });

  it('keeps its policy and its holder from being deleted', async () => {
    const here = await project();
    const { Policy } = await as(api.CreatePolicy, {
      PolicyName: unique('kept'),
      PolicyDocument: policy(allow('iam:GetUser')),
    });
    const UserName = unique('holder');
    await as(api.CreateUser, { UserName });
    await grant(here, { UserName }, Policy.Arn);
    expect((await as(api.GetPolicy, { PolicyArn: Policy.Arn })).Policy.AttachmentCount).toBe(1);
    const conflict = await errorOf(as(api.DeleteUser, { UserName }));
    expect(conflict).toMatchObject({ code: 'DeleteConflict' });
    expect(conflict.hint).toContain(`${here}: ${Policy.Arn}`);
    expect(await errorOf(as(api.DeletePolicy, { PolicyArn: Policy.Arn }))).toMatchObject({ code: 'DeleteConflict' });
    await as(api.DetachProjectPolicy, { EnterpriseProjectId: here, PolicyArn: Policy.Arn, UserName });
    await as(api.DeleteUser, { UserName });
    await as(api.DeletePolicy, { PolicyArn: Policy.Arn });
  });

  it('is named in answers of Authorize and decides for applications by the project they name', async () => {
    const here = await project();
    const holder = await makeUser(world, unique('holder'));
    await grant(here, { UserName: holder.userName });
    const ask = (Context: object, Resource = 'arn:aws:kms:local-1:1:key/k') =>
      as(api.Authorize, { Principal: holder.arn, Action: 'kms:Decrypt', Resource, Context, Explain: true });
    const Resource = `arn:aws:kms:local-1:${world.admin.accountId}:key/k`;
    const answer = await ask({ 'parapet:EnterpriseProjectId': here }, Resource);
    expect(answer.Decision).toBe('Allow');
    expect(answer.Layers.flatMap((layer) => layer.Statements)).toContainEqual(
      expect.objectContaining({ PolicyArn: ADMIN, EnterpriseProjectId: here }),
    );
    expect((await ask({}, Resource)).Decision).toBe('Deny');
    expect(
      (await ask({ 'parapet:EnterpriseProjectId': here }, Resource.replace(/:\d{12}:/, ':999999999999:'))).Decision,
    ).toBe('Deny');
  });
});
