/**
 * Class C02: two accounts. Whatever one of them names of the other (ids, ARNs, names, markers) answers exactly what a
 * missing thing answers, for somebody who may do everything in the own account and for somebody who may do nothing.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { Caller } from '../../../platform/runtime/call.ts';
import { iamApi as api } from '../api/index.ts';
import { allow, callerOf, errorOf, type IamWorld, makeUser, openIam, policy, rootOf } from '../testing/harness.ts';

let world: IamWorld;
let attacker: Caller;
let weak: Caller;
let victim: Caller;
let theirs: { policyArn: string; accessKeyId: string; accountId: string; userArn: string };
const DOCUMENT = policy(allow('kms:Decrypt'));

beforeAll(async () => {
  world = await openIam();
  const made = await world.as(world.admin, api.CreateAccount, { Name: 'attacker', AdministratorUserName: 'admin' });
  attacker = await callerOf(world, made.AccessKey.AccessKeyId);
  weak = await makeUser(world, 'weak', undefined, attacker);
  victim = await makeUser(world, 'victim', [allow('kms:*')]);
  await world.as(world.admin, api.CreateGroup, { GroupName: 'victims' });
  const { Policy } = await world.as(world.admin, api.CreatePolicy, { PolicyName: 'theirs', PolicyDocument: DOCUMENT });
  await world.as(world.admin, api.RegisterNamespace, { Name: 'billing', Actions: [{ Name: 'Read' }] });
  theirs = {
    policyArn: Policy.Arn,
    accessKeyId: victim.accessKeyId as string,
    accountId: world.admin.accountId,
    userArn: victim.arn,
  };
});
afterAll(() => world.close());

interface Existing {
  policyArn: string;
  accessKeyId: string;
  userArn: string;
  accountId: string;
  userName: string;
  groupName: string;
  namespace: string;
}

const existing = (): Existing => ({ ...theirs, userName: 'victim', groupName: 'victims', namespace: 'billing' });
/** The same forms, of nothing that exists anywhere. */
const missing = (): Existing => ({
  policyArn: `arn:aws:iam::${theirs.accountId}:policy/nothing`,
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  userArn: `arn:aws:iam::${theirs.accountId}:user/nobody`,
  accountId: '999999999999',
  userName: 'nobody',
  groupName: 'nothings',
  namespace: 'nothing',
});

