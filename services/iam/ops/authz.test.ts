import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { Caller } from '../../../platform/runtime/call.ts';
import type { ActionCatalogue, ActionEntry } from '../../../policies/engine/index.ts';
import { iamApi as api } from '../api/index.ts';
import {
  allow,
  assume,
  errorOf,
  type IamWorld,
  makeRole,
  makeUser,
  openIam,
  policy,
  rootOf,
} from '../testing/harness.ts';

const action = (name: string, resourceTypes: string[] = []): [string, ActionEntry] => [
  name.toLowerCase(),
  { name, resourceTypes, conditionKeys: [] },
];
const catalogue: ActionCatalogue = {
  services: new Map([
    ['kms', new Map([action('Decrypt'), action('Encrypt')])],
    ['iam', new Map([action('GetUser')])],
    ['authz', new Map([action('Authorize', ['iam:user'])])],
  ]),
  conditionKeys: new Map(),
};

let world: IamWorld;
let app: Caller;
let alice: Caller;
beforeAll(async () => {
  world = await openIam({ catalogue });
  const Actions = [{ Name: 'ReadInvoice', ResourceTypes: ['invoice'] }, { Name: 'PayInvoice' }];
  await world.as(world.admin, api.RegisterNamespace, { Name: 'billing', Actions, ConditionKeys: ['billing:Amount'] });
  app = await makeUser(world, 'app', [allow('authz:Authorize')]);
  alice = await makeUser(world, 'alice', [
    { Sid: 'Read', ...allow('billing:ReadInvoice', 'arn:aws:billing:*:*:invoice/*') },
    allow('billing:PayInvoice', '*', { NumericLessThan: { 'billing:Amount': '100' } }),
    allow('kms:Decrypt'),
  ]);
});
afterAll(() => world.close());

const INVOICE = 'arn:aws:billing:local-1:123456789012:invoice/42';
const asAdmin = <Op extends AnyOperation>(operation: Op, input: unknown) => world.as(world.admin, operation, input);
const ask = (input: object, by: Caller = app) =>
  world.as(by, api.Authorize, { Principal: alice.arn, Action: 'billing:ReadInvoice', Resource: '*', ...input });
const invoice = () => `arn:aws:billing:local-1:${alice.accountId}:invoice/42`;

