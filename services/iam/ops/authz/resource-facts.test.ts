import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../../../platform/runtime/call.ts';
import { ADMIN_POLICY, type KmsClient, KmsHarness } from '../../../kms/testing/harness.ts';
import { iamApi as api } from '../../api/index.ts';
import { allow, errorOf, type IamWorld, makeUser, openIam, policy } from '../../testing/harness.ts';
import { projectsOf, unique } from '../../testing/projects.ts';

let kms: KmsHarness;
let world: IamWorld;
let keys: KmsClient;
let app: Caller;
let isAway = false;
let { as, project, grant }: ReturnType<typeof projectsOf> = {} as never;
beforeAll(async () => {
  kms = await KmsHarness.open();
  const internal = kms.internal();
  world = await openIam({
    kms: {
      ListResourcesInProject: (input) => internal.ListResourcesInProject(input),
      async DescribeResourceFacts(input) {
        if (isAway) throw new Error('kms is away');
        return internal.DescribeResourceFacts(input);
      },
    },
  });
  ({ as, project, grant } = projectsOf(world));
  keys = kms.user('custodian', ADMIN_POLICY, world.admin.accountId);
  app = await makeUser(world, 'app', [allow('authz:*')]);
});
afterAll(async () => {
  await world.close();
  await kms.close();
});

const ask = (Principal: string, Action: string, Resource: string, more: object = {}) =>
  as(api.Authorize, { Principal, Action, Resource, ...more }, app);
const decision = async (...question: Parameters<typeof ask>) => (await ask(...question)).Decision;

async function place(): Promise<string> {
  const id = await project();
  kms.project(id, {}, world.admin.accountId);
  return id;
}
const keyIn = async (EnterpriseProjectId: string, Tags: { TagKey: string; TagValue: string }[] = []) => {
  const { KeyMetadata } = await keys.CreateKey({ EnterpriseProjectId, Tags });
  return KeyMetadata.Arn as string;
};
async function grantee(projectId: string): Promise<string> {
  const user = await makeUser(world, unique('grantee'));
  await grant(projectId, { UserName: user.userName });
  return user.arn;
}

