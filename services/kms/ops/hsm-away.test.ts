import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure, type KmsClient, KmsHarness } from '../testing/harness.ts';

let kms: KmsHarness;
let admin: KmsClient;
let key: { id: string; arn: string };
let blob: Buffer;
beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
  key = await kms.key();
  blob = (await admin.Encrypt({ KeyId: key.id, Plaintext: Buffer.from('x') })).CiphertextBlob;
});
afterAll(() => kms.close());

describe('without the HSM', () => {
  it('requests that need it are unavailable, the others go on, and all resume when it is back', async () => {
    kms.hsm.failWith('unavailable');
    const needing = [
      admin.Encrypt({ KeyId: key.id, Plaintext: Buffer.from('x') }),
      admin.Decrypt({ CiphertextBlob: blob }),
      admin.ReEncrypt({ CiphertextBlob: blob, DestinationKeyId: key.id }),
      admin.GenerateDataKey({ KeyId: key.id, KeySpec: 'AES_256' }),
      admin.GenerateRandom({ NumberOfBytes: 8 }),
      admin.CreateKey({}),
      admin.DisableKey({ KeyId: key.id }),
    ];
    for (const call of needing) {
      expect(await failure(call)).toMatchObject({ code: 'Unavailable', message: 'the HSM cannot be reached' });
    }
    expect((await admin.DescribeKey({ KeyId: key.id })).KeyMetadata.KeyState).toBe('Enabled');
    await expect(admin.GetKeyPolicy({ KeyId: key.id })).resolves.toBeDefined();
    await expect(admin.ListAliases({})).resolves.toBeDefined();
    kms.hsm.restore();
    expect((await admin.Decrypt({ CiphertextBlob: blob })).Plaintext.toString()).toBe('x');
    await admin.DisableKey({ KeyId: key.id });
    await admin.EnableKey({ KeyId: key.id });
  });

  it('a row that was never verified is not used unverified', async () => {
    kms = await kms.restart();
    admin = kms.user('admin');
    kms.hsm.failWith('unavailable');
    expect((await failure(admin.DescribeKey({ KeyId: key.id }))).code).toBe('Unavailable');
    expect((await failure(admin.ListKeys({}))).code).toBe('Unavailable');
    kms.hsm.restore();
    await expect(admin.DescribeKey({ KeyId: key.id })).resolves.toBeDefined();
  });

  it('another HSM opens nothing', async () => {
    const { createMemoryHsm } = await import('../../../hsm/memory/memory.ts');
    const other = createMemoryHsm();
    const verify = other.verifyMacMany;
    kms = await kms.restart();
    Object.assign(kms.hsm, { verifyMacMany: verify });
    admin = kms.user('admin');
    expect((await failure(admin.DescribeKey({ KeyId: key.id }))).code).toBe('Internal');
  });
});
