import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ACCOUNT,
  ADMIN_POLICY,
  document,
  failure,
  type KmsClient,
  KmsHarness,
  NO_POLICY,
  toAccount,
} from '../testing/harness.ts';

let kms: KmsHarness;
let admin: KmsClient;
beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
});
afterAll(() => kms.close());

const direct = (name: string, Action: string | string[] = 'kms:*') => ({
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/${name}` },
  Action,
  Resource: '*',
});
const x = Buffer.from('x');

describe('the default key policy', () => {
  it('is the one AWS writes', async () => {
    const { id } = await kms.key();
    const { Policy, PolicyName } = await admin.GetKeyPolicy({ KeyId: id });
    expect(PolicyName).toBe('default');
    expect(JSON.parse(Policy)).toEqual({
      Version: '2012-10-17',
      Id: 'key-default-1',
      Statement: [{ Sid: 'Enable IAM User Permissions', ...toAccount() }],
    });
    expect(await admin.ListKeyPolicies({ KeyId: id })).toEqual({ PolicyNames: ['default'], Truncated: false });
  });

  it('lets identity policies decide', async () => {
    const { id } = await kms.key();
    const nobody = kms.user('nobody', NO_POLICY);
    const user = kms.user('encrypter', {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' }],
    });
    expect((await failure(nobody.Encrypt({ KeyId: id, Plaintext: x }))).code).toBe('AccessDenied');
    const { CiphertextBlob } = await user.Encrypt({ KeyId: id, Plaintext: x });
    expect((await failure(user.Decrypt({ CiphertextBlob }))).code).toBe('AccessDenied');
    await expect(kms.user('root').DescribeKey({ KeyId: id })).resolves.toBeDefined();
  });
});

describe('authorization on a key', () => {
  it('gives identity policies no effect where the key policy does not name the account', async () => {
    kms.user('owner', NO_POLICY);
    const { id } = await kms.key({ Policy: document(direct('admin'), direct('owner')) });
    const other = kms.user('other', ADMIN_POLICY);
    expect((await failure(other.DescribeKey({ KeyId: id }))).code).toBe('AccessDenied');
    expect((await failure(kms.user('root').DescribeKey({ KeyId: id }))).code).toBe('AccessDenied');
  });

  it('needs no identity policy where the key policy names the user', async () => {
    const named = kms.user('named', NO_POLICY);
    const { id } = await kms.key({
      Policy: document(toAccount(), direct('named', ['kms:Encrypt', 'kms:DescribeKey'])),
    });
    await expect(named.Encrypt({ KeyId: id, Plaintext: x })).resolves.toBeDefined();
    expect((await failure(named.DisableKey({ KeyId: id }))).code).toBe('AccessDenied');
  });

  it('lets a deny of either side win', async () => {
    const { id } = await kms.key({
      Policy: document(toAccount(), { ...direct('admin', 'kms:Encrypt'), Effect: 'Deny' }),
    });
    expect((await failure(admin.Encrypt({ KeyId: id, Plaintext: x }))).code).toBe('AccessDenied');
    await expect(admin.DescribeKey({ KeyId: id })).resolves.toBeDefined();
  });

  it('needs both permissions of ReEncrypt, each on its key', async () => {
    const mover = kms.user('mover', NO_POLICY);
    const from = await kms.key({ Policy: document(toAccount(), direct('mover', 'kms:ReEncryptFrom')) });
    const to = await kms.key({ Policy: document(toAccount(), direct('mover', 'kms:ReEncryptTo')) });
    const made = await admin.Encrypt({ KeyId: from.id, Plaintext: x });
    const moved = await mover.ReEncrypt({ CiphertextBlob: made.CiphertextBlob, DestinationKeyId: to.id });
    expect(moved.KeyId).toBe(to.arn);
    const back = { CiphertextBlob: moved.CiphertextBlob, DestinationKeyId: from.id };
    expect((await failure(mover.ReEncrypt(back))).code).toBe('AccessDenied');
  });

  it('counts from the next request after a policy was replaced', async () => {
    const named = kms.user('late', NO_POLICY);
    const { id } = await kms.key();
    expect((await failure(named.DescribeKey({ KeyId: id }))).code).toBe('AccessDenied');
    await admin.PutKeyPolicy({ KeyId: id, Policy: document(toAccount(), direct('late')) });
    await expect(named.DescribeKey({ KeyId: id })).resolves.toBeDefined();
    await admin.PutKeyPolicy({ KeyId: id, Policy: document(toAccount()) });
    expect((await failure(named.DescribeKey({ KeyId: id }))).code).toBe('AccessDenied');
  });

  it('does not pass from a deleted user to a new one with the same name', async () => {
    const first = kms.user('jane', NO_POLICY);
    const { id } = await kms.key({ Policy: document(toAccount(), direct('jane')) });
    await expect(first.DescribeKey({ KeyId: id })).resolves.toBeDefined();
    kms.removeUser('jane');
    const again = kms.user('jane', NO_POLICY, ACCOUNT, 'AIDAANOTHERJANE000000');
    expect((await failure(again.DescribeKey({ KeyId: id }))).code).toBe('AccessDenied');
  });
});

describe('writing a key policy', () => {
  it.each([
    ['{"Version":"2012-10-17",\n "Statement":[{"Effect":"Alow"}]}', /line 2, column \d+/],
    ['{"Version":"2012-10-17","Statement":[', /line 1/],
    ['not json', /line 1, column 1/],
    [document({ ...toAccount(), Colour: 'blue' }), /Statement\/0/],
  ])('points at what is wrong in %.40s', async (Policy, place) => {
    const { id } = await kms.key();
    for (const attempt of [admin.PutKeyPolicy({ KeyId: id, Policy }), admin.CreateKey({ Policy })]) {
      const error = await attempt.then(
        () => undefined,
        (thrown) =>
          thrown as { code: string; message: string; details: { findings: { line: number; pointer: string }[] } },
      );
      expect(error?.code).toBe('MalformedPolicyDocument');
      expect(error?.message).toMatch(place);
      expect(error?.details.findings[0]).toMatchObject({ line: expect.any(Number), column: expect.any(Number) });
    }
  });

  it('refuses principals that do not exist', async () => {
    const { id } = await kms.key();
    for (const AWS of ['arn:aws:iam::111122223333:user/ghost', '999999999999', 'arn:aws:iam::999999999999:root']) {
      const Policy = document(toAccount(), { ...toAccount(), Principal: { AWS } });
      expect(await failure(admin.PutKeyPolicy({ KeyId: id, Policy }))).toMatchObject({
        code: 'MalformedPolicyDocument',
        message: 'Policy contains a statement with one or more invalid principals.',
      });
    }
  });

  it('refuses a policy under which the caller could not write the next one', async () => {
    kms.user('somebody', NO_POLICY);
    const { id } = await kms.key();
    const lockout = {
      code: 'MalformedPolicyDocument',
      message: 'The new key policy will not allow you to update the key policy in the future.',
    };
    const policies = [
      document(direct('somebody')),
      document(direct('admin', 'kms:Encrypt')),
      document(toAccount(), { ...direct('admin', 'kms:PutKeyPolicy'), Effect: 'Deny' }),
    ];
    for (const Policy of policies) {
      expect(await failure(admin.PutKeyPolicy({ KeyId: id, Policy }))).toMatchObject(lockout);
      expect(await failure(admin.CreateKey({ Policy }))).toMatchObject(lockout);
    }
    expect(JSON.parse((await admin.GetKeyPolicy({ KeyId: id })).Policy).Id).toBe('key-default-1');
    const Policy = document(direct('somebody'));
    await admin.PutKeyPolicy({ KeyId: id, Policy, BypassPolicyLockoutSafetyCheck: true });
    expect((await failure(admin.GetKeyPolicy({ KeyId: id }))).code).toBe('AccessDenied');
  });

  it('refuses more than 32768 bytes, other names, and asks for the one that is there', async () => {
    const { id } = await kms.key();
    const Policy = document({ ...toAccount(), Sid: 'S'.repeat(33_000) });
    expect((await failure(admin.PutKeyPolicy({ KeyId: id, Policy }))).code).toBe('LimitExceeded');
    const other = { KeyId: id, PolicyName: 'other' };
    expect((await failure(admin.PutKeyPolicy({ ...other, Policy: document(toAccount()) }))).code).toBe('Validation');
    expect(await failure(admin.GetKeyPolicy(other))).toMatchObject({
      code: 'NotFound',
      message: 'No such policy exists',
    });
  });

  it('keeps the text as it was written', async () => {
    const { id } = await kms.key();
    const Policy = ` {"Statement" : ${JSON.stringify([toAccount()])} ,\n"Version":"2012-10-17"} `;
    await admin.PutKeyPolicy({ KeyId: id, Policy });
    expect((await admin.GetKeyPolicy({ KeyId: id })).Policy).toBe(Policy);
  });
});

describe('condition keys', () => {
  const allowed = async (call: Promise<unknown>) =>
    call.then(
      () => true,
      (error: { code: string }) => {
        if (error.code !== 'AccessDenied') throw error;
        return false;
      },
    );
  /** A user who may do everything on one key, under a condition. */
  async function under(Condition: object, name: string) {
    const user = kms.user(name, NO_POLICY);
    const key = await kms.key({
      Policy: document(toAccount(), { ...direct(name), Condition }),
      Tags: [{ TagKey: 'team', TagValue: 'a' }],
    });
    await admin.CreateAlias({ AliasName: `alias/${name}`, TargetKeyId: key.id });
    return { user, key, KeyId: key.id };
  }
  const equals = (key: string, value: string) => ({ StringEquals: { [key]: value } });

  it('kms:EncryptionContext:<key> and kms:EncryptionContextKeys', async () => {
    const one = await under(equals('kms:EncryptionContext:app', 'x'), 'context');
    const encrypt = (EncryptionContext?: Record<string, string>) =>
      allowed(one.user.Encrypt({ KeyId: one.KeyId, Plaintext: x, ...(EncryptionContext && { EncryptionContext }) }));
    expect(await encrypt({ app: 'x' })).toBe(true);
    expect(await encrypt({ app: 'x', more: 'y' })).toBe(true);
    expect(await encrypt({ app: 'y' })).toBe(false);
    expect(await encrypt()).toBe(false);
    const two = await under(
      { 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['app', 'env'] } },
      'contextkeys',
    );
    const call = (EncryptionContext: Record<string, string>) =>
      allowed(two.user.GenerateDataKey({ KeyId: two.KeyId, KeySpec: 'AES_256', EncryptionContext }));
    expect(await call({ app: '1', env: '2' })).toBe(true);
    expect(await call({ app: '1', other: '2' })).toBe(false);
  });

  it('kms:RequestAlias and kms:ResourceAliases', async () => {
    const one = await under(equals('kms:RequestAlias', 'alias/reqalias'), 'reqalias');
    const encrypt = (KeyId: string) => allowed(one.user.Encrypt({ KeyId, Plaintext: x }));
    expect(await encrypt('alias/reqalias')).toBe(true);
    expect(await encrypt(one.key.arn.replace(/key\/.*/, 'alias/reqalias'))).toBe(true);
    expect(await encrypt(one.KeyId)).toBe(false);
    const two = await under({ 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/resalias' } }, 'resalias');
    expect(await allowed(two.user.Encrypt({ KeyId: two.KeyId, Plaintext: x }))).toBe(true);
    await admin.DeleteAlias({ AliasName: 'alias/resalias' });
    expect(await allowed(two.user.Encrypt({ KeyId: two.KeyId, Plaintext: x }))).toBe(false);
  });

  it.each([
    ['kms:KeySpec', 'SYMMETRIC_DEFAULT', 'HMAC_256'],
    ['kms:KeyUsage', 'ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
    ['kms:KeyOrigin', 'AWS_KMS', 'EXTERNAL'],
    ['kms:CallerAccount', ACCOUNT, '444455556666'],
    ['kms:EncryptionAlgorithm', 'SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_1'],
    ['aws:ResourceTag/team', 'a', 'b'],
  ])('%s', async (key, value, wrong) => {
    const name = key.replace(/[^a-zA-Z]/g, '');
    const right = await under(equals(key, value), `${name}-right`);
    expect(await allowed(right.user.Encrypt({ KeyId: right.KeyId, Plaintext: x }))).toBe(true);
    const other = await under(equals(key, wrong), `${name}-wrong`);
    expect(await allowed(other.user.Encrypt({ KeyId: other.KeyId, Plaintext: x }))).toBe(false);
  });

  it('kms:ReEncryptOnSameKey', async () => {
    const { user, KeyId } = await under({ Bool: { 'kms:ReEncryptOnSameKey': 'true' } }, 'samekey');
    const other = await kms.key({ Policy: document(toAccount(), direct('samekey')) });
    const { CiphertextBlob } = await admin.Encrypt({ KeyId, Plaintext: x });
    expect(await allowed(user.ReEncrypt({ CiphertextBlob, DestinationKeyId: KeyId }))).toBe(true);
    expect(await allowed(user.ReEncrypt({ CiphertextBlob, DestinationKeyId: other.id }))).toBe(false);
  });

  it('kms:ScheduleKeyDeletionPendingWindowInDays, with its default', async () => {
    const { user, KeyId } = await under(
      { NumericGreaterThanEquals: { 'kms:ScheduleKeyDeletionPendingWindowInDays': '30' } },
      'window',
    );
    expect(await allowed(user.ScheduleKeyDeletion({ KeyId, PendingWindowInDays: 29 }))).toBe(false);
    expect(await allowed(user.ScheduleKeyDeletion({ KeyId }))).toBe(true);
  });

  it('kms:BypassPolicyLockoutSafetyCheck', async () => {
    const { user, KeyId } = await under({ Bool: { 'kms:BypassPolicyLockoutSafetyCheck': 'false' } }, 'bypass');
    const Policy = document(toAccount(), direct('bypass'));
    expect(await allowed(user.PutKeyPolicy({ KeyId, Policy, BypassPolicyLockoutSafetyCheck: true }))).toBe(false);
    expect(await allowed(user.PutKeyPolicy({ KeyId, Policy }))).toBe(true);
  });

  it('aws:RequestTag and aws:TagKeys', async () => {
    const { user, KeyId } = await under({ StringEquals: { 'aws:RequestTag/env': 'dev' } }, 'requesttag');
    const tag = (TagValue: string) => allowed(user.TagResource({ KeyId, Tags: [{ TagKey: 'env', TagValue }] }));
    expect(await tag('dev')).toBe(true);
    expect(await tag('prod')).toBe(false);
    const keys = await under({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['env'] } }, 'tagkeys');
    const untag = (TagKeys: string[]) => allowed(keys.user.UntagResource({ KeyId: keys.KeyId, TagKeys }));
    expect(await untag(['env'])).toBe(true);
    expect(await untag(['env', 'team'])).toBe(false);
  });

  it('of CreateKey: what the key will be, and its tags', async () => {
    const creator = (Condition: object) =>
      kms.user('creator', {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: ['kms:CreateKey', 'kms:TagResource'], Resource: '*', Condition }],
      });
    const Tags = [{ TagKey: 'team', TagValue: 'a' }];
    expect(await allowed(creator(equals('kms:KeySpec', 'SYMMETRIC_DEFAULT')).CreateKey({}))).toBe(true);
    expect(await allowed(creator(equals('kms:KeyUsage', 'SIGN_VERIFY')).CreateKey({}))).toBe(false);
    expect(await allowed(creator(equals('aws:RequestTag/team', 'a')).CreateKey({ Tags }))).toBe(true);
    expect(await allowed(creator(equals('aws:RequestTag/team', 'b')).CreateKey({ Tags }))).toBe(false);
    const onlyCreate = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'kms:CreateKey', Resource: '*' }],
    };
    expect(await allowed(kms.user('creator', onlyCreate).CreateKey({ Tags }))).toBe(false);
    expect(await allowed(kms.user('creator', onlyCreate).CreateKey({}))).toBe(true);
  });

  it('kms:ViaService, for a request that one of our services makes for somebody', async () => {
    const { user, KeyId } = await under(equals('kms:ViaService', 'secretsmanager.local-1.amazonaws.com'), 'via');
    const encrypt = (on: object) => allowed(user.Encrypt({ KeyId, Plaintext: x }, on));
    expect(await encrypt({ origin: { via: 'ccms' } })).toBe(true);
    expect(await encrypt({ origin: { via: 'pca' } })).toBe(false);
    expect(await encrypt({ origin: { userAgent: 'parapet/ccms' } })).toBe(false);
  });
});
