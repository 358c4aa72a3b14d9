/** Rotation with the whole product: the AWS CLI, a function with the AWS SDK, a real PostgreSQL server. */
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { testCertificate } from '../../services/ccms/targets/testing/certificates.ts';
import { type PostgresSubject, postgresSubject } from '../../services/ccms/targets/testing/postgres-subject.ts';
import { logsIn } from '../../services/ccms/targets/testing/subject.ts';
import { adminCredentials, aws, awsClients, eventually } from '../harness/clients.ts';
import { allow, createUser, policy, uniqueName } from '../harness/people.ts';
import { native } from '../harness/signed.ts';

const server = inject('server');
const admin = awsClients(server, adminCredentials(server)).secrets;

async function ask(path: string, input: object): Promise<Record<string, unknown>> {
  const answer = await native(server, `/v1/${path}`, input);
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.text}`);
  return answer.json();
}

async function cli(...args: string[]): Promise<Record<string, unknown>> {
  const ran = await aws(server, ['secretsmanager', ...args]);
  if (ran.code !== 0) throw new Error(`aws ${args.join(' ')}: ${ran.stderr}`);
  return JSON.parse(ran.stdout) as Record<string, unknown>;
}

async function makeRole(...actions: string[]): Promise<string> {
  const RoleName = uniqueName('rotator');
  const AssumeRolePolicyDocument = policy({
    Effect: 'Allow',
    Principal: { Service: 'secretsmanager.amazonaws.com' },
    Action: 'sts:AssumeRole',
  });
  const { Role } = await ask('iam/create-role', { RoleName, AssumeRolePolicyDocument });
  const PolicyDocument = policy({ Effect: 'Allow', Action: actions, Resource: '*' });
  await ask('iam/put-role-policy', { RoleName, PolicyName: 'rotate', PolicyDocument });
  return (Role as { Arn: string }).Arn;
}

/** Whether the version becomes AWSCURRENT, and holds nothing else. */
const isCurrent = (SecretId: string, token: string) =>
  eventually(async () => {
    const { VersionIdsToStages = {} } = await admin.send(new DescribeSecretCommand({ SecretId }));
    return JSON.stringify(VersionIdsToStages[token]) === '["AWSCURRENT"]';
  }, 60_000);

describe('aws secretsmanager rotate-secret', () => {
  let database: PostgresSubject;
  let Target: string;
  let RoleArn: string;
  beforeAll(async () => {
    database = await postgresSubject();
    const { username, password } = database.settings.admin;
    const AdminSecretId = uniqueName('rotator');
    const SecretString = JSON.stringify({ username, password: password.toString() });
    await ask('ccms/create-secret', { Name: AdminSecretId, SecretString });
    RoleArn = await makeRole(
      ...['GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'].map((name) => `secretsmanager:${name}`),
    );
    Target = uniqueName('shop');
    await ask('ccms/create-target', {
      ...{ Name: Target, Engine: 'postgres', Database: database.settings.database },
      Endpoints: [{ Host: 'localhost', Port: database.serverPort }],
      Tls: { Mode: 'plain' },
      AdminSecretId,
      RoleArn,
    });
  }, 90_000);
  afterAll(() => database.stop());

  it('gives a database user its next password, in the role of the target', { timeout: 120_000 }, async () => {
    const SecretId = uniqueName('db');
    await ask('ccms/create-secret', { Name: SecretId });
    const at = { Name: Target, Users: ['shop_a', 'shop_b'], OwnerRole: 'shop_owner' };
    await ask('ccms/put-rotation-strategy', { SecretId, Target: at });
    const rules = ['--rotation-rules', 'ScheduleExpression=rate(10 days),Duration=3h'];
    const { VersionId } = await cli('rotate-secret', '--secret-id', SecretId, ...rules);
    expect(await isCurrent(SecretId, VersionId as string)).toBe(true);
    const { SecretString = '' } = await admin.send(new GetSecretValueCommand({ SecretId }));
    const value = JSON.parse(SecretString) as { username: string; password: string };
    expect(value.username).toBe('shop_a');
    expect(await logsIn(database, { ...value, password: Buffer.from(value.password) })).toBe(true);
    const described = await cli('describe-secret', '--secret-id', SecretId);
    expect(described).toMatchObject({
      RotationEnabled: true,
      RotationRules: { ScheduleExpression: 'rate(10 days)', Duration: '3h' },
      LastRotatedDate: expect.anything(),
      NextRotationDate: expect.anything(),
    });
    const { Versions } = await ask('ccms/list-secret-versions', { SecretId });
    const [version] = Versions as { CreatedBy: string }[];
    expect(version?.CreatedBy).toContain(`:assumed-role/${RoleArn.split('/').at(-1)}/`);
    expect((await cli('cancel-rotate-secret', '--secret-id', SecretId)).VersionId).toBeUndefined();
  });

  it('is refused with the errors of AWS', async () => {
    const SecretId = uniqueName('db');
    await ask('ccms/create-secret', { Name: SecretId });
    const none = await aws(server, ['secretsmanager', 'rotate-secret', '--secret-id', SecretId]);
    expect(none.stderr).toContain('InvalidRequestException');
    const arn = `arn:aws:lambda:local-1:${server.admin.accountId}:function:nobody`;
    const unknown = await aws(server, [
      ...['secretsmanager', 'rotate-secret', '--secret-id', SecretId, '--rotation-lambda-arn', arn],
    ]);
    expect(unknown.stderr).toContain('AccessDeniedException');
    const both = ['--rotation-rules', 'AutomaticallyAfterDays=1,ScheduleExpression=rate(1 day)'];
    const at = { Name: Target, Users: ['x_a', 'x_b'], OwnerRole: 'shop_owner' };
    await ask('ccms/put-rotation-strategy', { SecretId, Target: at });
    const wrong = await aws(server, ['secretsmanager', 'rotate-secret', '--secret-id', SecretId, ...both]);
    expect(wrong.stderr).toContain('InvalidParameterException');
  });
});

describe('a function with the AWS SDK', () => {
  let https: Server;
  let Url: string;
  let Ca: string;
  const key = randomUUID();
  const steps: string[] = [];

  beforeAll(async () => {
    const actions = ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'];
    const user = await createUser(server, allow(actions.map((name) => `secretsmanager:${name}`)));
    const { secrets } = awsClients(server, user.credentials);
    const made = testCertificate('localhost', undefined);
    Ca = made.pem;
    https = createServer({ key: readFileSync(made.keyFile), cert: made.pem }, async (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString('utf8');
      const signed = `${incoming.headers['parapet-timestamp']}.${incoming.headers['parapet-nonce']}.${body}`;
      const expected = Buffer.from(`v1=${createHmac('sha256', key).update(signed).digest('hex')}`);
      const given = Buffer.from(String(incoming.headers['parapet-signature']));
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return outgoing.writeHead(401).end();
      try {
        await handle(JSON.parse(body));
        outgoing.writeHead(200).end();
      } catch {
        outgoing.writeHead(500).end();
      }
    });
    /** As AWS's template for rotation functions has it. */
    async function handle({ Step, SecretId, ClientRequestToken, RotationToken }: Record<string, string>) {
      steps.push(Step as string);
      const { RotationEnabled, VersionIdsToStages = {} } = await secrets.send(new DescribeSecretCommand({ SecretId }));
      const stages = VersionIdsToStages[ClientRequestToken as string];
      if (!RotationEnabled || !stages) throw new Error('not rotating');
      if (stages.includes('AWSCURRENT')) return;
      if (!stages.includes('AWSPENDING')) throw new Error('not pending');
      const pending = { SecretId, VersionStage: 'AWSPENDING', VersionId: ClientRequestToken };
      if (Step === 'createSecret') {
        await secrets.send(new GetSecretValueCommand({ SecretId, VersionStage: 'AWSCURRENT' }));
        await secrets.send(new GetSecretValueCommand(pending)).catch(() =>
          secrets.send(
            new PutSecretValueCommand({
              ...{ SecretId, ClientRequestToken, RotationToken },
              SecretString: `new ${ClientRequestToken}`,
              VersionStages: ['AWSPENDING'],
            }),
          ),
        );
      } else if (Step === 'testSecret') await secrets.send(new GetSecretValueCommand(pending));
      else if (Step === 'finishSecret') {
        const held = Object.entries(VersionIdsToStages).find(([, names]) => names.includes('AWSCURRENT'));
        await secrets.send(
          new UpdateSecretVersionStageCommand({
            ...{ SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: ClientRequestToken },
            RemoveFromVersionId: held?.[0],
          }),
        );
      }
    }
    await new Promise<void>((resolve) => https.listen(0, 'localhost', resolve));
    Url = `https://localhost:${(https.address() as AddressInfo).port}/rotate`;
  }, 60_000);
  afterAll(() => void https.close());

  it('rotates a secret that the CLI binds it to by its ARN', { timeout: 120_000 }, async () => {
    const SigningSecretId = uniqueName('signing');
    await ask('ccms/create-secret', { Name: SigningSecretId, SecretString: key });
    const RoleArn = await makeRole('secretsmanager:GetSecretValue');
    const Name = uniqueName('rotate');
    const { Function: registered } = await ask('ccms/register-rotation-function', {
      ...{ Name, Url, Ca, RoleArn, SigningSecretId },
    });
    const { Arn } = registered as { Arn: string };
    const SecretId = uniqueName('api-key');
    await ask('ccms/create-secret', { Name: SecretId, SecretString: 'first' });
    const { VersionId } = await cli(
      ...['rotate-secret', '--secret-id', SecretId, '--rotation-lambda-arn', Arn],
      ...['--rotation-rules', 'AutomaticallyAfterDays=30'],
    );
    expect(await isCurrent(SecretId, VersionId as string)).toBe(true);
    expect(steps).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret']);
    const { SecretString } = await admin.send(new GetSecretValueCommand({ SecretId }));
    expect(SecretString).toBe(`new ${VersionId}`);
    const described = await admin.send(new DescribeSecretCommand({ SecretId }));
    expect(described).toMatchObject({ RotationEnabled: true, RotationLambdaARN: Arn });
    expect(described.NextRotationDate).toBeInstanceOf(Date);
  });
});

