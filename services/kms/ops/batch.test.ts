import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { document, failure, type KmsClient, KmsHarness, OTHER_ACCOUNT, toAccount } from '../testing/harness.ts';

let kms: KmsHarness;
let admin: KmsClient;
let key: { id: string; arn: string };
let other: { id: string; arn: string };
beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
  key = await kms.key();
  other = await kms.key();
});
afterAll(() => kms.close());

const text = (plaintext: Buffer | undefined) => plaintext?.toString();
const items = (count: number, KeyId = key.id) =>
  Array.from({ length: count }, (_, at) => ({
    KeyId,
    Plaintext: Buffer.from(`item ${at}`),
    EncryptionContext: { row: String(at) },
  }));

describe('batches', () => {
  it('encrypt and decrypt 500 items of two keys, each under its own context, in their order', async () => {
    const plain = items(500).map((item, at) => (at % 3 === 0 ? { ...item, KeyId: other.id } : item));
    const sealed = await admin.BatchEncrypt({ Items: plain });
    expect(sealed.FailedCount).toBe(0);
    const opened = await admin.BatchDecrypt({
      Items: sealed.Items.map(({ CiphertextBlob }, at) => ({
        CiphertextBlob: CiphertextBlob!,
        EncryptionContext: plain[at]!.EncryptionContext,
      })),
    });
    expect(opened.FailedCount).toBe(0);
    expect(opened.Items.map(({ Plaintext }) => text(Plaintext))).toEqual(plain.map(({ Plaintext }) => text(Plaintext)));
    expect(opened.Items.map(({ KeyId }) => KeyId)).toEqual(
      plain.map(({ KeyId }) => (KeyId === key.id ? key.arn : other.arn)),
    );
  });

  it('and single operations open what the other sealed', async () => {
    const EncryptionContext = { app: 'tour' };
    const { Items } = await admin.BatchEncrypt({
      Items: [{ KeyId: key.id, Plaintext: Buffer.from('one'), EncryptionContext }],
    });
    const { Plaintext } = await admin.Decrypt({ CiphertextBlob: Items[0]!.CiphertextBlob!, EncryptionContext });
    expect(text(Plaintext)).toBe('one');
    const { CiphertextBlob } = await admin.Encrypt({ KeyId: key.id, Plaintext: Buffer.from('two'), EncryptionContext });
    const opened = await admin.BatchDecrypt({ Items: [{ CiphertextBlob, EncryptionContext }] });
    expect(text(opened.Items[0]!.Plaintext)).toBe('two');
  });

  it('make data keys of the asked sizes, sealed and in the clear', async () => {
    const { Items, FailedCount } = await admin.BatchGenerateDataKey({
      Items: [
        { KeyId: key.id, KeySpec: 'AES_256' },
        { KeyId: other.id, KeySpec: 'AES_128', EncryptionContext: { a: 'b' } },
        { KeyId: key.id, NumberOfBytes: 77 },
        { KeyId: key.id },
      ],
    });
    expect(FailedCount).toBe(1);
    expect(Items.map(({ Plaintext }) => Plaintext?.length)).toEqual([32, 16, 77, undefined]);
    expect(Items[3]).toMatchObject({ ErrorCode: 'Validation' });
    const opened = await admin.Decrypt({ CiphertextBlob: Items[1]!.CiphertextBlob!, EncryptionContext: { a: 'b' } });
    expect(opened.Plaintext.equals(Items[1]!.Plaintext!)).toBe(true);
  });

  it('answer what is wrong with an item in its place, and the others', async () => {
    const disabled = await kms.key();
    const signer = await kms.key({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    await admin.DisableKey({ KeyId: disabled.id });
    const Plaintext = Buffer.from('x');
    const missing = '00000000-0000-4000-8000-000000000000';
    const { Items, FailedCount } = await admin.BatchEncrypt({
      Items: [key.id, disabled.id, signer.id, missing, 'no key', 'alias/none', other.arn].map((KeyId) => ({
        KeyId,
        Plaintext,
      })),
    });
    expect(FailedCount).toBe(5);
    expect(Items.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      'Disabled',
      'InvalidKeyUsage',
      'NotFound',
      'NotFound',
      'NotFound',
      undefined,
    ]);
    expect(Items[1]).toEqual({ ErrorCode: 'Disabled', ErrorMessage: `${disabled.arn} is disabled.` });
  });

  it('have one silence for every broken ciphertext', async () => {
    const { CiphertextBlob } = await admin.Encrypt({ KeyId: key.id, Plaintext: Buffer.from('x') });
    const flipped = Buffer.from(CiphertextBlob);
    flipped[flipped.length - 1]! ^= 1;
    const unknown = Buffer.from(CiphertextBlob);
    unknown.fill(7, 4, 20);
    const stranger = kms.user('stranger', undefined, OTHER_ACCOUNT);
    const theirs = await kms.key({}, stranger);
    const foreign = await stranger.Encrypt({ KeyId: theirs.id, Plaintext: Buffer.from('x') });
    const { Items, FailedCount } = await admin.BatchDecrypt({
      Items: [
        { CiphertextBlob },
        { CiphertextBlob: flipped },
        { CiphertextBlob: unknown },
        { CiphertextBlob: foreign.CiphertextBlob },
        { CiphertextBlob: Buffer.from('nothing') },
        { CiphertextBlob, EncryptionContext: { other: 'context' } },
        { CiphertextBlob, KeyId: other.id },
      ],
    });
    expect(FailedCount).toBe(6);
    expect(text(Items[0]!.Plaintext)).toBe('x');
    const [, ...refused] = Items.slice(0, 6);
    expect(new Set(refused.map((item) => JSON.stringify(item))).size).toBe(1);
    expect(refused[0]).toMatchObject({ ErrorCode: 'InvalidCiphertext' });
    expect(Items[6]).toMatchObject({ ErrorCode: 'IncorrectKey' });
  });

  it('are refused as a whole when one key or context is denied', async () => {
    const guarded = await kms.key({
      Policy: document(toAccount(), {
        Effect: 'Deny',
        Principal: '*',
        Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey'],
        Resource: '*',
        Condition: { StringEquals: { 'kms:EncryptionContext:row': '3' } },
      }),
    });
    await expect(admin.BatchEncrypt({ Items: items(3, guarded.id) })).resolves.toMatchObject({ FailedCount: 0 });
    expect((await failure(admin.BatchEncrypt({ Items: items(4, guarded.id) }))).code).toBe('AccessDenied');
    const Items = items(4, guarded.id).map(({ Plaintext: _, ...item }) => ({ ...item, KeySpec: 'AES_256' as const }));
    expect((await failure(admin.BatchGenerateDataKey({ Items }))).code).toBe('AccessDenied');
    const { CiphertextBlob } = await admin.Encrypt({ KeyId: guarded.id, Plaintext: Buffer.from('x') });
    const opening = [{ CiphertextBlob }, { CiphertextBlob, EncryptionContext: { row: '3' } }];
    expect((await failure(admin.BatchDecrypt({ Items: opening }))).code).toBe('AccessDenied');
  });

  it('need the permission of the single operation', async () => {
    const looker = kms.user('looker', {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'kms:Encrypt', Resource: key.arn }],
    });
    await looker.BatchEncrypt({ Items: items(1) });
    expect((await failure(looker.BatchEncrypt({ Items: items(1, other.id) }))).code).toBe('AccessDenied');
    const Items = [{ KeyId: key.id, KeySpec: 'AES_256' as const }];
    expect((await failure(looker.BatchGenerateDataKey({ Items }))).code).toBe('AccessDenied');
  });

  it('leave one record, with the number of items, the keys, and one check for every key and context', async () => {
    const plain = [...items(40), ...items(40), ...items(10, other.id)];
    await admin.BatchEncrypt({ Items: plain });
    const record = await kms.lastRecord();
    expect(record).toMatchObject({ eventName: 'BatchEncrypt', requestParameters: { Items: { length: 90 } } });
    expect(new Set(record.resources?.map(({ ARN }) => ARN))).toEqual(new Set([key.arn, other.arn]));
    expect(record.resources).toHaveLength(2);
    expect(record.x.decision?.checks).toHaveLength(50);
    expect(JSON.stringify(record)).not.toContain(Buffer.from('item 1').toString('base64'));
  });

  it('take 1 to 500 items, and contexts that fit into one record', async () => {
    expect((await failure(admin.BatchEncrypt({ Items: [] }))).code).toBe('Validation');
    expect((await failure(admin.BatchEncrypt({ Items: items(501) }))).code).toBe('Validation');
    const long = items(40).map((item, at) => ({ ...item, EncryptionContext: { row: `${at}${'x'.repeat(4000)}` } }));
    expect(await failure(admin.BatchEncrypt({ Items: long }))).toMatchObject({
      code: 'Validation',
      message: 'encryption contexts are longer than 131072 bytes together',
    });
    const same = items(40).map((item) => ({ ...item, EncryptionContext: { row: 'x'.repeat(4000) } }));
    expect(await admin.BatchEncrypt({ Items: same })).toMatchObject({ FailedCount: 0 });
  });

  it('leave a record that one message between services can carry, however many contexts there are', async () => {
    const key500 = await kms.key();
    const Items = items(500, key500.id).map((item, at) => ({
      ...item,
      EncryptionContext: { tenant: 't'.repeat(200), row: String(at).padStart(26, '0') },
    }));
    expect(await admin.BatchEncrypt({ Items })).toMatchObject({ FailedCount: 0 });
    const rows = await kms.store.readOutbox(10_000);
    const { record } = rows.at(-1)!;
    expect((JSON.parse(record) as { x: { decision: { checks: unknown[] } } }).x.decision.checks).toHaveLength(500);
    expect(record.length).toBeLessThan(700 * 1024);
  });

  it('are refused with the problem of the first item when none names a key', async () => {
    const Items = [{ CiphertextBlob: Buffer.from('nothing') }, { CiphertextBlob: Buffer.from('less') }];
    expect((await failure(admin.BatchDecrypt({ Items }))).code).toBe('InvalidCiphertext');
  });

  it('fail as a whole when the HSM is away', async () => {
    kms.hsm.failWith();
    expect((await failure(admin.BatchEncrypt({ Items: items(2) }))).code).toBe('Unavailable');
    kms.hsm.restore();
  });
});
