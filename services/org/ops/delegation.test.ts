import { beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../../platform/runtime/call.ts';
import { iamApi } from '../../iam/api/index.ts';
import { allow, makeUser } from '../../iam/testing/harness.ts';
import { orgApi as api } from '../api/index.ts';
import { onBothEngines } from '../testing/engines.ts';
import { DENY_KMS, failure, found, guardrail, joined, type OrgWorld, standAlone, unit } from '../testing/harness.ts';

const CONFIG = 'config.amazonaws.com';
const SCP = 'SERVICE_CONTROL_POLICY';

onBothEngines('delegation', (the) => {
  let world: OrgWorld;
  let root: string;
  let delegate: Caller;
  let other: Caller;
  const register = (AccountId: string, ServicePrincipal = CONFIG) =>
    world.ask(api.RegisterDelegatedAdministrator, { AccountId, ServicePrincipal });

  beforeAll(async () => {
    world = the();
    root = (await found(world)).rootId;
    delegate = await joined(world, 'delegate');
    other = await joined(world, 'other');
  });

  it('a member sees the organization it is in, and nothing of what is in it', async () => {
    expect((await world.as(delegate, api.DescribeOrganization, {})).Organization.MasterAccountId).toBe(
      world.management.accountId,
    );
    const denied: [Parameters<OrgWorld['as']>[1], object][] = [
      [api.ListAccounts, {}],
      [api.ListRoots, {}],
      [api.DescribeOrganizationTree, {}],
      [api.DescribeAccount, { AccountId: other.accountId }],
      [api.DescribeAccount, { AccountId: '999999999999' }],
      [api.DescribeAccount, { AccountId: delegate.accountId }],
      [api.CreateOrganizationalUnit, { ParentId: root, Name: 'mine' }],
      [api.MoveAccount, { AccountId: delegate.accountId, SourceParentId: root, DestinationParentId: root }],
      [api.DetachPolicy, { PolicyId: 'p-FullAWSAccess', TargetId: delegate.accountId }],
      [api.ResumeAccount, { AccountId: delegate.accountId }],
      [api.TagResource, { ResourceId: delegate.accountId, Tags: [{ Key: 'a', Value: 'b' }] }],
      [api.DeleteOrganization, {}],
    ];
    for (const [operation, input] of denied)
      expect(await failure(world.as(delegate, operation, input))).toBe('AccessDenied');
  });

  it('a service is trusted before it is delegated', async () => {
    const untrusted = 'ConstraintViolation/SERVICE_ACCESS_NOT_ENABLED';
    expect(await failure(register(delegate.accountId))).toBe(untrusted);
    const unknown = { ServicePrincipal: 'weather.amazonaws.com' };
    expect(await failure(world.ask(api.EnableAWSServiceAccess, unknown))).toBe(
      'InvalidInput/UNRECOGNIZED_SERVICE_PRINCIPAL',
    );
    await world.ask(api.EnableAWSServiceAccess, { ServicePrincipal: CONFIG });
    await world.ask(api.EnableAWSServiceAccess, { ServicePrincipal: CONFIG });
    const { EnabledServicePrincipals } = await world.ask(api.ListAWSServiceAccessForOrganization);
    expect(EnabledServicePrincipals.map((service) => service.ServicePrincipal)).toEqual([CONFIG]);
    expect(await failure(register(world.management.accountId))).toBe(
      'ConstraintViolation/CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR',
    );
    expect(await failure(register('999999999999'))).toBe('AccountNotFound');
    await world.ask(api.SuspendAccount, { AccountId: other.accountId });
    expect(await failure(register(other.accountId))).toBe(
      'ConstraintViolation/CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR',
    );
    await world.ask(api.ResumeAccount, { AccountId: other.accountId });
    await register(delegate.accountId);
    expect(await failure(register(delegate.accountId))).toBe('AccountAlreadyRegistered');
  });

  it('a delegated administrator reads all of the organization, and changes nothing', async () => {
    const { Accounts } = await world.as(delegate, api.ListAccounts, {});
    expect(Accounts.map((account) => account.Id)).toContain(other.accountId);
    expect((await world.as(delegate, api.DescribeOrganizationTree, {})).Nodes.length).toBeGreaterThan(3);
    expect(await failure(world.as(delegate, api.DescribeAccount, { AccountId: '999999999999' }))).toBe(
      'AccountNotFound',
    );
    expect(await failure(world.as(delegate, api.CreateOrganizationalUnit, { ParentId: root, Name: 'mine' }))).toBe(
      'AccessDenied',
    );
    // What its users may do, their own policies say.
    await world.iam.as(delegate, iamApi.CreateUser, { UserName: 'guest' });
    const guest = await makeUser(world.iam, 'reader', [allow('organizations:ListAccounts')], delegate);
    expect((await world.as(guest, api.ListAccounts, {})).Accounts.length).toBe(Accounts.length);
    expect(await failure(world.as(guest, api.ListRoots, {}))).toBe('AccessDenied');
  });

  it('is listed both ways, cannot leave, and ends with the trust', async () => {
    const byService = await world.ask(api.ListDelegatedAdministrators, { ServicePrincipal: CONFIG });
    expect(byService.DelegatedAdministrators).toMatchObject([{ Id: delegate.accountId, State: 'ACTIVE' }]);
    const services = await world.ask(api.ListDelegatedServicesForAccount, { AccountId: delegate.accountId });
    expect(services.DelegatedServices.map((s) => s.ServicePrincipal)).toEqual([CONFIG]);
    expect(await failure(world.ask(api.ListDelegatedServicesForAccount, { AccountId: other.accountId }))).toBe(
      'AccountNotRegistered',
    );
    const kept = 'ConstraintViolation/CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG';
    expect(await failure(world.ask(api.RemoveAccountFromOrganization, { AccountId: delegate.accountId }))).toBe(kept);
    expect(await failure(world.as(delegate, api.LeaveOrganization, {}))).toBe(kept);
    expect(await failure(world.ask(api.CloseAccount, { AccountId: delegate.accountId }))).toBe(kept);
    await world.ask(api.DisableAWSServiceAccess, { ServicePrincipal: CONFIG });
    expect((await world.ask(api.ListDelegatedAdministrators)).DelegatedAdministrators).toEqual([]);
    expect(await failure(world.as(delegate, api.ListAccounts, {}))).toBe('AccessDenied');
    expect(
      await failure(
        world.ask(api.DeregisterDelegatedAdministrator, { AccountId: delegate.accountId, ServicePrincipal: CONFIG }),
      ),
    ).toBe('AccountNotRegistered');
  });

  describe('by the policy of the organization', () => {
    const put = (statement: object) =>
      world.ask(api.PutResourcePolicy, {
        Content: JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Principal: { AWS: delegate.accountId }, Resource: '*', ...statement }],
        }),
      });

    it('policies of one type are administered where the policy says', async () => {
      expect(await failure(world.ask(api.DescribeResourcePolicy))).toBe('ResourcePolicyNotFound');
      const [mine, theirs] = [await unit(world, root, 'mine'), await unit(world, root, 'theirs')];
      const { ResourcePolicy } = await put({
        Action: ['organizations:CreatePolicy', 'organizations:AttachPolicy', 'organizations:DescribePolicy'],
        Resource: ['*'],
        Condition: { StringEquals: { 'organizations:PolicyType': SCP } },
      });
      expect(ResourcePolicy.ResourcePolicySummary.Id).toMatch(/^rp-[a-z0-9]{8}$/);
      const { Policy } = await world.as(delegate, api.CreatePolicy, {
        Name: 'delegated',
        Description: '',
        Content: DENY_KMS,
        Type: SCP,
      });
      const PolicyId = Policy.PolicySummary.Id;
      const rcp = DENY_KMS.replace('"Action"', '"Principal":"*","Action"');
      expect(
        await failure(
          world.as(delegate, api.CreatePolicy, {
            Name: 'r',
            Description: '',
            Content: rcp,
            Type: 'RESOURCE_CONTROL_POLICY',
          }),
        ),
      ).toBe('AccessDenied');
      await world.as(delegate, api.AttachPolicy, { PolicyId, TargetId: mine });
      expect(await failure(world.as(delegate, api.DetachPolicy, { PolicyId, TargetId: mine }))).toBe('AccessDenied');
      expect(await failure(world.as(other, api.DescribePolicy, { PolicyId }))).toBe('AccessDenied');

      const arn = (id: string) => `arn:aws:organizations::*:ou/*/${id}`;
      await put({ Action: 'organizations:AttachPolicy', Resource: ['arn:aws:organizations::*:policy/*', arn(theirs)] });
      const second = await guardrail(world, 'second');
      expect(await failure(world.as(delegate, api.AttachPolicy, { PolicyId: second, TargetId: mine }))).toBe(
        'AccessDenied',
      );
    });

    it.each([
      ['accounts', { Action: 'organizations:CreateAccount' }, 'UNSUPPORTED_ACTION_IN_RESOURCE_POLICY'],
      ['everything', { Action: 'organizations:*' }, 'UNSUPPORTED_ACTION_IN_RESOURCE_POLICY'],
      ['everybody', { Action: 'organizations:ListRoots', Principal: '*' }, 'INVALID_PRINCIPAL'],
      ['what does not compile', { Action: 'organizations:ListRoots', Effect: 'Maybe' }, 'INVALID_RESOURCE_POLICY_JSON'],
    ])('is not written for %s', async (_, statement, reason) => {
      expect(await failure(put(statement))).toBe(`InvalidInput/${reason}`);
    });

    it('names members only', async () => {
      const stranger = await standAlone(world, 'stranger');
      const names = { Action: 'organizations:ListRoots', Principal: { AWS: stranger.accountId } };
      expect(await failure(put(names))).toBe('InvalidInput/INVALID_PRINCIPAL');
    });

    it('ends when it is deleted, at once', async () => {
      await put({ Action: 'organizations:ListRoots' });
      expect((await world.as(delegate, api.ListRoots, {})).Roots).toHaveLength(1);
      await world.ask(api.DeleteResourcePolicy);
      expect(await failure(world.as(delegate, api.ListRoots, {}))).toBe('AccessDenied');
      expect(await failure(world.ask(api.DeleteResourcePolicy))).toBe('ResourcePolicyNotFound');
    });

    it('cannot lock out the management account', async () => {
      const Content = JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Deny',
            Principal: { AWS: world.management.accountId },
            Action: ['organizations:List*', 'organizations:DeletePolicy'],
            Resource: '*',
          },
        ],
      });
      await world.ask(api.PutResourcePolicy, { Content });
      expect((await world.ask(api.ListRoots)).Roots).toHaveLength(1);
      await world.ask(api.DeleteResourcePolicy);
    });
  });

  it('tags are put on everything that can bear them, and are conditions', async () => {
    const target = await unit(world, root, 'tagged');
    const policy = await guardrail(world, 'tagged');
    const { ResourcePolicy } = await world.ask(api.PutResourcePolicy, {
      Content: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { AWS: delegate.accountId }, Action: 'organizations:ListRoots', Resource: '*' },
        ],
      }),
      Tags: [{ Key: 'kind', Value: 'delegation' }],
    });
    const rp = ResourcePolicy.ResourcePolicySummary.Id;
    for (const ResourceId of [root, target, policy, other.accountId, rp]) {
      await world.ask(api.TagResource, { ResourceId, Tags: [{ Key: 'Team', Value: 'red' }] });
      const { Tags } = await world.ask(api.ListTagsForResource, { ResourceId });
      expect(Tags).toContainEqual({ Key: 'Team', Value: 'red' });
    }
    const twice = [{ Key: 'team', Value: 'blue' }];
    expect(await failure(world.ask(api.TagResource, { ResourceId: target, Tags: twice }))).toBe(
      'InvalidInput/DUPLICATE_TAG_KEY',
    );
    expect(await failure(world.ask(api.TagResource, { ResourceId: 'p-FullAWSAccess', Tags: [] }))).toBe(
      'TargetNotFound',
    );
    const redOnly = await makeUser(world.iam, 'red', [
      allow('organizations:DeleteOrganizationalUnit', '*', { StringEquals: { 'aws:ResourceTag/Team': 'red' } }),
    ]);
    const untagged = await unit(world, root, 'untagged');
    const remove = (OrganizationalUnitId: string) =>
      world.as(redOnly, api.DeleteOrganizationalUnit, { OrganizationalUnitId });
    expect(await failure(remove(untagged))).toBe('AccessDenied');
    await world.ask(api.UntagResource, { ResourceId: policy, TagKeys: ['TEAM', 'missing'] });
    expect((await world.ask(api.ListTagsForResource, { ResourceId: policy })).Tags).toEqual([]);
    await remove(target);
    const { Tags } = await world.ask(api.ListTagsForResource, { ResourceId: root });
    expect(Tags).toHaveLength(1);
  });
});
