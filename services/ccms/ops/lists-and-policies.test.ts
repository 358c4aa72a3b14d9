import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { document, failure, NO_POLICY, type VaultClient, VaultHarness } from '../testing/harness.ts';

let vault: VaultHarness;
let admin: VaultClient;
beforeAll(async () => {
  vault = await VaultHarness.open();
  admin = vault.user('admin');
});
afterAll(() => vault.close());

const statements = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const allow = (Action: string | string[], more: object = {}) => ({ Effect: 'Allow', Action, Resource: '*', ...more });

describe('ListSecrets', () => {
  beforeAll(async () => {
    for (const Name of ['c/one', 'a/two', 'b/three']) {
      vault.kms.advance(1000);
      await admin.CreateSecret({
        Name,
        Description: `the ${Name.slice(2)}`,
        SecretString: 'x',
        Tags: [{ Key: 'n', Value: Name }],
      });
    }
    await admin.CreateSecret({ Name: 'gone' });
    await admin.DeleteSecret({ SecretId: 'gone' });
    vault.kms.advance(1000);
    await admin.UpdateSecret({ SecretId: 'c/one', Description: 'changed one' });
  });
  const names = async (input: Parameters<VaultClient['ListSecrets']>[0]) =>
    (await admin.ListSecrets(input)).SecretList.map(({ Name }) => Name);

  it.each<[Parameters<VaultClient['ListSecrets']>[0], string[]]>([
    [{}, ['b/three', 'a/two', 'c/one']],
    [{ SortOrder: 'asc' }, ['c/one', 'a/two', 'b/three']],
    [{ SortBy: 'name', SortOrder: 'asc' }, ['a/two', 'b/three', 'c/one']],
    [{ SortBy: 'name', SortOrder: 'desc' }, ['c/one', 'b/three', 'a/two']],
    [{ SortBy: 'last-changed-date' }, ['c/one', 'b/three', 'a/two']],
    [{ Filters: [{ Key: 'name', Values: ['a/', 'b/'] }] }, ['b/three', 'a/two']],
    [{ Filters: [{ Key: 'description', Values: ['changed'] }] }, ['c/one']],
    [{ Filters: [{ Key: 'tag-value', Values: ['!a/'] }], SortBy: 'name', SortOrder: 'asc' }, ['b/three', 'c/one']],
    [{ IncludePlannedDeletion: true, SortBy: 'name', SortOrder: 'asc' }, ['a/two', 'b/three', 'c/one', 'gone']],
  ])('%j', async (input, expected) => expect(await names(input)).toEqual(expected));

  it('pages through any order, with tokens of its own alone', async () => {
    for (const SortBy of ['created-date', 'last-accessed-date', 'last-changed-date', 'name'] as const) {
      const whole = await names({ SortBy });
      const seen: string[] = [];
      for (let NextToken: string | undefined; ; ) {
        const page = await admin.ListSecrets({ SortBy, MaxResults: 1, NextToken });
        seen.push(...page.SecretList.map(({ Name }) => Name));
        NextToken = page.NextToken;
        if (NextToken === undefined) break;
      }
      expect(seen).toEqual(whole);
    }
    const { NextToken } = await admin.ListSecrets({ MaxResults: 1 });
    expect(await failure(admin.ListSecrets({ SortBy: 'name', NextToken }))).toMatchObject({ code: 'InvalidNextToken' });
    expect(await failure(admin.ListSecrets({ NextToken: 'x' }))).toMatchObject({ code: 'InvalidNextToken' });
  });

  it('needs a key and values in its filters', async () => {
    expect(await failure(admin.ListSecrets({ Filters: [{ Values: ['x'] }] }))).toMatchObject({
      code: 'InvalidParameter',
    });
  });
});