describe('a question about a key of ours', () => {
  it('is judged in the project the key is in, and follows it when it is moved', async () => {
    const [here, there] = [await place(), await place()];
    const key = await keyIn(here);
    const alice = await grantee(here);
    const given = {
      ResourcePolicy: policy({
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${world.admin.accountId}:root` },
        Action: 'kms:*',
        Resource: '*',
      }),
    };
    expect(await decision(alice, 'kms:Encrypt', key, given)).toBe('Allow');
    await keys.MoveResource({ ResourceArn: key, EnterpriseProjectId: there });
    expect(await decision(alice, 'kms:Encrypt', key, given)).toBe('Deny');
    expect(await decision(await grantee(there), 'kms:Encrypt', key, given)).toBe('Allow');
  });

  it('is judged by the tags of the key, whatever the asker says', async () => {
    const key = await keyIn('0', [{ TagKey: 'env', TagValue: 'prod' }]);
    const bob = await makeUser(world, unique('bob'), [
      allow('kms:Encrypt', '*', { StringEquals: { 'aws:ResourceTag/env': 'test' } }),
      allow('kms:Decrypt', '*', { StringEquals: { 'aws:ResourceTag/env': 'prod' } }),
    ]);
    const lie = { ResourceTags: { env: 'test' } };
    expect(await decision(bob.arn, 'kms:Encrypt', key, lie)).toBe('Deny');
    expect(await decision(bob.arn, 'kms:Decrypt', key, lie)).toBe('Allow');
    for (const name of ['parapet:EnterpriseProjectId', 'aws:ResourceTag/env']) {
      const claim = { Context: { [name]: 'test' } };
      expect(await errorOf(ask(bob.arn, 'kms:Encrypt', key, claim))).toMatchObject({ code: 'Validation' });
    }
  });

  it('by its alias is judged where its key is', async () => {
    const here = await place();
    const key = await keyIn(here);
    const AliasName = `alias/${unique('payments')}`;
    await keys.CreateAlias({ AliasName, TargetKeyId: key.slice(key.lastIndexOf('/') + 1) });
    const alias = key.replace(/key\/.*/, AliasName);
    expect(await decision(await grantee(here), 'kms:DeleteAlias', alias)).toBe('Allow');
    expect(await decision(await grantee(await place()), 'kms:DeleteAlias', alias)).toBe('Deny');
  });

  it('that does not exist is judged as one that is made without a project', async () => {
    const missing = (await keyIn('0')).replace(/[0-9a-f]{8}-/, '00000000-');
    expect(await decision(await grantee(await place()), 'kms:DescribeKey', missing)).toBe('Deny');
    expect(await decision(await grantee('0'), 'kms:DescribeKey', missing)).toBe('Allow');
  });

  it('is denied while nobody can tell where the key is', async () => {
    const key = await keyIn('0');
    const admin = world.admin.arn;
    expect(await decision(admin, 'kms:DescribeKey', key)).toBe('Allow');
    isAway = true;
    try {
      expect(await ask(admin, 'kms:DescribeKey', key)).toMatchObject({ Decision: 'Deny', Reason: 'error' });
      const Items = [
        { Principal: admin, Action: 'kms:DescribeKey', Resource: key },
        { Principal: admin, Action: 'iam:GetUser', Resource: admin },
      ];
      const { Results } = await as(api.BatchAuthorize, { Items }, app);
      expect(Results.map((result) => [result.Decision, result.Error?.Code])).toEqual([
        ['Deny', 'Unavailable'],
        ['Allow', undefined],
      ]);
      for (const operation of [api.Explain, api.WhoCan])
        expect(await errorOf(as(operation, { Action: 'kms:DescribeKey', Resource: key }, world.admin))).toMatchObject({
          code: 'Unavailable',
        });
    } finally {
      isAway = false;
    }
    expect(await decision(admin, 'kms:DescribeKey', key)).toBe('Allow');
  });

  it('of another account gets nothing of where that key is', async () => {
    const here = await place();
    const stranger = kms.user('stranger', ADMIN_POLICY, '999988887777');
    kms.project(here, {}, '999988887777');
    const { KeyMetadata } = await stranger.CreateKey({ EnterpriseProjectId: here });
    const { Context } = await as(api.Explain, { Action: 'kms:Encrypt', Resource: KeyMetadata.Arn }, world.admin);
    expect(Context['parapet:enterpriseprojectid']).toBe('0');
  });
});

describe('a question about an identity of ours', () => {
  it('is judged in its project, by its tags, and never lets a grant reach beyond the project', async () => {
    const here = await place();
    const { User } = await as(api.CreateUser, { UserName: unique('placed'), EnterpriseProjectId: here });
    await as(api.TagUser, { UserName: User.UserName, Tags: [{ Key: 'team', Value: 'red' }] });
    const alice = await grantee(here);
    expect(await decision(alice, 'iam:GetUser', User.Arn)).toBe('Allow');
    expect(await decision(await grantee(await place()), 'iam:GetUser', User.Arn)).toBe('Deny');
    expect(await decision(alice, 'iam:AttachUserPolicy', User.Arn)).toBe('Deny');
    expect(await decision(alice, 'iam:TagUser', User.Arn)).toBe('Deny');
    const red = await makeUser(world, unique('red'), [
      allow('iam:DeleteUser', '*', { StringEquals: { 'iam:ResourceTag/team': 'red' } }),
    ]);
    expect(await decision(red.arn, 'iam:DeleteUser', User.Arn)).toBe('Allow');
  });

  it('with tags reaches beyond the project it is made in', async () => {
    const alice = await grantee('0');
    const arn = `arn:aws:iam::${world.admin.accountId}:user/new-one`;
    expect(await decision(alice, 'iam:CreateUser', arn)).toBe('Allow');
    // What the request with tags asks for besides.
    expect(await decision(alice, 'iam:TagUser', arn)).toBe('Deny');
  });

  it('answers for projects, devices and namespaces too', async () => {
    const here = await place();
    const [alice, bob] = [await grantee(here), await grantee(await place())];
    const EnterpriseProjectId = here;
    const made = await as(api.CreateVirtualMFADevice, { VirtualMFADeviceName: unique('phone'), EnterpriseProjectId });
    const Name = unique('space');
    await as(api.RegisterNamespace, { Name, Actions: [{ Name: 'Do' }], EnterpriseProjectId });
    const { accountId } = world.admin;
    for (const [action, resource] of [
      ['iam:DeleteVirtualMFADevice', made.VirtualMFADevice.SerialNumber],
      ['authz:DeleteNamespace', `arn:aws:authz:local-1:${accountId}:namespace/${Name}`],
      ['iam:UpdateEnterpriseProject', `arn:aws:iam::${accountId}:enterprise-project/${here}`],
    ] as const) {
      expect([await decision(alice, action, resource), await decision(bob, action, resource)]).toEqual([
        'Allow',
        'Deny',
      ]);
    }
  });
});

describe('what an application says about its own resources', () => {
  it('counts as before', async () => {
    const here = await place();
    await as(api.RegisterNamespace, { Name: 'billing', Actions: [{ Name: 'Pay' }] });
    const alice = await grantee(here);
    const invoice = `arn:aws:billing:local-1:${world.admin.accountId}:invoice/1`;
    expect(await decision(alice, 'billing:Pay', invoice)).toBe('Deny');
    expect(await decision(alice, 'billing:Pay', invoice, { Context: { 'parapet:EnterpriseProjectId': here } })).toBe(
      'Allow',
    );
  });
});
