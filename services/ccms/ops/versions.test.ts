import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure, type VaultClient, VaultHarness } from '../testing/harness.ts';

const DAY = 24 * 3_600_000;
let vault: VaultHarness;
let admin: VaultClient;
beforeAll(async () => {
  vault = await VaultHarness.open();
  admin = vault.user('admin');
});
afterAll(() => vault.close());

let count = 0;
async function secret(...values: string[]) {
  const Name = `versions-${++count}`;
  const tokens = values.map(() => vault.token());
  for (const [at, value] of values.entries()) {
    const input = { ClientRequestToken: tokens[at]!, SecretString: value };
    if (at === 0) await admin.CreateSecret({ Name, ...input });
    else await admin.PutSecretValue({ SecretId: Name, ...input });
  }
  return { Name, tokens };
}
const stagesOf = async (SecretId: string) => (await admin.DescribeSecret({ SecretId })).VersionIdsToStages;

describe('PutSecretValue', () => {
  it('makes the new version current and the old one previous', async () => {
    const { Name, tokens } = await secret('one', 'two', 'three');
    expect(await stagesOf(Name)).toEqual({ [tokens[2]!]: ['AWSCURRENT'], [tokens[1]!]: ['AWSPREVIOUS'] });
    expect(await admin.GetSecretValue({ SecretId: Name, VersionStage: 'AWSPREVIOUS' })).toMatchObject({
      SecretString: 'two',
    });
    // Without a stage it is still there for whoever knows its id.
    const old = await admin.GetSecretValue({ SecretId: Name, VersionId: tokens[0] });
    expect(old).toMatchObject({ SecretString: 'one', VersionId: tokens[0] });
    expect(old).not.toHaveProperty('VersionStages');
  });

  it('changes nothing when it is repeated, and refuses the token for another value', async () => {
    const { Name, tokens } = await secret('one', 'two');
    const before = await admin.DescribeSecret({ SecretId: Name });
    const again = { SecretId: Name, ClientRequestToken: tokens[0]! };
    expect(await admin.PutSecretValue({ ...again, SecretString: 'one' })).toMatchObject({
      VersionId: tokens[0],
      VersionStages: ['AWSPREVIOUS'],
    });
    expect(await failure(admin.PutSecretValue({ ...again, SecretString: 'other' }))).toMatchObject({
      code: 'AlreadyExists',
    });
    expect(await admin.DescribeSecret({ SecretId: Name })).toEqual(before);
  });

  it('needs exactly one value, and no rotation', async () => {
    const { Name } = await secret('one');
    expect(await failure(admin.PutSecretValue({ SecretId: Name }))).toMatchObject({ code: 'InvalidRequest' });
    const both = { SecretId: Name, SecretString: 'a', SecretBinary: Buffer.from('a') };
    expect(await failure(admin.PutSecretValue(both))).toMatchObject({ code: 'InvalidParameter' });
    const rotating = { SecretId: Name, SecretString: 'a', RotationToken: 'x'.repeat(36) };
    expect(await failure(admin.PutSecretValue(rotating))).toMatchObject({ code: 'InvalidRequest' });
  });

  it('keeps a hundred versions without a stage and all of the last day', async () => {
    const { Name, tokens } = await secret('v0');
    for (let i = 1; i <= 101; i++) await admin.PutSecretValue({ SecretId: Name, SecretString: `v${i}` });
    // One more would leave 101 without a stage, all of today.
    expect(await failure(admin.PutSecretValue({ SecretId: Name, SecretString: 'x' }))).toMatchObject({
      code: 'LimitExceeded',
    });
    vault.kms.advance(DAY);
    await admin.PutSecretValue({ SecretId: Name, SecretString: 'last' });
    const { Versions } = await admin.ListSecretVersions({ SecretId: Name });
    expect(Versions).toHaveLength(100);
    expect(await failure(admin.GetSecretValue({ SecretId: Name, VersionId: tokens[0] }))).toMatchObject({
      code: 'NotFound',
    });
    const ordinals = Versions.map(({ Ordinal }) => Ordinal);
    expect(ordinals.slice(0, 3)).toEqual([103, 102, 101]);
  }, 60_000);
});

