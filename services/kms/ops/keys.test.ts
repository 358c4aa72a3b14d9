import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT, ADMIN_POLICY, failure, type KmsClient, KmsHarness, REGION } from '../testing/harness.ts';

let kms: KmsHarness;
let admin: KmsClient;
beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
});
afterAll(() => kms.close());

describe('CreateKey', () => {
  it('answers the metadata of a new symmetric key, as DescribeKey does', async () => {
    const { KeyMetadata } = await admin.CreateKey({ Description: 'test key 123' });
    expect(KeyMetadata).toEqual({
      AWSAccountId: ACCOUNT,
      Arn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/${KeyMetadata.KeyId}`,
      CreationDate: kms.now,
      CurrentKeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
      CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      Description: 'test key 123',
      Enabled: true,
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      EnterpriseProjectId: '0',
      KeyId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      KeyManager: 'CUSTOMER',
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyState: 'Enabled',
      KeyUsage: 'ENCRYPT_DECRYPT',
      MultiRegion: false,
      Origin: 'AWS_KMS',
    });
    expect((await admin.DescribeKey({ KeyId: KeyMetadata.KeyId })).KeyMetadata).toEqual(KeyMetadata);
    expect((await kms.records()).find((record) => record.eventName === 'CreateKey')?.resources).toHaveLength(1);
  });

  it.each([
    [{ KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' }, 'UnsupportedOperation'],
    [{ Origin: 'EXTERNAL' }, 'UnsupportedOperation'],
    [{ MultiRegion: true }, 'UnsupportedOperation'],
    [{ KeySpec: 'HMAC_256' }, 'Validation'],
    [{ Description: 'd'.repeat(8193) }, 'Validation'],
    [{ Description: 'a\0b' }, 'Validation'],
    [{ Tags: [{ TagKey: 'aws:x', TagValue: '' }] }, 'InvalidTags'],
    [
      {
        Tags: [
          { TagKey: 'a', TagValue: '' },
          { TagKey: 'a', TagValue: '' },
        ],
      },
      'InvalidTags',
    ],
    [{ CustomKeyStoreId: 'cks-1' }, 'Validation'],
  ])('refuses %.50j', async (input, code) => {
    expect((await failure(admin.CreateKey(input as never))).code).toBe(code);
  });

  it('makes one key for two requests with the same token', async () => {
    const one = await admin.CreateKey({ Description: 'once' }, { idempotencyToken: 'token' });
    expect(await admin.CreateKey({ Description: 'once' }, { idempotencyToken: 'token' })).toEqual(one);
    expect((await failure(admin.CreateKey({ Description: 'other' }, { idempotencyToken: 'token' }))).code).toBe(
      'Conflict',
    );
  });

  it('makes one tenant key for an account, however many requests come first', async () => {
    const account = '777788889999';
    const user = kms.user('first', ADMIN_POLICY, account);
    const made = await Promise.all(Array.from({ length: 12 }, () => user.CreateKey({})));
    const tenants = await kms.store.read
      .selectFrom('tenant_key')
      .selectAll()
      .where('account_id', '=', account)
      .execute();
    expect(tenants).toHaveLength(1);
    for (const { KeyMetadata } of made) {
      const { CiphertextBlob } = await user.Encrypt({ KeyId: KeyMetadata.KeyId, Plaintext: Buffer.from('x') });
      expect((await user.Decrypt({ CiphertextBlob })).Plaintext.toString()).toBe('x');
    }
  });

  it('gives material ids that name the material', async () => {
    const made = await Promise.all([admin.CreateKey({}), admin.CreateKey({})]);
    const ids = made.map(({ KeyMetadata }) => KeyMetadata.CurrentKeyMaterialId);
    expect(new Set(ids).size).toBe(2);
  });
});

describe('ListKeys', () => {
  it('walks all keys of the account, each once, in pages', async () => {
    const account = '123412341234';
    const user = kms.user('lister', ADMIN_POLICY, account);
    const made = await Promise.all(Array.from({ length: 7 }, () => user.CreateKey({})));
    const seen: string[] = [];
    let Marker: string | undefined;
    let pages = 0;
    do {
      const page: Awaited<ReturnType<KmsClient['ListKeys']>> = await user.ListKeys({
        Limit: 3,
        ...(Marker && { Marker }),
      });
      seen.push(...page.Keys.map((key) => key.KeyId));
      expect(page.Truncated).toBe(page.NextMarker !== undefined);
      Marker = page.NextMarker;
      pages++;
    } while (Marker);
    expect(pages).toBe(3);
    expect(seen).toEqual(made.map(({ KeyMetadata }) => KeyMetadata.KeyId).sort());
  });

  it('refuses a marker that it did not make, or made for somebody else', async () => {
    const user = kms.user('lister', ADMIN_POLICY, '123412341234');
    const { NextMarker } = await user.ListKeys({ Limit: 1 });
    expect((await failure(admin.ListKeys({ Marker: NextMarker! }))).code).toBe('InvalidMarker');
    expect((await failure(user.ListAliases({ Marker: NextMarker! }))).code).toBe('InvalidMarker');
    expect((await failure(user.ListKeys({ Marker: 'AAAA' }))).code).toBe('InvalidMarker');
  });

  it('refuses limits of 0 and 1001', async () => {
    for (const Limit of [0, 1001]) expect((await failure(admin.ListKeys({ Limit }))).code).toBe('Validation');
  });
});

describe('UpdateKeyDescription', () => {
  it('replaces the description', async () => {
    const { id } = await kms.key({ Description: 'old' });
    await admin.UpdateKeyDescription({ KeyId: id, Description: '' });
    expect((await admin.DescribeKey({ KeyId: id })).KeyMetadata.Description).toBe('');
  });

  it('takes no alias', async () => {
    expect(await failure(admin.UpdateKeyDescription({ KeyId: 'alias/app', Description: 'x' }))).toMatchObject({
      code: 'NotFound',
      message: "Invalid keyId 'alias/app'",
    });
  });
});

describe('changes at the same time', () => {
  it('are done one after the other or refused as a conflict, and none is lost', async () => {
    const { id } = await kms.key();
    const texts = Array.from({ length: 8 }, (_, i) => `text ${i}`);
    const results = await Promise.allSettled(
      texts.map((Description) => admin.UpdateKeyDescription({ KeyId: id, Description })),
    );
    const refused = results.filter((result) => result.status === 'rejected');
    for (const { reason } of refused as PromiseRejectedResult[]) expect(reason.code).toBe('Conflict');
    expect(refused.length).toBeLessThan(texts.length);
    const { version, description } = await kms.store.read
      .selectFrom('kms_key')
      .select(['version', 'description'])
      .where('key_id', '=', id)
      .executeTakeFirstOrThrow();
    expect(version).toBe(1 + texts.length - refused.length);
    expect((await admin.DescribeKey({ KeyId: id })).KeyMetadata.Description).toBe(description);
  });

  it('are never mistaken for an attack, however reads and writes overlap', async () => {
    const { id } = await kms.key();
    await admin.CreateAlias({ AliasName: 'alias/busy', TargetKeyId: id });
    const attempts = Array.from({ length: 120 }, (_, i): Promise<unknown> => {
      if (i % 4 === 0) return admin.UpdateKeyDescription({ KeyId: id, Description: `${i}` });
      if (i % 4 === 1) return admin.DescribeKey({ KeyId: 'alias/busy' });
      if (i % 4 === 2) kms.deps.keys.forgetKey(id);
      return admin.Encrypt({ KeyId: id, Plaintext: Buffer.from('x') });
    });
    const codes = (await Promise.allSettled(attempts)).flatMap((result) =>
      result.status === 'rejected' ? [result.reason.code] : [],
    );
    expect(new Set(codes)).toEqual(new Set(codes.length > 0 ? ['Conflict'] : []));
  });

  it('show in the next request at once', async () => {
    const { id } = await kms.key();
    for (let i = 0; i < 20; i++) {
      await admin.DisableKey({ KeyId: id });
      expect((await failure(admin.Encrypt({ KeyId: id, Plaintext: Buffer.from('x') }))).code).toBe('Disabled');
      await admin.EnableKey({ KeyId: id });
      await expect(admin.Encrypt({ KeyId: id, Plaintext: Buffer.from('x') })).resolves.toBeDefined();
    }
  });
});

describe('tags', () => {
  const list = async (KeyId: string) => (await admin.ListResourceTags({ KeyId })).Tags;

  it('are added, changed, removed and listed in pages', async () => {
    const { id } = await kms.key({ Tags: [{ TagKey: 'b', TagValue: '1' }] });
    await admin.TagResource({
      KeyId: id,
      Tags: [
        { TagKey: 'a', TagValue: '' },
        { TagKey: 'b', TagValue: '2' },
      ],
    });
    expect(await list(id)).toEqual([
      { TagKey: 'a', TagValue: '' },
      { TagKey: 'b', TagValue: '2' },
    ]);
    const first = await admin.ListResourceTags({ KeyId: id, Limit: 1 });
    expect(first).toMatchObject({ Tags: [{ TagKey: 'a' }], Truncated: true });
    const second = await admin.ListResourceTags({ KeyId: id, Limit: 1, Marker: first.NextMarker! });
    expect(second).toEqual({ Tags: [{ TagKey: 'b', TagValue: '2' }], Truncated: false });
    await admin.UntagResource({ KeyId: id, TagKeys: ['a', 'none'] });
    expect(await list(id)).toEqual([{ TagKey: 'b', TagValue: '2' }]);
  });

  it('are refused with AWS texts', async () => {
    const { id } = await kms.key();
    const tags = (count: number) => Array.from({ length: count }, (_, i) => ({ TagKey: `k${i}`, TagValue: '' }));
    expect(await failure(admin.TagResource({ KeyId: id, Tags: tags(51) }))).toMatchObject({
      code: 'InvalidTags',
      message: 'Too many tags',
    });
    await admin.TagResource({ KeyId: id, Tags: tags(50) });
    const one = [{ TagKey: 'more', TagValue: '' }];
    expect((await failure(admin.TagResource({ KeyId: id, Tags: one }))).message).toBe('Too many tags');
  });
});
