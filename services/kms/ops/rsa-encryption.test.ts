import { createPublicKey, publicEncrypt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure, type KmsClient, KmsHarness, OTHER_ACCOUNT } from '../testing/harness.ts';

let kms: KmsHarness;
let admin: KmsClient;
let rsa: { id: string; arn: string };
let larger: { id: string; arn: string };
let symmetric: { id: string; arn: string };

beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
  rsa = await kms.key({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
  larger = await kms.key({ KeySpec: 'RSA_3072', KeyUsage: 'ENCRYPT_DECRYPT' });
  symmetric = await kms.key();
}, 120_000);
afterAll(() => kms.close());

const ALGORITHMS = [
  ['RSAES_OAEP_SHA_1', 'sha1', 214, 342],
  ['RSAES_OAEP_SHA_256', 'sha256', 190, 318],
] as const;
const plaintext = Buffer.from('rsa plaintext');

describe.each(ALGORITHMS)('%s', (EncryptionAlgorithm, oaepHash, most, mostOfLarger) => {
  it('encrypts and decrypts, also what openssl encrypted', async () => {
    const sealed = await admin.Encrypt({ KeyId: rsa.id, Plaintext: plaintext, EncryptionAlgorithm });
    expect(sealed).toEqual({ CiphertextBlob: expect.any(Buffer), KeyId: rsa.arn, EncryptionAlgorithm });
    expect(sealed.CiphertextBlob).toHaveLength(256);
    const { PublicKey } = await admin.GetPublicKey({ KeyId: rsa.id });
    const key = createPublicKey({ key: PublicKey, format: 'der', type: 'spki' });
    for (const CiphertextBlob of [sealed.CiphertextBlob, publicEncrypt({ key, oaepHash }, plaintext)]) {
      const opened = await admin.Decrypt({ CiphertextBlob, KeyId: rsa.arn, EncryptionAlgorithm });
      expect(opened).toEqual({ KeyId: rsa.arn, Plaintext: plaintext, EncryptionAlgorithm });
    }
  });

  it('takes as much as fits into a block', async () => {
    for (const [key, bytes, spec] of [
      [rsa, most, 'RSA_2048'],
      [larger, mostOfLarger, 'RSA_3072'],
    ] as const) {
      const asked = (size: number) =>
        admin.Encrypt({ KeyId: key.id, Plaintext: Buffer.alloc(size, 1), EncryptionAlgorithm });
      await asked(bytes);
      expect(await failure(asked(bytes + 1))).toMatchObject({
        code: 'Validation',
        message: `Algorithm ${EncryptionAlgorithm} and key spec ${spec} cannot encrypt data larger than ${bytes} bytes.`,
      });
    }
  });

  it('has one silence for every broken ciphertext', async () => {
    const { CiphertextBlob } = await admin.Encrypt({ KeyId: rsa.id, Plaintext: plaintext, EncryptionAlgorithm });
    const flipped = Buffer.from(CiphertextBlob);
    flipped[9]! ^= 4;
    const other = EncryptionAlgorithm === 'RSAES_OAEP_SHA_1' ? 'RSAES_OAEP_SHA_256' : 'RSAES_OAEP_SHA_1';
    const silence = { code: 'InvalidCiphertext', message: '' };
    const asked = (blob: Buffer, algorithm = EncryptionAlgorithm as string, KeyId = rsa.id) =>
      failure(admin.Decrypt({ CiphertextBlob: blob, KeyId, EncryptionAlgorithm: algorithm as never }));
    expect(await asked(flipped)).toMatchObject(silence);
    expect(await asked(CiphertextBlob.subarray(1))).toMatchObject(silence);
    expect(await asked(Buffer.alloc(256, 0xff))).toMatchObject(silence);
    expect(await asked(CiphertextBlob, other)).toMatchObject(silence);
    expect(await asked(CiphertextBlob, EncryptionAlgorithm, larger.id)).toMatchObject(silence);
    const unnamed = failure(admin.Decrypt({ CiphertextBlob, KeyId: rsa.id }));
    expect(await unnamed).toMatchObject(silence);
  });

  it('is a way into and out of ReEncrypt', async () => {
    const { CiphertextBlob } = await admin.Encrypt({ KeyId: rsa.id, Plaintext: plaintext, EncryptionAlgorithm });
    const from = { SourceKeyId: rsa.id, SourceEncryptionAlgorithm: EncryptionAlgorithm };
    const inward = await admin.ReEncrypt({ CiphertextBlob, ...from, DestinationKeyId: symmetric.id });
    expect(inward).toMatchObject({ SourceKeyId: rsa.arn, SourceEncryptionAlgorithm: EncryptionAlgorithm });
    expect(inward).not.toHaveProperty('SourceKeyMaterialId');
    expect((await admin.Decrypt({ CiphertextBlob: inward.CiphertextBlob })).Plaintext.equals(plaintext)).toBe(true);
    const outward = await admin.ReEncrypt({
      CiphertextBlob: inward.CiphertextBlob,
      DestinationKeyId: larger.id,
      DestinationEncryptionAlgorithm: EncryptionAlgorithm,
    });
    expect(outward).not.toHaveProperty('DestinationKeyMaterialId');
    const opened = await admin.Decrypt({
      CiphertextBlob: outward.CiphertextBlob,
      KeyId: larger.id,
      EncryptionAlgorithm,
    });
    expect(opened.Plaintext.equals(plaintext)).toBe(true);
  });

  it('cannot be the destination of what does not fit', async () => {
    const { CiphertextBlob } = await admin.Encrypt({ KeyId: symmetric.id, Plaintext: Buffer.alloc(most + 1) });
    const input = { CiphertextBlob, DestinationKeyId: rsa.id, DestinationEncryptionAlgorithm: EncryptionAlgorithm };
    expect(await failure(admin.ReEncrypt(input))).toMatchObject({
      code: 'Validation',
      message: `Algorithm ${EncryptionAlgorithm} and key spec RSA_2048 cannot encrypt data larger than ${most} bytes.`,
    });
  });

  it('takes no encryption context', async () => {
    const EncryptionContext = { app: 'tour' };
    const sealing = { KeyId: rsa.id, Plaintext: plaintext, EncryptionAlgorithm };
    expect((await failure(admin.Encrypt({ ...sealing, EncryptionContext }))).code).toBe('Validation');
    const { CiphertextBlob } = await admin.Encrypt(sealing);
    const opening = { CiphertextBlob, KeyId: rsa.id, EncryptionAlgorithm, EncryptionContext };
    expect((await failure(admin.Decrypt(opening))).code).toBe('Validation');
  });
});