describe('GetSecretValue', () => {
  it.each([
    ['an unknown version', { VersionId: 'x'.repeat(32) }, 'NotFound'],
    ['a stage that nothing holds', { VersionStage: 'blue' }, 'NotFound'],
  ])('does not find %s', async (_, input, code) => {
    const { Name } = await secret('one');
    expect(await failure(admin.GetSecretValue({ SecretId: Name, ...input }))).toMatchObject({ code });
  });

  it('refuses a stage and a version that do not belong together', async () => {
    const { Name, tokens } = await secret('one', 'two');
    const both = { SecretId: Name, VersionId: tokens[0]!, VersionStage: 'AWSCURRENT' };
    expect(await failure(admin.GetSecretValue(both))).toMatchObject({ code: 'InvalidRequest' });
    expect(await admin.GetSecretValue({ ...both, VersionStage: 'AWSPREVIOUS' })).toMatchObject({ SecretString: 'one' });
  });

  it('remembers the day of the last read', async () => {
    const { Name, tokens } = await secret('one');
    expect(await admin.DescribeSecret({ SecretId: Name })).not.toHaveProperty('LastAccessedDate');
    await admin.GetSecretValue({ SecretId: Name });
    const today = vault.kms.now - (vault.kms.now % DAY);
    expect(await admin.DescribeSecret({ SecretId: Name })).toMatchObject({ LastAccessedDate: today });
    await vault.deps.access.flush();
    const rows = await vault.store.read
      .selectFrom('version_access')
      .selectAll()
      .where('version_id', '=', tokens[0]!)
      .execute();
    expect(rows).toMatchObject([{ day: today }]);
    expect((await admin.ListSecretVersionIds({ SecretId: Name })).Versions).toMatchObject([
      { LastAccessedDate: today, KmsKeyIds: ['DefaultEncryptionKey'] },
    ]);
  });
});

describe('UpdateSecret', () => {
  it('changes a description without a new version, whatever token comes with it', async () => {
    const { Name, tokens } = await secret('one');
    const answer = await admin.UpdateSecret({ SecretId: Name, ClientRequestToken: vault.token(), Description: 'new' });
    expect(answer).not.toHaveProperty('VersionId');
    expect(await admin.DescribeSecret({ SecretId: Name })).toMatchObject({
      Description: 'new',
      VersionIdsToStages: { [tokens[0]!]: ['AWSCURRENT'] },
    });
  });

  it('makes a new value current; the same token again is the same request', async () => {
    const { Name, tokens } = await secret('one');
    const ClientRequestToken = vault.token();
    const update = { SecretId: Name, ClientRequestToken, SecretString: 'two', Description: 'd' };
    expect(await admin.UpdateSecret(update)).toMatchObject({ VersionId: ClientRequestToken });
    expect(await admin.UpdateSecret(update)).toMatchObject({ VersionId: ClientRequestToken });
    expect(await failure(admin.UpdateSecret({ ...update, SecretString: 'x' }))).toMatchObject({
      code: 'AlreadyExists',
    });
    expect(await stagesOf(Name)).toEqual({ [ClientRequestToken]: ['AWSCURRENT'], [tokens[0]!]: ['AWSPREVIOUS'] });
  });

  it('re-encrypts the versions in use under a new key, and not the others', async () => {
    const { Name, tokens } = await secret('one', 'two', 'three');
    const key = await vault.kms.key();
    await admin.UpdateSecret({ SecretId: Name, KmsKeyId: key.id });
    const keys = async () => {
      const { Versions } = await admin.ListSecretVersionIds({ SecretId: Name, IncludeDeprecated: true });
      return Object.fromEntries(Versions.map((v) => [v.VersionId, v.KmsKeyIds?.[0]]));
    };
    expect(await keys()).toEqual({
      [tokens[2]!]: key.arn,
      [tokens[1]!]: key.arn,
      [tokens[0]!]: 'DefaultEncryptionKey',
    });
    for (const [at, value] of ['one', 'two', 'three'].entries())
      expect(await admin.GetSecretValue({ SecretId: Name, VersionId: tokens[at]! })).toMatchObject({
        SecretString: value,
      });
    expect(await admin.DescribeSecret({ SecretId: Name })).toMatchObject({ KmsKeyId: key.id });
    await admin.UpdateSecret({ SecretId: Name, KmsKeyId: 'alias/aws/secretsmanager' });
    expect(await admin.DescribeSecret({ SecretId: Name })).not.toHaveProperty('KmsKeyId');
    expect(Object.values(await keys())).toEqual(Array(3).fill('DefaultEncryptionKey'));
  });
});

describe('UpdateSecretVersionStage', () => {
  it('moves AWSCURRENT back when the holder is named', async () => {
    const { Name, tokens } = await secret('one', 'two');
    const move = { SecretId: Name, VersionStage: 'AWSCURRENT', MoveToVersionId: tokens[0]! };
    expect(await failure(admin.UpdateSecretVersionStage(move))).toMatchObject({ code: 'InvalidParameter' });
    await admin.UpdateSecretVersionStage({ ...move, RemoveFromVersionId: tokens[1]! });
    expect(await stagesOf(Name)).toEqual({ [tokens[0]!]: ['AWSCURRENT'], [tokens[1]!]: ['AWSPREVIOUS'] });
    expect(await admin.GetSecretValue({ SecretId: Name })).toMatchObject({ SecretString: 'one' });
  });

  it('lets one of two writers win', async () => {
    const { Name } = await secret('one');
    const both = await Promise.allSettled(
      ['a', 'b'].map((value) => admin.PutSecretValue({ SecretId: Name, SecretString: value })),
    );
    const refused = both.filter((result) => result.status === 'rejected');
    for (const result of refused) expect((result as PromiseRejectedResult).reason).toMatchObject({ code: 'Conflict' });
    const { Versions } = await admin.ListSecretVersions({ SecretId: Name });
    expect(Versions).toHaveLength(1 + both.length - refused.length);
  });
});

