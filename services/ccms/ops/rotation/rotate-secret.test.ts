/** What RotateSecret and its neighbours take, refuse and answer; the target of these tests is never reached. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { document, failure, OTHER_ACCOUNT, type VaultClient, VaultHarness } from '../../testing/harness.ts';
import { DAY, MINUTE } from './testing/rotation-world.ts';

let vault: VaultHarness;
let admin: VaultClient;
let count = 0;

beforeAll(async () => {
  vault = await VaultHarness.open();
  admin = vault.user('admin');
  await admin.CreateSecret({ Name: 'rotator', SecretString: '{"username":"a","password":"b"}' });
  for (const [Name, Engine] of [
    ['nowhere', 'postgres'],
    ['maria', 'mariadb'],
    ['cache', 'redis'],
  ] as const)
    await admin.CreateTarget({
      Name,
      Engine,
      Endpoints: [{ Host: '127.0.0.1', Port: 1 }],
      Tls: { Mode: 'plain' },
      ...(Engine !== 'redis' && { Database: 'shop' }),
      AdminSecretId: 'rotator',
      RoleArn: vault.role('rotator'),
      SkipTest: true,
    });
});
afterAll(() => vault.close());

const Target = { Name: 'nowhere', Users: ['a', 'b'], OwnerRole: 'owner' };
async function rotating(value?: string): Promise<string> {
  const Name = `secret-${++count}`;
  await admin.CreateSecret({ Name, ...(value !== undefined && { SecretString: value }) });
  await admin.PutRotationStrategy({ SecretId: Name, Target });
  return Name;
}
const rotate = (SecretId: string, more: object = {}) =>
  admin.RotateSecret({ SecretId, ClientRequestToken: vault.token(), ...more });
const DAILY = { AutomaticallyAfterDays: 1 };

describe('RotateSecret', () => {
  it('makes a version without a value that holds AWSPENDING', async () => {
    const SecretId = await rotating('{"username":"a","password":"x"}');
    const { VersionId } = await rotate(SecretId);
    const { VersionIdsToStages } = await admin.DescribeSecret({ SecretId });
    expect(VersionIdsToStages?.[VersionId as string]).toEqual(['AWSPENDING']);
    expect(await failure(admin.GetSecretValue({ SecretId, VersionStage: 'AWSPENDING' }))).toMatchObject({
      code: 'NotFound',
    });
    expect(JSON.parse((await admin.GetSecretValue({ SecretId })).SecretString as string)).toMatchObject({
      password: 'x',
    });
  });

  it('with the same token is the same rotation; with another one it is refused while that is unfinished', async () => {
    const SecretId = await rotating();
    const ClientRequestToken = vault.token();
    const first = await rotate(SecretId, { ClientRequestToken });
    expect(await rotate(SecretId, { ClientRequestToken })).toEqual(first);
    expect((await admin.ListRotationRuns({ SecretId })).Runs.length).toBe(1);
    expect(await failure(rotate(SecretId))).toMatchObject({ code: 'InvalidRequest' });
  });

  it('needs a function or a strategy, and a function that can be invoked', async () => {
    await admin.CreateSecret({ Name: 'plain' });
    expect(await failure(rotate('plain'))).toMatchObject({
      code: 'InvalidRequest',
      message: 'No Lambda rotation function ARN is associated with this secret.',
    });
    const RotationLambdaARN = 'arn:aws:lambda:local-1:111122223333:function:nobody';
    expect(await failure(rotate('plain', { RotationLambdaARN }))).toMatchObject({ code: 'AccessDenied' });
    expect((await admin.DescribeSecret({ SecretId: 'plain' })).RotationEnabled).toBeUndefined();
  });

  it.each([
    [{ AutomaticallyAfterDays: 1, ScheduleExpression: 'rate(1 day)' }],
    [{ ScheduleExpression: 'rate(3 hours)' }],
    [{ ScheduleExpression: 'cron(5 8 * * ? *)' }],
    [{ ScheduleExpression: 'rate(4 hours)', Duration: '5h' }],
    [{ Duration: '3h' }],
  ])('refuses the rules %j, and changes nothing', async (RotationRules) => {
    const SecretId = await rotating();
    expect(await failure(rotate(SecretId, { RotationRules }))).toMatchObject({ code: 'InvalidParameter' });
    expect((await admin.DescribeSecret({ SecretId })).RotationEnabled).toBe(false);
  });

  it('sets rules alone when it is not to rotate at once, and tells the end of the next window', async () => {
    const SecretId = await rotating('{"username":"a","password":"x"}');
    const { VersionId, ConfigurationTest } = await rotate(SecretId, { RotateImmediately: false, RotationRules: DAILY });
    expect(VersionId).toBeUndefined();
    expect(ConfigurationTest).toEqual({ Succeeded: false, Failure: 'unreachable' });
    const described = await admin.DescribeSecret({ SecretId });
    const tomorrow = vault.kms.now - (vault.kms.now % DAY) + 2 * DAY;
    expect(described).toMatchObject({ RotationEnabled: true, RotationRules: DAILY, NextRotationDate: tomorrow });
    expect((await admin.ListRotationRuns({ SecretId })).Runs).toEqual([]);
    const listed = (await admin.ListSecrets({ Filters: [{ Key: 'name', Values: [SecretId] }] })).SecretList[0];
    expect(listed).toMatchObject({ RotationEnabled: true, RotationRules: DAILY, NextRotationDate: tomorrow });
  });

  it('is refused while consumers may use the value before the present one, unless forced with a reason', async () => {
    const SecretId = await rotating('{"username":"a","password":"1"}');
    await admin.PutSecretValue({ SecretId, SecretString: '{"username":"b","password":"2"}' });
    vault.kms.advance(9 * MINUTE);
    const refused = await failure(rotate(SecretId));
    expect(refused.code).toBe('InvalidRequest');
    const possible = new Date(vault.kms.now + MINUTE).toISOString();
    expect(refused.message).toContain(possible);
    expect(await admin.PreviewRotation({ SecretId })).toMatchObject({
      Allowed: false,
      Obstacle: 'overlap',
      NotBeforeDate: vault.kms.now + MINUTE,
    });
    expect(await failure(rotate(SecretId, { Force: true }))).toMatchObject({ code: 'InvalidParameter' });
    await rotate(SecretId, { Force: true, Reason: 'leaked in a ticket' });
    expect((await vault.lastRecord()).requestParameters).toMatchObject({ Force: true, Reason: 'leaked in a ticket' });
    expect((await admin.DescribeRotation({ SecretId })).OpenRuns).toMatchObject([{ Reason: 'leaked in a ticket' }]);
  });

  it('is possible when the overlap is over', async () => {
    const SecretId = await rotating('{"username":"a","password":"1"}');
    await admin.PutSecretValue({ SecretId, SecretString: '{"username":"b","password":"2"}' });
    vault.kms.advance(10 * MINUTE);
    expect((await admin.PreviewRotation({ SecretId })).Allowed).toBe(true);
    await rotate(SecretId);
  });

  it('waits for the longest time that a grant lets a consumer keep the value, while the grant is in force', async () => {
    const SecretId = await rotating('{"username":"a","password":"1"}');
    const GranteePrincipal = '111122223333';
    const until = vault.kms.now + 20 * MINUTE;
    await admin.CreateSecretGrant({ SecretId, GranteePrincipal, MaxCacheSeconds: 1800, ExpiresAt: until });
    const { Grant } = await admin.CreateSecretGrant({ SecretId, GranteePrincipal, MaxCacheSeconds: 7200 });
    await admin.PutSecretValue({ SecretId, SecretString: '{"username":"b","password":"2"}' });
    const overlap = async () => (await admin.PreviewRotation({ SecretId })).OverlapSeconds;
    expect(await overlap()).toBe(7200);
    expect((await failure(rotate(SecretId))).code).toBe('InvalidRequest');
    await admin.RevokeSecretGrant({ SecretId, GrantId: Grant.GrantId });
    expect(await overlap()).toBe(1800);
    vault.kms.advance(20 * MINUTE);
    expect(await overlap()).toBe(600);
    await rotate(SecretId);
  });

  it('is refused while AWSPENDING is on a version of nobody, with the way out', async () => {
    const SecretId = await rotating('{"username":"a","password":"1"}');
    const { VersionId } = await admin.PutSecretValue({
      SecretId,
      SecretString: '{"username":"b","password":"2"}',
      VersionStages: ['AWSPENDING'],
    });
    expect(await failure(rotate(SecretId))).toMatchObject({ code: 'InvalidRequest' });
    await admin.UpdateSecretVersionStage({ SecretId, VersionStage: 'AWSPENDING', RemoveFromVersionId: VersionId });
    await rotate(SecretId);
  });
});

describe('CancelRotateSecret', () => {
  it('gives a rotation up and leaves the stages where they are, as AWS does', async () => {
    const SecretId = await rotating('{"username":"a","password":"1"}');
    const { VersionId } = await rotate(SecretId, { RotationRules: DAILY });
    expect((await admin.CancelRotateSecret({ SecretId })).VersionId).toBe(VersionId);
    const described = await admin.DescribeSecret({ SecretId });
    expect(described).toMatchObject({ RotationEnabled: false });
    expect(described.NextRotationDate).toBeUndefined();
    expect(described.VersionIdsToStages?.[VersionId as string]).toEqual(['AWSPENDING']);
    const { Runs } = await admin.ListRotationRuns({ SecretId });
    expect(Runs).toMatchObject([{ State: 'ABANDONED', Failure: 'cancelled' }]);
  });

  it('needs something to cancel', async () => {
    await admin.CreateSecret({ Name: 'still' });
    expect(await failure(admin.CancelRotateSecret({ SecretId: 'still' }))).toMatchObject({ code: 'InvalidRequest' });
  });
});

it('a deleted secret does not rotate, and does not begin to when it is restored', async () => {
  const SecretId = await rotating('{"username":"a","password":"1"}');
  await rotate(SecretId, { RotationRules: DAILY, RotateImmediately: false });
  await admin.DeleteSecret({ SecretId });
  expect(await failure(rotate(SecretId))).toMatchObject({ code: 'InvalidRequest' });
  expect(await failure(admin.CancelRotateSecret({ SecretId }))).toMatchObject({ code: 'InvalidRequest' });
  await admin.RestoreSecret({ SecretId });
  const described = await admin.DescribeSecret({ SecretId });
  expect(described).toMatchObject({ RotationEnabled: false, RotationRules: DAILY });
  expect(described.NextRotationDate).toBeUndefined();
});

it('goes with its secret', async () => {
  const SecretId = await rotating();
  await rotate(SecretId);
  const rows = () => vault.store.read.selectFrom('rotation_run').select('token').execute();
  const before = (await rows()).length;
  await admin.DeleteSecret({ SecretId, ForceDeleteWithoutRecovery: true });
  expect((await rows()).length).toBe(before - 1);
});

describe('the empty version of a rotation', () => {
  it('takes the value of its token and no other stage', async () => {
    const SecretId = await rotating('{"username":"a","password":"1"}');
    const { VersionId } = await rotate(SecretId);
    const put = { SecretId, ClientRequestToken: VersionId, SecretString: 'new', VersionStages: ['AWSPENDING'] };
    expect(await admin.PutSecretValue(put)).toMatchObject({ VersionStages: ['AWSPENDING'] });
    expect(await admin.PutSecretValue(put)).toMatchObject({ VersionStages: ['AWSPENDING'] });
    expect(await failure(admin.PutSecretValue({ ...put, SecretString: 'other' }))).toMatchObject({
      code: 'AlreadyExists',
    });
    const { SecretString } = await admin.GetSecretValue({ SecretId, VersionStage: 'AWSPENDING' });
    expect(SecretString).toBe('new');
  });

  it('takes it with the token of the rotation, and not with another one', async () => {
    const SecretId = await rotating('{"username":"a","password":"1"}');
    const { VersionId } = await rotate(SecretId);
    const put = { SecretId, ClientRequestToken: VersionId, SecretString: 'new', VersionStages: ['AWSPENDING'] };
    const wrong = 'x'.repeat(43);
    expect(await failure(admin.PutSecretValue({ ...put, RotationToken: wrong }))).toMatchObject({
      code: 'InvalidRequest',
    });
  });
});

describe('PutRotationStrategy', () => {
  it.each([
    ['one user for two', { Target: { Name: 'nowhere', User: 'a', OwnerRole: 'owner' } }],
    ['the same user twice', { Target: { Name: 'nowhere', Users: ['a', 'a'], OwnerRole: 'owner' } }],
    ['no owner role', { Target: { Name: 'nowhere', Users: ['a', 'b'] } }],
    ['the owner as a user', { Target: { Name: 'nowhere', Users: ['a', 'b'], OwnerRole: 'a' } }],
    ['no grants', { Target: { Name: 'maria', Users: ['a', 'b'] } }],
    ['two users of redis', { Target: { Name: 'cache', Users: ['a', 'b'], Rules: ['+@read'] } }],
    ['no rules', { Target: { Name: 'cache', User: 'a' } }],
    ['a target of nobody', { Target: { Name: 'nobody', Users: ['a', 'b'], OwnerRole: 'owner' } }],
    ['a function of nobody', { Function: { Arn: 'arn:aws:lambda:local-1:111122223333:function:nobody' } }],
    ['nothing', {}],
    ['two of them', { Target, Function: { Arn: 'arn:aws:lambda:local-1:111122223333:function:nobody' } }],
  ])('refuses %s', async (_what, strategy) => {
    const Name = `strange-${++count}`;
    await admin.CreateSecret({ Name });
    expect(await failure(admin.PutRotationStrategy({ SecretId: Name, ...strategy }))).toMatchObject({
      code: 'InvalidParameter',
    });
    expect((await admin.DescribeRotation({ SecretId: Name })).Strategy).toBeUndefined();
  });

  it('shows the strategy as it was given, and does not change it under a rotation', async () => {
    const SecretId = await rotating();
    const given = { Target: { ...Target, TestStatement: 'SELECT 1' }, GraceSeconds: 3600 };
    expect((await admin.PutRotationStrategy({ SecretId, ...given })).Strategy).toEqual(given);
    expect((await admin.DescribeRotation({ SecretId })).Strategy).toEqual(given);
    await rotate(SecretId);
    expect(await failure(admin.PutRotationStrategy({ SecretId, Target }))).toMatchObject({ code: 'InvalidRequest' });
  });

  it('needs the permission to use the target: whoever may configure a secret may not have any database reset', async () => {
    const policy = (...Action: string[]) =>
      JSON.parse(
        document({ Effect: 'Allow', Action: ['secretsmanager:PutRotationStrategy', ...Action], Resource: '*' }),
      );
    const SecretId = await rotating();
    const without = vault.user('without', policy());
    expect(await failure(without.PutRotationStrategy({ SecretId, Target }))).toMatchObject({ code: 'AccessDenied' });
    const withIt = vault.user('with', policy('secretsmanager:UseTarget'));
    await withIt.PutRotationStrategy({ SecretId, Target });
  });

  it('does not tell another account whether the secret exists', async () => {
    const SecretId = (await admin.DescribeSecret({ SecretId: await rotating() })).ARN;
    const other = vault.user('admin', undefined, OTHER_ACCOUNT);
    for (const ask of [
      () => other.PutRotationStrategy({ SecretId, Target }),
      () => other.RotateSecret({ SecretId }),
      () => other.DescribeRotation({ SecretId }),
      () => other.ForgoRotation({ SecretId, Reason: 'x' }),
    ]) {
      const found = await failure(ask());
      expect(['AccessDenied', 'NotFound']).toContain(found.code);
    }
  });
});