describe('RSA encryption', () => {
  it('needs the algorithm to encrypt and the key to decrypt', async () => {
    expect(await failure(admin.Encrypt({ KeyId: rsa.id, Plaintext: plaintext }))).toMatchObject({
      code: 'InvalidKeyUsage',
      message: 'Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.',
    });
    const EncryptionAlgorithm = 'RSAES_OAEP_SHA_256';
    const { CiphertextBlob } = await admin.Encrypt({ KeyId: rsa.id, Plaintext: plaintext, EncryptionAlgorithm });
    expect((await failure(admin.Decrypt({ CiphertextBlob, EncryptionAlgorithm }))).code).toBe('Validation');
  });

  it('is refused for symmetric keys', async () => {
    const EncryptionAlgorithm = 'RSAES_OAEP_SHA_256';
    const asked = failure(admin.Encrypt({ KeyId: symmetric.id, Plaintext: plaintext, EncryptionAlgorithm }));
    expect(await asked).toMatchObject({
      code: 'InvalidKeyUsage',
      message: 'Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT.',
    });
  });

  it('does not tell a stranger whether the key exists', async () => {
    const stranger = kms.user('stranger', undefined, OTHER_ACCOUNT);
    const asked = (KeyId: string) =>
      failure(
        stranger.Decrypt({ CiphertextBlob: Buffer.alloc(256, 1), KeyId, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
      );
    const missing = rsa.arn.replace(rsa.id, '00000000-0000-4000-8000-000000000000');
    const [found, absent] = [await asked(rsa.arn), await asked(missing)];
    expect(found.code).toBe(absent.code);
    expect(found.message.replace(rsa.arn, 'ARN')).toBe(absent.message.replace(missing, 'ARN'));
  });
});
