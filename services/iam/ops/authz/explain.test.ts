import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guardrailArn } from '../../../../platform/authz/testing/test-organization.ts';
import type { Caller } from '../../../../platform/runtime/call.ts';
import { iamApi as api } from '../../api/index.ts';
import { allow, errorOf, type IamWorld, makeUser, openIam, policy, rootOf } from '../../testing/harness.ts';

const DOCUMENT = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "Use", "Effect": "Allow", "Action": "kms:*", "Resource": "*" },
    {
      "Sid": "NotWithoutMfa",
      "Effect": "Deny",
      "Action": "kms:Sign",
      "Resource": "*",
      "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "false" } }
    }
  ]
}`;
const MEMBER = '444455556666';

let world: IamWorld;
let alice: Caller;
let key: string;
beforeAll(async () => {
  world = await openIam();
  alice = await makeUser(world, 'alice');
  key = `arn:aws:kms:local-1:${alice.accountId}:key/1`;
  const { Policy } = await world.as(world.admin, api.CreatePolicy, { PolicyName: 'keys', PolicyDocument: DOCUMENT });
  await world.as(world.admin, api.AttachUserPolicy, { UserName: 'alice', PolicyArn: Policy.Arn });
});
afterAll(() => world.close());

const explain = (input: object, by: Caller = world.admin) =>
  world.as(by, api.Explain, { Principal: alice.arn, Action: 'kms:Sign', Resource: key, ...input });

describe('Explain', () => {
  it('shows every statement that decides with policy, version, place, text and document', async () => {
    const answer = await explain({ Context: { 'aws:MultiFactorAuthPresent': 'false' } });
    const PolicyArn = `arn:aws:iam::${alice.accountId}:policy/keys`;
    expect(answer).toMatchObject({
      Decision: 'Deny',
      Reason: 'explicit-deny',
      Layer: 'identity',
      Message: expect.stringContaining(`with an explicit deny in an identity-based policy: ${PolicyArn}`),
      Statements: [{ PolicyArn, Version: 'v1', Sid: 'NotWithoutMfa', Index: 1, Line: 5, Column: 5 }],
      Documents: [{ PolicyArn, Version: 'v1', Document: DOCUMENT }],
      MissingContextKeys: [],
      Context: { 'aws:principalarn': alice.arn, 'aws:multifactorauthpresent': 'false' },
    });
    expect(answer.Layers).toEqual([
      {
        Layer: 'identity',
        Outcome: 'explicit-deny',
        Policies: [{ PolicyArn, Version: 'v1' }],
        Statements: [
          {
            Effect: 'Deny',
            PolicyArn,
            Version: 'v1',
            PolicyName: 'keys',
            Sid: 'NotWithoutMfa',
            Index: 1,
            Line: 5,
            Column: 5,
            EndLine: 11,
            EndColumn: 6,
            Text: DOCUMENT.slice(DOCUMENT.indexOf('{\n      "Sid"'), DOCUMENT.indexOf('\n  ]')),
          },
          expect.objectContaining({
            Effect: 'Allow',
            Sid: 'Use',
            Text: expect.stringMatching(/^\{ "Sid": "Use".*\}$/),
          }),
        ],
      },
    ]);
  });

  it('names the keys that would have mattered as the policy spells them', async () => {
    expect(await explain({})).toMatchObject({
      Decision: 'Allow',
      Layer: 'identity',
      MissingContextKeys: ['aws:MultiFactorAuthPresent'],
    });
  });

  it('shows boundary, resource policy and silence', async () => {
    const boundary = await world.as(world.admin, api.CreatePolicy, {
      PolicyName: 'edge',
      PolicyDocument: policy(allow('iam:*')),
    });
    const bound = { UserName: 'alice', PermissionsBoundary: boundary.Policy.Arn };
    await world.as(world.admin, api.PutUserPermissionsBoundary, bound);
    const ResourcePolicy = policy({ ...allow('kms:*'), Principal: { AWS: alice.accountId } });
    const answer = await explain({ ResourcePolicy });
    await world.as(world.admin, api.DeleteUserPermissionsBoundary, { UserName: 'alice' });
    expect(answer).toMatchObject({ Decision: 'Deny', Reason: 'implicit-deny', Layer: 'boundary', Statements: [] });
    expect(answer.Layers.map(({ Layer, Outcome, GrantedTo }) => [Layer, Outcome, GrantedTo])).toEqual([
      ['resource', 'allow', ['account']],
      ['identity', 'allow', undefined],
      ['boundary', 'implicit-deny', undefined],
    ]);
    // A policy that says nothing is listed without a document.
    expect(answer.Layers[2]?.Policies).toEqual([{ PolicyArn: boundary.Policy.Arn, Version: 'v1' }]);
    expect(answer.Documents).toHaveLength(2);
  });

  it('says that the root user needs no document', async () => {
    expect(await explain({ Principal: rootOf(alice.accountId).arn })).toMatchObject({
      Decision: 'Allow',
      ImpliedBy: 'root-user',
      Layers: [{ Layer: 'identity', Outcome: 'implicit-deny', Statements: [] }],
    });
  });

  it('shows the levels of the organization, those of others to members only', async () => {
    const { organization } = world;
    const fence = { Sid: 'Fence', Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*' };
    organization.create().unit('ou-1').account(MEMBER, 'ou-1').attach('rcp', 'ou-1', 'Fence', [fence]);
    const foreign = {
      Resource: `arn:aws:kms:local-1:${MEMBER}:key/1`,
      ResourcePolicy: policy({ ...allow('kms:*'), Principal: { AWS: alice.arn } }),
    };
    const outsider = await explain(foreign);
    expect(outsider.Decision).toBe('Allow');
    expect(outsider.Layers.map(({ Layer }) => Layer)).toEqual(['resource', 'identity']);
    expect(Object.keys(outsider.Context).filter((name) => /resourceorg|accountstate/.test(name))).toEqual([]);

    organization.account(alice.accountId);
    const member = await explain(foreign);
    expect(member).toMatchObject({ Layer: 'rcp', Level: { Id: 'ou-1' }, Statements: [{ Sid: 'Fence' }] });
    expect(
      member.Layers.filter(({ Layer }) => Layer === 'rcp').map(({ Level, Outcome }) => [Level?.Id, Outcome]),
    ).toEqual([
      ['r-ab12', 'allow'],
      ['ou-1', 'explicit-deny'],
      [MEMBER, 'allow'],
    ]);
    organization.attach('scp', alice.accountId, 'NoSign', [
      { Sid: 'NoSign', Effect: 'Deny', Action: 'kms:Sign', Resource: '*' },
    ]);
    expect(await explain({})).toMatchObject({
      Decision: 'Deny',
      Layer: 'scp',
      Level: { Id: alice.accountId },
      Statements: [{ PolicyArn: guardrailArn('scp', 'NoSign'), PolicyName: 'NoSign', Sid: 'NoSign' }],
    });
    organization.detach(alice.accountId, 'p-NoSign');
  });

  it('needs authz:Explain on the principal, and knows nobody of other accounts', async () => {
    expect(await errorOf(explain({}, alice))).toMatchObject({ code: 'AccessDenied' });
    for (const Principal of [`${alice.arn}x`, `arn:aws:iam::${MEMBER}:user/alice`])
      expect(await errorOf(explain({ Principal }))).toMatchObject({ code: 'NotFound' });
    expect(await errorOf(explain({ Action: 'billing:Pay' }))).toMatchObject({ code: 'Validation' });
  });
});
