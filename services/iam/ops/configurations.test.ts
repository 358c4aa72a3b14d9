import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ConfigurationItem, MAX_CONFIGURATION_TEXT } from '../../../platform/contract/configuration.ts';
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
  const namespaceOf = (name: string) => `arn:aws:authz:local-1:${account()}:namespace/${name}`;
  const trust = (principal: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole' },
    });
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

  it('of a role tell who may assume it, what it may then do, and when it last did', async () => {
    const document = trust(`arn:aws:iam::${account()}:root`);
    await ask(iamApi.CreateRole, {
      RoleName: 'Deploy',
      Path: '/ci/',
      AssumeRolePolicyDocument: document,
      Tags: [{ Key: 'owner', Value: 'x' }],
      PermissionsBoundary: 'arn:aws:iam::aws:policy/ReadOnlyAccess',
    });
    await ask(iamApi.PutRolePolicy, { RoleName: 'Deploy', PolicyName: 'narrow', PolicyDocument: NARROW });
    await ask(iamApi.PutRolePolicy, { RoleName: 'Deploy', PolicyName: 'wide', PolicyDocument: ADMIN });
    await ask(iamApi.AttachRolePolicy, { RoleName: 'Deploy', PolicyArn: 'arn:aws:iam::aws:policy/SecurityAudit' });
    const item = await describeOne(arn('role/ci/Deploy'));
    expect(item).toMatchObject({ Type: 'iam:role', AccountId: account(), Name: 'Deploy', Tags: { owner: 'x' } });
    expect(facts(item)).toMatchObject({
      enterpriseProject: '0',
      trustedAccounts: [account()],
      trustPolicy: document,
      attachedPolicies: ['arn:aws:iam::aws:policy/SecurityAudit'],
      inlinePolicies: [
        { name: 'wide', allowsEverything: true },
        { name: 'narrow', allowsEverything: false },
      ],
      boundary: 'arn:aws:iam::aws:policy/ReadOnlyAccess',
      lastUsedAt: null,
    });
    const { RoleId } = (await ask(iamApi.GetRole, { RoleName: 'Deploy' })).Role;
    const At = world.clock.time;
    await world.internal.NoteUses({ AccessKeys: [], Roles: [{ RoleId, At, Service: 'kms', Region: 'local-1' }] });
    await world.deps.roleUses.flush(world.store);
    expect(facts(await describeOne(arn('role/ci/Deploy')))).toMatchObject({ lastUsedAt: new Date(At).toISOString() });
  });

  it('of a role come with its account, which tells the names of all roles', async () => {
    await ask(iamApi.CreateRole, { RoleName: 'One', AssumeRolePolicyDocument: trust(account()) });
    const { Items } = await world.internal.DescribeConfigurations({ Resources: [arn('role/One'), arn('role/gone')] });
    expect(Items.map((item) => [item.Arn, item.Deleted, item.Because])).toEqual([
      [arn('role/One'), false, undefined],
      [arn('root'), false, arn('role/gone')],
      [arn('role/gone'), true, undefined],
    ]);
    expect(facts(Items[1])).toMatchObject({ roles: ['One'], rolesComplete: true });
  });

  it('of a device tell whose it is and never its seed', async () => {
    const { VirtualMFADevice } = await ask(iamApi.CreateVirtualMFADevice, { VirtualMFADeviceName: 'phone' });
    const item = await describeOne(VirtualMFADevice.SerialNumber);
    expect(item).toMatchObject({ Type: 'iam:mfa', Name: 'phone', Deleted: false });
    expect(facts(item)).toMatchObject({ kind: 'virtual', ownerId: null, enabledAt: null });
    expect(item!.Configuration).not.toContain(VirtualMFADevice.Base32StringSeed!.toString());
  });

  it('of projects and namespaces tell what they are', async () => {
    const { EnterpriseProject } = await ask(iamApi.CreateEnterpriseProject, { Name: 'research' });
    await ask(iamApi.DisableEnterpriseProject, { EnterpriseProjectId: EnterpriseProject.EnterpriseProjectId });
    const project = await describeOne(EnterpriseProject.Arn);
    expect(project).toMatchObject({ Type: 'iam:enterprise-project', Name: 'research' });
    expect(facts(project)).toMatchObject({ enabled: false });
    await ask(iamApi.RegisterNamespace, { Name: 'billing', Actions: [{ Name: 'Pay' }] });
    const namespace = await describeOne(namespaceOf('billing'));
    expect(namespace).toMatchObject({ Type: 'authz:namespace', Name: 'billing' });
    expect(facts(namespace)).toMatchObject({ actions: ['Pay'] });
  });

  it('stay within the longest text, whatever an account holds', async () => {
    const wide = JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } });
    await ask(iamApi.CreateRole, { RoleName: 'Full', AssumeRolePolicyDocument: trust(account()) });
    const role = await world.store.read.selectFrom('iam_role').selectAll().executeTakeFirstOrThrow();
    await world.store.transaction(async (tx) => {
      const into = tx as never as typeof world.store.read;
      for (let i = 0; i < 1_200; i++) {
        const name = `${String(i).padStart(4, '0')}${'n'.repeat(124)}`;
        const document = i === 1_199 ? wide : NARROW;
        const row = { owner_kind: 'role' as const, owner_id: role.role_id, name, name_key: name, document };
        await into
          .insertInto('inline_policy')
          .values({ ...row, digest: '0'.repeat(16) })
          .execute();
        const other = { ...role, role_id: `AROA${i}`, name: name.slice(0, 64), name_key: name.slice(0, 64) };
        await into.insertInto('iam_role').values(other).execute();
      }
    });
    const { Items } = await world.internal.DescribeConfigurations({ Resources: [arn('role/Full')] });
    for (const item of Items) expect(item.Configuration.length).toBeLessThan(MAX_CONFIGURATION_TEXT);
    expect(facts(Items[0])).toMatchObject({
      inlinePolicies: expect.arrayContaining([expect.objectContaining({ allowsEverything: true })]),
    });
    expect(facts(Items[1])).toMatchObject({ rolesComplete: false });
  });

  it('say that a resource is gone, and leave out what is none of ours', async () => {
    const resources = [arn('user/nobody'), arn('group/none'), arn('policy/none'), 'arn:aws:iam::999999999999:root'];
    const typed = [arn('role/none'), arn('mfa/none'), arn('enterprise-project/none'), namespaceOf('none')];
    const foreign = [
      'arn:aws:kms:local-1:111122223333:key/1',
      'arn:aws:iam::aws:policy/ReadOnlyAccess',
      arn('session/x'),
      arn('role/'),
      namespaceOf('none').replace('local-1', 'mars-1'),
    ];
    const { Items } = await world.internal.DescribeConfigurations({ Resources: [...resources, ...typed, ...foreign] });
    expect(
      Items.filter((item) => item.Type !== 'iam:root' || item.Deleted).map((item) => [item.Arn, item.Deleted]),
    ).toEqual([...resources, ...typed].map((resource) => [resource, true]));
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
    for (const RoleName of ['r1', 'r2'])
      await ask(iamApi.CreateRole, { RoleName, AssumeRolePolicyDocument: trust(account()) });
    for (const VirtualMFADeviceName of ['m1', 'm2']) await ask(iamApi.CreateVirtualMFADevice, { VirtualMFADeviceName });
    for (const Name of ['e1', 'e2']) await ask(iamApi.CreateEnterpriseProject, { Name });
    for (const Name of ['nnn1', 'nnn2']) await ask(iamApi.RegisterNamespace, { Name, Actions: [{ Name: 'Do' }] });
    await ask(iamApi.CreateAccount, { Name: 'second', AdministratorUserName: 'chief' });
    const all = await walk(200);
    expect(all.map((item) => item.Type).toSorted()).toEqual(
      [
        ...['iam:group', 'iam:policy', 'iam:root', 'iam:root', ...Array.from({ length: 5 }, () => 'iam:user')],
        ...['iam:role', 'iam:mfa', 'iam:enterprise-project', 'authz:namespace'].flatMap((type) => [type, type]),
      ].toSorted(),
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
