import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restoreApplied } from '../../../platform/store/tables/restores.ts';
import { purgeSecrets } from '../jobs/purge-secrets.ts';
import { failure, NO_POLICY, OTHER_ACCOUNT, type VaultClient, VaultHarness } from '../testing/harness.ts';

const DAY = 24 * 3_600_000;
let vault: VaultHarness;
let admin: VaultClient;
beforeAll(async () => {
  vault = await VaultHarness.open();
  admin = vault.user('admin');
});
afterAll(() => vault.close());

let count = 0;
const name = () => `secret-${++count}`;
const make = async (value = 'first') => {
  const token = vault.token();
  const made = await admin.CreateSecret({ Name: name(), ClientRequestToken: token, SecretString: value });
  return { ...made, token };
};

describe('CreateSecret', () => {
  it('makes a secret whose first version is the token', async () => {
    const token = vault.token();
    const made = await admin.CreateSecret({ Name: 'shop/db', ClientRequestToken: token, SecretString: 's3cret' });
    expect(made).toEqual({
      ARN: expect.stringMatching(/:secret:shop\/db-[A-Za-z0-9]{6}$/),
      Name: 'shop/db',
      VersionId: token,
    });
    for (const SecretId of ['shop/db', made.ARN, made.ARN.slice(0, -7)]) {
      const value = await admin.GetSecretValue({ SecretId });
      expect(value).toMatchObject({ ...made, SecretString: 's3cret', VersionStages: ['AWSCURRENT'] });
    }
  });

  it('makes one without a value', async () => {
    const made = await admin.CreateSecret({ Name: name() });
    expect(made).not.toHaveProperty('VersionId');
    expect(await admin.DescribeSecret({ SecretId: made.Name })).not.toHaveProperty('VersionIdsToStages');
    expect(await failure(admin.GetSecretValue({ SecretId: made.Name }))).toMatchObject({ code: 'NotFound' });
    // The first value is current whatever stage was asked for.
    const put = await admin.PutSecretValue({ SecretId: made.Name, SecretString: 'x', VersionStages: ['blue'] });
    expect(put.VersionStages).toEqual(['AWSCURRENT', 'blue']);
  });

  it('answers a repeated request with the same secret and refuses another one of that name', async () => {
    const Name = name();
    const token = vault.token();
    const first = await admin.CreateSecret({ Name, ClientRequestToken: token, SecretString: 'a' });
    expect(await admin.CreateSecret({ Name, ClientRequestToken: token, SecretString: 'a' })).toEqual(first);
    for (const input of [
      { ClientRequestToken: token, SecretString: 'b' },
      { ClientRequestToken: token, SecretBinary: Buffer.from('a') },
      { ClientRequestToken: token },
      { ClientRequestToken: vault.token(), SecretString: 'a' },
    ])
      expect(await failure(admin.CreateSecret({ Name, ...input }))).toMatchObject({ code: 'AlreadyExists' });
    expect((await admin.ListSecretVersionIds({ SecretId: Name, IncludeDeprecated: true })).Versions).toHaveLength(1);
  });

  it('takes binary values, and sizes up to 64 KiB', async () => {
    const bytes = Buffer.from([0, 255, 1, 254]);
    const made = await admin.CreateSecret({ Name: name(), SecretBinary: bytes });
    const value = await admin.GetSecretValue({ SecretId: made.ARN });
    expect(value.SecretBinary).toEqual(bytes);
    expect(value).not.toHaveProperty('SecretString');
    const long = 'é'.repeat(32_768);
    await admin.CreateSecret({ Name: name(), SecretString: long });
    expect(await failure(admin.CreateSecret({ Name: name(), SecretString: `${long}x` }))).toMatchObject({
      code: 'InvalidParameter',
    });
  });

  it.each([
    ['two values', { SecretString: 'a', SecretBinary: Buffer.from('a') }, 'InvalidParameter'],
    ['replicas', { AddReplicaRegions: [{ Region: 'eu-west-1' }] }, 'InvalidRequest'],
    ['tags that are reserved', { Tags: [{ Key: 'aws:x', Value: 'y' }] }, 'InvalidParameter'],
    ['a key that does not exist', { SecretString: 'a', KmsKeyId: 'alias/none' }, 'NotFound'],
    ['a key that is none', { SecretString: 'a', KmsKeyId: 'arn:aws:s3:::x' }, 'NotFound'],
    ['a project that does not exist', { EnterpriseProjectId: '5f2c7d1a-8b34-4c1e-9d60-7e2f1a3b4c5d' }, 'NotFound'],
  ])('refuses %s', async (_, input, code) => {
    const Name = name();
    expect(await failure(admin.CreateSecret({ Name, ...input }))).toMatchObject({ code });
    expect(await failure(admin.DescribeSecret({ SecretId: Name }))).toMatchObject({ code: 'NotFound' });
  });

  it('refuses a name that ends like an ARN natively, and takes it from AWS clients', async () => {
    expect(await failure(admin.CreateSecret({ Name: 'app-a1B2c3' }))).toMatchObject({ code: 'InvalidParameter' });
    const made = await admin.CreateSecret(
      { Name: 'app-a1B2c3', ClientRequestToken: vault.token() },
      { protocol: 'aws' },
    );
    for (const SecretId of ['app-a1B2c3', made.ARN, made.ARN.slice(0, -7)])
      expect(await admin.DescribeSecret({ SecretId })).toMatchObject({ ARN: made.ARN });
  });

  it('needs a token on the AWS wire', async () => {
    const aws = { protocol: 'aws' } as const;
    expect(await failure(admin.CreateSecret({ Name: name() }, aws))).toMatchObject({ code: 'InvalidRequest' });
    const { Name } = await make();
    expect(await failure(admin.PutSecretValue({ SecretId: Name, SecretString: 'x' }, aws))).toMatchObject({
      code: 'InvalidRequest',
    });
    expect(await failure(admin.UpdateSecret({ SecretId: Name }, aws))).toMatchObject({ code: 'InvalidRequest' });
    expect(await failure(admin.RotateSecret({ SecretId: Name }, aws))).toMatchObject({ code: 'InvalidParameter' });
  });

  it('needs the permission to tag for tags, and both for the ARN that is made', async () => {
    const allow = (...Action: string[]) => ({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action, Resource: 'arn:aws:secretsmanager:*:*:secret:team/*' },
        { Effect: 'Allow', Action: 'kms:*', Resource: '*' },
      ],
    });
    const creator = vault.user('creator', allow('secretsmanager:CreateSecret'));
    await creator.CreateSecret({ Name: 'team/a', SecretString: 'x' });
    expect(await failure(creator.CreateSecret({ Name: 'other/a' }))).toMatchObject({ code: 'AccessDenied' });
    const tagged = { Name: 'team/b', Tags: [{ Key: 'a', Value: 'b' }] };
    expect(await failure(creator.CreateSecret(tagged))).toMatchObject({ code: 'AccessDenied' });
    const tagger = vault.user('tagger', allow('secretsmanager:CreateSecret', 'secretsmanager:TagResource'));
    await tagger.CreateSecret(tagged);
  });
});

