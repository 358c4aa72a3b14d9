import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accessTable } from '../testing/access.ts';
import {
  ACCOUNT,
  ADMIN_POLICY,
  document,
  failure,
  type KmsClient,
  KmsHarness,
  NO_POLICY,
  OTHER_ACCOUNT,
  toAccount,
} from '../testing/harness.ts';

let kms: KmsHarness;
let vault: ReturnType<KmsHarness['as']>;
let root: KmsClient;
let KeyId: string;

const EncryptionContext = { SecretARN: 'arn:aws:secretsmanager:local-1:111122223333:secret:db-a1b2c3' };
const x = Buffer.from('x');

beforeAll(async () => {
  kms = await KmsHarness.open();
  vault = kms.as('ccms');
  root = kms.user('root');
  ({ KeyId } = await vault.ObtainDefaultKey({ AccountId: ACCOUNT }));
});
afterAll(() => kms.close());

describe('a default key', () => {
  it('is made once per account and service, whoever asks at the same moment', async () => {
    const AccountId = '777788889999';
    const asked = await Promise.all([1, 2, 3].map(() => vault.ObtainDefaultKey({ AccountId })));
    expect(new Set(asked.map((answer) => answer.KeyId)).size).toBe(1);
    expect((await kms.as('pca').ObtainDefaultKey({ AccountId })).KeyId).not.toBe(asked[0]?.KeyId);
    expect((await vault.ObtainDefaultKey({ AccountId: OTHER_ACCOUNT })).KeyId).not.toBe(asked[0]?.KeyId);
    const made = (await kms.records()).filter((record) => record.recipientAccountId === AccountId);
    expect(made.map((record) => [record.eventName, record.userIdentity.principalId])).toEqual([
      ['CreateKey', 'service:ccms'],
      ['CreateKey', 'service:pca'],
    ]);
  });

  it('is what AWS shows', async () => {
    const { KeyMetadata } = await root.DescribeKey({ KeyId: 'alias/aws/secretsmanager' });
    expect(KeyMetadata).toMatchObject({ Arn: KeyId, KeyManager: 'AWS', KeyState: 'Enabled', AWSAccountId: ACCOUNT });
    const policy = JSON.parse((await root.GetKeyPolicy({ KeyId })).Policy ?? '');
    expect(policy.Id).toBe('auto-secretsmanager-1');
    expect(policy.Statement[0].Condition).toEqual({
      StringEquals: { 'kms:CallerAccount': ACCOUNT, 'kms:ViaService': 'secretsmanager.local-1.amazonaws.com' },
    });
    expect((await root.ListAliases({ KeyId })).Aliases.map((alias) => alias.AliasName)).toEqual([
      'alias/aws/secretsmanager',
    ]);
  });

  it('is for services that keep something only', async () => {
    expect(await failure(kms.as('org').ObtainDefaultKey({ AccountId: ACCOUNT }))).toMatchObject({
      code: 'AccessDenied',
    });
    expect(await failure(root.ObtainDefaultKey({ AccountId: ACCOUNT }))).toMatchObject({ code: 'AccessDenied' });
  });

  it.each(accessTable)('cannot be changed or used by the root user of the account: %s', async (_name, ask) => {
    const before = await kms.store.read.selectFrom('kms_key').selectAll().where('managed_by', 'is not', null).execute();
    const error = await failure(ask(root, KeyId));
    expect(['AccessDenied', 'InvalidAliasName', 'Validation']).toContain(error.code);
    const after = await kms.store.read.selectFrom('kms_key').selectAll().where('managed_by', 'is not', null).execute();
    expect(after).toEqual(before);
  });

  it('survives a policy that somebody smuggles in: changes are refused whatever it says', async () => {
    const record = await kms.deps.keys.fresh(KeyId.split('/')[1] as string);
    const { changeKey } = await import('./key-change.ts');
    const call = { fail: (code: string, message: string) => Object.assign(new Error(message), { code }) };
    const edit = changeKey(call as never, kms.deps, 'DisableKey', record as never, { state: 'Disabled' }, undefined);
    expect(await failure(edit)).toMatchObject({ code: 'AccessDenied' });
  });
});