describe('the native history', () => {
  it('numbers versions and says who made them', async () => {
    const { Name, tokens } = await secret('one', 'two');
    const { Versions } = await admin.ListSecretVersions({ SecretId: Name });
    expect(Versions.map((v) => [v.Ordinal, v.VersionId, v.VersionStages])).toEqual([
      [2, tokens[1], ['AWSCURRENT']],
      [1, tokens[0], ['AWSPREVIOUS']],
    ]);
    expect(Versions[0]).toMatchObject({ CreatedBy: 'arn:aws:iam::111122223333:user/admin', Kind: 'text' });
    const first = await admin.ListSecretVersions({ SecretId: Name, MaxResults: 1 });
    const second = await admin.ListSecretVersions({ SecretId: Name, MaxResults: 1, NextToken: first.NextToken });
    expect([...first.Versions, ...second.Versions]).toEqual(Versions);
    expect(second).not.toHaveProperty('NextToken');
  });

  it('compares versions without values', async () => {
    const { Name, tokens } = await secret(
      '{"user":"u","password":"p1","port":1}',
      '{"user":"u","password":"p2","host":"h"}',
    );
    const diff = await admin.DiffSecretVersions({
      SecretId: Name,
      From: { Ordinal: 1 },
      To: { VersionId: tokens[1]! },
    });
    expect(diff).toMatchObject({
      Comparable: 'json',
      Equal: false,
      Added: ['host'],
      Removed: ['port'],
      Changed: ['password'],
    });
    expect(JSON.stringify(diff)).not.toMatch(/p1|p2/);
    const record = JSON.stringify(await vault.lastRecord());
    for (const key of ['password', '"host"', '"port"']) expect(record).not.toContain(key);
    const choices = { SecretId: Name, From: {}, To: { Ordinal: 1 } };
    expect(await failure(admin.DiffSecretVersions(choices))).toMatchObject({ code: 'InvalidParameter' });
    expect(await failure(admin.DiffSecretVersions({ ...choices, From: { Ordinal: 9 } }))).toMatchObject({
      code: 'NotFound',
    });
  });

  it('rolls back when the current version is the expected one', async () => {
    const { Name, tokens } = await secret('one', 'two', 'three');
    const back = { SecretId: Name, Ordinal: 1, IfCurrentVersionId: tokens[1]! };
    expect(await failure(admin.RollBackSecret(back))).toMatchObject({ code: 'PreconditionNotMet' });
    expect(await admin.GetSecretValue({ SecretId: Name })).toMatchObject({ SecretString: 'three' });
    const done = await admin.RollBackSecret({ ...back, IfCurrentVersionId: tokens[2]! });
    expect(done).toMatchObject({ VersionId: tokens[0], Ordinal: 1, VersionStages: ['AWSCURRENT'] });
    expect(await stagesOf(Name)).toEqual({ [tokens[0]!]: ['AWSCURRENT'], [tokens[2]!]: ['AWSPREVIOUS'] });
  });

  it('makes versions expire', async () => {
    const { Name, tokens } = await secret('one', 'two');
    const ExpiresAt = vault.kms.now + 1000;
    await admin.SetSecretVersionExpiry({ SecretId: Name, Ordinal: 2, ExpiresAt });
    expect(await admin.GetSecretValue({ SecretId: Name })).toMatchObject({ SecretString: 'two' });
    vault.kms.advance(1000);
    expect(await failure(admin.GetSecretValue({ SecretId: Name }))).toMatchObject({ code: 'InvalidRequest' });
    expect(
      await failure(admin.DiffSecretVersions({ SecretId: Name, From: { Ordinal: 1 }, To: { Ordinal: 2 } })),
    ).toMatchObject({ code: 'InvalidRequest' });
    const back = { SecretId: Name, VersionId: tokens[1]!, IfCurrentVersionId: tokens[1]! };
    expect(await failure(admin.RollBackSecret(back))).toMatchObject({ code: 'InvalidRequest' });
    expect(
      await failure(admin.SetSecretVersionExpiry({ SecretId: Name, Ordinal: 1, ExpiresAt: vault.kms.now })),
    ).toMatchObject({ code: 'InvalidParameter' });
    await admin.SetSecretVersionExpiry({ SecretId: Name, Ordinal: 2 });
    expect(await admin.GetSecretValue({ SecretId: Name })).toMatchObject({ SecretString: 'two' });
  });
});
