import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAC_ALGORITHMS } from '../api/shapes.ts';
import { document, failure, type KmsClient, KmsHarness, toAccount } from '../testing/harness.ts';

let kms: KmsHarness;
let admin: KmsClient;
beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
});
afterAll(() => kms.close());

const Message = Buffer.from('a message');

describe.each([224, 256, 384, 512] as const)('an HMAC_%i key', (bits) => {
  const KeySpec = `HMAC_${bits}` as const;
  const MacAlgorithm = `HMAC_SHA_${bits}` as const;
  let key: { id: string; arn: string };
  beforeAll(async () => {
    key = await kms.key({ KeySpec, KeyUsage: 'GENERATE_VERIFY_MAC' });
  });

  it('shows what it is for', async () => {
    const { KeyMetadata } = await admin.DescribeKey({ KeyId: key.id });
    expect(KeyMetadata).toMatchObject({ KeySpec, KeyUsage: 'GENERATE_VERIFY_MAC', MacAlgorithms: [MacAlgorithm] });
    for (const absent of ['EncryptionAlgorithms', 'SigningAlgorithms', 'CurrentKeyMaterialId']) {
      expect(KeyMetadata).not.toHaveProperty(absent);
    }
  });

  it('makes MACs as long as its hash and verifies them', async () => {
    const input = { KeyId: key.id, Message, MacAlgorithm };
    const made = await admin.GenerateMac(input);
    expect(made).toEqual({ KeyId: key.arn, Mac: expect.any(Buffer), MacAlgorithm });
    expect(made.Mac).toHaveLength(bits / 8);
    const { Mac } = made;
    expect(await admin.VerifyMac({ ...input, Mac })).toEqual({ KeyId: key.arn, MacValid: true, MacAlgorithm });
    const flipped = Buffer.from(Mac);
    flipped[3]! ^= 8;
    for (const wrong of [flipped, Mac.subarray(1), Buffer.concat([Mac, Mac]), Buffer.alloc(bits / 8)]) {
      const refused = await failure(admin.VerifyMac({ ...input, Mac: wrong }));
      expect(refused).toMatchObject({ code: 'InvalidMac', message: '' });
    }
    const other = { ...input, Message: Buffer.from('another message'), Mac };
    expect((await failure(admin.VerifyMac(other))).code).toBe('InvalidMac');
    // Nobody can make it without the key.
    expect(createHmac(`sha${bits}`, '').update(Message).digest().equals(Mac)).toBe(false);
  });

  it('refuses the algorithms of other lengths', async () => {
    for (const other of MAC_ALGORITHMS.filter((algorithm) => algorithm !== MacAlgorithm)) {
      const input = { KeyId: key.id, Message, MacAlgorithm: other };
      const expected = {
        code: 'InvalidKeyUsage',
        message: `Algorithm ${other} is incompatible with key spec ${KeySpec}.`,
      };
      expect(await failure(admin.GenerateMac(input))).toMatchObject(expected);
      expect(await failure(admin.VerifyMac({ ...input, Mac: Message }))).toMatchObject(expected);
    }
  });
});

describe('MACs', () => {
  it('are for HMAC keys only', async () => {
    const { id: KeyId, arn } = await kms.key();
    const input = { KeyId, Message, MacAlgorithm: 'HMAC_SHA_256' } as const;
    const said = `${arn} key usage is ENCRYPT_DECRYPT which is not valid for GenerateMac.`;
    expect(await failure(admin.GenerateMac(input))).toMatchObject({ code: 'InvalidKeyUsage', message: said });
  });

  it('end a dry run where it would have succeeded', async () => {
    const { id: KeyId } = await kms.key({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    const input = { KeyId, Message, MacAlgorithm: 'HMAC_SHA_256', DryRun: true } as const;
    expect((await failure(admin.GenerateMac(input))).code).toBe('DryRunOperation');
    expect((await failure(admin.VerifyMac({ ...input, Mac: Message }))).code).toBe('DryRunOperation');
  });

  it('are decided by policies that look at the algorithm', async () => {
    const { id: KeyId } = await kms.key({
      KeySpec: 'HMAC_256',
      KeyUsage: 'GENERATE_VERIFY_MAC',
      Policy: document(toAccount(), {
        Effect: 'Deny',
        Principal: '*',
        Action: 'kms:GenerateMac',
        Resource: '*',
        Condition: { StringEquals: { 'kms:MacAlgorithm': 'HMAC_SHA_256' } },
      }),
    });
    const input = { KeyId, Message, MacAlgorithm: 'HMAC_SHA_256' } as const;
    expect((await failure(admin.GenerateMac(input))).code).toBe('AccessDenied');
    expect((await failure(admin.VerifyMac({ ...input, Mac: Message }))).code).toBe('InvalidMac');
  });
});