describe('Authorize', () => {
  it('allows what a policy of the subject allows and names the statement', async () => {
    const answer = await ask({ Resource: invoice() });
    expect(answer).toMatchObject({
      Decision: 'Allow',
      Reason: 'allow',
      Layers: [
        {
          Layer: 'identity',
          Outcome: 'allow',
          Statements: [
            { PolicyArn: `arn:aws:iam::${alice.accountId}:user-policy/alice/test`, Sid: 'Read', Index: 0, Line: 1 },
          ],
        },
      ],
      MissingContextKeys: [],
    });
    expect(answer.Message).toBe(`allowed by statement Read of arn:aws:iam::${alice.accountId}:user-policy/alice/test`);
  });

  it('denies with every layer, the sentence and the keys that were missing', async () => {
    const answer = await ask({ Action: 'billing:PayInvoice', Resource: invoice() });
    expect(answer).toMatchObject({
      Decision: 'Deny',
      Reason: 'implicit-deny',
      Layers: [{ Layer: 'identity', Outcome: 'implicit-deny', Statements: [] }],
      MissingContextKeys: ['billing:amount'],
    });
    expect(answer.Message).toBe(
      `User: ${alice.arn} is not authorized to perform: billing:PayInvoice on resource: ${invoice()} because no identity-based policy allows the billing:PayInvoice action`,
    );
  });

  it('decides by what the application says about the request', async () => {
    const pay = (Amount: number) => ask({ Action: 'billing:PayInvoice', Context: { 'billing:Amount': Amount } });
    expect((await pay(99)).Decision).toBe('Allow');
    expect((await pay(100)).Decision).toBe('Deny');
  });

  it('follows policies, renames and deletions with the next question', async () => {
    const bob = await makeUser(world, 'bob');
    const about = (Principal: string) => ask({ Principal, Resource: invoice() });
    expect((await about(bob.arn)).Decision).toBe('Deny');
    const PolicyDocument = policy(allow('billing:ReadInvoice'));
    await asAdmin(api.PutUserPolicy, { UserName: 'bob', PolicyName: 'p', PolicyDocument });
    expect((await about(bob.arn)).Decision).toBe('Allow');
    await asAdmin(api.UpdateUser, { UserName: 'bob', NewUserName: 'bert' });
    const bert = bob.arn.replace('bob', 'bert');
    expect((await about(bert)).Decision).toBe('Allow');
    // The old name still leads to the id, but the principal in memory already has the new one.
    expect(await errorOf(about(bob.arn))).toMatchObject({ code: 'NotFound' });
    await asAdmin(api.CreateUser, { UserName: 'bob' });
    expect((await about(bob.arn)).Decision).toBe('Deny');
  });

  it('needs authz:Authorize on the subject, and tells the denied nothing about it', async () => {
    const self = await makeUser(world, 'self', [allow('authz:Authorize', `arn:aws:iam::*:user/\${aws:username}`)]);
    expect((await ask({ Principal: undefined }, self)).Decision).toBe('Deny');
    for (const Principal of [alice.arn, `arn:aws:iam::${alice.accountId}:user/nobody`]) {
      expect(await errorOf(ask({ Principal }, self))).toMatchObject({
        code: 'AccessDenied',
        message: expect.stringContaining(`is not authorized to perform: authz:Authorize on resource: ${Principal} `),
      });
    }
  });

  it('knows the root user and who does not exist', async () => {
    const root = rootOf(alice.accountId);
    expect(await ask({ Principal: root.arn })).toMatchObject({
      Decision: 'Allow',
      Message: 'allowed because the principal is the root user of the account',
      Layers: [{ Layer: 'identity', Outcome: 'allow', Statements: [] }],
    });
    for (const Principal of [
      `arn:aws:iam::${alice.accountId}:user/nobody`,
      `arn:aws:iam::${alice.accountId}:user/x/alice`,
      `arn:aws:iam::${alice.accountId}:group/alice`,
      'arn:aws:iam::999999999999:user/alice',
    ])
      expect(await errorOf(ask({ Principal }))).toMatchObject({
        code: 'NotFound',
        message: `principal ${Principal} does not exist in this account`,
      });
  });

  it('refuses actions that nobody declared and names the nearest', async () => {
    expect(await errorOf(ask({ Action: 'billing:RedInvoice' }))).toMatchObject({
      code: 'Validation',
      message: 'action billing:RedInvoice is not known',
      hint: 'did you mean billing:ReadInvoice',
    });
    expect(await errorOf(ask({ Action: 'kms:Decrpyt' }))).toMatchObject({ hint: 'did you mean kms:Decrypt' });
    expect(await errorOf(ask({ Action: 'warehouse:OpenDoor' }))).toMatchObject({
      hint: 'register the namespace with RegisterNamespace',
    });
    expect((await ask({ Action: 'KMS:decrypt' })).Decision).toBe('Allow');
  });

  it('refuses context keys that are the platform\u2019s', async () => {
    for (const key of [
      'aws:PrincipalArn',
      'AWS:PRINCIPALTAG/team',
      'aws:userid',
      'aws:username',
      'aws:PrincipalType',
    ]) {
      expect(await errorOf(ask({ Context: { [key]: 'x' } }))).toMatchObject({
        code: 'Validation',
        message: `context key ${key} is set by the platform and cannot be given`,
      });
    }
  });

  it('combines a resource policy with the policies of the subject', async () => {
    const grant = (Effect: string) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Sid: 'Direct', Effect, Principal: { AWS: alice.arn }, Action: 'billing:*', Resource: '*' }],
      });
    const Action = 'billing:PayInvoice';
    expect(await ask({ Action, ResourcePolicy: grant('Allow') })).toMatchObject({
      Decision: 'Allow',
      Layers: [{ Layer: 'resource', Statements: [{ PolicyArn: 'request:ResourcePolicy', Sid: 'Direct' }] }],
    });
    expect(await ask({ Resource: invoice(), ResourcePolicy: grant('Deny') })).toMatchObject({
      Decision: 'Deny',
      Reason: 'explicit-deny',
      Layers: [
        { Layer: 'resource', Outcome: 'explicit-deny' },
        { Layer: 'identity', Outcome: 'allow', Statements: [{ Sid: 'Read' }] },
      ],
    });
    expect(await errorOf(ask({ ResourcePolicy: '{"Statement":[]}' }))).toMatchObject({
      code: 'MalformedPolicyDocument',
    });
    const foreign = 'arn:aws:billing:local-1:999999999999:invoice/42';
    expect(await ask({ Resource: foreign })).toMatchObject({ Decision: 'Deny' });
    expect(await ask({ Resource: foreign, ResourcePolicy: grant('Allow') })).toMatchObject({ Decision: 'Allow' });
  });

  it('lets a given key policy decide whether identity policies count', async () => {
    const key = `arn:aws:kms:local-1:${alice.accountId}:key/1`;
    const statement = (Principal: object) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Principal, Action: 'kms:*', Resource: '*' },
      });
    const decrypt = (ResourcePolicy: string) => ask({ Action: 'kms:Decrypt', Resource: key, ResourcePolicy });
    expect((await decrypt(statement({ AWS: alice.accountId }))).Decision).toBe('Allow');
    expect((await decrypt(statement({ AWS: app.arn }))).Decision).toBe('Deny');
  });

  it('explains an Allow on request', async () => {
    const answer = await ask({ Resource: invoice(), Explain: true });
    expect(answer.Layers).toMatchObject([{ Layer: 'identity', Outcome: 'allow', Statements: [{ Sid: 'Read' }] }]);
  });

  it('keeps what the decision rested on in its record, beside the decision about the asker', async () => {
    const { DecisionId } = await ask({ Action: 'billing:PayInvoice', Context: { 'billing:Amount': 7 } });
    const record = (await world.records()).find((r) => r.eventID === DecisionId) as { x: { decision: unknown } };
    expect(record.x.decision).toMatchObject({
      effect: 'allow',
      checks: [{ action: 'authz:Authorize', effect: 'allow', resource: alice.arn }],
      asked: [
        {
          action: 'billing:PayInvoice',
          effect: 'allow',
          principal: { arn: alice.arn, principalId: alice.principalId, accountId: alice.accountId },
          policies: [expect.stringMatching(/user-policy\/alice\/test@[0-9a-f]{16}$/)],
          policyVersion: expect.any(Number),
          context: expect.objectContaining({
            'billing:amount': '7',
            'aws:principalarn': alice.arn,
            'aws:username': 'alice',
          }),
        },
      ],
    });
  });
});

