/** The unmodified AWS CLI from Debian: keys, files, users, denials. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { aws, type Credentials } from '../harness/clients.ts';
import { allow, uniqueName } from '../harness/people.ts';

const server = inject('server');
const folder = mkdtempSync(join(tmpdir(), 'parapet-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function ok(args: string[], credentials?: Credentials): Promise<Record<string, never>> {
  const ran = await aws(server, args, credentials);
  if (ran.code !== 0) throw new Error(`aws ${args.join(' ')}: ${ran.stderr}`);
  return ran.stdout.trim() === '' ? {} : JSON.parse(ran.stdout);
}

describe('aws', () => {
  it('knows who it is', async () => {
    const me = (await ok(['sts', 'get-caller-identity'])) as unknown as { Account: string; Arn: string };
    expect(me.Account).toBe(server.admin.accountId);
    expect(me.Arn).toBe(`arn:aws:iam::${server.admin.accountId}:user/admin`);
  });

  it('creates a key, encrypts a file and gets it back', async () => {
    const { KeyMetadata } = (await ok([
      'kms',
      'create-key',
      '--description',
      'cli',
      '--tags',
      'TagKey=app,TagValue=tour',
    ])) as unknown as {
      KeyMetadata: { KeyId: string; Arn: string; KeyState: string };
    };
    expect(KeyMetadata.KeyState).toBe('Enabled');
    const alias = `alias/${uniqueName('cli')}`;
    await ok(['kms', 'create-alias', '--alias-name', alias, '--target-key-id', KeyMetadata.KeyId]);
    const plain = join(folder, 'plain');
    writeFileSync(plain, randomBytes(4096));
    const sealed = (await ok([
      'kms',
      'encrypt',
      '--key-id',
      alias,
      '--plaintext',
      `fileb://${plain}`,
      '--encryption-context',
      'app=tour',
    ])) as unknown as {
      CiphertextBlob: string;
    };
    const blob = join(folder, 'sealed');
    writeFileSync(blob, Buffer.from(sealed.CiphertextBlob, 'base64'));
    const opened = (await ok([
      'kms',
      'decrypt',
      '--ciphertext-blob',
      `fileb://${blob}`,
      '--encryption-context',
      'app=tour',
    ])) as unknown as {
      Plaintext: string;
      KeyId: string;
    };
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    expect(digest(Buffer.from(opened.Plaintext, 'base64'))).toBe(digest(readFileSync(plain)));
    expect(opened.KeyId).toBe(KeyMetadata.Arn);

    const wrong = await aws(server, [
      'kms',
      'decrypt',
      '--ciphertext-blob',
      `fileb://${blob}`,
      '--encryption-context',
      'app=other',
    ]);
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toContain('InvalidCiphertextException');

    const scheduled = (await ok([
      'kms',
      'schedule-key-deletion',
      '--key-id',
      KeyMetadata.KeyId,
      '--pending-window-in-days',
      '1096',
    ])) as unknown as {
      KeyState: string;
    };
    expect(scheduled.KeyState).toBe('PendingDeletion');
    const pending = await aws(server, [
      'kms',
      'decrypt',
      '--ciphertext-blob',
      `fileb://${blob}`,
      '--encryption-context',
      'app=tour',
    ]);
    expect(pending.stderr).toContain('KMSInvalidStateException');
    expect(pending.stderr).toContain('pending deletion');
    await ok(['kms', 'cancel-key-deletion', '--key-id', KeyMetadata.KeyId]);
    await ok(['kms', 'enable-key', '--key-id', KeyMetadata.KeyId]);
    await ok(['kms', 'decrypt', '--ciphertext-blob', `fileb://${blob}`, '--encryption-context', 'app=tour']);
  });

  it('manages users, policies and keys, and is denied where policy says so', async () => {
    const name = uniqueName('cli');
    await ok(['iam', 'create-user', '--user-name', name, '--tags', 'Key=team,Value=red']);
    const { AccessKey } = (await ok(['iam', 'create-access-key', '--user-name', name])) as unknown as {
      AccessKey: { AccessKeyId: string; SecretAccessKey: string };
    };
    const credentials = { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
    const denied = await aws(server, ['kms', 'list-keys'], credentials);
    expect(denied.stderr).toContain('AccessDeniedException');
    expect(denied.stderr).toContain('because no identity-based policy allows the kms:ListKeys action');
    const policy = JSON.stringify(allow('kms:ListKeys'));
    await ok(['iam', 'put-user-policy', '--user-name', name, '--policy-name', 'keys', '--policy-document', policy]);
    await expect
      .poll(async () => (await aws(server, ['kms', 'list-keys'], credentials)).code, { timeout: 20_000 })
      .toBe(0);
    const stored = (await ok(['iam', 'get-user-policy', '--user-name', name, '--policy-name', 'keys'])) as unknown as {
      PolicyDocument: object;
    };
    expect(stored.PolicyDocument).toEqual(JSON.parse(policy));
    const bad = await aws(server, [
      'iam',
      'put-user-policy',
      '--user-name',
      name,
      '--policy-name',
      'x',
      '--policy-document',
      '{"Version":"2012-10-17","Statement":[{"Effect":"Alow","Action":"*","Resource":"*"}]}',
    ]);
    expect(bad.stderr).toContain('MalformedPolicyDocument');
    const conflict = await aws(server, ['iam', 'delete-user', '--user-name', name]);
    expect(conflict.stderr).toContain('DeleteConflict');
    const missing = await aws(server, ['iam', 'get-user', '--user-name', `${name}-not`]);
    expect(missing.stderr).toContain('NoSuchEntity');
    const { Users } = (await ok(['iam', 'list-users'])) as unknown as { Users: { UserName: string }[] };
    expect(Users.map((u) => u.UserName)).toContain(name);
  });

  it('works with temporary credentials', async () => {
    const { Credentials: c } = (await ok(['sts', 'get-session-token', '--duration-seconds', '900'])) as unknown as {
      Credentials: { AccessKeyId: string; SecretAccessKey: string; SessionToken: string };
    };
    const session = { accessKeyId: c.AccessKeyId, secretAccessKey: c.SecretAccessKey, sessionToken: c.SessionToken };
    await ok(['kms', 'list-keys'], session);
    const without = await aws(server, ['kms', 'list-keys'], {
      accessKeyId: c.AccessKeyId,
      secretAccessKey: c.SecretAccessKey,
    });
    expect(without.stderr).toContain('UnrecognizedClientException');
  });
});