describe('DeleteSecret and RestoreSecret', () => {
  it('makes a secret unreadable and keeps it for thirty days', async () => {
    const { Name, ARN } = await make();
    const deleted = await admin.DeleteSecret({ SecretId: Name });
    expect(deleted).toEqual({ ARN, Name, DeletionDate: vault.kms.now + 30 * DAY });
    const refused: Promise<unknown>[] = [
      admin.GetSecretValue({ SecretId: Name }),
      admin.PutSecretValue({ SecretId: Name, SecretString: 'x' }),
      admin.UpdateSecret({ SecretId: Name, Description: 'x' }),
      admin.UpdateSecretVersionStage({ SecretId: Name, VersionStage: 'a', MoveToVersionId: vault.token() }),
      admin.TagResource({ SecretId: Name, Tags: [] }),
      admin.UntagResource({ SecretId: Name, TagKeys: [] }),
      admin.DeleteResourcePolicy({ SecretId: Name }),
      admin.RotateSecret({ SecretId: Name }),
      admin.CancelRotateSecret({ SecretId: Name }),
      admin.ReplicateSecretToRegions({ SecretId: Name, AddReplicaRegions: [{}] }),
      admin.DeleteSecret({ SecretId: Name }),
      admin.CreateSecret({ Name, SecretString: 'x' }),
    ];
    for (const promise of refused) expect(await failure(promise)).toMatchObject({ code: 'InvalidRequest' });
    expect(await admin.DescribeSecret({ SecretId: Name })).toMatchObject({ DeletedDate: vault.kms.now });
    await admin.RestoreSecret({ SecretId: Name });
    expect(await admin.RestoreSecret({ SecretId: Name })).toEqual({ ARN, Name });
    expect(await admin.GetSecretValue({ SecretId: Name })).toMatchObject({ SecretString: 'first' });
    expect(await admin.DescribeSecret({ SecretId: Name })).not.toHaveProperty('DeletedDate');
  });

  it.each([6, 31, 0, -1])('refuses %d days', async (RecoveryWindowInDays) => {
    const { Name } = await make();
    expect(await failure(admin.DeleteSecret({ SecretId: Name, RecoveryWindowInDays }))).toMatchObject({
      code: 'InvalidParameter',
    });
  });

  it('refuses a window together with force', async () => {
    const { Name } = await make();
    const both = { SecretId: Name, RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true };
    expect(await failure(admin.DeleteSecret(both))).toMatchObject({ code: 'InvalidParameter' });
  });

  it('destroys by force at once, also within the window, and gives the name another ARN', async () => {
    const first = await make();
    await admin.DeleteSecret({ SecretId: first.Name, RecoveryWindowInDays: 7 });
    await admin.DeleteSecret({ SecretId: first.Name, ForceDeleteWithoutRecovery: true });
    expect(await failure(admin.DescribeSecret({ SecretId: first.ARN }))).toMatchObject({ code: 'NotFound' });
    const again = await admin.CreateSecret({ Name: first.Name, SecretString: 'new' });
    expect(again.ARN).not.toBe(first.ARN);
    expect(await failure(admin.GetSecretValue({ SecretId: first.ARN }))).toMatchObject({ code: 'NotFound' });
    expect(await vault.store.read.selectFrom('secret_tombstone').select('arn').execute()).toContainEqual({
      arn: first.ARN,
    });
  });

  it('destroys by force what is not there, and says otherwise that it is not', async () => {
    const gone = await admin.DeleteSecret({ SecretId: 'never-there', ForceDeleteWithoutRecovery: true });
    expect(gone).toMatchObject({ Name: 'never-there', ARN: expect.stringContaining(':secret:never-there-') });
    expect(await failure(admin.DeleteSecret({ SecretId: 'never-there' }))).toMatchObject({ code: 'NotFound' });
    const nobody = vault.user('nobody', NO_POLICY);
    expect(
      await failure(nobody.DeleteSecret({ SecretId: 'never-there', ForceDeleteWithoutRecovery: true })),
    ).toMatchObject({ code: 'AccessDenied' });
  });

  it('destroys when the window has passed, with a record, and nothing of it before', async () => {
    const { Name, ARN } = await make();
    await admin.DeleteSecret({ SecretId: Name, RecoveryWindowInDays: 7 });
    vault.kms.advance(7 * DAY - 1);
    await purgeSecrets.run(vault.deps);
    expect(await admin.DescribeSecret({ SecretId: Name })).toMatchObject({ ARN });
    vault.kms.advance(1);
    await purgeSecrets.run(vault.deps);
    expect(await failure(admin.DescribeSecret({ SecretId: Name }))).toMatchObject({ code: 'NotFound' });
    const record = (await vault.records()).find(({ eventName }) => eventName === 'PurgeSecret');
    expect(record).toMatchObject({ recipientAccountId: '111122223333', resources: [{ ARN }] });
  });

  it('destroys nothing because of a date that somebody wrote into the database', async () => {
    const { Name } = await make();
    await vault.tamper((db) => db.updateTable('secret').set({ deletion_date: 1 }).where('name', '=', Name).execute());
    await purgeSecrets.run(vault.deps);
    const rows = await vault.store.read.selectFrom('secret').select('name').where('name', '=', Name).execute();
    expect(rows).toHaveLength(1);
    await vault.tamper((db) =>
      db.updateTable('secret').set({ deletion_date: null }).where('name', '=', Name).execute(),
    );
    expect(await admin.GetSecretValue({ SecretId: Name })).toMatchObject({ SecretString: 'first' });
  });
});