const attempts: [string, (t: Existing) => [AnyOperation, Record<string, unknown>]][] = [
  ...[
    api.GetUser,
    api.DeleteUser,
    api.ListGroupsForUser,
    api.ListUserPolicies,
    api.ListAttachedUserPolicies,
    api.CreateAccessKey,
    api.ListAccessKeys,
    api.ListUserTags,
    api.DeleteUserPermissionsBoundary,
  ].map((o): [string, (t: Existing) => [AnyOperation, Record<string, unknown>]] => [
    o.name,
    (t) => [o, { UserName: t.userName }],
  ]),
  ['UpdateUser', (t) => [api.UpdateUser, { UserName: t.userName, NewPath: '/x/' }]],
  ['PutUserPolicy', (t) => [api.PutUserPolicy, { UserName: t.userName, PolicyName: 'x', PolicyDocument: DOCUMENT }]],
  ['GetUserPolicy', (t) => [api.GetUserPolicy, { UserName: t.userName, PolicyName: 'test' }]],
  ['DeleteUserPolicy', (t) => [api.DeleteUserPolicy, { UserName: t.userName, PolicyName: 'test' }]],
  ['TagUser', (t) => [api.TagUser, { UserName: t.userName, Tags: [] }]],
  ['UntagUser', (t) => [api.UntagUser, { UserName: t.userName, TagKeys: [] }]],
  ...[api.GetGroup, api.DeleteGroup, api.ListGroupPolicies, api.ListAttachedGroupPolicies].map(
    (o): [string, (t: Existing) => [AnyOperation, Record<string, unknown>]] => [
      o.name,
      (t) => [o, { GroupName: t.groupName }],
    ],
  ),
  ['UpdateGroup', (t) => [api.UpdateGroup, { GroupName: t.groupName, NewPath: '/x/' }]],
  ['AddUserToGroup', (t) => [api.AddUserToGroup, { GroupName: 'own', UserName: t.userName }]],
  ['AddUserToGroup of theirs', (t) => [api.AddUserToGroup, { GroupName: t.groupName, UserName: 'admin' }]],
  ['RemoveUserFromGroup', (t) => [api.RemoveUserFromGroup, { GroupName: t.groupName, UserName: 'admin' }]],
  [
    'PutGroupPolicy',
    (t) => [api.PutGroupPolicy, { GroupName: t.groupName, PolicyName: 'x', PolicyDocument: DOCUMENT }],
  ],
  ...[api.GetPolicy, api.DeletePolicy, api.ListPolicyVersions, api.ListEntitiesForPolicy, api.ListPolicyTags].map(
    (o): [string, (t: Existing) => [AnyOperation, Record<string, unknown>]] => [
      o.name,
      (t) => [o, { PolicyArn: t.policyArn }],
    ],
  ),
  ['GetPolicyVersion', (t) => [api.GetPolicyVersion, { PolicyArn: t.policyArn, VersionId: 'v1' }]],
  ['CreatePolicyVersion', (t) => [api.CreatePolicyVersion, { PolicyArn: t.policyArn, PolicyDocument: DOCUMENT }]],
  ['SetDefaultPolicyVersion', (t) => [api.SetDefaultPolicyVersion, { PolicyArn: t.policyArn, VersionId: 'v1' }]],
  ['DeletePolicyVersion', (t) => [api.DeletePolicyVersion, { PolicyArn: t.policyArn, VersionId: 'v1' }]],
  ['TagPolicy', (t) => [api.TagPolicy, { PolicyArn: t.policyArn, Tags: [] }]],
  ['UntagPolicy', (t) => [api.UntagPolicy, { PolicyArn: t.policyArn, TagKeys: [] }]],
  ['AttachUserPolicy', (t) => [api.AttachUserPolicy, { UserName: 'admin', PolicyArn: t.policyArn }]],
  [
    'AttachUserPolicy to theirs',
    (t) => [api.AttachUserPolicy, { UserName: t.userName, PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }],
  ],
  ['DetachUserPolicy', (t) => [api.DetachUserPolicy, { UserName: 'admin', PolicyArn: t.policyArn }]],
  ['AttachGroupPolicy', (t) => [api.AttachGroupPolicy, { GroupName: 'own', PolicyArn: t.policyArn }]],
  [
    'PutUserPermissionsBoundary',
    (t) => [api.PutUserPermissionsBoundary, { UserName: 'admin', PermissionsBoundary: t.policyArn }],
  ],
  ['CreateUser with a boundary', (t) => [api.CreateUser, { UserName: 'bounded', PermissionsBoundary: t.policyArn }]],
  [
    'UpdateAccessKey',
    (t) => [api.UpdateAccessKey, { UserName: 'admin', AccessKeyId: t.accessKeyId, Status: 'Inactive' }],
  ],
  ['DeleteAccessKey', (t) => [api.DeleteAccessKey, { UserName: 'admin', AccessKeyId: t.accessKeyId }]],
  ['GetAccessKeyLastUsed', (t) => [api.GetAccessKeyLastUsed, { AccessKeyId: t.accessKeyId }]],
  ['GetAccessKeyInfo', (t) => [api.GetAccessKeyInfo, { AccessKeyId: t.accessKeyId }]],
  ['Authorize', (t) => [api.Authorize, { Principal: t.userArn, Action: 'kms:Decrypt', Resource: '*' }]],
  ['DescribeNamespace', (t) => [api.DescribeNamespace, { Name: t.namespace }]],
  ['DeleteNamespace', (t) => [api.DeleteNamespace, { Name: t.namespace }]],
  ['DescribeAccount', (t) => [api.DescribeAccount, { AccountId: t.accountId }]],
];

/** An answer without the words that were asked for, so that two answers can be compared. */
function neutral(error: { code: string; message: string; hint?: string }, t: Existing): string {
  let text = JSON.stringify([error.code, error.message]);
  for (const value of Object.values(t).sort((a, b) => b.length - a.length)) text = text.replaceAll(value, '#');
  return text;
}

