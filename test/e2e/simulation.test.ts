/** The policy simulator through the unmodified AWS CLI, and against what the server then really does. */
import { SimulateCustomPolicyCommand } from '@aws-sdk/client-iam';
import { describe, expect, inject, it } from 'vitest';
import { aws, awsClients, type Credentials } from '../harness/clients.ts';
import { allow, createUser, type Person, putPolicy, uniqueName } from '../harness/people.ts';
import { native } from '../harness/signed.ts';

const server = inject('server');

interface Result {
  EvalActionName: string;
  EvalResourceName: string;
  EvalDecision: string;
  MatchedStatements: {
    SourcePolicyId: string;
    SourcePolicyType: string;
    StartPosition: { Line: number; Column: number };
    EndPosition: { Line: number; Column: number };
  }[];
  MissingContextValues: string[];
  ResourceSpecificResults: { EvalResourceName: string; EvalResourceDecision: string; MissingContextValues: string[] }[];
}

async function iam<T>(args: string[], credentials?: Credentials): Promise<T> {
  const ran = await aws(server, ['iam', ...args], credentials);
  if (ran.code !== 0) throw new Error(`aws iam ${args.join(' ')}: ${ran.stderr}`);
  return JSON.parse(ran.stdout) as T;
}
const simulate = (args: string[], credentials?: Credentials) =>
  iam<{ EvaluationResults: Result[] }>(args, credentials).then(({ EvaluationResults }) => EvaluationResults);

describe('aws iam simulate-custom-policy', () => {
  const DOCUMENT =
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2015-08-16T12:00:00Z"}}}}';

  it('follows the examples of its manual', async () => {
    const question = [
      'simulate-custom-policy',
      '--policy-input-list',
      DOCUMENT,
      '--action-names',
      'dynamodb:CreateBackup',
    ];
    expect(await simulate(question)).toEqual([
      {
        EvalActionName: 'dynamodb:CreateBackup',
        EvalResourceName: '*',
        EvalDecision: 'allowed',
        MatchedStatements: [
          {
            SourcePolicyId: 'PolicyInputList.1',
            SourcePolicyType: 'none',
            StartPosition: { Line: 1, Column: 37 },
            EndPosition: { Line: 1, Column: DOCUMENT.length },
          },
        ],
        MissingContextValues: [],
        ResourceSpecificResults: [],
      },
    ]);
    const before = "ContextKeyName='aws:CurrentTime',ContextKeyValues='2015-04-25T11:00:00Z',ContextKeyType=date";
    expect(await simulate([...question, '--context-entries', before])).toMatchObject([
      { EvalDecision: 'implicitDeny', MatchedStatements: [] },
    ]);
  });

  it('lets the client follow the pages', async () => {
    const actions = Array.from({ length: 7 }, (_, i) => `dynamodb:Action${i}`);
    const question = ['simulate-custom-policy', '--policy-input-list', DOCUMENT, '--action-names', ...actions];
    const results = await simulate([...question, '--page-size', '3']);
    expect(results.map((result) => result.EvalActionName)).toEqual(actions);
  });

  it('names the context keys that the policies ask about', async () => {
    const keys = ['get-context-keys-for-custom-policy', '--policy-input-list', DOCUMENT];
    expect(await iam(keys)).toEqual({ ContextKeyNames: ['aws:CurrentTime'] });
  });

  it('refuses what is no policy, by the name AWS gives it', async () => {
    const question = ['iam', 'simulate-custom-policy', '--policy-input-list', '{}', '--action-names', 'kms:Sign'];
    const ran = await aws(server, question);
    expect(ran.stderr).toContain('(InvalidInput)');
    expect(ran.stderr).toContain('document has no Statement');
  });

  it('takes the organization levels of newer clients', async () => {
    const everything = JSON.stringify(allow('*'));
    const level = (action: string) => ({ ServiceControlPolicyInputList: [JSON.stringify(allow(action))] });
    const { EvaluationResults } = await awsClients(server).iam.send(
      new SimulateCustomPolicyCommand({
        PolicyInputList: [everything],
        ActionNames: ['kms:Sign', 'iam:GetUser'],
        OrderedOrganizationPolicyInputList: [level('*'), level('iam:*')],
      }),
    );
    expect(
      EvaluationResults?.map((r) => [r.EvalDecision, r.OrganizationsDecisionDetail?.AllowedByOrganizations]),
    ).toEqual([
      ['implicitDeny', false],
      ['allowed', true],
    ]);
  });
});