describe('what is not there', () => {
  it('is authorized before it is missing', async () => {
    const nobody = vault.user('nobody', NO_POLICY);
    const { Name } = await make();
    const [there, missing] = [
      await failure(nobody.GetSecretValue({ SecretId: Name })),
      await failure(nobody.GetSecretValue({ SecretId: 'missing' })),
    ];
    expect([there.code, missing.code]).toEqual(['AccessDenied', 'AccessDenied']);
    const reader = vault.user('reader', {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'secretsmanager:*', Resource: 'arn:aws:secretsmanager:*:*:secret:mine-??????' },
      ],
    });
    expect(await failure(reader.GetSecretValue({ SecretId: 'mine' }))).toMatchObject({ code: 'NotFound' });
  });

  it('answers like a foreign secret, and a foreign name is a name of the own account', async () => {
    const { ARN, Name } = await make();
    const other = vault.user('other', undefined, OTHER_ACCOUNT);
    expect(await failure(other.GetSecretValue({ SecretId: Name }))).toMatchObject({ code: 'NotFound' });
    const foreign = await failure(other.GetSecretValue({ SecretId: ARN }));
    const none = await failure(other.GetSecretValue({ SecretId: ARN.replace(/.{6}$/, 'zzzzzz') }));
    expect(foreign.code).toBe('AccessDenied');
    expect(foreign.message.replaceAll(ARN, '')).toBe(none.message.replaceAll(ARN.replace(/.{6}$/, 'zzzzzz'), ''));
    const records = (await vault.records()).slice(-2);
    expect(records.map(({ resources }) => resources?.length ?? 0)).toEqual([0, 0]);
  });
});

// The last one: what is restored is this whole installation.
describe('after a restore', () => {
  it('secrets wait anew, because that somebody took their deletion back is not known any more', async () => {
    const { Name, ARN } = await make();
    await admin.DeleteSecret({ SecretId: Name, RecoveryWindowInDays: 7 });
    vault.kms.advance(30 * DAY);
    await vault.store.transaction((tx) => restoreApplied(tx, 'a restore', vault.kms.now));
    vault.kms.advance(7 * DAY - 1);
    await purgeSecrets.run(vault.deps);
    expect(await admin.DescribeSecret({ SecretId: Name })).toMatchObject({ ARN });
    vault.kms.advance(1);
    await purgeSecrets.run(vault.deps);
    expect(await failure(admin.DescribeSecret({ SecretId: Name }))).toMatchObject({ code: 'NotFound' });
  });
});
