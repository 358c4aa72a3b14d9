/** Rotation by a real HTTPS function, which uses the vault in its own right. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rotateSecrets } from '../../jobs/rotate-secrets.ts';
import { testCertificate } from '../../targets/testing/certificates.ts';
import { failure, NO_POLICY, type VaultClient, VaultHarness } from '../../testing/harness.ts';
import { MINUTE } from './testing/rotation-world.ts';

const SIGNING = 'a key that nobody guesses';
interface Event {
  Step: string;
  SecretId: string;
  ClientRequestToken: string;
  RotationToken: string;
}
type Answer = { status?: number; headers?: Record<string, string>; body?: string };

let vault: VaultHarness;
let admin: VaultClient;
let rotator: VaultClient;
let server: Server;
let certificate: string;
let RoleArn: string;
const seen: Event[] = [];
let behaviour: (event: Event) => Promise<Answer | undefined>;

/** What AWS's templates do, without a database. */
async function template({ Step, SecretId, ClientRequestToken, RotationToken }: Event): Promise<undefined> {
  const { VersionIdsToStages = {} } = await rotator.DescribeSecret({ SecretId });
  if (VersionIdsToStages[ClientRequestToken]?.includes('AWSCURRENT')) return;
  if (!VersionIdsToStages[ClientRequestToken]?.includes('AWSPENDING')) throw new Error('not pending');
  if (Step === 'createSecret') {
    await rotator.PutSecretValue({
      ...{ SecretId, ClientRequestToken, RotationToken },
      SecretString: `value of ${ClientRequestToken}`,
      VersionStages: ['AWSPENDING'],
    });
  }
  if (Step === 'finishSecret') {
    const current = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes('AWSCURRENT'))?.[0];
    await rotator.UpdateSecretVersionStage({
      SecretId,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: ClientRequestToken,
      ...(current !== undefined && { RemoveFromVersionId: current }),
    });
  }
}

