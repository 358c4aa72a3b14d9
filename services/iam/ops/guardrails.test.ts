/** Guardrails and account states on iam itself, and on the decisions it makes for applications. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { guardrailArn, ORG, ROOT, TestOrganization } from '../../../platform/authz/testing/test-organization.ts';
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
  rootOf,
  trust,
} from '../testing/harness.ts';

const UNIT = 'ou-ab12-00000001';
const NO_GROUPS = { Sid: 'NoGroups', Effect: 'Deny', Action: 'iam:CreateGroup', Resource: '*' };
const NO_KEYS = { Sid: 'NoKeys', Effect: 'Deny', Action: 'kms:CreateKey', Resource: '*' };

const ANONYMOUS: Caller = { kind: 'anonymous', arn: 'anonymous', accountId: '', principalId: 'anonymous' };

let world: IamWorld;
let admin: Caller;
beforeAll(async () => {
  world = await openIam();
  admin = world.admin;
});
afterAll(() => world.close());
beforeEach(() => {
  const { organization } = world;
  organization.data = { ...new TestOrganization(world.clock).data, Revision: organization.data.Revision };
  organization.create().unit(UNIT, ROOT, 'Production').account(admin.accountId, UNIT);
});

const last = async () => (await world.records()).at(-1) as { x: { decision?: Record<string, unknown> } };
let count = 0;
const group = () => ({ GroupName: `group-${++count}` });

describe('guardrails on iam', () => {
  it('bind the administrator and the root user of a member', async () => {
    world.organization.attach('scp', UNIT, 'NoGroups', [NO_GROUPS]);
    for (const caller of [admin, rootOf(admin.accountId)]) {
      const error = await errorOf(world.as(caller, api.CreateGroup, group()));
      expect(error).toMatchObject({ code: 'AccessDenied' });
      expect(error.message).toContain(
        `with an explicit deny in a service control policy: ${guardrailArn('scp', 'NoGroups')}`,
      );
      expect(error.hint).toContain('statement NoGroups of policy NoGroups, attached to Production');
    }
    world.organization.detach(UNIT, 'p-NoGroups');
    await world.as(admin, api.CreateGroup, group());
  });

  it('bind nobody without an organization', async () => {
    world.organization.attach('scp', UNIT, 'NoGroups', [NO_GROUPS]);
    delete world.organization.data.Organization;
    world.organization.published();
    await world.as(admin, api.CreateGroup, group());
  });
});

describe('guardrails on decisions for applications', () => {
  const ask = (extra: object = {}) =>
    world.as(admin, api.Authorize, { Action: 'kms:CreateKey', Resource: '*', ...extra });

  it('deny the subject as they would deny the subject itself, and are explained level by level', async () => {
    expect(await ask()).toMatchObject({ Decision: 'Allow' });
    world.organization.attach('scp', UNIT, 'NoKeys', [NO_KEYS]);
    const answer = await ask();
    expect(answer).toMatchObject({ Decision: 'Deny', Reason: 'explicit-deny' });
    expect(answer.Message).toContain(guardrailArn('scp', 'NoKeys'));
    expect(answer.Layers.filter(({ Layer }) => Layer.startsWith('scp'))).toMatchObject([
      { Layer: `scp:${ROOT}`, Outcome: 'allow' },
      { Layer: `scp:${UNIT}`, Outcome: 'explicit-deny', Statements: [{ Sid: 'NoKeys' }, {}] },
      { Layer: `scp:${admin.accountId}`, Outcome: 'allow' },
    ]);
    const root = await ask({ Principal: rootOf(admin.accountId).arn });
    expect(root).toMatchObject({ Decision: 'Deny', Reason: 'explicit-deny' });
  });

  it('that are only observed are told in the record of the question', async () => {
    world.organization.attach('scp', UNIT, 'NoKeys', [NO_KEYS], 'observe');
    expect(await ask()).toMatchObject({ Decision: 'Allow' });
    expect((await last()).x.decision).toMatchObject({
      asked: [{ effect: 'allow', observed: [{ policyId: 'p-NoKeys' }] }],
    });
    await world.as(admin, api.BatchAuthorize, {
      Items: [
        { Action: 'kms:CreateKey', Resource: '*' },
        { Action: 'kms:ListKeys', Resource: '*' },
      ],
    });
    const { asked } = (await last()).x.decision as { asked: { observed?: object[] }[] };
    expect(asked.map(({ observed }) => observed?.length)).toEqual([1, undefined]);
  });

  it('see organization, path and state of the accounts, which nobody can give', async () => {
    const Condition = {
      StringEquals: { 'aws:PrincipalOrgID': ORG, 'aws:ResourceOrgID': ORG, 'parapet:AccountState': 'ACTIVE' },
      'ForAnyValue:StringEquals': { 'aws:PrincipalOrgPaths': `${ORG}/${ROOT}/${UNIT}/` },
    };
    world.organization.attach('scp', ROOT, 'Here', [{ ...NO_KEYS, Condition }]);
    expect(await ask()).toMatchObject({ Decision: 'Deny' });
    for (const key of ['aws:PrincipalOrgID', 'aws:ResourceOrgID', 'aws:ResourceOrgPaths', 'parapet:AccountState'])
      expect(await errorOf(ask({ Context: { [key]: 'o-other' } }))).toMatchObject({ code: 'Validation' });
  });

  it('deny the management account what is owned by a member in whose state others may not use it', async () => {
    const Resource = 'arn:aws:kms:local-1:444455556666:key/0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0';
    const ResourcePolicy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ ...allow('kms:Decrypt'), Principal: '*' }],
    });
    const decrypt = () => ask({ Action: 'kms:Decrypt', Resource, ResourcePolicy });
    world.organization.account('444455556666', UNIT).state('444455556666', 'SUSPENDED');
    expect(await decrypt()).toMatchObject({ Decision: 'Allow' });
    world.organization.managedBy(admin.accountId);
    const answer = await decrypt();
    expect(answer).toMatchObject({ Decision: 'Deny' });
    expect(answer.Message).toContain('because account 444455556666 is suspended (SUSPENDED)');
  });
});

describe('a suspended account', () => {
  it('gets no session, no identity and no answer, and gets them again when it is resumed', async () => {
    const user = await makeUser(world, 'sleeper', [allow('iam:GetUser')]);
    world.organization.state(admin.accountId, 'SUSPENDED');
    for (const caller of [user, rootOf(admin.accountId)])
      for (const operation of [api.GetCallerIdentity, api.CreateSession, api.GetSessionToken, api.GetUser])
        expect(await errorOf(world.as(caller, operation, {}))).toMatchObject({
          code: 'AccessDenied',
          message: `the credentials of ${caller.arn} are refused because account ${admin.accountId} is suspended (SUSPENDED)`,
        });
    world.organization.state(admin.accountId, 'ACTIVE');
    await world.as(user, api.GetCallerIdentity, {});
  });
});

describe('sessions of roles and a suspended account', () => {
  const ROLE = [allow('iam:ListUsers')];
  let member: Caller;
  let third: Caller;
  beforeAll(async () => {
    member = await otherAdmin(world, 'member');
    third = await otherAdmin(world, 'third');
  });
  beforeEach(() => {
    const { data } = world.organization;
    data.Organization = { Id: ORG, RootId: ROOT, ManagementAccountId: admin.accountId };
    world.organization.account(member.accountId).account(third.accountId);
  });
  const roleOfMember = (name: string, RoleName = `${name}-${++count}`) =>
    makeRole(world, RoleName, ROLE, { by: member, trust: trust([admin.accountId, third.accountId]) });
  const list = (caller: Caller) => world.as(caller, api.ListUsers, {});

  it('end with the account of the role, and with the account that holds them', async () => {
    const role = await roleOfMember('deploy');
    const [ours, theirs] = [await assume(world, admin, role), await assume(world, third, role)];
    for (const caller of [ours, theirs]) await list(caller);
    world.organization.state(third.accountId, 'SUSPENDED');
    await list(ours);
    expect((await errorOf(list(theirs))).message).toContain(`because account ${third.accountId} is suspended`);
    world.organization.state(third.accountId, 'ACTIVE').state(member.accountId, 'SUSPENDED');
    for (const caller of [ours, theirs])
      expect((await errorOf(list(caller))).message).toContain(`because account ${member.accountId} is suspended`);
  });

  it('cannot be opened, but for the recovery role by the management account', async () => {
    const [role, recovery] = [await roleOfMember('deploy'), await roleOfMember('', 'OrgRecovery')];
    const held = await assume(world, third, recovery);
    world.organization.state(member.accountId, 'SUSPENDED');
    for (const [by, arn] of [
      [admin, role],
      [third, role],
      [third, recovery],
    ] as const) {
      const error = await errorOf(assume(world, by, arn));
      expect(error).toMatchObject({ code: 'AccessDenied' });
      expect(error.message).toContain(`because account ${member.accountId} is suspended (SUSPENDED)`);
    }
    await list(await assume(world, admin, recovery));
    // Whoever else took the role before is refused all the same.
    expect(await errorOf(list(held))).toMatchObject({ code: 'AccessDenied' });
    expect(await errorOf(list(member))).toMatchObject({ code: 'AccessDenied' });
    world.organization.state(member.accountId, 'CLOSED');
    expect(await errorOf(assume(world, admin, recovery))).toMatchObject({ code: 'AccessDenied' });
  });

  it('the root user of an account that waits for its activation can be claimed, that of a suspended one cannot', async () => {
    const claim = async () => {
      const { Token } = await world.as(admin, api.IssueRootClaim, { AccountId: member.accountId });
      return world.as(ANONYMOUS, api.ClaimRootUser, { AccountId: member.accountId, Token });
    };
    world.organization.state(member.accountId, 'SUSPENDED');
    expect(await errorOf(claim())).toMatchObject({
      code: 'AccessDenied',
      message: `account ${member.accountId} is suspended (SUSPENDED)`,
    });
    world.organization.state(member.accountId, 'PENDING_ACTIVATION');
    await claim();
  });
});
