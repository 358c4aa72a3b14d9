import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEY_SPECS, type KeySpec, SIGNING_ALGORITHMS, type SigningAlgorithm } from '../api/shapes.ts';
import { algorithmsOf } from '../domain/key-algorithms.ts';
import { newKeyProblem } from '../domain/new-key.ts';
import { document, failure, type KmsClient, KmsHarness, toAccount } from '../testing/harness.ts';

let kms: KmsHarness;
let admin: KmsClient;
let folder: string;
const keys = new Map<KeySpec, { id: string; arn: string }>();

const isSigner = (spec: KeySpec) => newKeyProblem({ KeySpec: spec, KeyUsage: 'SIGN_VERIFY' }) === undefined;
/** RSA_4096 takes tens of seconds on a busy machine. */
const SIGNERS = KEY_SPECS.filter((spec) => isSigner(spec) && spec !== 'RSA_4096');

beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
  folder = mkdtempSync(join(tmpdir(), 'signatures-'));
  for (const KeySpec of SIGNERS) keys.set(KeySpec, await kms.key({ KeySpec, KeyUsage: 'SIGN_VERIFY' }));
}, 120_000);
afterAll(async () => {
  await kms.close();
  rmSync(folder, { recursive: true, force: true });
});

const message = Buffer.from('sign here');
const hashName = (algorithm: SigningAlgorithm) => `sha${algorithm.slice(-3)}`;
const digestOf = (algorithm: SigningAlgorithm) => createHash(hashName(algorithm)).update(message).digest();

/** The command line of openssl that verifies a signature over the message; undefined for Ed25519ph, which it lacks. */
async function opensslVerifies(KeyId: string, algorithm: SigningAlgorithm, signature: Buffer) {
  const { PublicKey } = await admin.GetPublicKey({ KeyId });
  const at = (name: string, bytes: Buffer) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const files = [at('key.der', PublicKey), at('message', message), at('signature', signature)] as const;
  const [key, input, sigfile] = files;
  const pss = ['-pkeyopt', 'rsa_padding_mode:pss', '-pkeyopt', 'rsa_pss_saltlen:digest'];
  const digested = ['-rawin', '-digest', hashName(algorithm), ...(algorithm.includes('PSS') ? pss : [])];
  const how = algorithm.startsWith('ED25519') ? ['-rawin'] : digested;
  const common = ['-pubin', '-inkey', key, '-keyform', 'DER', '-in', input, '-sigfile', sigfile];
  return execFileSync('openssl', ['pkeyutl', '-verify', ...common, ...how], { encoding: 'utf8' });
}

const CASES = SIGNERS.flatMap((spec) =>
  (algorithmsOf({ spec, usage: 'SIGN_VERIFY' }).SigningAlgorithms ?? []).map((algorithm) => [spec, algorithm] as const),
);