describe('Authorize about roles and sessions', () => {
  it('answers for a role as any of its sessions without limits', async () => {
    const arn = await makeRole(world, 'clerk', [allow('billing:ReadInvoice')]);
    expect(await ask({ Principal: arn })).toMatchObject({ Decision: 'Allow' });
    expect(await ask({ Principal: arn, Action: 'billing:PayInvoice' })).toMatchObject({ Decision: 'Deny' });
    const named = { 'aws:PrincipalArn': arn };
    const Statement = { Effect: 'Deny', Principal: '*', Action: '*', Resource: '*', Condition: { ArnEquals: named } };
    expect(await ask({ Principal: arn, ResourcePolicy: policy(Statement) })).toMatchObject({ Decision: 'Deny' });
    expect(await errorOf(ask({ Principal: `${arn}-missing` }))).toMatchObject({ code: 'NotFound' });
  });

  it('answers for the session that asks, with what its policy, tags and source identity make of it', async () => {
    const condition = { StringEquals: { 'aws:PrincipalTag/desk': 'a', 'aws:SourceIdentity': 'alice' } };
    const arn = await makeRole(world, 'desk', [
      allow('authz:Authorize'),
      allow(['billing:ReadInvoice', 'billing:PayInvoice'], '*', condition),
    ]);
    const Policy = policy(allow(['authz:*', 'billing:ReadInvoice']));
    const Tags = [{ Key: 'desk', Value: 'a' }];
    const session = await assume(world, world.admin, arn, { Policy, Tags, SourceIdentity: 'alice' });
    const self = (Action: string, Context = {}) =>
      world.as(session, api.Authorize, { Action, Resource: invoice(), Context });
    expect(await self('billing:ReadInvoice')).toMatchObject({ Decision: 'Allow' });
    const denied = await self('billing:PayInvoice');
    expect(denied).toMatchObject({ Decision: 'Deny', Message: expect.stringContaining('no session policy allows') });
    for (const key of ['aws:SourceIdentity', 'aws:MultiFactorAuthPresent', 'aws:TokenIssueTime'])
      expect(await errorOf(self('billing:ReadInvoice', { [key]: 'true' }))).toMatchObject({ code: 'Validation' });
  });
});

