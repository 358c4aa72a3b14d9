import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConfigurationItem } from '../../../platform/contract/configuration.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { iamApi } from '../api/index.ts';
import { allowsEverything } from '../domain/wide-policy.ts';
import { type IamWorld, openIam } from '../testing/harness.ts';

const ADMIN = JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } });
const NARROW = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }],
});

describe('configurations of identities', () => {
  let world: IamWorld;
  beforeEach(async () => {
    world = await openIam();
  });
  afterEach(() => world.close());

  const ask = <Op extends AnyOperation>(operation: Op, input: unknown) => world.as(world.admin, operation, input);
  const account = () => world.admin.accountId;
  const arn = (rest: string) => `arn:aws:iam::${account()}:${rest}`;
  const facts = (item: ConfigurationItem | undefined) => JSON.parse(item!.Configuration) as Record<string, unknown>;
  const describeOne = async (wanted: string) => {
    const { Items } = await world.internal.DescribeConfigurations({ Resources: [wanted] });
    return Items.find((item) => item.Arn === wanted);
  };
  const walk = async (Limit: number) => {
    const found: ConfigurationItem[] = [];
    for (let After: string | undefined; ; ) {
      const page = await world.internal.ListConfigurations({ ...(After !== undefined && { After }), Limit });
      found.push(...page.Items);
      After = page.Next;
      if (After === undefined) return found;
    }
  };

  it('tell the age of access keys, groups and policies of a user, and no secret', async () => {
    await ask(iamApi.CreateUser, { UserName: 'bob', Path: '/team/', Tags: [{ Key: 'owner', Value: 'x' }] });
    const { AccessKey } = await ask(iamApi.CreateAccessKey, { UserName: 'bob' });
    await ask(iamApi.CreateGroup, { GroupName: 'Auditors' });
    await ask(iamApi.AddUserToGroup, { GroupName: 'Auditors', UserName: 'bob' });
    await ask(iamApi.PutUserPolicy, { UserName: 'bob', PolicyName: 'all', PolicyDocument: ADMIN });
    await ask(iamApi.AttachUserPolicy, { UserName: 'bob', PolicyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' });
    const item = await describeOne(arn('user/team/bob'));
    expect(item).toMatchObject({ Type: 'iam:user', AccountId: account(), Name: 'bob', Tags: { owner: 'x' } });
    expect(facts(item)).toMatchObject({
      accessKeys: [
        { id: AccessKey.AccessKeyId, status: 'Active', createdAt: new Date(world.clock.time).toISOString() },
      ],
      groups: ['Auditors'],
      attachedPolicies: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
      inlinePolicies: [{ name: 'all', allowsEverything: true }],
    });
    expect(item!.Configuration).not.toContain(AccessKey.SecretAccessKey);
  });

  it('of a group come with those of its members', async () => {
    await ask(iamApi.CreateGroup, { GroupName: 'Auditors' });
    await ask(iamApi.CreateUser, { UserName: 'bob' });
    await ask(iamApi.AddUserToGroup, { GroupName: 'Auditors', UserName: 'bob' });
    const { Items } = await world.internal.DescribeConfigurations({ Resources: [arn('group/Auditors')] });
    expect(Items.map((item) => item.Arn)).toEqual([arn('group/Auditors'), arn('user/bob')]);
    expect(facts(Items[0])).toMatchObject({ members: ['bob'] });
  });

  it('count where a policy is attached and say whether it allows everything', async () => {
    await ask(iamApi.CreatePolicy, { PolicyName: 'all', PolicyDocument: ADMIN });
    await ask(iamApi.AttachUserPolicy, { UserName: world.admin.userName, PolicyArn: arn('policy/all') });
    expect(facts(await describeOne(arn('policy/all')))).toMatchObject({ attachmentCount: 1, allowsEverything: true });
    const touched = (await world.records()).at(-1) as { resources: { ARN: string }[] };
    expect(touched.resources.map((resource) => resource.ARN)).toContain(arn('policy/all'));
  });

  it('say that a resource is gone, and leave out what is none of ours', async () => {
    const resources = [arn('user/nobody'), arn('group/none'), arn('policy/none'), 'arn:aws:iam::999999999999:root'];
    const foreign = ['arn:aws:kms:local-1:111122223333:key/1', 'arn:aws:iam::aws:policy/ReadOnlyAccess', arn('role/x')];
    const { Items } = await world.internal.DescribeConfigurations({ Resources: [...resources, ...foreign] });
    expect(Items.map((item) => [item.Arn, item.Deleted])).toEqual(resources.map((resource) => [resource, true]));
  });

  it('under another path are another resource', async () => {
    await ask(iamApi.CreateUser, { UserName: 'bob', Path: '/a/' });
    expect((await describeOne(arn('user/bob')))?.Deleted).toBe(true);
    expect((await describeOne(arn('user/a/bob')))?.Deleted).toBe(false);
  });

  it('are all met by a walk, whatever the size of its pages', async () => {
    for (const name of ['u1', 'u2', 'u3']) await ask(iamApi.CreateUser, { UserName: name });
    await ask(iamApi.CreateGroup, { GroupName: 'g1' });
    await ask(iamApi.CreatePolicy, { PolicyName: 'p1', PolicyDocument: NARROW });
    await ask(iamApi.CreateAccount, { Name: 'second', AdministratorUserName: 'chief' });
    const all = await walk(200);
    expect(all.map((item) => item.Type).toSorted()).toEqual(
      ['iam:group', 'iam:policy', 'iam:root', 'iam:root', ...Array.from({ length: 5 }, () => 'iam:user')].toSorted(),
    );
    expect((await walk(1)).map((item) => item.Arn)).toEqual(all.map((item) => item.Arn));
  });

  it('are for our own services only', async () => {
    await expect(ask(iamApi.DescribeConfigurations, { Resources: [arn('root')] })).rejects.toMatchObject({
      code: 'AccessDenied',
    });
  });
});

describe('a policy that allows everything', () => {
  const statement = (given: object) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*', ...given }] });

  it.each<[string, object, boolean]>([
    ['every action on everything', {}, true],
    ['in a list', { Action: ['kms:*', '*:*'], Resource: ['arn:aws:kms:*:*:key/1', '*'] }, true],
    ['one service', { Action: 'kms:*' }, false],
    ['one resource', { Resource: 'arn:aws:kms:*:*:key/1' }, false],
    ['with a condition', { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }, false],
    ['a denial', { Effect: 'Deny' }, false],
  ])('%s', (_title, given, expected) => {
    expect(allowsEverything(statement(given))).toBe(expected);
  });
});