describe('Sign and Verify', () => {
  it.each(CASES)('by %s with %s agree with each other and with openssl', async (spec, SigningAlgorithm) => {
    const { id: KeyId, arn } = keys.get(spec)!;
    const raw = { KeyId, SigningAlgorithm, Message: message };
    const digest = { ...raw, MessageType: 'DIGEST', Message: digestOf(SigningAlgorithm) } as const;
    const ways = [
      ...(SigningAlgorithm === 'ED25519_PH_SHA_512' ? [] : [raw]),
      ...(SigningAlgorithm === 'ED25519_SHA_512' ? [] : [digest]),
    ];
    for (const way of ways) {
      const signed = await admin.Sign(way);
      expect(signed).toEqual({ KeyId: arn, Signature: expect.any(Buffer), SigningAlgorithm });
      const { Signature } = signed;
      for (const other of ways) {
        expect(await admin.Verify({ ...other, Signature })).toEqual({
          KeyId: arn,
          SignatureValid: true,
          SigningAlgorithm,
        });
      }
      if (SigningAlgorithm !== 'ED25519_PH_SHA_512') {
        expect(await opensslVerifies(KeyId, SigningAlgorithm, Signature)).toContain('Signature Verified Successfully');
      }
      const broken = Buffer.from(Signature);
      broken[broken.length - 1]! ^= 1;
      const refused = await failure(admin.Verify({ ...way, Signature: broken }));
      expect(refused).toMatchObject({ code: 'InvalidSignature', message: '' });
    }
  });

  it.each(SIGNERS)('by %s refuse every algorithm of other keys', async (spec) => {
    const { id: KeyId } = keys.get(spec)!;
    const fits = algorithmsOf({ spec, usage: 'SIGN_VERIFY' }).SigningAlgorithms ?? [];
    for (const SigningAlgorithm of SIGNING_ALGORITHMS.filter((algorithm) => !fits.includes(algorithm))) {
      const expected = {
        code: 'InvalidKeyUsage',
        message: `Algorithm ${SigningAlgorithm} is incompatible with key spec ${spec}.`,
      };
      const input = { KeyId, SigningAlgorithm, Message: message };
      expect(await failure(admin.Sign(input))).toMatchObject(expected);
      expect(await failure(admin.Verify({ ...input, Signature: message }))).toMatchObject(expected);
    }
  });

  it.each(CASES.filter(([, algorithm]) => algorithm !== 'ED25519_SHA_512'))(
    'by %s with %s take a digest of exactly its length',
    async (spec, SigningAlgorithm) => {
      const { id: KeyId } = keys.get(spec)!;
      const length = digestOf(SigningAlgorithm).length;
      for (const size of [1, length - 1, length + 1, 4096]) {
        const input = { KeyId, SigningAlgorithm, MessageType: 'DIGEST', Message: Buffer.alloc(size, 1) } as const;
        const expected = { code: 'Validation', message: `Digest is invalid length for algorithm ${SigningAlgorithm}.` };
        expect(await failure(admin.Sign(input))).toMatchObject(expected);
        expect(await failure(admin.Verify({ ...input, Signature: message }))).toMatchObject(expected);
      }
    },
  );

  it('hold Ed25519 to messages and Ed25519ph to digests, and refuse EXTERNAL_MU', async () => {
    const { id: KeyId } = keys.get('ECC_NIST_EDWARDS25519')!;
    const asked = (SigningAlgorithm: SigningAlgorithm, MessageType: 'RAW' | 'DIGEST' | 'EXTERNAL_MU') =>
      failure(admin.Sign({ KeyId, SigningAlgorithm, MessageType, Message: Buffer.alloc(64) }));
    expect(await asked('ED25519_SHA_512', 'DIGEST')).toMatchObject({ code: 'Validation' });
    expect(await asked('ED25519_PH_SHA_512', 'RAW')).toMatchObject({ code: 'Validation' });
    expect(await asked('ED25519_SHA_512', 'EXTERNAL_MU')).toMatchObject({ code: 'Validation' });
  });

  it('take messages of 1 to 4096 bytes', async () => {
    const { id: KeyId } = keys.get('ECC_NIST_P256')!;
    const asked = (size: number) =>
      admin.Sign({ KeyId, SigningAlgorithm: 'ECDSA_SHA_256', Message: Buffer.alloc(size, 1) });
    await asked(1);
    await asked(4096);
    expect((await failure(asked(0))).code).toBe('Validation');
    expect((await failure(asked(4097))).code).toBe('Validation');
  });

  it('verify what another holder of the private key signed, and not what a stranger did', async () => {
    const symmetric = await kms.key();
    const { id: KeyId } = keys.get('ECC_NIST_P256')!;
    const pair = await admin.GenerateDataKeyPair({ KeyId: symmetric.id, KeyPairSpec: 'ECC_NIST_P256' });
    writeFileSync(join(folder, 'private.der'), pair.PrivateKeyPlaintext);
    writeFileSync(join(folder, 'message'), message);
    const args = ['-inkey', join(folder, 'private.der'), '-keyform', 'DER', '-in', join(folder, 'message')];
    const Signature = execFileSync('openssl', ['pkeyutl', '-sign', ...args, '-rawin', '-digest', 'sha256']);
    const asked = { KeyId, SigningAlgorithm: 'ECDSA_SHA_256', Message: message, Signature } as const;
    expect((await failure(admin.Verify(asked))).code).toBe('InvalidSignature');
  });

  it('end a dry run where it would have succeeded', async () => {
    const { id: KeyId } = keys.get('ECC_NIST_P256')!;
    const input = { KeyId, SigningAlgorithm: 'ECDSA_SHA_256', Message: message, DryRun: true } as const;
    expect((await failure(admin.Sign(input))).code).toBe('DryRunOperation');
    expect((await failure(admin.Verify({ ...input, Signature: message }))).code).toBe('DryRunOperation');
  });

  it('are for keys of their usage only', async () => {
    const symmetric = await kms.key();
    const input = { KeyId: symmetric.id, SigningAlgorithm: 'ECDSA_SHA_256', Message: message } as const;
    const said = (operation: string) => ({
      code: 'InvalidKeyUsage',
      message: `${symmetric.arn} key usage is ENCRYPT_DECRYPT which is not valid for ${operation}.`,
    });
    expect(await failure(admin.Sign(input))).toMatchObject(said('Sign'));
    expect(await failure(admin.Verify({ ...input, Signature: message }))).toMatchObject(said('Verify'));
    const { id, arn } = keys.get('ECC_NIST_P256')!;
    expect(await failure(admin.Encrypt({ KeyId: id, Plaintext: message }))).toMatchObject({
      code: 'InvalidKeyUsage',
      message: `${arn} key usage is SIGN_VERIFY which is not valid for Encrypt.`,
    });
  });

  it('are decided by policies that look at algorithm and message type', async () => {
    const { id: KeyId } = await kms.key({
      KeySpec: 'RSA_2048',
      KeyUsage: 'SIGN_VERIFY',
      Policy: document(
        toAccount(),
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'kms:Sign',
          Resource: '*',
          Condition: { StringLike: { 'kms:SigningAlgorithm': 'RSASSA_PKCS1*' } },
        },
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'kms:Verify',
          Resource: '*',
          Condition: { StringEquals: { 'kms:MessageType': 'RAW' } },
        },
      ),
    });
    const pss = { KeyId, SigningAlgorithm: 'RSASSA_PSS_SHA_256', Message: message } as const;
    const { Signature } = await admin.Sign(pss);
    const pkcs1 = { ...pss, SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256' } as const;
    expect((await failure(admin.Sign(pkcs1))).code).toBe('AccessDenied');
    expect((await failure(admin.Verify({ ...pss, Signature }))).code).toBe('AccessDenied');
    const digest = { ...pss, MessageType: 'DIGEST', Message: digestOf('RSASSA_PSS_SHA_256') } as const;
    expect(await admin.Verify({ ...digest, Signature })).toMatchObject({ SignatureValid: true });
  });

  it('leave the message out of the record', async () => {
    const { id: KeyId, arn } = keys.get('ECC_NIST_P256')!;
    await admin.Sign({ KeyId, SigningAlgorithm: 'ECDSA_SHA_256', Message: message });
    const record = await kms.lastRecord();
    expect(record).toMatchObject({ eventName: 'Sign', resources: [{ ARN: arn }] });
    expect(record.requestParameters).toMatchObject({ KeyId, SigningAlgorithm: 'ECDSA_SHA_256' });
    expect(JSON.stringify(record)).not.toContain(message.toString('base64'));
  });
});