describe('aws iam simulate-principal-policy', () => {
  const statement = (user: Person, actions: string[], more: string[] = []) =>
    simulate(['simulate-principal-policy', '--policy-source-arn', user.arn, '--action-names', ...actions, ...more]);

  it('foretells what the user may do', async () => {
    const user = await createUser(server);
    const other = await createUser(server);
    await putPolicy(server, user.name, {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: ['iam:GetUser', 'iam:ListAccessKeys', 'iam:ListUsers'], Resource: '*' },
        { Effect: 'Deny', Action: 'iam:*', Resource: other.arn },
      ],
    });
    const actions = ['iam:GetUser', 'iam:ListAccessKeys', 'iam:ListGroupsForUser'];
    const foretold = await statement(user, actions, ['--resource-arns', user.arn, other.arn]);
    const paths: Record<string, string> = {
      'iam:GetUser': '/v1/iam/get-user',
      'iam:ListAccessKeys': '/v1/iam/list-access-keys',
      'iam:ListGroupsForUser': '/v1/iam/list-groups-for-user',
    };
    for (const { EvalActionName, ResourceSpecificResults } of foretold) {
      for (const { EvalResourceName, EvalResourceDecision } of ResourceSpecificResults) {
        const UserName = EvalResourceName === user.arn ? user.name : other.name;
        const done = await native(
          server,
          paths[EvalActionName] as string,
          { UserName },
          { credentials: user.credentials },
        );
        const message = String(done.json().detail ?? done.text);
        const decision =
          done.status === 200 ? 'allowed' : message.includes('explicit deny') ? 'explicitDeny' : 'implicitDeny';
        expect([EvalActionName, EvalResourceName, EvalResourceDecision]).toEqual([
          EvalActionName,
          EvalResourceName,
          decision,
        ]);
      }
    }
    expect(foretold.map((result) => result.EvalDecision)).toEqual(['explicitDeny', 'explicitDeny', 'explicitDeny']);
    expect(foretold.map((r) => r.ResourceSpecificResults.map((s) => s.EvalResourceDecision))).toEqual([
      ['allowed', 'explicitDeny'],
      ['allowed', 'explicitDeny'],
      ['implicitDeny', 'explicitDeny'],
    ]);
  });

  it('names policies of users, groups and shipped ones, and the keys that are missing', async () => {
    const user = await createUser(server, allow('kms:Sign', '*', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }));
    const group = uniqueName('group');
    for (const [path, input] of [
      ['create-group', {}],
      ['put-group-policy', { PolicyName: 'pages', PolicyDocument: JSON.stringify(allow('kms:ListKeys')) }],
      ['add-user-to-group', { UserName: user.name }],
    ] as const) {
      expect((await native(server, `/v1/iam/${path}`, { GroupName: group, ...input })).status).toBe(200);
    }
    const PolicyArn = 'arn:aws:iam::aws:policy/KeyManagementPowerUser';
    await native(server, '/v1/iam/attach-user-policy', { UserName: user.name, PolicyArn });
    const [sign, list, create] = await statement(user, ['kms:Sign', 'kms:ListKeys', 'kms:CreateKey']);
    expect(sign).toMatchObject({ EvalDecision: 'implicitDeny', MissingContextValues: ['aws:MultiFactorAuthPresent'] });
    expect(list?.MatchedStatements.map((s) => [s.SourcePolicyId, s.SourcePolicyType])).toEqual([
      ['pages', 'group'],
      ['KeyManagementPowerUser', 'aws-managed'],
    ]);
    expect(create?.MatchedStatements).toMatchObject([{ StartPosition: { Line: 4, Column: 5 } }]);
    const keys = await iam(['get-context-keys-for-principal-policy', '--policy-source-arn', user.arn]);
    expect(keys).toEqual({ ContextKeyNames: ['aws:MultiFactorAuthPresent'] });
    const mfa = 'ContextKeyName=aws:MultiFactorAuthPresent,ContextKeyValues=true,ContextKeyType=boolean';
    expect(await statement(user, ['kms:Sign'], ['--context-entries', mfa])).toMatchObject([
      { EvalDecision: 'allowed' },
    ]);
  });

  it('does not know whom it does not find, and tells nobody who may not ask', async () => {
    const user = await createUser(server);
    const question = ['iam', 'simulate-principal-policy', '--action-names', 'kms:Sign', '--policy-source-arn'];
    expect((await aws(server, [...question, `${user.arn}-gone`])).stderr).toContain('(NoSuchEntity)');
    const denied = await aws(server, [...question, `${user.arn}-gone`], user.credentials);
    expect(denied.stderr).toContain('(AccessDenied)');
    expect(denied.stderr).toContain('iam:SimulatePrincipalPolicy');
  });
});
