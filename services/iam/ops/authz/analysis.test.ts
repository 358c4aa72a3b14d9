/** Every answer of who-can and what-can is compared with what `authorize` makes of the request itself. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorize } from '../../../../platform/authz/authorize.ts';
import { globalContext } from '../../../../platform/authz/context.ts';
import type { Caller, Origin } from '../../../../platform/runtime/call.ts';
import type { ActionCatalogue, ActionEntry } from '../../../../policies/engine/index.ts';
import { Random } from '../../../../policies/engine/testing/random.ts';
import { iamApi as api } from '../../api/index.ts';
import { allow, errorOf, type IamWorld, makeRole, makeUser, openIam, policy, rootOf } from '../../testing/harness.ts';

const CATALOGUE: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  kms: { CreateKey: [], Decrypt: ['kms:key'], Sign: ['kms:key'], ScheduleKeyDeletion: ['kms:key'] },
  iam: { CreateUser: ['iam:user'], GetUser: ['iam:user'], ListUsers: [] },
  authz: { WhoCan: [], WhatCan: ['iam:user'] },
};
const catalogue: ActionCatalogue = {
  services: new Map(
    Object.entries(CATALOGUE).map(([prefix, actions]) => [
      prefix,
      new Map(
        Object.entries(actions).map(([name, resourceTypes]): [string, ActionEntry] => [
          name.toLowerCase(),
          { name, resourceTypes, conditionKeys: [] },
        ]),
      ),
    ]),
  ),
  conditionKeys: new Map(),
};
const ACTIONS = Object.entries(CATALOGUE).flatMap(([prefix, actions]) =>
  Object.keys(actions).map((n) => `${prefix}:${n}`),
);
const MEMBER = '444455556666';
const origin: Origin = { requestId: 'r', sourceIp: '192.0.2.7', userAgent: 't', receivedAt: 0, protocol: 'native' };

let world: IamWorld;
let people: Caller[];
let nobody: Caller;
let resources: string[];
beforeAll(async () => {
  world = await openIam({ catalogue });
  const { accountId } = world.admin;
  resources = [
    '*',
    `arn:aws:kms:local-1:${accountId}:key/1`,
    `arn:aws:kms:local-1:${accountId}:key/2`,
    `arn:aws:iam::${accountId}:user/u3`,
    `arn:aws:kms:local-1:${MEMBER}:key/1`,
  ];
  people = [rootOf(accountId), world.admin];
  const random = new Random(7);
  await world.as(world.admin, api.CreateGroup, { GroupName: 'ops' });
  const PolicyDocument = policy(allow('iam:Get*'), { Effect: 'Deny', Action: 'kms:Schedule*', Resource: '*' });
  await world.as(world.admin, api.PutGroupPolicy, { GroupName: 'ops', PolicyName: 'p', PolicyDocument });
  const edge = { PolicyName: 'edge', PolicyDocument: policy(allow('kms:*'), allow('iam:List*')) };
  const { Policy } = await world.as(world.admin, api.CreatePolicy, edge);
  for (let i = 0; i < 12; i++) {
    const UserName = `u${i}`;
    people.push(
      await makeUser(
        world,
        UserName,
        random.list(1, 3, () => statement(random)),
      ),
    );
    if (random.chance(0.4)) await world.as(world.admin, api.AddUserToGroup, { GroupName: 'ops', UserName });
    if (random.chance(0.3))
      await world.as(world.admin, api.PutUserPermissionsBoundary, { UserName, PermissionsBoundary: Policy.Arn });
    if (random.chance(0.5))
      await world.as(world.admin, api.TagUser, {
        UserName,
        Tags: [{ Key: 'team', Value: random.pick(['red', 'blue']) }],
      });
  }
  nobody = await makeUser(world, 'nobody');
  people.push(nobody);
  const { organization } = world;
  organization.create().unit('ou-1').account(accountId, 'ou-1').account(MEMBER);
  organization.attach('scp', 'ou-1', 'Fence', [
    { Sid: 'NoDeletion', Effect: 'Deny', Action: 'kms:ScheduleKeyDeletion', Resource: `arn:aws:kms:*:*:key/2` },
    { Sid: 'NoUsers', Effect: 'Deny', Action: 'iam:CreateUser', Resource: '*' },
  ]);
});
afterAll(() => world.close());

function statement(random: Random): object {
  const action = random.pick([...ACTIONS, 'kms:*', 'iam:*', '*', 'kms:S*']);
  const condition = random.chance(0.3)
    ? { Condition: { StringEquals: { 'aws:PrincipalTag/team': random.pick(['red', 'blue']) } } }
    : {};
  const Effect = random.chance(0.8) ? 'Allow' : 'Deny';
  return { Effect, Action: action, Resource: random.pick(['*', ...resources]), ...condition };
}

/** What would become of the request of that person. */
async function enforced(person: Caller, action: string, resource: string) {
  const organization = await world.organization.organization.snapshot();
  const principal = await world.directory.principal(person.principalId);
  const context = globalContext(person, principal, origin, world.clock.time, 'local-1', organization);
  const accountId = /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(resource)?.[1] ?? person.accountId;
  const { checks } = authorize(person, principal, action, [{ resource, accountId }], context, organization);
  const [check] = checks;
  return [check?.decision.effect === 'allow' ? 'Allow' : 'Deny', check?.decision.reason, check?.decision.layer];
}

