/** The `parapet` command and the typed client as users run them, over TLS against a running server. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createParapet, type Parapet, ParapetError } from '../../sdk/index.ts';
import { rawPublicKey, verifierText } from '../../tlog/note.ts';
import { adminCredentials, type Credentials, environment, eventually, type Ran, run } from '../harness/clients.ts';
import { createAccount, createUser, type Person, uniqueName } from '../harness/people.ts';
import { root } from '../harness/server.ts';

const server = inject('server');
const folder = mkdtempSync(join(tmpdir(), 'parapet-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

const command = join(root, 'dist/bin/parapet.js');
function parapet(
  words: string[],
  credentials: Credentials = adminCredentials(server),
  more: Record<string, string> = {},
): Promise<Ran> {
  return run(process.execPath, [command, ...words], { ...environment(server, credentials), ...more });
}

let keyArn: string;
let denied: Person;
beforeAll(async () => {
  const made = await parapet(['kms', 'create-key', '--description', 'command line', '--tags', 'TagKey=a,TagValue=b']);
  keyArn = JSON.parse(made.stdout).KeyMetadata.Arn;
  denied = await createUser(server);
});

describe('the command line', () => {
  it('finds everything well', async () => {
    const { code, stdout } = await parapet(['doctor']);
    expect(stdout).not.toContain('FAIL');
    expect(stdout).toMatch(/^ok {4}hsm /m);
    expect(code).toBe(0);
  });

  it('claims a root user without credentials', async () => {
    const account = await createAccount(server);
    const issued = await parapet(['iam', 'issue-root-claim', '--account-id', account.accountId]);
    const { Token } = JSON.parse(issued.stdout) as { Token: string };
    const {
      AWS_ACCESS_KEY_ID: _id,
      AWS_SECRET_ACCESS_KEY: _secret,
      ...nobody
    } = environment(server, adminCredentials(server));
    const words = ['iam', 'claim-root-user', '--account-id', account.accountId, '--token', Token];
    const claimed = await run(process.execPath, [command, ...words], nobody);
    expect(claimed).toMatchObject({ code: 0, stderr: '' });
    const { AccessKey } = JSON.parse(claimed.stdout) as { AccessKey: { AccessKeyId: string; SecretAccessKey: string } };
    const root = { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
    expect((await parapet(['whoami'], root)).stdout).toContain(`${account.accountId}:root`);
  });

  it('takes the settings of the administrator from the data folder', async () => {
    const { stdout } = await run(process.execPath, [command, 'env', '--data', server.dataFolder]);
    const whoami = await run('sh', ['-c', `eval "$1"; exec "$2" "$3" whoami`, 'sh', stdout, process.execPath, command]);
    expect(whoami).toMatchObject({ code: 0, stderr: '' });
    expect(whoami.stdout).toContain(`:user/${server.admin.userName}`);
  });

  it('encrypts a file and opens it again', async () => {
    const [plain, sealed, opened] = ['plain', 'sealed', 'opened'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(plain, Buffer.from(Array.from({ length: 4096 }, (_, i) => i % 256)));
    const context = ['--encryption-context', 'app=shop'];
    const words = ['kms', 'encrypt', '--key-id', keyArn, '--plaintext', `fileb://${plain}`, ...context];
    expect(await parapet([...words, '--save', `CiphertextBlob=${sealed}`])).toMatchObject({ code: 0, stderr: '' });
    const open = ['kms', 'decrypt', '--ciphertext-blob', `fileb://${sealed}`, '--save', `Plaintext=${opened}`];
    expect(await parapet([...open, ...context])).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(opened)).toEqual(readFileSync(plain));
    expect(statSync(opened).mode & 0o777).toBe(0o600);
    const wrong = await parapet([...open, '--encryption-context', 'app=other']);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toMatch(/^error: InvalidCiphertext/);
  });

  it('exits with 3 when a policy denies, and the denial can be explained', async () => {
    const refused = await parapet(['kms', 'describe-key', '--key-id', keyArn], denied.credentials);
    expect(refused).toMatchObject({ code: 3, stdout: '' });
    const [, id = ''] = /parapet authz get-decision --decision-id (\S+)/.exec(refused.stderr) ?? [];
    const explained = await eventually(async () => {
      const answer = await parapet(['authz', 'get-decision', '--decision-id', id]);
      return answer.code === 0 && answer;
    });
    expect(JSON.parse(explained.stdout)).toMatchObject({ Effect: 'deny', Action: 'kms:DescribeKey', Resource: keyArn });
  });

  it('answers can-i by its exit code', async () => {
    expect(await parapet(['can-i', 'kms:Decrypt', keyArn])).toMatchObject({ code: 0 });
    const no = await parapet(['can-i', 'kms:Decrypt', keyArn, '--principal', denied.arn]);
    expect(no.code).toBe(1);
    expect(no.stdout).toMatch(/^no \(implicit-deny\)/);
  });

  it('prints curl commands that work', async () => {
    for (const words of [
      ['kms', 'describe-key', '--key-id', keyArn],
      ['audit', 'lookup-events', '--resource', keyArn, '--limit', '1'],
    ]) {
      const printed = await parapet([...words, '--curl']);
      expect(printed.stdout).not.toContain(server.admin.secretAccessKey);
      const ran = await run('sh', ['-c', printed.stdout], environment(server, adminCredentials(server)));
      expect(ran).toMatchObject({ code: 0 });
      expect(JSON.parse(ran.stdout)).toEqual(expect.any(Object));
    }
  });

  it('verifies the chain of the account', async () => {
    const verified = await parapet(['audit', 'verify', '--output', 'json']);
    expect(verified.code).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, records: expect.any(Number) });
    const tail = await parapet(['audit', 'tail', '--no-follow', '--lines', '3']);
    expect(tail.code).toBe(0);
    expect(tail.stdout.trim().split('\n').length).toBeGreaterThanOrEqual(3);
  });

  it('proves the log of all accounts, and that it continues what was kept', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'log-'));
    const file = join(folder, 'checkpoint');
    try {
      const prove = async (...words: string[]) => {
        const ran = await parapet(['audit', 'verify', '--checkpoint', file, '--output', 'json', ...words]);
        return { code: ran.code, ...(JSON.parse(ran.stdout) as { log: Record<string, unknown> }) };
      };
      const first = await prove();
      expect(first).toMatchObject({ code: 0, log: { ok: true, found: expect.any(Number) } });
      expect(first.log.found).toBeGreaterThan(3);
      const kept = readFileSync(file, 'utf8');
      await parapet(['kms', 'list-keys']);
      await eventually(async () => (await prove()).log.size !== first.log.size);
      const [origin, size] = kept.split('\n') as [string, string];
      // A log that had other records: its note is kept, so whoever holds it sees two histories.
      writeFileSync(file, kept.replace(/\n[A-Za-z0-9+/]{43}=\n/, `\n${randomBytes(32).toString('base64')}\n`));
      expect(await prove()).toMatchObject({ code: 6, log: { ok: false, reason: 'split', origin } });
      writeFileSync(file, kept.replace(`\n${size}\n`, '\n999999999\n'));
      expect(await prove()).toMatchObject({ code: 6, log: { reason: 'split' } });
      writeFileSync(file, kept);
      const { publicKey } = generateKeyPairSync('ed25519');
      const raw = rawPublicKey(publicKey.export({ format: 'der', type: 'spki' })) as Buffer;
      const stranger = verifierText({ name: origin, kind: 'log', publicKey: raw });
      expect(await prove('--log-key', stranger)).toMatchObject({ code: 3, log: { reason: 'signature' } });
      expect(readFileSync(file, 'utf8')).toBe(kept);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('exits with 4 when the certificate is not trusted and when there is no server', async () => {
    const untrusted = await parapet(['whoami'], undefined, { AWS_CA_BUNDLE: '', NODE_EXTRA_CA_CERTS: '' });
    expect(untrusted).toMatchObject({ code: 4, stdout: '' });
    expect(untrusted.stderr).toMatch(/^error: Untrusted: .*\n {2}hint: trust the CA/);
    expect(await parapet(['whoami', '--endpoint', 'https://127.0.0.1:9'])).toMatchObject({ code: 4, stdout: '' });
  });

  it('exits with 3 when the secret is wrong and with 1 when half of the key is missing', async () => {
    const wrong = { ...adminCredentials(server), secretAccessKey: 'x'.repeat(40) };
    expect(await parapet(['whoami'], wrong)).toMatchObject({ code: 3, stdout: '' });
    expect(await parapet(['whoami'], undefined, { AWS_SECRET_ACCESS_KEY: '' })).toMatchObject({ code: 1, stdout: '' });
  });
});

describe('the typed client', () => {
  const connect = (
    credentials: Parameters<typeof createParapet>[0]['credentials'] = adminCredentials(server),
  ): Parapet =>
    createParapet({
      endpoint: server.endpoint,
      region: server.admin.region,
      ca: readFileSync(server.caPath),
      ...(credentials && { credentials }),
    });

  it('encrypts and decrypts', async () => {
    const client = connect();
    const Plaintext = Buffer.from([0, 255, 10, 13]);
    const { CiphertextBlob } = await client.kms.encrypt({ KeyId: keyArn, Plaintext });
    expect((await client.kms.decrypt({ CiphertextBlob })).Plaintext).toEqual(Plaintext);
    client.close();
  });

  it('works with a session token in place of an access key', async () => {
    const client = connect();
    const { Token, ExpiresAt } = await client.sts.createSession({ DurationSeconds: 900 });
    client.close();
    expect(ExpiresAt).toBeGreaterThan(Date.now());
    const session = connect({ bearer: Token });
    expect((await session.sts.getCallerIdentity()).Arn).toContain(`:user/${server.admin.userName}`);
    session.close();
  });

  it('carries a repeated write out once', async () => {
    const client = connect();
    const UserName = uniqueName('twice');
    const idempotencyKey = uniqueName('key');
    const [first, second] = [
      await client.iam.createUser({ UserName }, { idempotencyKey }),
      await client.iam.createUser({ UserName }, { idempotencyKey }),
    ];
    expect(second).toEqual(first);
    const error = await client.iam.createUser({ UserName }).catch((thrown: unknown) => thrown as ParapetError);
    expect(error).toMatchObject({ code: 'EntityAlreadyExists', status: 409 });
    client.close();
  });

  it('follows the pages of a list', async () => {
    const client = connect();
    const made = await Promise.all([1, 2, 3].map(async () => (await client.kms.createKey()).KeyMetadata.KeyId));
    const seen: string[] = [];
    for await (const { Keys } of client.kms.paginate.listKeys({ Limit: 2 })) {
      expect(Keys.length).toBeLessThanOrEqual(2);
      seen.push(...Keys.map((key) => key.KeyId));
    }
    expect(seen).toEqual(expect.arrayContaining(made));
    expect(new Set(seen).size).toBe(seen.length);
    client.close();
  });

  it('says which member the server refuses, and why a caller is denied', async () => {
    const client = connect(denied.credentials);
    const error = await client.kms.createKey().catch((thrown: unknown) => thrown as ParapetError);
    expect(error).toBeInstanceOf(ParapetError);
    expect(error).toMatchObject({
      code: 'AccessDenied',
      status: 403,
      decisionId: expect.any(String),
      requestId: expect.any(String),
    });
    client.close();
  });
});
