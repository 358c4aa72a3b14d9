/** Signatures, RSA encryption, MACs and data key pairs by the unmodified AWS CLI and SDK; openssl is the judge. */
import { execFileSync } from 'node:child_process';
import { constants, createPublicKey, privateDecrypt, publicEncrypt, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyPairCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  ReEncryptCommand,
  SignCommand,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { aws, awsClients } from '../harness/clients.ts';

const server = inject('server');
const { kms } = awsClients(server);
const folder = mkdtempSync(join(tmpdir(), 'parapet-asymmetric-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function cli(...args: string[]): Promise<Record<string, string>> {
  const ran = await aws(server, ['kms', ...args]);
  if (ran.code !== 0) throw new Error(`aws kms ${args.join(' ')}: ${ran.stderr}`);
  return JSON.parse(ran.stdout);
}

const keyOf = async (input: CreateKeyCommandInput): Promise<string> =>
  (await kms.send(new CreateKeyCommand(input))).KeyMetadata?.Arn as string;
const bytes = (base64: string | undefined) => Buffer.from(base64 ?? '', 'base64');
const Message = Buffer.from('signed by a key nobody holds');
const message = file('message', Message);

describe('the AWS CLI', () => {
  it('signs, gives the public key out, and openssl verifies; forged signatures are refused', async () => {
    const made = (await cli('create-key', '--key-spec', 'ECC_NIST_P256', '--key-usage', 'SIGN_VERIFY')) as unknown as {
      KeyMetadata: { Arn: string; SigningAlgorithms: string[] };
    };
    expect(made.KeyMetadata.SigningAlgorithms).toEqual(['ECDSA_SHA_256']);
    const about = ['--key-id', made.KeyMetadata.Arn, '--signing-algorithm', 'ECDSA_SHA_256'];
    const signed = await cli('sign', ...about, '--message', `fileb://${message}`, '--message-type', 'RAW');
    const signature = file('signature', bytes(signed.Signature));
    const { PublicKey } = await cli('get-public-key', '--key-id', made.KeyMetadata.Arn);
    const key = file('public.der', bytes(PublicKey));
    const options = ['-pubin', '-keyform', 'DER', '-inkey', key, '-rawin', '-digest', 'sha256'];
    const verdict = execFileSync('openssl', [
      'pkeyutl',
      '-verify',
      ...options,
      '-in',
      message,
      '-sigfile',
      signature,
    ]).toString();
    expect(verdict).toContain('Signature Verified Successfully');
    const asked = ['verify', ...about, '--message', `fileb://${message}`];
    expect(await cli(...asked, '--signature', `fileb://${signature}`)).toMatchObject({ SignatureValid: true });
    const forged = bytes(signed.Signature);
    forged[forged.length - 1]! ^= 1;
    const refused = await aws(server, ['kms', ...asked, '--signature', `fileb://${file('forged', forged)}`]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('KMSInvalidSignatureException');
  });

  it('makes and verifies MACs', async () => {
    const made = (await cli(
      'create-key',
      '--key-spec',
      'HMAC_384',
      '--key-usage',
      'GENERATE_VERIFY_MAC',
    )) as unknown as {
      KeyMetadata: { Arn: string };
    };
    const about = ['--key-id', made.KeyMetadata.Arn, '--mac-algorithm', 'HMAC_SHA_384', '--message'];
    const { Mac } = await cli('generate-mac', ...about, `fileb://${message}`);
    expect(bytes(Mac)).toHaveLength(48);
    const mac = `fileb://${file('mac', bytes(Mac))}`;
    expect(await cli('verify-mac', ...about, `fileb://${message}`, '--mac', mac)).toMatchObject({ MacValid: true });
    const other = `fileb://${file('other', 'another message')}`;
    const refused = await aws(server, ['kms', 'verify-mac', ...about, other, '--mac', mac]);
    expect(refused.stderr).toContain('KMSInvalidMacException');
  });

  it('makes data key pairs that openssl reads', async () => {
    const key = await keyOf({});
    const about = ['--key-id', key, '--key-pair-spec', 'ECC_NIST_P384'];
    const made = await cli('generate-data-key-pair', ...about, '--encryption-context', 'app=tour');
    const read = file('private.der', bytes(made.PrivateKeyPlaintext));
    const args = ['pkey', '-inform', 'DER', '-in', read, '-pubout', '-outform', 'DER'];
    expect(execFileSync('openssl', args).equals(bytes(made.PublicKey))).toBe(true);
    const sealed = `fileb://${file('sealed', bytes(made.PrivateKeyCiphertextBlob))}`;
    const opened = await cli('decrypt', '--ciphertext-blob', sealed, '--encryption-context', 'app=tour');
    expect(opened.Plaintext).toBe(made.PrivateKeyPlaintext);
    const hidden = await cli('generate-data-key-pair-without-plaintext', ...about);
    expect(hidden).not.toHaveProperty('PrivateKeyPlaintext');
  });
});

describe('the AWS SDK', () => {
  it('signs by RSA-PSS and verifies, messages and digests', async () => {
    const KeyId = await keyOf({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
    const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }));
    const key = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' });
    const about = { KeyId, SigningAlgorithm: 'RSASSA_PSS_SHA_256' } as const;
    const digest = execFileSync('openssl', ['dgst', '-sha256', '-binary', message]);
    const inputs = [
      { ...about, Message, MessageType: 'RAW' },
      { ...about, Message: digest, MessageType: 'DIGEST' },
    ] as const;
    for (const input of inputs) {
      const { Signature } = await kms.send(new SignCommand(input));
      const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
      expect(verify('sha256', Message, { key, ...padding }, Signature!)).toBe(true);
      for (const other of inputs) {
        expect(await kms.send(new VerifyCommand({ ...other, Signature }))).toMatchObject({ SignatureValid: true });
      }
    }
    const bad = kms.send(new VerifyCommand({ ...inputs[0], Signature: Buffer.alloc(256) }));
    await expect(bad).rejects.toMatchObject({ name: 'KMSInvalidSignatureException' });
    const short = kms.send(new SignCommand({ ...about, Message: Buffer.alloc(31), MessageType: 'DIGEST' }));
    await expect(short).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Digest is invalid length for algorithm RSASSA_PSS_SHA_256.',
    });
  });

  it('encrypts by RSA, decrypts what openssl encrypted, and moves it to a symmetric key', async () => {
    const KeyId = await keyOf({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
    const EncryptionAlgorithm = 'RSAES_OAEP_SHA_256' as const;
    const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }));
    const key = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' });
    const ours = await kms.send(new EncryptCommand({ KeyId, Plaintext: Message, EncryptionAlgorithm }));
    const theirs = publicEncrypt({ key, oaepHash: 'sha256' }, Message);
    for (const CiphertextBlob of [ours.CiphertextBlob, theirs]) {
      const opened = await kms.send(new DecryptCommand({ KeyId, CiphertextBlob, EncryptionAlgorithm }));
      expect(Buffer.from(opened.Plaintext!).equals(Message)).toBe(true);
      expect(opened.KeyId).toBe(KeyId);
    }
    const moved = await kms.send(
      new ReEncryptCommand({
        CiphertextBlob: theirs,
        SourceKeyId: KeyId,
        SourceEncryptionAlgorithm: EncryptionAlgorithm,
        DestinationKeyId: await keyOf({}),
      }),
    );
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob: moved.CiphertextBlob }));
    expect(Buffer.from(opened.Plaintext!).equals(Message)).toBe(true);
  });

  it('answers an RSA data key pair that works outside', async () => {
    const KeyId = await keyOf({});
    const made = await kms.send(new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec: 'RSA_2048' }));
    const publicKey = createPublicKey({ key: Buffer.from(made.PublicKey!), format: 'der', type: 'spki' });
    const sealed = publicEncrypt({ key: publicKey, oaepHash: 'sha256' }, Message);
    const key = {
      key: Buffer.from(made.PrivateKeyPlaintext!),
      format: 'der',
      type: 'pkcs8',
      oaepHash: 'sha256',
    } as const;
    expect(privateDecrypt(key, sealed).equals(Message)).toBe(true);
    const hidden = await kms.send(
      new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId, KeyPairSpec: 'ECC_NIST_EDWARDS25519' }),
    );
    expect(hidden.PublicKey).toHaveLength(44);
  });

  it('makes MACs, and reads the refusals', async () => {
    const KeyId = await keyOf({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    const about = { KeyId, Message, MacAlgorithm: 'HMAC_SHA_256' } as const;
    const { Mac } = await kms.send(new GenerateMacCommand(about));
    expect(await kms.send(new VerifyMacCommand({ ...about, Mac }))).toMatchObject({ MacValid: true });
    const wrong = kms.send(new VerifyMacCommand({ ...about, Mac: Buffer.alloc(32) }));
    await expect(wrong).rejects.toMatchObject({ name: 'KMSInvalidMacException' });
    const sign = kms.send(new SignCommand({ KeyId, Message, SigningAlgorithm: 'ECDSA_SHA_256' }));
    await expect(sign).rejects.toMatchObject({
      name: 'InvalidKeyUsageException',
      message: `${KeyId} key usage is GENERATE_VERIFY_MAC which is not valid for Sign.`,
    });
  });
});
