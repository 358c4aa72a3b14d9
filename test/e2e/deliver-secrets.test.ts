/** Secrets from their provider to a consumer: grants, keys, questions about them, wrapped values. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateKeyCommand, ListGrantsCommand } from '@aws-sdk/client-kms';
import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { adminCredentials, awsClients, environment, eventually } from '../harness/clients.ts';
import { ensureOrganization, joinedAccount } from '../harness/organization.ts';
import { runPage } from '../harness/page.ts';
import { allow, createAccount, createUser, type Person, uniqueName } from '../harness/people.ts';
import { root } from '../harness/server.ts';
import { native } from '../harness/signed.ts';

const server = inject('server');
const { secrets, kms } = awsClients(server);
const VALUE = '{"user":"app","password":"hunter2"}';

let consumer: Person;
beforeAll(async () => {
  consumer = await createUser(server, allow('secretsmanager:BatchGetSecretValue'));
});

async function ask(path: string, input: object, by?: Person): Promise<Record<string, unknown>> {
  const answer = await native(server, `/v1/${path}`, input, by ? { credentials: by.credentials } : {});
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.text}`);
  return answer.json();
}
const refusal = async (path: string, input: object, by: Person) => {
  const answer = await native(server, `/v1/${path}`, input, { credentials: by.credentials });
  return [answer.status, answer.json().code];
};
const grant = async (SecretId: string, to: Person, more: object = {}) =>
  (await ask('ccms/create-secret-grant', { SecretId, GranteePrincipal: to.arn, ...more })).Grant as {
    GrantId: string;
    KeyGrantId?: string;
  };
const decision = async (Principal: string, Resource: string, by?: Person) =>
  (await ask('authz/authorize', { Principal, Action: 'secretsmanager:GetSecretValue', Resource }, by)) as {
    Decision: string;
    Message: string;
    Layers: { Statements: { PolicyArn: string }[] }[];
  };

async function newSecret(KmsKeyId?: string): Promise<string> {
  const made = await secrets.send(
    new CreateSecretCommand({ Name: uniqueName('deliver'), SecretString: VALUE, ...(KmsKeyId && { KmsKeyId }) }),
  );
  return made.ARN as string;
}

describe('the page about delivering a secret', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-deliver-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('works as it is written down', async () => {
    const { shown, printed, ...ran } = await runPage(server, 'docs/how-to/deliver-a-secret.md', folder);
    expect(ran).toEqual({ code: 0, stderr: '' });
    expect(shown.length).toBeGreaterThan(6);
    expect(printed).toEqual(shown);
  }, 600_000);
});

describe('parapet run', () => {
  it('passes signals on to the program, and ends as it ends', async () => {
    const SecretId = await newSecret();
    const script = "process.on('SIGTERM', () => process.exit(9)); console.log('ready'); setInterval(() => {}, 1000)";
    const words = ['run', '--map', `V=${SecretId}:password`, '--', process.execPath, '-e', script];
    const child = spawn(process.execPath, [join(root, 'dist/bin/parapet.js'), ...words], {
      env: environment(server, adminCredentials(server)),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGTERM');
    expect(await ended).toBe(9);
  });
});

describe('a grant', () => {
  it('lets a user of the account read with unmodified clients, until it is revoked', async () => {
    const arn = await newSecret();
    const there = awsClients(server, consumer.credentials).secrets;
    const read = () => there.send(new GetSecretValueCommand({ SecretId: arn }));
    await expect(read()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect((await decision(consumer.arn, arn)).Decision).toBe('Deny');
    const { GrantId } = await grant(arn, consumer, { Fields: ['password'], Purpose: 'end to end' });
    expect((await read()).SecretString).toBe('{"password":"hunter2"}');
    expect((await there.send(new DescribeSecretCommand({ SecretId: arn }))).ARN).toBe(arn);
    const batch = await there.send(new BatchGetSecretValueCommand({ SecretIdList: [arn] }));
    expect(batch.SecretValues).toMatchObject([{ SecretString: '{"password":"hunter2"}' }]);

    const asked = await decision(consumer.arn, arn);
    expect(asked).toMatchObject({ Decision: 'Allow', Message: expect.stringContaining(`/grant/${GrantId}`) });
    const explained = await ask('authz/explain', {
      Principal: consumer.arn,
      Action: 'secretsmanager:GetSecretValue',
      Resource: arn,
    });
    expect(JSON.stringify(explained)).toContain(`${arn}/grant/${GrantId}`);
    expect(explained).toMatchObject({ Decision: 'Allow', Layer: 'resource' });

    await ask('ccms/revoke-secret-grant', { SecretId: arn, GrantId });
    await expect(read()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect((await decision(consumer.arn, arn)).Decision).toBe('Deny');
    const { Grants } = await ask('ccms/list-secret-grants', { SecretId: arn });
    expect(Grants).toMatchObject([{ GrantId, Status: 'Revoked' }]);
  });

  it('of a secret with a key of its own lets the grantee use the key for that secret', async () => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    const KeyId = KeyMetadata?.Arn as string;
    const arn = await newSecret(KeyId);
    const there = awsClients(server, consumer.credentials).secrets;
    const { GrantId, KeyGrantId } = await grant(arn, consumer);
    const read = () => there.send(new GetSecretValueCommand({ SecretId: arn }));
    const { SecretString } = await eventually(() => read().catch(() => undefined));
    expect(SecretString).toBe(VALUE);
    expect((await kms.send(new ListGrantsCommand({ KeyId }))).Grants).toMatchObject([{ GrantId: KeyGrantId }]);
    expect(await ask('ccms/revoke-secret-grant', { SecretId: arn, GrantId })).toMatchObject({ KeyGrantEnded: true });
    expect((await kms.send(new ListGrantsCommand({ KeyId }))).Grants).toEqual([]);
    await expect(read()).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('reaches into another account of the organization, and into no account outside of it', async () => {
    await ensureOrganization(server);
    const member = await joinedAccount(server);
    const outside = await createAccount(server);
    const bob = await createUser(server, undefined, member.credentials);
    const arn = await newSecret();
    const refused = await native(server, '/v1/ccms/create-secret-grant', {
      SecretId: arn,
      GranteePrincipal: outside.arn,
    });
    expect([refused.status, refused.json().code]).toEqual([400, 'InvalidParameter']);
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    await secrets.send(new UpdateSecretCommand({ SecretId: arn, KmsKeyId: KeyMetadata?.Arn }));
    const { GrantId } = await eventually(() => grant(arn, bob).catch(() => undefined));
    const there = awsClients(server, bob.credentials).secrets;
    const read = () => there.send(new GetSecretValueCommand({ SecretId: arn }));
    expect((await eventually(() => read().catch(() => undefined))).SecretString).toBe(VALUE);
    expect((await decision(bob.arn, arn, member)).Decision).toBe('Allow');
    const received = await ask('ccms/list-received-secret-grants', {}, member);
    expect(JSON.stringify(received)).not.toContain(GrantId);
    await ask('ccms/revoke-secret-grant', { SecretId: arn, GrantId });
    await expect(read()).rejects.toThrow();
    expect((await decision(bob.arn, arn, member)).Decision).toBe('Deny');
  });
});

describe('a wrapped value', () => {
  it('is read once; the second reader and the records of the account say so', async () => {
    const SecretId = await newSecret();
    const { WrappingToken, Wrapping } = (await ask('ccms/wrap-secret-value', {
      SecretId,
      Recipient: consumer.arn,
    })) as {
      WrappingToken: string;
      Wrapping: { WrappingId: string };
    };
    const thief = await createUser(server);
    expect(await refusal('ccms/unwrap-secret-value', { WrappingToken }, thief)).toEqual([404, 'InvalidWrappingToken']);
    const unwrap = () =>
      native(server, '/v1/ccms/unwrap-secret-value', { WrappingToken }, { credentials: consumer.credentials });
    const answers = await Promise.all([unwrap(), unwrap(), unwrap()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    expect(answers.find(({ status }) => status === 200)?.json().SecretString).toBe(VALUE);
    for (const answer of answers.filter(({ status }) => status !== 200))
      expect(answer.json().code).toBe('WrappingUsed');
    const described = await ask('ccms/describe-wrapping', { SecretId, WrappingId: Wrapping.WrappingId });
    expect(described.Wrapping).toMatchObject({ Status: 'Unwrapped', UnwrappedBy: consumer.arn, MisuseCount: 3 });
    const events = await eventually(async () => {
      const path = '/v1/audit/events?EventName=WrappingInterceptionSuspected';
      const { Events } = (await native(server, path, {}, { method: 'GET' })).json() as { Events: object[] };
      const ours = Events.map((event) => JSON.stringify(event)).filter((text) => text.includes(SecretId));
      return ours.length === 3 ? ours : undefined;
    }, 10_000);
    expect(events.filter((event) => event.includes('not-the-recipient'))).toHaveLength(1);
    expect(events.join('')).not.toContain(WrappingToken);
  });
});

describe('watching', () => {
  it('tells a consumer of a new version as soon as there is one', async () => {
    const SecretId = await newSecret();
    const watcher = await createUser(server, allow('secretsmanager:WatchSecrets'));
    await grant(SecretId, watcher, { Actions: ['DescribeSecret'] });
    const { Cursor } = await ask('ccms/watch-secrets', {}, watcher);
    const waiting = ask('ccms/watch-secrets', { Cursor, WaitSeconds: 30, SecretIds: [SecretId] }, watcher);
    const put = await ask('ccms/put-secret-value', { SecretId, SecretString: 'second' });
    const { Changes } = await waiting;
    expect(Changes).toMatchObject([
      { SecretARN: SecretId, Reasons: ['value'], VersionIdsToStages: { [put.VersionId as string]: ['AWSCURRENT'] } },
    ]);
    expect(JSON.stringify(Changes)).not.toContain('second');
  });

  it('answers when nothing happened for longer than other requests may take', async () => {
    const watcher = await createUser(server, allow('secretsmanager:WatchSecrets'));
    const { Cursor } = await ask('ccms/watch-secrets', {}, watcher);
    expect((await ask('ccms/watch-secrets', { Cursor, WaitSeconds: 12 }, watcher)).Changes).toEqual([]);
  }, 30_000);
});
