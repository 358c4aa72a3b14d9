import { createPrivateKey, createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { document, failure, type KmsClient, KmsHarness, toAccount } from '../testing/harness.ts';

let kms: KmsHarness;
let admin: KmsClient;
let key: { id: string; arn: string };
beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
  key = await kms.key();
});
afterAll(() => kms.close());

const EncryptionContext = { app: 'tour' };
const SPECS = [
  ['RSA_2048', 'rsa'],
  ['ECC_NIST_P256', 'ec'],
  ['ECC_NIST_P384', 'ec'],
  ['ECC_NIST_P521', 'ec'],
  ['ECC_SECG_P256K1', 'ec'],
  ['ECC_NIST_EDWARDS25519', 'ed25519'],
] as const;

const publicOf = (pkcs8: Buffer) =>
  createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })).export({
    format: 'der',
    type: 'spki',
  });

describe.each(SPECS)('a data key pair of %s', (KeyPairSpec, type) => {
  it('is answered in the clear and sealed under the context, and both are one key', { timeout: 60_000 }, async () => {
    const made = await admin.GenerateDataKeyPair({ KeyId: key.id, KeyPairSpec, EncryptionContext });
    const { PrivateKeyPlaintext, PrivateKeyCiphertextBlob, PublicKey, ...rest } = made;
    expect(rest).toEqual({ KeyId: key.arn, KeyPairSpec, KeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const privateKey = createPrivateKey({ key: PrivateKeyPlaintext, format: 'der', type: 'pkcs8' });
    expect(privateKey.asymmetricKeyType).toBe(type);
    expect(publicOf(PrivateKeyPlaintext).equals(PublicKey)).toBe(true);
    const opened = await admin.Decrypt({ CiphertextBlob: PrivateKeyCiphertextBlob, EncryptionContext });
    expect(opened.Plaintext.equals(PrivateKeyPlaintext)).toBe(true);
    expect((await failure(admin.Decrypt({ CiphertextBlob: PrivateKeyCiphertextBlob }))).code).toBe('InvalidCiphertext');
  });

  it('is answered without its plaintext', { timeout: 60_000 }, async () => {
    const made = await admin.GenerateDataKeyPairWithoutPlaintext({ KeyId: key.id, KeyPairSpec, EncryptionContext });
    expect(Object.keys(made).sort()).toEqual([
      'KeyId',
      'KeyMaterialId',
      'KeyPairSpec',
      'PrivateKeyCiphertextBlob',
      'PublicKey',
    ]);
    const { Plaintext } = await admin.Decrypt({ CiphertextBlob: made.PrivateKeyCiphertextBlob, EncryptionContext });
    expect(publicOf(Plaintext).equals(made.PublicKey)).toBe(true);
  });
});

describe('data key pairs', () => {
  const both = (input: Parameters<KmsClient['GenerateDataKeyPair']>[0]) =>
    Promise.all([failure(admin.GenerateDataKeyPair(input)), failure(admin.GenerateDataKeyPairWithoutPlaintext(input))]);

  it('are sealed by symmetric keys only', async () => {
    const signer = await kms.key({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    const rsa = await kms.key({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
    for (const KeyId of [signer.id, rsa.id]) {
      for (const refused of await both({ KeyId, KeyPairSpec: 'ECC_NIST_P256' })) {
        expect(refused.code).toBe('InvalidKeyUsage');
      }
    }
  });

  it('are not made of SM2, and not in a dry run', async () => {
    for (const refused of await both({ KeyId: key.id, KeyPairSpec: 'SM2' })) {
      expect(refused.code).toBe('UnsupportedOperation');
    }
    for (const refused of await both({ KeyId: key.id, KeyPairSpec: 'ECC_NIST_P256', DryRun: true })) {
      expect(refused.code).toBe('DryRunOperation');
    }
  });

  it('are decided by policies that look at the spec', async () => {
    const { id: KeyId } = await kms.key({
      Policy: document(toAccount(), {
        Effect: 'Deny',
        Principal: '*',
        Action: 'kms:GenerateDataKeyPair*',
        Resource: '*',
        Condition: { StringNotEquals: { 'kms:DataKeyPairSpec': 'ECC_NIST_P384' } },
      }),
    });
    for (const refused of await both({ KeyId, KeyPairSpec: 'ECC_NIST_P256' }))
      expect(refused.code).toBe('AccessDenied');
    await admin.GenerateDataKeyPair({ KeyId, KeyPairSpec: 'ECC_NIST_P384' });
  });

  it('leave the private key out of the record', async () => {
    const made = await admin.GenerateDataKeyPair({ KeyId: key.id, KeyPairSpec: 'ECC_NIST_P256' });
    const record = JSON.stringify(await kms.lastRecord());
    expect(record).toContain('GenerateDataKeyPair');
    expect(record).not.toContain(made.PrivateKeyPlaintext.toString('base64').slice(60, 100));
  });
});