describe('BatchAuthorize', () => {
  it('decides item by item, in order, in one record', async () => {
    const Principal = alice.arn;
    const before = (await world.records()).length;
    const answer = await world.as(app, api.BatchAuthorize, {
      Items: [
        { Principal, Action: 'billing:ReadInvoice', Resource: invoice() },
        { Principal, Action: 'billing:PayInvoice', Resource: invoice() },
        { Principal, Action: 'billing:Nothing', Resource: invoice() },
        { Principal: `${alice.arn}x`, Action: 'billing:ReadInvoice', Resource: invoice() },
        { Principal, Action: 'billing:ReadInvoice', Resource: '*', Context: { 'aws:userid': 'x' } },
      ],
    });
    expect(answer.Results.map((r) => [r.Decision, r.Error?.Code])).toEqual([
      ['Allow', undefined],
      ['Deny', undefined],
      ['Deny', 'Validation'],
      ['Deny', 'NotFound'],
      ['Deny', 'Validation'],
    ]);
    const records = await world.records();
    expect(records.length).toBe(before + 1);
    const last = records.at(-1) as { eventID: string; x: { decision: { asked: unknown[] } } };
    expect(last.eventID).toBe(answer.DecisionId);
    expect(last.x.decision.asked).toHaveLength(2);
  });

  it('answers nothing when one of the subjects may not be asked about', async () => {
    const some = await makeUser(world, 'some', [allow('authz:Authorize', alice.arn)]);
    const item = { Action: 'billing:ReadInvoice', Resource: INVOICE };
    await world.as(some, api.BatchAuthorize, { Items: [{ ...item, Principal: alice.arn }] });
    expect(
      await errorOf(
        world.as(some, api.BatchAuthorize, {
          Items: [
            { ...item, Principal: alice.arn },
            { ...item, Principal: app.arn },
          ],
        }),
      ),
    ).toMatchObject({ code: 'AccessDenied' });
  });

  it('takes 1 to 100 items', async () => {
    const item = { Action: 'billing:ReadInvoice', Resource: INVOICE, Principal: alice.arn };
    for (const count of [0, 101])
      expect(await errorOf(world.as(app, api.BatchAuthorize, { Items: Array(count).fill(item) }))).toMatchObject({
        code: 'Validation',
      });
    const { Results } = await world.as(app, api.BatchAuthorize, { Items: Array(100).fill(item) });
    expect(Results).toHaveLength(100);
  });
});

describe('namespaces', () => {
  it('are registered, described, listed and deleted; their actions are known while they are', async () => {
    const Namespace = {
      Name: 'stock',
      Actions: [{ Name: 'Move', ResourceTypes: ['pallet'] }],
      ConditionKeys: ['stock:Zone'],
    };
    const made = { Namespace: { ...Namespace, EnterpriseProjectId: '0' } };
    expect(await asAdmin(api.RegisterNamespace, Namespace)).toEqual(made);
    expect(await errorOf(asAdmin(api.RegisterNamespace, Namespace))).toMatchObject({ code: 'EntityAlreadyExists' });
    expect(await asAdmin(api.DescribeNamespace, { Name: 'stock' })).toEqual(made);
    const { Namespaces } = await asAdmin(api.ListNamespaces, {});
    expect(Namespaces.map((n) => n.Name)).toEqual(['billing', 'stock']);
    expect((await ask({ Action: 'stock:Move' })).Decision).toBe('Deny');
    await asAdmin(api.PutUserPolicy, {
      UserName: 'alice',
      PolicyName: 'stock',
      PolicyDocument: policy(allow('stock:Move')),
    });
    expect((await ask({ Action: 'stock:move' })).Decision).toBe('Allow');
    await asAdmin(api.DeleteNamespace, { Name: 'stock' });
    expect(await errorOf(ask({ Action: 'stock:Move' }))).toMatchObject({ code: 'Validation' });
  });

  it.each(['kms', 'iam', 'authz', 'secretsmanager', 'ccms', 'aws-x', 'parapet-x'])('%s is ours', async (Name) => {
    expect(await errorOf(asAdmin(api.RegisterNamespace, { Name, Actions: [{ Name: 'X' }] }))).toMatchObject({
      code: 'EntityAlreadyExists',
      message: `namespace ${Name} belongs to the product`,
    });
  });

  it.each(['', 'ab', 'Billing', '1st', '-x', 'a:b', 'a*c', 'a b', 'ünter'])('%j is no name', async (Name) => {
    expect(await errorOf(asAdmin(api.RegisterNamespace, { Name, Actions: [{ Name: 'X' }] }))).toMatchObject({
      code: 'Validation',
    });
  });
});
