import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure, type KmsClient, KmsHarness, NO_POLICY } from '../testing/harness.ts';

let kms: KmsHarness;
let admin: KmsClient;
let key: { id: string; arn: string };
let second: { id: string; arn: string };

beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
  key = await kms.key();
  second = await kms.key();
  await admin.CreateAlias({ AliasName: 'alias/app', TargetKeyId: key.id });
});
afterAll(() => kms.close());

const silent = { code: 'InvalidCiphertext', message: '' };
const encrypt = async (EncryptionContext?: Record<string, string>) =>
  (
    await admin.Encrypt({
      KeyId: key.id,
      Plaintext: Buffer.from('secret'),
      ...(EncryptionContext && { EncryptionContext }),
    })
  ).CiphertextBlob;

describe('Encrypt and Decrypt', () => {
  it.each([1, 32, 4096])('give %i bytes back and name the key by its ARN', async (size) => {
    const Plaintext = randomBytes(size);
    const EncryptionContext = { purpose: 'test', empty: '' };
    const encrypted = await admin.Encrypt({ KeyId: key.id, Plaintext, EncryptionContext });
    expect(encrypted).toMatchObject({ KeyId: key.arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' });
    expect(encrypted.CiphertextBlob.length).toBe(size + 96);
    const decrypted = await admin.Decrypt({ CiphertextBlob: encrypted.CiphertextBlob, EncryptionContext });
    expect(decrypted.Plaintext.equals(Plaintext)).toBe(true);
    const { KeyMetadata } = await admin.DescribeKey({ KeyId: key.id });
    expect(decrypted).toMatchObject({
      KeyId: key.arn,
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      KeyMaterialId: KeyMetadata.CurrentKeyMaterialId,
    });
  });

  it('take the key by id, ARN, alias and alias ARN', async () => {
    for (const KeyId of [key.id, key.arn, 'alias/app', key.arn.replace(/key\/.*/, 'alias/app')]) {
      const { CiphertextBlob } = await admin.Encrypt({ KeyId, Plaintext: Buffer.from('x') });
      expect((await admin.Decrypt({ CiphertextBlob, KeyId })).KeyId).toBe(key.arn);
    }
  });

  it('never make the same ciphertext twice', async () => {
    expect((await encrypt()).equals(await encrypt())).toBe(false);
  });

  it('treat a missing and an empty context alike, and the order of members as nothing', async () => {
    const one = await encrypt();
    await expect(admin.Decrypt({ CiphertextBlob: one, EncryptionContext: {} })).resolves.toBeDefined();
    const two = await encrypt({ a: '1', b: '2' });
    await expect(admin.Decrypt({ CiphertextBlob: two, EncryptionContext: { b: '2', a: '1' } })).resolves.toBeDefined();
  });

  it.each([
    [{ a: 'bc' }, { ab: 'c' }],
    [{ a: 'bc' }, undefined],
    [undefined, { a: 'bc' }],
    [{ a: 'b' }, { a: 'B' }],
    [{ a: 'b' }, { A: 'b' }],
    [{ a: 'b' }, { a: 'b', c: '' }],
  ])('refuse to open %j as %j, without a word', async (made, given) => {
    const CiphertextBlob = await encrypt(made as Record<string, string> | undefined);
    const input = { CiphertextBlob, ...(given && { EncryptionContext: given as Record<string, string> }) };
    expect(await failure(admin.Decrypt(input))).toMatchObject(silent);
  });

  it('refuse a ciphertext with any single bit flipped, without a word', async () => {
    const blob = await encrypt({ app: 'x' });
    await fc.assert(
      fc.asyncProperty(fc.nat(blob.length * 8 - 1), async (bit) => {
        const changed = Buffer.from(blob);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        const error = await failure(admin.Decrypt({ CiphertextBlob: changed, EncryptionContext: { app: 'x' } }));
        expect(error).toMatchObject(silent);
      }),
      { numRuns: 200 },
    );
  });

  it('refuse a cut, a lengthened and a foreign ciphertext with the same answer', async () => {
    const blob = await encrypt();
    const answers = [
      blob.subarray(0, -1),
      Buffer.concat([blob, Buffer.of(0)]),
      blob.subarray(0, 60),
      Buffer.from('AQICAHh', 'base64'),
      randomBytes(200),
    ].map((CiphertextBlob) => failure(admin.Decrypt({ CiphertextBlob })));
    const [first, ...rest] = await Promise.all(answers);
    expect(first).toMatchObject(silent);
    for (const other of rest) expect(other).toEqual(first);
  });

  it('refuse the header of one key on the body of another', async () => {
    const one = await encrypt();
    const { CiphertextBlob: two } = await admin.Encrypt({ KeyId: second.id, Plaintext: Buffer.from('secret') });
    const swapped = Buffer.concat([two.subarray(0, 52), one.subarray(52)]);
    expect(await failure(admin.Decrypt({ CiphertextBlob: swapped }))).toMatchObject(silent);
  });

  it('refuse contexts that have no one meaning', async () => {
    const contexts: Record<string, string>[] = [{ a: '\ud800' }, { App: '1', app: '2' }, { a: 'x'.repeat(8192) }];
    for (const EncryptionContext of contexts) {
      const error = await failure(admin.Encrypt({ KeyId: key.id, Plaintext: Buffer.from('x'), EncryptionContext }));
      expect(error.code).toBe('Validation');
    }
  });

  it('refuse a context value that is not a string', async () => {
    const input = { KeyId: key.id, Plaintext: Buffer.from('x'), EncryptionContext: { a: 1 } };
    expect((await failure(admin.Encrypt(input as never))).code).toBe('Validation');
  });

  it('refuse plaintexts of 0 and of 4097 bytes', async () => {
    for (const size of [0, 4097]) {
      expect((await failure(admin.Encrypt({ KeyId: key.id, Plaintext: Buffer.alloc(size) }))).code).toBe('Validation');
    }
  });

  it('answer IncorrectKey for the ciphertext of another key, NotFound for one that is not there', async () => {
    const CiphertextBlob = await encrypt();
    await admin.CreateAlias({ AliasName: 'alias/second', TargetKeyId: second.id });
    for (const KeyId of [second.id, second.arn, 'alias/second']) {
      expect(await failure(admin.Decrypt({ CiphertextBlob, KeyId }))).toMatchObject({
        code: 'IncorrectKey',
        message: 'The key ID in the request does not identify a CMK that can perform this operation.',
      });
    }
    const missing = '00000000-0000-4000-8000-000000000000';
    expect((await failure(admin.Decrypt({ CiphertextBlob, KeyId: missing }))).code).toBe('NotFound');
    expect((await failure(admin.Decrypt({ CiphertextBlob, KeyId: 'alias/none' }))).code).toBe('NotFound');
    expect((await failure(admin.Decrypt({ CiphertextBlob, KeyId: 'nonsense' }))).message).toBe(
      "Invalid keyId 'nonsense'",
    );
  });

  it('refuse algorithms of other key specs', async () => {
    const EncryptionAlgorithm = 'RSAES_OAEP_SHA_256' as const;
    expect(
      await failure(admin.Encrypt({ KeyId: key.id, Plaintext: Buffer.from('x'), EncryptionAlgorithm })),
    ).toMatchObject({
      code: 'InvalidKeyUsage',
      message: 'Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT.',
    });
  });

  it('accept no grant token, and an empty list of them', async () => {
    const Plaintext = Buffer.from('x');
    await expect(admin.Encrypt({ KeyId: key.id, Plaintext, GrantTokens: [] })).resolves.toBeDefined();
    const error = await failure(admin.Encrypt({ KeyId: key.id, Plaintext, GrantTokens: ['token'] }));
    expect(error.code).toBe('InvalidGrantToken');
  });
});

describe('ReEncrypt', () => {
  it('moves a ciphertext to another key and context', async () => {
    const CiphertextBlob = await encrypt({ a: '1' });
    const moved = await admin.ReEncrypt({
      CiphertextBlob,
      SourceEncryptionContext: { a: '1' },
      DestinationKeyId: second.id,
      DestinationEncryptionContext: { b: '2' },
    });
    expect(moved).toMatchObject({ SourceKeyId: key.arn, KeyId: second.arn });
    const opened = await admin.Decrypt({ CiphertextBlob: moved.CiphertextBlob, EncryptionContext: { b: '2' } });
    expect(opened.Plaintext.toString()).toBe('secret');
    expect(opened.KeyId).toBe(second.arn);
    expect(opened.KeyMaterialId).toBe(moved.DestinationKeyMaterialId);
  });

  it('refuses the wrong source context and the wrong source key', async () => {
    const CiphertextBlob = await encrypt({ a: '1' });
    const wanted = { CiphertextBlob, DestinationKeyId: second.id };
    expect(await failure(admin.ReEncrypt(wanted))).toMatchObject(silent);
    const wrongKey = { ...wanted, SourceEncryptionContext: { a: '1' }, SourceKeyId: second.id };
    expect((await failure(admin.ReEncrypt(wrongKey))).code).toBe('IncorrectKey');
  });
});

describe('data keys', () => {
  it.each([
    [{ KeySpec: 'AES_256' as const }, 32],
    [{ KeySpec: 'AES_128' as const }, 16],
    [{ NumberOfBytes: 1 }, 1],
    [{ NumberOfBytes: 1024 }, 1024],
  ])('of %j have %i bytes and open under the key', async (size, bytes) => {
    const made = await admin.GenerateDataKey({ KeyId: 'alias/app', ...size, EncryptionContext: { a: '1' } });
    expect(made.Plaintext.length).toBe(bytes);
    const opened = await admin.Decrypt({ CiphertextBlob: made.CiphertextBlob, EncryptionContext: { a: '1' } });
    expect(opened.Plaintext.equals(made.Plaintext)).toBe(true);
    expect(made).toMatchObject({ KeyId: key.arn, KeyMaterialId: opened.KeyMaterialId });
  });

  it('come without plaintext when asked so', async () => {
    const made = await admin.GenerateDataKeyWithoutPlaintext({ KeyId: key.id, KeySpec: 'AES_256' });
    expect(made).not.toHaveProperty('Plaintext');
    expect((await admin.Decrypt({ CiphertextBlob: made.CiphertextBlob })).Plaintext.length).toBe(32);
  });

  it.each([{}, { KeySpec: 'AES_256' as const, NumberOfBytes: 32 }])(
    'need either a spec or a size, not %j',
    async (size) => {
      expect(await failure(admin.GenerateDataKey({ KeyId: key.id, ...size }))).toMatchObject({
        code: 'Validation',
        message: 'Please specify either number of bytes or key spec.',
      });
    },
  );
});

describe('GenerateRandom', () => {
  it('answers as many bytes as asked for', async () => {
    for (const NumberOfBytes of [1, 32, 1024]) {
      expect((await admin.GenerateRandom({ NumberOfBytes })).Plaintext.length).toBe(NumberOfBytes);
    }
  });

  it('needs a number', async () => {
    expect(await failure(admin.GenerateRandom({}))).toMatchObject({
      code: 'Validation',
      message: 'NumberOfBytes is required.',
    });
    expect((await failure(admin.GenerateRandom({ NumberOfBytes: 1025 }))).code).toBe('Validation');
  });
});

describe('DryRun', () => {
  const dry = { DryRun: true };

  it('answers DryRunOperation for what would have succeeded', async () => {
    const CiphertextBlob = await encrypt();
    const calls = [
      admin.Encrypt({ KeyId: key.id, Plaintext: Buffer.from('x'), ...dry }),
      admin.Decrypt({ CiphertextBlob, ...dry }),
      admin.ReEncrypt({ CiphertextBlob, DestinationKeyId: second.id, ...dry }),
      admin.GenerateDataKey({ KeyId: key.id, KeySpec: 'AES_256', ...dry }),
      admin.GenerateDataKeyWithoutPlaintext({ KeyId: key.id, KeySpec: 'AES_256', ...dry }),
    ];
    for (const call of calls) {
      expect(await failure(call)).toMatchObject({
        code: 'DryRunOperation',
        message: 'The request would have succeeded, but the DryRun option is set.',
      });
    }
  });

  it('answers the real error for what would have failed', async () => {
    const CiphertextBlob = await encrypt({ a: '1' });
    expect((await failure(admin.Decrypt({ CiphertextBlob, ...dry }))).code).toBe('InvalidCiphertext');
    const nobody = kms.user('nobody', NO_POLICY);
    expect((await failure(nobody.Encrypt({ KeyId: key.id, Plaintext: Buffer.from('x'), ...dry }))).code).toBe(
      'AccessDenied',
    );
  });
});

describe('the record', () => {
  it('names the key and the context and holds no plaintext', async () => {
    await admin.Encrypt({
      KeyId: key.id,
      Plaintext: Buffer.from('canary-plaintext'),
      EncryptionContext: { app: 'shown' },
    });
    const record = await kms.lastRecord();
    expect(record).toMatchObject({
      eventName: 'Encrypt',
      recipientAccountId: '111122223333',
      requestParameters: { KeyId: key.id, EncryptionContext: { app: 'shown' } },
      resources: [{ ARN: key.arn, type: 'AWS::KMS::Key' }],
    });
    expect(JSON.stringify(record)).not.toContain(Buffer.from('canary-plaintext').toString('base64').slice(0, 16));
    expect(JSON.stringify(record)).not.toContain('canary-plaintext');
  });

  it('of a refused Decrypt says that it was refused', async () => {
    const CiphertextBlob = await encrypt({ a: '1' });
    await failure(admin.Decrypt({ CiphertextBlob }));
    expect(await kms.lastRecord()).toMatchObject({ eventName: 'Decrypt', errorCode: 'InvalidCiphertextException' });
  });
});