describe('BatchGetSecretValue', () => {
  it('answers what can be answered, and says of each other one why not', async () => {
    const reader = vault.user(
      'batch',
      statements(allow('secretsmanager:BatchGetSecretValue'), {
        Effect: 'Allow',
        Action: 'secretsmanager:GetSecretValue',
        Resource: ['arn:aws:secretsmanager:*:*:secret:a/*', 'arn:aws:secretsmanager:*:*:secret:none-*'],
      }),
    );
    const { SecretValues, Errors } = await reader.BatchGetSecretValue({ SecretIdList: ['a/two', 'b/three', 'none'] });
    expect(SecretValues).toMatchObject([{ Name: 'a/two', SecretString: 'x' }]);
    expect(Errors).toMatchObject([
      { SecretId: 'b/three', ErrorCode: 'AccessDeniedException' },
      { SecretId: 'none', ErrorCode: 'ResourceNotFoundException' },
    ]);
    const reads = (await vault.records()).slice(-4).map(({ eventName }) => eventName);
    expect(reads.sort()).toEqual(['BatchGetSecretValue', 'GetSecretValue', 'GetSecretValue', 'GetSecretValue']);
    const filtered = { Filters: [{ Key: 'name' as const, Values: ['a/'] }] };
    expect(await failure(reader.BatchGetSecretValue(filtered))).toMatchObject({ code: 'AccessDenied' });
  });

  it('goes page by page through filters', async () => {
    const Filters = [{ Key: 'description' as const, Values: ['the', 'changed'] }];
    const first = await admin.BatchGetSecretValue({ Filters, MaxResults: 2 });
    const second = await admin.BatchGetSecretValue({ Filters, MaxResults: 2, NextToken: first.NextToken });
    expect([...first.SecretValues, ...second.SecretValues].map(({ Name }) => Name).sort()).toEqual([
      'a/two',
      'b/three',
      'c/one',
    ]);
    expect(await failure(admin.BatchGetSecretValue({ Filters, NextToken: 'x' }))).toMatchObject({
      code: 'InvalidNextToken',
    });
  });

  it.each([
    ['both', { SecretIdList: ['a'], Filters: [] }],
    ['neither', {}],
    ['a page of a list of names', { SecretIdList: ['a'], MaxResults: 1 }],
  ])('refuses %s', async (_, input) => {
    expect(await failure(admin.BatchGetSecretValue(input))).toMatchObject({ code: 'InvalidParameter' });
  });
});

describe('GetRandomPassword', () => {
  it('makes one, and keeps nothing of it', async () => {
    const { RandomPassword } = await admin.GetRandomPassword({ PasswordLength: 4096, ExcludePunctuation: true });
    expect(RandomPassword).toMatch(/^[a-zA-Z0-9]{4096}$/);
    expect(JSON.stringify(await vault.records())).not.toContain(RandomPassword.slice(0, 20));
    expect((await admin.GetRandomPassword({})).RandomPassword).toHaveLength(32);
    expect(await failure(admin.GetRandomPassword({ PasswordLength: 2 }))).toMatchObject({ code: 'InvalidParameter' });
  });
});

describe('resource policies', () => {
  let id = 0;
  let SecretId: string;
  beforeEach(async () => {
    SecretId = `policy-${++id}`;
    await admin.CreateSecret({ Name: SecretId, SecretString: 'x' });
  });
  const user = { AWS: 'arn:aws:iam::111122223333:user/reader' };

  it('let in whom identity policies do not, and keep out whom they deny', async () => {
    const reader = vault.user('reader', NO_POLICY);
    const ResourcePolicy = document({ ...allow('secretsmanager:GetSecretValue'), Principal: user });
    await admin.PutResourcePolicy({ SecretId, ResourcePolicy });
    expect(await reader.GetSecretValue({ SecretId })).toMatchObject({ SecretString: 'x' });
    expect(await admin.GetResourcePolicy({ SecretId })).toMatchObject({ ResourcePolicy });
    const deny = document({ Effect: 'Deny', Action: 'secretsmanager:GetSecretValue', Resource: '*', Principal: '*' });
    await admin.PutResourcePolicy({ SecretId, ResourcePolicy: deny });
    expect(await failure(admin.GetSecretValue({ SecretId }))).toMatchObject({ code: 'AccessDenied' });
    await admin.DeleteResourcePolicy({ SecretId });
    expect(await admin.GetResourcePolicy({ SecretId })).not.toHaveProperty('ResourcePolicy');
    expect(await admin.GetSecretValue({ SecretId })).toMatchObject({ SecretString: 'x' });
  });

  const lockOut = document({ Effect: 'Deny', Action: 'secretsmanager:Put*', Resource: '*', Principal: '*' });
  const open = document({ ...allow('secretsmanager:GetSecretValue'), Principal: '*' });
  const unknown = document({ ...allow('secretsmanager:*'), Principal: { AWS: 'arn:aws:iam::111122223333:user/none' } });
  it.each([
    ['what is no policy', '{}', false, 'MalformedPolicyDocument', 'SYNTAX'],
    ['principals that do not exist', unknown, false, 'MalformedPolicyDocument', 'PRINCIPAL'],
    ['a policy that locks the caller out', lockOut, false, 'MalformedPolicyDocument', 'LOCK_OUT'],
    ['a public policy while that is blocked', open, true, 'PublicPolicy', 'PUBLIC_POLICY'],
  ])('refuse %s', async (_, ResourcePolicy, BlockPublicPolicy, code, check) => {
    expect(await failure(admin.PutResourcePolicy({ SecretId, ResourcePolicy, BlockPublicPolicy }))).toMatchObject({
      code,
    });
    expect(await admin.GetResourcePolicy({ SecretId })).not.toHaveProperty('ResourcePolicy');
    const validated = await admin.ValidateResourcePolicy({ SecretId, ResourcePolicy });
    expect(validated).toMatchObject({ PolicyValidationPassed: false, ValidationErrors: [{ CheckName: check }] });
  });

  it('may be public when that is not blocked', async () => {
    await admin.PutResourcePolicy({ SecretId, ResourcePolicy: open });
    vault.user('reader', NO_POLICY);
    const fine = document({ ...allow('secretsmanager:GetSecretValue'), Principal: user });
    expect(await admin.ValidateResourcePolicy({ ResourcePolicy: fine })).toEqual({
      PolicyValidationPassed: true,
      ValidationErrors: [],
    });
  });
});