const whoCan = async (input: object) => {
  const found: { Arn: string; Decision: string; Reason: string; Layer?: string | undefined }[] = [];
  let Marker: string | undefined;
  do {
    const page = await world.as(world.admin, api.WhoCan, { ...input, Marker });
    found.push(...page.Principals);
    ({ Marker } = page);
  } while (Marker !== undefined);
  return found;
};
const whatCan = async (input: object) => {
  const found: { Action: string; Resource: string; Decision: string; Reason: string; Layer?: string | undefined }[] =
    [];
  let Marker: string | undefined;
  do {
    const page = await world.as(world.admin, api.WhatCan, { ...input, Marker });
    found.push(...page.Actions);
    ({ Marker } = page);
  } while (Marker !== undefined);
  return found;
};

describe('WhoCan', () => {
  it('agrees with authorize for every principal, action and resource, page by page', async () => {
    const decisions = { Allow: 0, Deny: 0 };
    for (const Action of ACTIONS) {
      for (const Resource of resources) {
        const found = await whoCan({ Action, Resource, MaxItems: 5 });
        expect(found.map(({ Arn }) => Arn).sort()).toEqual(people.map(({ arn }) => arn).sort());
        for (const person of people) {
          const { Decision, Reason, Layer } = found.find(({ Arn }) => Arn === person.arn) as (typeof found)[number];
          expect([Decision, Reason, Layer], `${person.arn} ${Action} ${Resource}`).toEqual(
            await enforced(person, Action, Resource),
          );
          decisions[Decision as 'Allow' | 'Deny']++;
        }
      }
    }
    expect(Math.min(decisions.Allow, decisions.Deny)).toBeGreaterThan(60);
  });

  it('answers only whom the filter wants', async () => {
    const question = { Action: 'kms:Sign', Resource: resources[1] };
    const all = await whoCan(question);
    for (const Decision of ['Allow', 'Deny']) {
      const filtered = await whoCan({ ...question, Decision, MaxItems: 2 });
      expect(filtered).toEqual(all.filter((principal) => principal.Decision === Decision));
    }
  });

  it('names layer, level and statement of a guardrail, the root user included', async () => {
    const [root] = await whoCan({ Action: 'iam:CreateUser', Resource: '*' });
    expect(root).toMatchObject({
      Arn: rootOf(world.admin.accountId).arn,
      Decision: 'Deny',
      Layer: 'scp',
      Level: { Id: 'ou-1' },
      Statements: [{ Sid: 'NoUsers', PolicyName: 'Fence' }],
    });
  });

  it('counts what the policy of the resource grants', async () => {
    const person = people[2] as Caller;
    const Resource = resources[4];
    const ResourcePolicy = policy({ ...allow('kms:*'), Principal: { AWS: person.arn } });
    const found = await whoCan({ Action: 'kms:Sign', Resource, ResourcePolicy, Decision: 'Allow' });
    expect(found.map(({ Arn }) => Arn).filter((arn) => arn !== person.arn)).toEqual([]);
  });

  it('takes a marker for the same question only, and known actions only', async () => {
    const question = { Action: 'kms:Sign', Resource: '*', MaxItems: 1 };
    const { Marker } = await world.as(world.admin, api.WhoCan, question);
    const other = world.as(world.admin, api.WhoCan, { ...question, Action: 'kms:Decrypt', Marker });
    expect(await errorOf(other)).toMatchObject({ code: 'Validation' });
    expect(await errorOf(whoCan({ ...question, Action: 'kms:Sgin' }))).toMatchObject({ hint: 'did you mean kms:Sign' });
  });
});