describe('an asymmetric key', () => {
  it.each(SIGNERS)('of spec %s shows what it is for and nothing else', async (spec) => {
    const { id: KeyId, arn } = keys.get(spec)!;
    const { KeyMetadata } = await admin.DescribeKey({ KeyId });
    const { SigningAlgorithms } = algorithmsOf({ spec, usage: 'SIGN_VERIFY' });
    expect(KeyMetadata).toMatchObject({ KeySpec: spec, CustomerMasterKeySpec: spec, KeyUsage: 'SIGN_VERIFY' });
    expect(KeyMetadata.SigningAlgorithms).toEqual(SigningAlgorithms);
    for (const absent of ['EncryptionAlgorithms', 'MacAlgorithms', 'CurrentKeyMaterialId']) {
      expect(KeyMetadata).not.toHaveProperty(absent);
    }
    const { PublicKey, ...answer } = await admin.GetPublicKey({ KeyId });
    expect(answer).toEqual({
      KeyId: arn,
      CustomerMasterKeySpec: spec,
      KeySpec: spec,
      KeyUsage: 'SIGN_VERIFY',
      SigningAlgorithms,
    });
    expect(PublicKey.equals((await admin.GetPublicKey({ KeyId: arn })).PublicKey)).toBe(true);
  });

  it('has a public key; symmetric and HMAC keys have none', async () => {
    for (const input of [{}, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }] as const) {
      const { id } = await kms.key(input);
      expect((await failure(admin.GetPublicKey({ KeyId: id }))).code).toBe('UnsupportedOperation');
    }
  });

  it('works after a restart, from its rows alone', async () => {
    const { id: KeyId } = keys.get('RSA_2048')!;
    const input = { KeyId, SigningAlgorithm: 'RSASSA_PSS_SHA_256', Message: message } as const;
    const { Signature } = await admin.Sign(input);
    kms = await kms.restart();
    admin = kms.user('admin');
    expect(await admin.Verify({ ...input, Signature })).toMatchObject({ SignatureValid: true });
  });
});