describe('tags', () => {
  it('are added, changed, removed, and guard access', async () => {
    await admin.CreateSecret({ Name: 'tagged', Tags: [{ Key: 'team', Value: 'red' }] });
    const red = vault.user(
      'red',
      statements(allow('secretsmanager:*', { Condition: { StringEquals: { 'aws:ResourceTag/team': 'red' } } })),
    );
    await red.TagResource({ SecretId: 'tagged', Tags: [{ Key: 'more', Value: '1' }] });
    for (const promise of [
      red.TagResource({ SecretId: 'tagged', Tags: [{ Key: 'team', Value: 'blue' }] }),
      red.UntagResource({ SecretId: 'tagged', TagKeys: ['team'] }),
    ])
      expect(await failure(promise)).toMatchObject({ code: 'AccessDenied' });
    await red.UntagResource({ SecretId: 'tagged', TagKeys: ['more', 'none'] });
    expect(await admin.DescribeSecret({ SecretId: 'tagged' })).toMatchObject({ Tags: [{ Key: 'team', Value: 'red' }] });
    const reserved = { SecretId: 'tagged', Tags: [{ Key: 'aws:x', Value: '1' }] };
    expect(await failure(admin.TagResource(reserved))).toMatchObject({ code: 'InvalidParameter' });
  });

  it('are condition keys under the name of the service too', async () => {
    await admin.CreateSecret({ Name: 'named', Tags: [{ Key: 'team', Value: 'red' }] });
    const own = vault.user(
      'own',
      statements(
        allow('secretsmanager:*', { Condition: { StringEquals: { 'secretsmanager:ResourceTag/team': 'red' } } }),
      ),
    );
    expect(await own.DescribeSecret({ SecretId: 'named' })).toMatchObject({ Name: 'named' });
    expect(await failure(own.DescribeSecret({ SecretId: 'a/two' }))).toMatchObject({ code: 'AccessDenied' });
  });
});

describe('condition keys', () => {
  it.each<[string, object, (client: VaultClient) => Promise<unknown>, (client: VaultClient) => Promise<unknown>]>([
    [
      'VersionStage',
      { StringEquals: { 'secretsmanager:VersionStage': 'AWSCURRENT' } },
      (c) => c.GetSecretValue({ SecretId: 'a/two', VersionStage: 'AWSCURRENT' }),
      (c) => c.GetSecretValue({ SecretId: 'a/two' }),
    ],
    [
      'SecretId',
      { StringEquals: { 'secretsmanager:SecretId': 'a/two' } },
      (c) => c.DescribeSecret({ SecretId: 'a/two' }),
      (c) => c.DescribeSecret({ SecretId: 'c/one' }),
    ],
    [
      'RecoveryWindowInDays',
      { NumericGreaterThan: { 'secretsmanager:RecoveryWindowInDays': '10' } },
      (c) => c.DeleteSecret({ SecretId: 'cond', RecoveryWindowInDays: 30 }),
      (c) => c.DeleteSecret({ SecretId: 'cond', RecoveryWindowInDays: 7 }),
    ],
    [
      'ForceDeleteWithoutRecovery',
      { BoolIfExists: { 'secretsmanager:ForceDeleteWithoutRecovery': 'false' } },
      (c) => c.RestoreSecret({ SecretId: 'cond' }),
      (c) => c.DeleteSecret({ SecretId: 'cond', ForceDeleteWithoutRecovery: true }),
    ],
    [
      'Name',
      { StringLike: { 'secretsmanager:Name': 'ok-*' } },
      (c) => c.CreateSecret({ Name: 'ok-1' }),
      (c) => c.CreateSecret({ Name: 'no-1' }),
    ],
    [
      'Description',
      { StringEquals: { 'secretsmanager:Description': 'good' } },
      (c) => c.UpdateSecret({ SecretId: 'cond', Description: 'good' }),
      (c) => c.UpdateSecret({ SecretId: 'cond', Description: 'bad' }),
    ],
  ])('%s', async (key, Condition, permitted, denied) => {
    if (key === 'RecoveryWindowInDays') await admin.CreateSecret({ Name: 'cond' });
    const client = vault.user(`cond-${key}`, statements(allow('secretsmanager:*', { Condition }), allow('kms:*')));
    await permitted(client);
    expect(await failure(denied(client))).toMatchObject({ code: 'AccessDenied' });
  });
});