beforeAll(async () => {
  vault = await VaultHarness.open();
  admin = vault.user('admin');
  rotator = vault.user('function');
  RoleArn = vault.role('signer');
  await admin.CreateSecret({ Name: 'signing', SecretString: SIGNING });
  const made = testCertificate('localhost', undefined);
  certificate = made.pem;
  server = createServer({ key: readFileSync(made.keyFile), cert: made.pem }, (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', async () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const { 'parapet-timestamp': time, 'parapet-nonce': nonce, 'parapet-signature': signature } = incoming.headers;
      const expected = createHmac('sha256', SIGNING).update(`${time}.${nonce}.${body}`).digest('hex');
      if (signature !== `v1=${expected}`) return outgoing.writeHead(401).end();
      const event = JSON.parse(body) as Event;
      seen.push(event);
      try {
        const { status = 200, headers = {}, body: answer = '' } = (await behaviour(event)) ?? {};
        outgoing.writeHead(status, headers).end(answer);
      } catch {
        outgoing.writeHead(500).end('something secret');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await vault.close();
});
beforeEach(() => {
  seen.length = 0;
  behaviour = template;
});

let count = 0;
async function registered(more: object = {}): Promise<string> {
  const Url = `https://localhost:${(server.address() as AddressInfo).port}/rotate`;
  const Name = `rotate-${++count}`;
  const input = { Name, Url, Ca: certificate, RoleArn, SigningSecretId: 'signing', ...more };
  return (await admin.RegisterRotationFunction(input)).Function.Arn;
}
async function rotating(RotationLambdaARN: string): Promise<{ SecretId: string; token: string }> {
  const SecretId = `fn-${++count}`;
  await admin.CreateSecret({ Name: SecretId, SecretString: 'first' });
  const token = vault.token();
  await admin.RotateSecret({ SecretId, ClientRequestToken: token, RotationLambdaARN });
  return { SecretId, token };
}
async function work(): Promise<void> {
  await rotateSecrets.run(vault.deps);
  await vault.deps.runner.idle();
}
const run = async (SecretId: string) => (await admin.ListRotationRuns({ SecretId })).Runs[0];

describe('a function', () => {
  it('is called for the four steps of AWS, and the service takes AWSPENDING away at the end', async () => {
    const arn = await registered();
    expect(arn).toMatch(/^arn:aws:lambda:local-1:\d{12}:function:rotate-\d+$/);
    const { SecretId, token } = await rotating(arn);
    await work();
    const { ARN, ...described } = await admin.DescribeSecret({ SecretId });
    expect(seen).toMatchObject(
      ['createSecret', 'setSecret', 'testSecret', 'finishSecret'].map((Step) => ({
        ...{ Step, SecretId: ARN, ClientRequestToken: token },
      })),
    );
    expect(described).toMatchObject({ RotationEnabled: true, RotationLambdaARN: arn });
    expect(described.VersionIdsToStages?.[token]).toEqual(['AWSCURRENT']);
    expect((await admin.GetSecretValue({ SecretId })).SecretString).toBe(`value of ${token}`);
    expect(await run(SecretId)).toMatchObject({ State: 'RETIRED' });
  });

  it('that answers an error is called again later, with the same token', async () => {
    const { SecretId, token } = await rotating(await registered());
    behaviour = async (event) => (event.Step === 'testSecret' ? { status: 500, body: 'no' } : template(event));
    await work();
    expect(await run(SecretId)).toMatchObject({ State: 'RETRY_WAIT', Step: 'test', Failure: 'function-failed' });
    behaviour = template;
    vault.kms.advance(MINUTE);
    await work();
    expect(await run(SecretId)).toMatchObject({ State: 'RETIRED', VersionId: token });
  });

  describe('is asked to test, when the secret is not to rotate at once,', () => {
    const tried = async (RotationLambdaARN: string, value = 'first') => {
      const SecretId = `fn-${++count}`;
      await admin.CreateSecret({ Name: SecretId, SecretString: value });
      const before = await admin.DescribeSecret({ SecretId });
      const input = { SecretId, ClientRequestToken: vault.token(), RotationLambdaARN, RotateImmediately: false };
      const answer = await admin.RotateSecret(input);
      const after = await admin.DescribeSecret({ SecretId });
      expect(after.VersionIdsToStages).toEqual(before.VersionIdsToStages);
      expect((await admin.ListSecretVersionIds({ SecretId, IncludeDeprecated: true })).Versions).toHaveLength(1);
      expect(answer.VersionId).toBeUndefined();
      expect(after.RotationEnabled).toBe(true);
      return { SecretId, result: answer.ConfigurationTest };
    };

    it('a version of its own that has AWSPENDING and the present value', async () => {
      const read: (string | undefined)[] = [];
      behaviour = async (event) => {
        const { SecretId, ClientRequestToken: VersionId } = event;
        const { SecretString } = await rotator.GetSecretValue({ SecretId, VersionId, VersionStage: 'AWSPENDING' });
        read.push(SecretString);
        return template(event);
      };
      const { SecretId, result } = await tried(await registered());
      expect(result).toEqual({ Succeeded: true });
      expect([read, seen.map(({ Step }) => Step)]).toEqual([['first'], ['testSecret']]);
      // The next version is the second one, as if nothing had been.
      await admin.PutSecretValue({ SecretId, SecretString: 'second' });
      const [secret] = await vault.store.read.selectFrom('secret').selectAll().where('name', '=', SecretId).execute();
      expect(secret?.last_ordinal).toBe(2);
      await admin.RotateSecret({ SecretId, ClientRequestToken: vault.token(), Force: true, Reason: 'a test' });
    });

    it.each([
      ['fails', async () => ({ status: 500 }), {}, 'function-failed'],
      ['redirects', async () => ({ status: 302, headers: { location: 'https://localhost/' } }), {}, 'function-refused'],
      ['is not there', template, { Url: 'https://localhost:1/' }, 'function-unreachable'],
    ] as const)('and tells that it %s', async (_what, does, more, Failure) => {
      behaviour = does;
      expect((await tried(await registered(more))).result).toEqual({ Succeeded: false, Failure });
    });

    it('but not while a rotation works with AWSPENDING', async () => {
      const arn = await registered();
      const { SecretId } = await rotating(arn);
      const again = { SecretId, ClientRequestToken: vault.token(), RotateImmediately: false };
      expect(await failure(admin.RotateSecret(again))).toMatchObject({ code: 'InvalidRequest' });
      expect(seen).toEqual([]);
    });

    it('and what the function writes meanwhile stays', async () => {
      behaviour = async ({ SecretId }) => {
        await rotator.UpdateSecret({ SecretId, Description: 'seen by the function' });
        return {};
      };
      const { SecretId, result } = await tried(await registered());
      expect(result).toEqual({ Succeeded: true });
      expect((await admin.DescribeSecret({ SecretId })).Description).toBe('seen by the function');
    });
  });

  it.each([
    ['made no value', 'create'],
    ['did not move the stage', 'finish'],
  ])('that says it is done and %s has failed', async (_what, step) => {
    const { SecretId } = await rotating(await registered());
    const skipped = step === 'create' ? 'createSecret' : 'finishSecret';
    behaviour = async (event) => (event.Step === skipped ? undefined : template(event));
    await work();
    expect(await run(SecretId)).toMatchObject({ State: 'RETRY_WAIT', Step: step, Failure: 'function-failed' });
  });

  it.each([
    ['redirects', { status: 302, headers: { location: 'https://localhost/' } }],
    ['answers too much', { status: 200, body: 'x'.repeat(100_000) }],
  ])('that %s is refused', async (_what, answer) => {
    const { SecretId } = await rotating(await registered());
    behaviour = async () => answer;
    await work();
    expect(await run(SecretId)).toMatchObject({ State: 'FAILED', Failure: 'function-refused' });
    expect(seen.length).toBe(1);
  });

  it.each([
    ['cannot prove who it is', { Ca: testCertificate('localhost', undefined).pem }, 'function-refused', 'FAILED'],
    ['has the certificate of another name', { Url: '127.0.0.1' }, 'function-refused', 'FAILED'],
    ['stands where the vault may not connect to', { Url: '169.254.169.254' }, 'function-refused', 'FAILED'],
    ['is not there', { Url: 'https://localhost:1/' }, 'function-unreachable', 'RETRY_WAIT'],
  ])('that %s is not called', async (_what, more, Failure, State) => {
    const { port } = server.address() as AddressInfo;
    const { Url } = more as { Url?: string };
    const input = Url === undefined || Url.startsWith('https') ? more : { Url: `https://${Url}:${port}/` };
    const { SecretId } = await rotating(await registered(input));
    await work();
    expect(await run(SecretId)).toMatchObject({ State, Failure });
    expect(seen).toEqual([]);
  });

  it('is not called when the role may not read the key of the signatures', async () => {
    const role = vault.role('nobody', NO_POLICY);
    const { SecretId } = await rotating(await registered({ RoleArn: role }));
    await work();
    expect(await run(SecretId)).toMatchObject({ State: 'FAILED', Failure: 'access-denied' });
    expect(seen).toEqual([]);
  });

  it('is forgotten only when no secret rotates by it', async () => {
    const arn = await registered();
    const Name = arn.split(':').at(-1) as string;
    const { SecretId } = await rotating(arn);
    expect(await failure(admin.DeregisterRotationFunction({ Name }))).toMatchObject({ code: 'InvalidRequest' });
    await admin.DeleteSecret({ SecretId, ForceDeleteWithoutRecovery: true });
    await admin.DeregisterRotationFunction({ Name });
    expect(await failure(admin.DescribeRotationFunction({ Name }))).toMatchObject({ code: 'NotFound' });
  });

  it.each([
    ['plain HTTP', { Url: 'http://localhost/' }],
    ['a password in the address', { Url: 'https://a:b@localhost/' }],
    ['a CA that is none', { Ca: 'x' }],
    ['a secret of nobody', { SigningSecretId: 'missing' }],
    ['a role of nobody', { RoleArn: 'arn:aws:iam::111122223333:role/missing' }],
  ])('is not registered with %s', async (_what, more) => {
    const { code } = await failure(registered(more));
    expect(['Validation', 'InvalidParameter']).toContain(code);
  });
});