describe('a service that uses a key for somebody', () => {
  let blob: Buffer;
  beforeEach(async () => {
    const made = await vault.GenerateDataKey(
      { KeyId, KeySpec: 'AES_256', EncryptionContext },
      kms.call('eve', NO_POLICY),
    );
    blob = made.CiphertextBlob;
  });

  it('uses the default key for everybody in the account, with bytes and nothing else as secrets', async () => {
    const opened = await vault.Decrypt({ CiphertextBlob: blob, EncryptionContext }, kms.call('bob', NO_POLICY));
    expect(opened.Plaintext).toBeInstanceOf(Buffer);
    expect(opened.KeyId).toBe(KeyId);
    const sealed = await vault.Encrypt({ KeyId, Plaintext: x, EncryptionContext }, kms.call('bob', NO_POLICY));
    expect(sealed.CiphertextBlob.length).toBeGreaterThan(96);
    expect((await vault.DescribeKey({ KeyId }, kms.call('bob', NO_POLICY))).KeyMetadata.KeyManager).toBe('AWS');
  });

  it('leaves a record that names the caller, where it asked from, and the service', async () => {
    const call = kms.call('bob', NO_POLICY);
    await vault.Decrypt({ CiphertextBlob: blob, EncryptionContext }, call);
    const record = await kms.lastRecord();
    expect(record).toMatchObject({
      eventName: 'Decrypt',
      requestID: call.origin.requestId,
      sourceIPAddress: '192.0.2.1',
      recipientAccountId: ACCOUNT,
      userIdentity: {
        arn: `arn:aws:iam::${ACCOUNT}:user/bob`,
        invokedBy: 'secretsmanager.amazonaws.com',
        type: 'IAMUser',
      },
      resources: [{ ARN: KeyId, accountId: ACCOUNT, type: 'AWS::KMS::Key' }],
    });
    expect(record.x.decision?.checks[0]?.context).toMatchObject({
      'kms:viaservice': 'secretsmanager.local-1.amazonaws.com',
      'kms:calleraccount': ACCOUNT,
    });
  });

  it('cannot use the default key of another service, or of another account', async () => {
    const ask = (service: 'pca' | 'ccms', on: ReturnType<KmsHarness['call']>) =>
      failure(kms.as(service).Decrypt({ CiphertextBlob: blob, EncryptionContext }, on));
    expect(await ask('pca', kms.call('bob'))).toMatchObject({ code: 'AccessDenied' });
    expect(await ask('ccms', kms.call('eve', ADMIN_POLICY, OTHER_ACCOUNT))).toMatchObject({
      code: 'InvalidCiphertext',
    });
  });

  it('is bound by what the caller may do with a key of the customer', async () => {
    const key = await kms.key({ Policy: document(toAccount()) });
    const may = (policy: object) =>
      vault.GenerateDataKey({ KeyId: key.arn, KeySpec: 'AES_256' }, kms.call('dan', policy));
    const statement = (Condition: object) => ({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'kms:GenerateDataKey', Resource: key.arn, Condition }],
    });
    const via = (name: string) => statement({ StringEquals: { 'kms:ViaService': name } });
    expect(await failure(may(NO_POLICY))).toMatchObject({ code: 'AccessDenied' });
    expect(await failure(may(via('acm-pca.local-1.amazonaws.com')))).toMatchObject({ code: 'AccessDenied' });
    expect((await may(via('secretsmanager.local-1.amazonaws.com'))).KeyId).toBe(key.arn);
    expect((await may(statement({ Bool: { 'aws:ViaAWSService': 'true' } }))).KeyId).toBe(key.arn);
    expect(
      (await may(statement({ StringEquals: { 'aws:CalledViaFirst': 'secretsmanager.amazonaws.com' } }))).KeyId,
    ).toBe(key.arn);
    expect((await may(statement({ IpAddress: { 'aws:SourceIp': '192.0.2.1/32' } }))).KeyId).toBe(key.arn);
    expect(await failure(may(statement({ IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } })))).toMatchObject({
      code: 'AccessDenied',
    });
    const direct = kms.user('dan', via('secretsmanager.local-1.amazonaws.com'));
    expect(await failure(direct.GenerateDataKey({ KeyId: key.arn, KeySpec: 'AES_256' }))).toMatchObject({
      code: 'AccessDenied',
    });
  });

  it('may ask for nothing but what is declared for it, and for nobody but callers', async () => {
    const call = kms.call('admin');
    const key = await kms.key();
    expect(await failure(kms.as('org').Encrypt({ KeyId: key.arn, Plaintext: x }, call))).toMatchObject({
      code: 'AccessDenied',
    });
    expect(await failure(vault.DisableKey({ KeyId: key.arn }, call))).toMatchObject({ code: 'AccessDenied' });
    expect(await failure(vault.ObtainDefaultKey({ AccountId: ACCOUNT }, call))).toMatchObject({ code: 'AccessDenied' });
    const nobody = { kind: 'anonymous', arn: '', accountId: '', principalId: '' } as const;
    expect(await failure(vault.DescribeKey({ KeyId }, { ...call, caller: nobody }))).toMatchObject({
      code: 'AccessDenied',
    });
    const own = { ...call, caller: { kind: 'service', arn: '', accountId: '', principalId: 'service:ccms' } } as const;
    expect(await failure(vault.DescribeKey({ KeyId }, own))).toMatchObject({ code: 'AccessDenied' });
  });

  it('has no rights of its own', async () => {
    const { arn: KeyId } = await kms.key();
    for (const attempt of [
      vault.Encrypt({ KeyId, Plaintext: x }),
      vault.Decrypt({ CiphertextBlob: blob, EncryptionContext }),
      vault.DescribeKey({ KeyId }),
      vault.CreateKey({}),
      vault.ListKeys({}),
      vault.GenerateRandom({ NumberOfBytes: 8 }),
    ])
      expect(await failure(attempt)).toMatchObject({ code: 'AccessDenied' });
  });
});