describe('WhatCan', () => {
  it('agrees with authorize for every action that applies to the resource', async () => {
    for (const person of people) {
      const found = await whatCan({ Principal: person.arn, Resources: resources, MaxItems: 4 });
      const applying = (resource: string) =>
        resource === '*'
          ? ACTIONS
          : resource.includes(':key/')
            ? ['kms:Decrypt', 'kms:ScheduleKeyDeletion', 'kms:Sign']
            : ['authz:WhatCan', 'iam:CreateUser', 'iam:GetUser'];
      const pairs = resources.flatMap((resource) => applying(resource).map((action) => `${action} ${resource}`));
      expect(found.map(({ Action, Resource }) => `${Action} ${Resource}`).sort()).toEqual(pairs.sort());
      for (const { Action, Resource, Decision, Reason, Layer } of found) {
        expect([Decision, Reason, Layer], `${person.arn} ${Action} ${Resource}`).toEqual(
          await enforced(person, Action, Resource),
        );
      }
    }
  });

  it('keeps to one service and one decision, and knows the actions of applications', async () => {
    const Actions = [{ Name: 'Read', ResourceTypes: ['invoice'] }, { Name: 'Close' }];
    await world.as(world.admin, api.RegisterNamespace, { Name: 'billing', Actions });
    const invoice = `arn:aws:billing:local-1:${world.admin.accountId}:invoice/1`;
    const found = await whatCan({ Resources: ['*', invoice], Service: 'billing' });
    expect(found.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      ['billing:Close', '*'],
      ['billing:Read', '*'],
      ['billing:Read', invoice],
    ]);
    expect(await whatCan({ Resources: ['*'], Service: 'billing', Decision: 'Deny' })).toEqual([]);
  });

  it('needs authz:WhatCan on the principal and finds nobody of other accounts', async () => {
    const asked = world.as(nobody, api.WhatCan, { Principal: people[2]?.arn, Resources: ['*'] });
    expect(await errorOf(asked)).toMatchObject({ code: 'AccessDenied' });
    const Principal = `arn:aws:iam::${MEMBER}:user/u1`;
    expect(await errorOf(whatCan({ Principal, Resources: ['*'] }))).toMatchObject({ code: 'NotFound' });
  });
});

