import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure, KmsHarness } from '../testing/harness.ts';

let kms: KmsHarness;
beforeAll(async () => {
  kms = await KmsHarness.open();
});
afterAll(() => kms.close());

describe('Encrypt and Decrypt', () => {
  it('give the plaintext back and name the key by its ARN', async () => {
    const admin = kms.user('admin');
    const key = await kms.key();
    const Plaintext = randomBytes(4096);
    const context = { purpose: 'test', empty: '' };
    const encrypted = await admin.Encrypt({ KeyId: key.id, Plaintext, EncryptionContext: context });
    expect(encrypted.KeyId).toBe(key.arn);
    expect(encrypted.CiphertextBlob.length).toBe(4096 + 96);
    const decrypted = await admin.Decrypt({ CiphertextBlob: encrypted.CiphertextBlob, EncryptionContext: context });
    expect(decrypted.Plaintext.equals(Plaintext)).toBe(true);
    expect(decrypted.KeyId).toBe(key.arn);
  });

  it('refuse another context without a word', async () => {
    const admin = kms.user('admin');
    const key = await kms.key();
    const { CiphertextBlob } = await admin.Encrypt({
      KeyId: key.id,
      Plaintext: Buffer.from('x'),
      EncryptionContext: { a: 'bc' },
    });
    expect(await failure(admin.Decrypt({ CiphertextBlob, EncryptionContext: { ab: 'c' } }))).toMatchObject({
      code: 'InvalidCiphertext',
      message: '',
    });
  });
});
