// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like template placeholders
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guardrailArn } from '../../../../platform/authz/testing/test-organization.ts';
import type { Caller } from '../../../../platform/runtime/call.ts';
import { iamApi as api } from '../../api/index.ts';
import { allow, assume, errorOf, type IamWorld, makeRole, makeUser, openIam, policy } from '../../testing/harness.ts';

const everything = allow('*');
/** A member whose resources nobody may use: its RCP level allows nothing but what is harmless. */
const FENCED = '444455556666';
let world: IamWorld;
let alice: Caller;
let key: string;
beforeAll(async () => {
  world = await openIam();
  alice = await makeUser(world, 'alice', [
    allow('kms:Decrypt', 'arn:aws:kms:*:*:key/*'),
    { Sid: 'OwnTeam', ...allow('kms:Sign', '*', { StringEquals: { 'aws:PrincipalTag/Team': 'red' } }) },
    allow('iam:GetUser', 'arn:aws:iam::*:user/${aws:username}'),
    allow('kms:Encrypt', '*', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }),
  ]);
  key = `arn:aws:kms:local-1:${alice.accountId}:key/1`;
  await world.as(world.admin, api.TagUser, { UserName: 'alice', Tags: [{ Key: 'team', Value: 'red' }] });
  await world.as(world.admin, api.CreateGroup, { GroupName: 'ops' });
  await world.as(world.admin, api.AddUserToGroup, { GroupName: 'ops', UserName: 'alice' });
  await world.as(world.admin, api.PutGroupPolicy, {
    GroupName: 'ops',
    PolicyName: 'pages',
    PolicyDocument: policy(allow('kms:ListKeys')),
  });
  const PolicyArn = 'arn:aws:iam::aws:policy/KeyManagementPowerUser';
  await world.as(world.admin, api.AttachUserPolicy, { UserName: 'alice', PolicyArn });
});
afterAll(() => world.close());

const principal = (input: object, by: Caller = world.admin) =>
  world.as(by, api.SimulatePrincipalPolicy, { PolicySourceArn: alice.arn, ...input });
const custom = (input: object, by: Caller = world.admin) => world.as(by, api.SimulateCustomPolicy, input);
const decisions = ({ EvaluationResults }: Awaited<ReturnType<typeof custom>>) =>
  EvaluationResults.map((result) => result.EvalDecision);