describe('GetEffectiveCeiling', () => {
  const ceiling = (input: object = {}, by: Caller = world.admin) => world.as(by, api.GetEffectiveCeiling, input);

  it('tells which actions the guardrails let through, and what stops the others', async () => {
    const { Levels, Actions } = await ceiling();
    expect(Levels.map(({ Layer, Level }) => [Layer, Level.Id])).toEqual([
      ['rcp', 'r-ab12'],
      ['rcp', 'ou-1'],
      ['rcp', world.admin.accountId],
      ['scp', 'r-ab12'],
      ['scp', 'ou-1'],
      ['scp', world.admin.accountId],
    ]);
    const named = Object.fromEntries(Actions.map(({ Action, ...rest }) => [Action, rest]));
    expect(named['kms:Sign']).toEqual({ Ceiling: 'allowed', StoppedBy: [] });
    expect(named['iam:CreateUser']).toMatchObject({
      Ceiling: 'denied',
      StoppedBy: [
        {
          Layer: 'scp',
          Level: { Id: 'ou-1' },
          Outcome: 'explicit-deny',
          Certain: true,
          Statements: [{ Sid: 'NoUsers' }],
        },
      ],
    });
    expect(named['kms:ScheduleKeyDeletion']).toMatchObject({
      Ceiling: 'conditional',
      StoppedBy: [{ Certain: false, Statements: [{ Sid: 'NoDeletion' }] }],
    });
    const { Actions: denied } = await ceiling({ Ceiling: 'denied' });
    expect(denied.map(({ Action }) => Action)).toEqual(['iam:CreateUser']);
  });

  it('pages, and names levels whose silence stops', async () => {
    const { organization } = world;
    const { accountId } = world.admin;
    organization
      .attach('scp', accountId, 'OnlyKeys', [allow(['kms:*', 'authz:*'])])
      .detach(accountId, 'p-FullAWSAccess');
    const first = await ceiling({ MaxItems: 3 });
    const second = await ceiling({ MaxItems: 1000, Marker: first.Marker });
    organization.attach('scp', accountId, 'All', [allow('*')]).detach(accountId, 'p-OnlyKeys');
    const actions = [...first.Actions, ...second.Actions];
    expect(first.Actions).toHaveLength(3);
    expect(actions.map(({ Action }) => Action)).toEqual([...new Set(actions.map(({ Action }) => Action))].sort());
    expect(actions.find(({ Action }) => Action === 'iam:ListUsers')).toMatchObject({
      Ceiling: 'denied',
      StoppedBy: [{ Level: { Id: accountId }, Outcome: 'implicit-deny', Certain: true, Statements: [] }],
    });
  });

  it('of another account is for the management account alone', async () => {
    const other = await world.as(world.admin, api.CreateAccount, { Name: 'other', AdministratorUserName: 'admin' });
    const { AccountId } = other.Account;
    world.organization.account(AccountId, 'ou-1');
    const { Actions } = await ceiling({ AccountId, Ceiling: 'denied' });
    expect(Actions.map(({ Action }) => Action)).toEqual(['iam:CreateUser']);
    const root = rootOf(AccountId);
    expect((await ceiling({}, root)).AccountId).toBe(AccountId);
    const stranger = { AccountId: '777788889999' };
    const denials = await Promise.all(
      [{ AccountId: world.admin.accountId }, stranger].map((input) => errorOf(ceiling(input, root))),
    );
    expect(denials.map(({ code }) => code)).toEqual(['AccessDenied', 'AccessDenied']);
    expect(await errorOf(ceiling(stranger))).toMatchObject({ code: 'NotFound' });
  });
});

it('names roles among those who can, after the users', async () => {
  const own = await openIam({ catalogue });
  const user = await makeUser(own, 'carl', [allow('kms:CreateKey')]);
  const role = await makeRole(own, 'Maker', [allow('kms:CreateKey')]);
  await makeRole(own, 'Idle');
  const question = { Action: 'kms:CreateKey', Resource: '*', Decision: 'Allow' as const, MaxItems: 1 };
  const found: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await own.as(own.admin, api.WhoCan, { ...question, ...(Marker && { Marker }) });
    found.push(...page.Principals.map(({ Arn }) => Arn));
    Marker = page.Marker;
  } while (Marker);
  expect(found[0]).toBe(rootOf(own.admin.accountId).arn);
  expect(found.slice(1, -1).sort()).toEqual([own.admin.arn, user.arn].sort());
  expect(found.at(-1)).toBe(role);
  await own.close();
});