describe('what is not offered', () => {
  it.each<[string, (client: VaultClient) => Promise<unknown>]>([
    ['RotateSecret', (c) => c.RotateSecret({ SecretId: 'a/two', RotationRules: { AutomaticallyAfterDays: 30 } })],
    ['CancelRotateSecret', (c) => c.CancelRotateSecret({ SecretId: 'a/two' })],
    [
      'ReplicateSecretToRegions',
      (c) => c.ReplicateSecretToRegions({ SecretId: 'a/two', AddReplicaRegions: [{ Region: 'eu-west-1' }] }),
    ],
    [
      'RemoveRegionsFromReplication',
      (c) => c.RemoveRegionsFromReplication({ SecretId: 'a/two', RemoveReplicaRegions: ['eu-west-1'] }),
    ],
    ['StopReplicationToReplica', (c) => c.StopReplicationToReplica({ SecretId: 'a/two' })],
  ])('%s says so, to those who may ask', async (_, ask) => {
    expect(await failure(ask(admin))).toMatchObject({ code: 'InvalidRequest' });
    expect(await failure(ask(vault.user('nobody', NO_POLICY)))).toMatchObject({ code: 'AccessDenied' });
  });
});

describe('enterprise projects and configurations', () => {
  const project = '5f2c7d1a-8b34-4c1e-9d60-7e2f1a3b4c5d';
  it('hold secrets, which move and are listed', async () => {
    vault.kms.project(project);
    const made = await admin.CreateSecret({ Name: 'in-project', EnterpriseProjectId: project });
    expect(await admin.DescribeSecret({ SecretId: made.ARN })).toMatchObject({ EnterpriseProjectId: project });
    const inside = vault.user(
      'inside',
      statements(
        allow('secretsmanager:*', { Condition: { StringEquals: { 'parapet:EnterpriseProjectId': project } } }),
      ),
    );
    expect(await inside.DescribeSecret({ SecretId: 'in-project' })).toMatchObject({ Name: 'in-project' });
    expect(await failure(inside.DescribeSecret({ SecretId: 'a/two' }))).toMatchObject({ code: 'AccessDenied' });
    const listed = () =>
      vault.internal().ListResourcesInProject({ AccountId: '111122223333', EnterpriseProjectId: project, Limit: 10 });
    expect((await listed()).Resources).toMatchObject([
      { ResourceArn: made.ARN, ResourceType: 'secretsmanager:secret' },
    ]);
    const preview = await admin.PreviewMoveResource({ ResourceArn: made.ARN, EnterpriseProjectId: '0' });
    expect(preview.Loses.map(({ PrincipalArn }) => PrincipalArn)).toContain('arn:aws:iam::111122223333:user/inside');
    // Who may not put it there may not move it.
    expect(await failure(inside.MoveResource({ ResourceArn: made.ARN, EnterpriseProjectId: '0' }))).toMatchObject({
      code: 'AccessDenied',
    });
    await admin.MoveResource({ ResourceArn: made.ARN, EnterpriseProjectId: '0' });
    expect((await listed()).Resources).toEqual([]);
    vault.kms.project(project, { Enabled: false });
    expect(await failure(admin.MoveResource({ ResourceArn: made.ARN, EnterpriseProjectId: project }))).toMatchObject({
      code: 'EnterpriseProjectDisabled',
    });
  });

  it('tell what secrets look like, without any value', async () => {
    const { ARN } = await admin.DescribeSecret({ SecretId: 'a/two' });
    const missing = ARN.replace(/.{6}$/, 'zzzzzz');
    const { Items } = await vault.internal().DescribeConfigurations({
      Resources: [ARN, missing, ARN.slice(0, -7), 'arn:aws:kms:local-1:111122223333:key/x'],
    });
    expect(Items).toMatchObject([
      { Arn: ARN, Type: 'secretsmanager:secret', Name: 'a/two', Tags: { n: 'a/two' }, Deleted: false },
      { Arn: missing, Deleted: true },
    ]);
    expect(JSON.parse(Items[0]!.Configuration)).toMatchObject({
      rotationEnabled: false,
      policyAccounts: [],
      kmsKeyId: null,
    });
    const all: string[] = [];
    for (let After: string | undefined; ; ) {
      const page = await vault.internal().ListConfigurations({ Limit: 2, ...(After !== undefined && { After }) });
      all.push(...page.Items.map(({ Arn }) => Arn));
      After = page.Next;
      if (After === undefined) break;
    }
    expect(all).toContain(ARN);
    expect(new Set(all).size).toBe(all.length);
    expect(await failure(admin.ListConfigurations({}))).toMatchObject({ code: 'AccessDenied' });
  });
});