describe('access keys of a user', () => {
  it('are rotated in a role, and the new one signs requests', { timeout: 120_000 }, async () => {
    const user = await createUser(server);
    const actions = ['CreateAccessKey', 'ListAccessKeys', 'UpdateAccessKey', 'DeleteAccessKey', 'GetAccessKeyLastUsed'];
    const RoleArn = await makeRole(
      ...actions.map((name) => `iam:${name}`),
      ...['GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'].map((name) => `secretsmanager:${name}`),
    );
    const SecretId = uniqueName('robot');
    await ask('ccms/create-secret', { Name: SecretId });
    await ask('ccms/put-rotation-strategy', { SecretId, AccessKey: { UserName: user.name, RoleArn } });
    const { VersionId } = await cli('rotate-secret', '--secret-id', SecretId);
    expect(await isCurrent(SecretId, VersionId as string)).toBe(true);
    const { SecretString = '' } = await admin.send(new GetSecretValueCommand({ SecretId }));
    const made = JSON.parse(SecretString) as { AccessKeyId: string; SecretAccessKey: string };
    const { sts } = awsClients(server, { accessKeyId: made.AccessKeyId, secretAccessKey: made.SecretAccessKey });
    expect((await sts.send(new GetCallerIdentityCommand({}))).Arn).toBe(user.arn);
    const { Runs } = await ask('ccms/list-rotation-runs', { SecretId });
    expect(Runs).toMatchObject([{ State: 'FINISHED', VersionId }]);
  });
});