describe('SimulateCustomPolicy', () => {
  const POLICY = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "dynamodb:*",
      "Resource": "*",
      "Condition": { "DateGreaterThan": { "aws:CurrentTime": "2015-08-16T12:00:00Z" } }
    }
  ]
}`;

  it('answers what AWS answers, with the place of the statement', async () => {
    const answer = await custom({ PolicyInputList: [POLICY], ActionNames: ['dynamodb:CreateBackup', 'iam:GetUser'] });
    expect(answer).toEqual({
      EvaluationResults: [
        {
          EvalActionName: 'dynamodb:CreateBackup',
          EvalResourceName: '*',
          EvalDecision: 'allowed',
          MatchedStatements: [
            {
              SourcePolicyId: 'PolicyInputList.1',
              SourcePolicyType: 'none',
              StartPosition: { Line: 4, Column: 5 },
              EndPosition: { Line: 9, Column: 6 },
            },
          ],
          MissingContextValues: [],
          ResourceSpecificResults: [],
        },
        {
          EvalActionName: 'iam:GetUser',
          EvalResourceName: '*',
          EvalDecision: 'implicitDeny',
          MatchedStatements: [],
          MissingContextValues: [],
          ResourceSpecificResults: [],
        },
      ],
      IsTruncated: false,
    });
  });

  it('takes the time that is given', async () => {
    const ContextEntries = [
      { ContextKeyName: 'aws:CurrentTime', ContextKeyValues: ['2015-04-25T11:00:00Z'], ContextKeyType: 'date' },
    ];
    const ActionNames = ['dynamodb:CreateBackup'];
    expect(decisions(await custom({ PolicyInputList: [POLICY], ActionNames, ContextEntries }))).toEqual([
      'implicitDeny',
    ]);
  });

  it('tells the resources apart and is allowed as a whole only when all are', async () => {
    const PolicyInputList = [
      policy(allow('s3:*'), { Sid: 'No', Effect: 'Deny', Action: 's3:Put*', Resource: 'arn:aws:s3:::b/*' }),
    ];
    const answer = await custom({
      PolicyInputList,
      ActionNames: ['s3:PutObject'],
      ResourceArns: ['arn:aws:s3:::a/x', 'arn:aws:s3:::b/x'],
    });
    const [result] = answer.EvaluationResults;
    expect(result).toMatchObject({ EvalResourceName: '*', EvalDecision: 'explicitDeny', MatchedStatements: [] });
    expect(result?.ResourceSpecificResults).toMatchObject([
      { EvalResourceName: 'arn:aws:s3:::a/x', EvalResourceDecision: 'allowed', EvalDecisionDetails: {} },
      {
        EvalResourceName: 'arn:aws:s3:::b/x',
        EvalResourceDecision: 'explicitDeny',
        MatchedStatements: [{ SourcePolicyId: 'PolicyInputList.1', StartPosition: { Line: 1 } }],
      },
    ]);
  });

  it('names missing keys as the policy spells them: at the action for *, at the resource for an ARN', async () => {
    const PolicyInputList = [policy(allow('s3:Get*', '*', { IpAddress: { 'aws:SourceIP': '10.0.0.0/8' } }))];
    const ask = async (ResourceArns?: string[]) =>
      (await custom({ PolicyInputList, ActionNames: ['s3:GetObject'], ResourceArns })).EvaluationResults[0];
    expect(await ask()).toMatchObject({ MissingContextValues: ['aws:SourceIP'], ResourceSpecificResults: [] });
    expect(await ask(['arn:aws:s3:::a'])).toMatchObject({
      MissingContextValues: [],
      ResourceSpecificResults: [{ MissingContextValues: ['aws:SourceIP'] }],
    });
  });

  it('bounds what the policies allow by a boundary and by every level of the organization', async () => {
    const ask = async (input: object) =>
      (await custom({ PolicyInputList: [policy(everything)], ActionNames: ['kms:Sign'], ...input }))
        .EvaluationResults[0];
    expect(await ask({})).not.toHaveProperty('PermissionsBoundaryDecisionDetail');
    expect(await ask({ PermissionsBoundaryPolicyInputList: [policy(allow('kms:Decrypt'))] })).toMatchObject({
      EvalDecision: 'implicitDeny',
      PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false },
    });
    const org = (...lists: object[][]) =>
      lists.map((statements) => ({ ServiceControlPolicyInputList: statements.map((s) => policy(s)) }));
    const full = [everything];
    expect(await ask({ OrderedOrganizationPolicyInputList: org(full, full) })).toMatchObject({
      EvalDecision: 'allowed',
      OrganizationsDecisionDetail: { AllowedByOrganizations: true },
    });
    expect(await ask({ OrderedOrganizationPolicyInputList: org(full, [allow('iam:*')]) })).toMatchObject({
      EvalDecision: 'implicitDeny',
      OrganizationsDecisionDetail: { AllowedByOrganizations: false },
    });
    const denial = { Sid: 'NoSign', Effect: 'Deny', Action: 'kms:Sign', Resource: '*' };
    expect(await ask({ OrderedOrganizationPolicyInputList: org(full, [everything, denial]) })).toMatchObject({
      EvalDecision: 'explicitDeny',
      MatchedStatements: [
        {
          SourcePolicyId: 'OrderedOrganizationPolicyInputList.2.ServiceControlPolicyInputList.2',
          SourcePolicyType: 'none',
        },
      ],
    });
  });

  it('says what each side says where accounts are crossed', async () => {
    const ResourcePolicy = policy({ ...allow('s3:*'), Principal: { AWS: '111122223333' } });
    const ask = async (statement: object) =>
      (
        await custom({
          PolicyInputList: [policy(statement)],
          ActionNames: ['s3:GetObject'],
          ResourceArns: ['arn:aws:s3:::bucket/x'],
          ResourcePolicy,
          ResourceOwner: 'arn:aws:iam::444455556666:root',
          CallerArn: 'arn:aws:iam::111122223333:user/eve',
        })
      ).EvaluationResults[0]?.ResourceSpecificResults[0];
    expect(await ask(allow('s3:*'))).toMatchObject({
      EvalResourceDecision: 'allowed',
      EvalDecisionDetails: { 'IAM Policy': 'allowed', 'Resource Policy': 'allowed' },
      MatchedStatements: [{ SourcePolicyType: 'resource' }, { SourcePolicyType: 'none' }],
    });
    expect(await ask(allow('s3:Put*'))).toMatchObject({
      EvalResourceDecision: 'implicitDeny',
      EvalDecisionDetails: { 'IAM Policy': 'implicitDeny', 'Resource Policy': 'allowed' },
    });
  });

  it('honours trust policies of roles, for users and for sessions', async () => {
    const trust = (Principal: object) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Principal, Action: 'sts:AssumeRole' },
      });
    const ask = async (ResourcePolicy: string, CallerArn: string) =>
      decisions(
        await custom({
          PolicyInputList: [policy(allow('sts:AssumeRole'))],
          ActionNames: ['sts:AssumeRole'],
          ResourceArns: ['arn:aws:iam::111122223333:role/Deploy'],
          ResourcePolicy,
          CallerArn,
        }),
      );
    const eve = 'arn:aws:iam::111122223333:user/eve';
    expect(await ask(trust({ AWS: '111122223333' }), eve)).toEqual(['allowed']);
    expect(await ask(trust({ AWS: 'arn:aws:iam::111122223333:user/bob' }), eve)).toEqual(['implicitDeny']);
    const session = 'arn:aws:sts::111122223333:assumed-role/Ci/run';
    expect(await ask(trust({ AWS: 'arn:aws:iam::111122223333:role/Ci' }), session)).toEqual(['allowed']);
  });

  it.each<[string, object, string]>([
    ['a document that does not compile', { PolicyInputList: ['{"Statement":[]}'] }, 'PolicyInputList.1: '],
    ['an action with a wildcard', { ActionNames: ['kms:*'] }, 'ActionNames holds kms:*'],
    ['a resource that is no ARN', { ResourceArns: ['bucket'] }, 'ResourceArns holds bucket'],
    ['a resource policy without a caller', { ResourcePolicy: policy({ ...allow('*'), Principal: '*' }) }, 'CallerArn'],
    ['a caller that is a group', { CallerArn: 'arn:aws:iam::111122223333:group/x' }, 'CallerArn'],
    ['two boundaries', { PermissionsBoundaryPolicyInputList: [policy(everything), policy(everything)] }, 'boundary'],
    ['an entry without a name', { ContextEntries: [{ ContextKeyValues: ['x'] }] }, 'ContextKeyName'],
    [
      'a key given twice',
      {
        ContextEntries: [
          { ContextKeyName: 'aws:SourceIp', ContextKeyValues: ['10.0.0.1'] },
          { ContextKeyName: 'AWS:sourceip', ContextKeyValues: ['10.0.0.2'] },
        ],
      },
      'given twice',
    ],
    ['an owner that is no account', { ResourceOwner: 'arn:aws:iam::111122223333:user/x' }, 'ResourceOwner'],
  ])('refuses %s', async (_, input, message) => {
    const asked = custom({ PolicyInputList: [policy(everything)], ActionNames: ['kms:Sign'], ...input });
    expect(await errorOf(asked)).toMatchObject({ code: 'InvalidInput', message: expect.stringContaining(message) });
  });

  it('pages through the actions, and takes no marker for another simulation', async () => {
    const ActionNames = ['kms:Sign', 'kms:Verify', 'kms:Encrypt'];
    const question = { PolicyInputList: [policy(everything)], ActionNames, MaxItems: 2 };
    const first = await custom(question);
    expect(first.IsTruncated).toBe(true);
    const second = await custom({ ...question, Marker: first.Marker });
    expect(second).toMatchObject({ IsTruncated: false });
    const names = [...first.EvaluationResults, ...second.EvaluationResults].map((result) => result.EvalActionName);
    expect(names).toEqual(ActionNames);
    const other = custom({ ...question, ActionNames: ['kms:Sign', 'iam:GetUser'], Marker: first.Marker });
    expect(await errorOf(other)).toMatchObject({ code: 'Validation' });
  });

  it('ends a page that has cost enough, and loses nothing', async () => {
    const many = policy(...Array.from({ length: 400 }, (_, i) => allow('s3:Get*', `arn:aws:s3:::bucket-${i}/*`)));
    const ActionNames = Array.from({ length: 40 }, (_, i) => `s3:Get${i}`);
    const ResourceArns = Array.from({ length: 100 }, (_, i) => `arn:aws:s3:::bucket-${i}/x`);
    const seen: string[] = [];
    let Marker: string | undefined;
    let pages = 0;
    do {
      const page = await custom({ PolicyInputList: [many], ActionNames, ResourceArns, Marker });
      seen.push(...page.EvaluationResults.map((result) => result.EvalActionName));
      ({ Marker } = page);
      pages++;
    } while (Marker !== undefined);
    expect(seen).toEqual(ActionNames);
    expect(pages).toBe(2);
  });
});

describe('SimulatePrincipalPolicy', () => {
  it('takes the policies of the user and its groups, and says where each stands', async () => {
    const answer = await principal({
      ActionNames: ['kms:Decrypt', 'kms:ListKeys', 'kms:CreateKey'],
      ResourceArns: [key],
    });
    const sources = answer.EvaluationResults.map(({ EvalDecision, MatchedStatements: [first] }) => [
      EvalDecision,
      first?.SourcePolicyId,
      first?.SourcePolicyType,
    ]);
    expect(sources).toEqual([
      ['allowed', 'test', 'user'],
      ['allowed', 'pages', 'group'],
      ['allowed', 'KeyManagementPowerUser', 'aws-managed'],
    ]);
  });

  it('knows the tags and the name of the user, and believes what is said instead', async () => {
    const self = `arn:aws:iam::${alice.accountId}:user/alice`;
    const ask = async (ActionNames: string[], ContextEntries?: object[]) =>
      decisions(await principal({ ActionNames, ResourceArns: [self], ContextEntries, PolicyExclusionList: AUDIT }));
    const AUDIT = [{ PolicyType: 'aws-managed' }];
    expect(await ask(['kms:Sign', 'iam:GetUser', 'kms:Encrypt'])).toEqual(['allowed', 'allowed', 'implicitDeny']);
    const entry = (ContextKeyName: string, value: string) => ({ ContextKeyName, ContextKeyValues: [value] });
    expect(await ask(['kms:Sign'], [entry('aws:PrincipalTag/team', 'blue')])).toEqual(['implicitDeny']);
    expect(await ask(['iam:GetUser'], [entry('aws:username', 'bob')])).toEqual(['implicitDeny']);
    expect(await ask(['kms:Encrypt'], [entry('aws:MultiFactorAuthPresent', 'true')])).toEqual(['allowed']);
  });

  it('adds policies, leaves policies out, and replaces the boundary', async () => {
    const ask = async (input: object) => decisions(await principal({ ResourceArns: [key], ...input }));
    expect(await ask({ ActionNames: ['kms:Verify'] })).toEqual(['implicitDeny']);
    expect(await ask({ ActionNames: ['kms:Verify'], PolicyInputList: [policy(allow('kms:Verify'))] })).toEqual([
      'allowed',
    ]);
    const ActionNames = ['kms:Decrypt', 'kms:ListKeys', 'kms:CreateKey'];
    const inline = { PolicyName: 'test', AttachmentType: 'user', AttachmentName: 'alice' };
    expect(await ask({ ActionNames, PolicyExclusionList: [{ InlinePolicyIdentifier: inline }] })).toEqual([
      'implicitDeny',
      'allowed',
      'allowed',
    ]);
    const PolicyArn = 'arn:aws:iam::aws:policy/KeyManagementPowerUser';
    expect(await ask({ ActionNames, PolicyExclusionList: [{ PolicyArn }] })).toEqual([
      'allowed',
      'allowed',
      'implicitDeny',
    ]);
    expect(await ask({ ActionNames, PolicyExclusionList: [{ PolicyType: 'inline' }] })).toEqual([
      'implicitDeny',
      // The shipped policy allows it as well.
      'allowed',
      'allowed',
    ]);
    const boundary = policy(allow('kms:ListKeys'));
    expect(await ask({ ActionNames, PermissionsBoundaryPolicyInputList: [boundary] })).toEqual([
      'implicitDeny',
      'allowed',
      'implicitDeny',
    ]);
    expect(await errorOf(principal({ ActionNames, PolicyExclusionList: [{}] }))).toMatchObject({
      code: 'InvalidInput',
    });
  });

  it('simulates a group, and asks who its member is where a resource policy wants to know', async () => {
    const PolicySourceArn = `arn:aws:iam::${alice.accountId}:group/ops`;
    const ActionNames = ['kms:ListKeys', 'kms:Decrypt'];
    expect(decisions(await principal({ PolicySourceArn, ActionNames }))).toEqual(['allowed', 'implicitDeny']);
    const ResourcePolicy = policy({ ...allow('kms:*'), Principal: { AWS: alice.arn } });
    const asked = { PolicySourceArn, ActionNames, ResourceArns: [key], ResourcePolicy };
    expect(await errorOf(principal(asked))).toMatchObject({ code: 'InvalidInput' });
    expect(decisions(await principal({ ...asked, CallerArn: alice.arn }))).toEqual(['allowed', 'allowed']);
  });

  it('obeys the guardrails of the account and of the resource, and can leave them out', async () => {
    const ActionNames = ['kms:Decrypt'];
    const foreign = `arn:aws:kms:local-1:${FENCED}:key/1`;
    const ResourcePolicy = policy({ ...allow('kms:*'), Principal: { AWS: alice.arn } });
    const outside = async () =>
      (await principal({ ActionNames, ResourceArns: [foreign], ResourcePolicy })).EvaluationResults[0];
    const { organization } = world;
    organization.create().unit('ou-1').account(FENCED, 'ou-1');
    const deny = { Effect: 'Deny', Action: 'kms:*', Resource: '*' };
    organization.attach('rcp', 'ou-1', 'Fence', [{ ...deny, Sid: 'NobodyElse', Principal: '*' }]);
    // An account outside the organization is told nothing about guardrails of members.
    expect(await outside()).toMatchObject({ EvalDecision: 'allowed' });
    expect(await outside()).not.toHaveProperty('OrganizationsDecisionDetail');

    organization.unit('ou-2').account(alice.accountId, 'ou-2');
    expect(await outside()).toMatchObject({
      EvalDecision: 'explicitDeny',
      OrganizationsDecisionDetail: { AllowedByOrganizations: false },
      MatchedStatements: [{ SourcePolicyId: 'Fence', SourcePolicyType: 'none' }],
    });
    const [allowed] = (await principal({ ActionNames, ResourceArns: [key] })).EvaluationResults;
    expect(allowed).toMatchObject({
      EvalDecision: 'allowed',
      OrganizationsDecisionDetail: { AllowedByOrganizations: true },
    });
    organization.attach('scp', 'ou-2', 'OnlyIam', [allow('iam:*')]).detach('ou-2', 'p-FullAWSAccess');
    const [denied] = (await principal({ ActionNames, ResourceArns: [key] })).EvaluationResults;
    expect(denied).toMatchObject({
      EvalDecision: 'implicitDeny',
      OrganizationsDecisionDetail: { AllowedByOrganizations: false },
    });
    expect(denied?.ResourceSpecificResults[0]).not.toHaveProperty('EvalDecisionDetails');
    const without = (PolicyExclusionList: object[]) =>
      principal({ ActionNames, ResourceArns: [key], PolicyExclusionList }).then(decisions);
    expect(await without([{ PolicyType: 'scp' }])).toEqual(['allowed']);
    expect(await without([{ PolicyArn: guardrailArn('scp', 'OnlyIam') }])).toEqual(['implicitDeny']);
    organization.detach('ou-2', 'p-OnlyIam').attach('scp', 'ou-2', 'All', [everything]);
  });

  it('answers for another account what it answers for nobody, and only to whom it is permitted', async () => {
    const ActionNames = ['kms:Decrypt'];
    for (const PolicySourceArn of [
      `arn:aws:iam::${alice.accountId}:user/nobody`,
      `arn:aws:iam::${alice.accountId}:group/nobody`,
      `arn:aws:iam::${FENCED}:user/alice`,
    ]) {
      expect(await errorOf(principal({ PolicySourceArn, ActionNames }))).toMatchObject({
        code: 'NotFound',
        message: `The entity with ARN ${PolicySourceArn} cannot be found.`,
      });
    }
    expect(await errorOf(principal({ ActionNames }, alice))).toMatchObject({ code: 'AccessDenied' });
  });
});

describe('GetContextKeysFor', () => {
  it('custom policies names every key once, identity or resource policy', async () => {
    const PolicyInputList = [
      policy(allow('s3:*', 'arn:aws:s3:::${aws:username}/*', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } })),
      policy({ ...allow('s3:*', '*', { Bool: { 'aws:SecureTransport': 'true' } }), Principal: '*' }),
    ];
    expect(await world.as(world.admin, api.GetContextKeysForCustomPolicy, { PolicyInputList })).toEqual({
      ContextKeyNames: ['aws:SecureTransport', 'aws:SourceIp', 'aws:username'],
    });
    const bad = world.as(world.admin, api.GetContextKeysForCustomPolicy, { PolicyInputList: [policy(), '{}'] });
    expect(await errorOf(bad)).toMatchObject({ code: 'InvalidInput' });
  });

  it('a principal names those of its policies and of the given ones', async () => {
    const answer = await world.as(world.admin, api.GetContextKeysForPrincipalPolicy, {
      PolicySourceArn: alice.arn,
      PolicyInputList: [policy(allow('s3:*', '*', { StringEquals: { 's3:prefix': 'x' } }))],
    });
    expect(answer.ContextKeyNames).toEqual([
      'aws:MultiFactorAuthPresent',
      'aws:PrincipalTag/Team',
      'aws:username',
      's3:prefix',
    ]);
  });
});

describe('of a role', () => {
  it('takes its policies, and in its own session those of the session too', async () => {
    const role = await makeRole(world, 'Reader', [allow(['kms:Decrypt', 'kms:Sign', 'sts:*'])]);
    const ActionNames = ['kms:Decrypt', 'kms:Sign', 'kms:Encrypt'];
    const answer = await principal({ PolicySourceArn: role, ActionNames, ResourceArns: [key] });
    expect(decisions(answer)).toEqual(['allowed', 'allowed', 'implicitDeny']);
    expect(answer.EvaluationResults[0]?.MatchedStatements[0]?.SourcePolicyType).toBe('role');

    await world.as(world.admin, api.PutRolePolicy, {
      RoleName: 'Reader',
      PolicyName: 'ask',
      PolicyDocument: policy(allow('iam:SimulatePrincipalPolicy')),
    });
    const session = await assume(world, world.admin, role, {
      Policy: policy(allow(['kms:Decrypt', 'iam:SimulatePrincipalPolicy'])),
    });
    const own = await principal({ PolicySourceArn: session.arn, ActionNames, ResourceArns: [key] }, session);
    expect(decisions(own)).toEqual(['allowed', 'implicitDeny', 'implicitDeny']);
  });

  it('knows policies that are granted in a project, where the resource is in it', async () => {
    const role = await makeRole(world, 'Granted');
    const { EnterpriseProject } = await world.as(world.admin, api.CreateEnterpriseProject, { Name: 'shop' });
    const { EnterpriseProjectId } = EnterpriseProject;
    const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess';
    await world.as(world.admin, api.AttachProjectPolicy, { EnterpriseProjectId, PolicyArn, RoleName: 'Granted' });
    const ask = (...ContextEntries: object[]) =>
      principal({ PolicySourceArn: role, ActionNames: ['kms:Sign'], ResourceArns: [key], ContextEntries });
    expect(decisions(await ask())).toEqual(['implicitDeny']);
    const entry = { ContextKeyName: 'parapet:EnterpriseProjectId', ContextKeyType: 'string' };
    expect(decisions(await ask({ ...entry, ContextKeyValues: [EnterpriseProjectId] }))).toEqual(['allowed']);
  });
});