describe('things of another account', () => {
  it.each(attempts)('%s answers for them what it answers for nothing', async (_, build) => {
    if (!(await own())) await world.as(attacker, api.CreateGroup, { GroupName: 'own' });
    for (const caller of [attacker, weak, rootOf(attacker.accountId)]) {
      const [operation, input] = build(existing());
      const [, nothing] = build(missing());
      const there = await errorOf(world.as(caller, operation, input));
      const absent = await errorOf(world.as(caller, operation, nothing));
      expect(neutral(there, existing())).toBe(neutral(absent, missing()));
      if (caller === attacker && operation !== api.DescribeAccount) expect(there.code).toBe('NotFound');
      if (caller === weak) expect(['AccessDenied', 'NotFound']).toContain(there.code);
    }
  });

  async function own(): Promise<boolean> {
    const { Groups } = await world.as(attacker, api.ListGroups, {});
    return Groups.length > 0;
  }

  it('was not touched by any of it', async () => {
    const as = <Op extends AnyOperation>(operation: Op, input: unknown) => world.as(world.admin, operation, input);
    expect(await as(api.ListUserPolicies, { UserName: 'victim' })).toMatchObject({ PolicyNames: ['test'] });
    expect(await as(api.ListAccessKeys, { UserName: 'victim' })).toMatchObject({
      AccessKeyMetadata: [{ AccessKeyId: theirs.accessKeyId, Status: 'Active' }],
    });
    expect(await as(api.ListPolicyVersions, { PolicyArn: theirs.policyArn })).toMatchObject({
      Versions: [{ VersionId: 'v1' }],
    });
    expect(await as(api.ListNamespaces, {})).toMatchObject({ Namespaces: [{ Name: 'billing' }] });
  });

  it('appears in no list', async () => {
    const lists = await Promise.all([
      world.as(attacker, api.ListUsers, {}),
      world.as(attacker, api.ListGroups, {}),
      world.as(attacker, api.ListPolicies, { Scope: 'Local' }),
      world.as(attacker, api.ListNamespaces, {}),
      world.as(attacker, api.ListEntitiesForPolicy, { PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }),
    ]);
    const text = JSON.stringify(lists);
    for (const word of ['victim', 'theirs', 'billing', theirs.accountId]) expect(text).not.toContain(word);
  });

  it('is not reached with a marker of theirs', async () => {
    await world.as(attacker, api.CreateUser, { UserName: 'second' });
    const { Marker } = await world.as(world.admin, api.ListUsers, { MaxItems: 1 });
    expect(await errorOf(world.as(attacker, api.ListUsers, { Marker, MaxItems: 1 }))).toMatchObject({
      code: 'Validation',
    });
  });

  it('takes the same names without conflict', async () => {
    await world.as(attacker, api.CreateUser, { UserName: 'victim' });
    await world.as(attacker, api.CreatePolicy, { PolicyName: 'theirs', PolicyDocument: DOCUMENT });
    await world.as(attacker, api.RegisterNamespace, { Name: 'billing', Actions: [{ Name: 'Read' }] });
  });
});

describe('accounts', () => {
  it('are made and seen by the management account only, whatever a member allows itself', async () => {
    for (const caller of [attacker, rootOf(attacker.accountId)]) {
      for (const [operation, input] of [
        [api.CreateAccount, { Name: 'x', AdministratorUserName: 'x' }],
        [api.ListAccounts, {}],
        [api.DescribeAccount, { AccountId: theirs.accountId }],
      ] as const) {
        const error = await errorOf(world.as(caller, operation, input));
        expect(error.code).toBe('AccessDenied');
        if (operation !== api.DescribeAccount) expect(JSON.stringify(error)).not.toContain(theirs.accountId);
      }
      expect(await world.as(caller, api.DescribeAccount, {})).toMatchObject({
        Account: { AccountId: attacker.accountId, Name: 'attacker', Kind: 'member' },
      });
    }
    const { Accounts } = await world.as(world.admin, api.ListAccounts, {});
    expect(Accounts.map((a) => a.Kind).sort()).toEqual(['management', 'member']);
    expect(await world.as(world.admin, api.DescribeAccount, { AccountId: attacker.accountId })).toMatchObject({
      Account: { Name: 'attacker' },
    });
    expect(await errorOf(world.as(world.admin, api.DescribeAccount, { AccountId: '999999999999' }))).toMatchObject({
      code: 'NotFound',
    });
  });

  it('have their own keys: a secret sealed for one does not open for another', async () => {
    await world.store.transaction(async (tx) => {
      const rows = await tx.selectFrom('tenant_key').selectAll().execute();
      const [a, b] = rows as [(typeof rows)[0], (typeof rows)[0]];
      expect(a.wrapped.equals(b.wrapped)).toBe(false);
      const swap = { wrapped: b.wrapped, binding: b.binding, mac: b.mac, root_version: b.root_version };
      await tx.updateTable('tenant_key').set(swap).where('account_id', '=', a.account_id).execute();
    });
    const codes = await Promise.all(
      [attacker, world.admin].map((c) =>
        callerOf(world, c.accessKeyId as string).then(
          () => 'ok',
          (e) => e.code,
        ),
      ),
    );
    expect(codes.sort()).toEqual(['Internal', 'ok']);
  });
});
