/** Targets with the whole product: a real PostgreSQL server, and the roles, keys and policies of a real account. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type PostgresSubject, postgresSubject } from '../../services/ccms/targets/testing/postgres-subject.ts';
import { eventually } from '../harness/clients.ts';
import { policy, uniqueName } from '../harness/people.ts';
import { native } from '../harness/signed.ts';

const server = inject('server');
const VAULT = { Service: 'secretsmanager.amazonaws.com' };

let database: PostgresSubject;
let secretArn: string;
beforeAll(async () => {
  database = await postgresSubject();
  const { username, password } = database.settings.admin;
  const SecretString = JSON.stringify({ username, password: password.toString() });
  secretArn = (await ask('ccms/create-secret', { Name: uniqueName('rotator'), SecretString })).ARN as string;
}, 60_000);
afterAll(() => database.stop());

async function ask(path: string, input: object): Promise<Record<string, unknown>> {
  const answer = await native(server, `/v1/${path}`, input);
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.text}`);
  return answer.json();
}

async function makeRole(trusted: object, condition?: object): Promise<string> {
  const RoleName = uniqueName('rotator');
  const AssumeRolePolicyDocument = policy({
    Effect: 'Allow',
    Principal: trusted,
    Action: 'sts:AssumeRole',
    ...(condition && { Condition: condition }),
  });
  const { Role } = await ask('iam/create-role', { RoleName, AssumeRolePolicyDocument });
  const PolicyDocument = policy({ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: secretArn });
  await ask('iam/put-role-policy', { RoleName, PolicyName: 'read', PolicyDocument });
  return (Role as { Arn: string }).Arn;
}

const createTarget = (RoleArn: string, Name = uniqueName('shop')) =>
  native(server, '/v1/ccms/create-target', {
    Name,
    Engine: 'postgres',
    Endpoints: [{ Host: 'localhost', Port: database.serverPort }],
    Tls: { Mode: 'plain' },
    Database: database.settings.database,
    AdminSecretId: secretArn,
    RoleArn,
  });

describe('a target', () => {
  it('is reached with the secret that its role may read, for itself only', async () => {
    const Name = uniqueName('shop');
    const SourceArn = `arn:aws:secretsmanager:local-1:${server.admin.accountId}:target:${Name}`;
    const role = await makeRole(VAULT, { ArnEquals: { 'aws:SourceArn': SourceArn } });
    expect((await createTarget(role, Name)).status).toBe(200);
    const other = await createTarget(role);
    expect(other.status).toBe(400);
    expect(other.json()).toMatchObject({ code: 'InvalidParameter' });
    expect(await ask('ccms/test-target', { Name })).toMatchObject({ Passed: true });
  });

  it('is not reached any more when the role may not read the secret, or does not let the vault in', async () => {
    const Name = uniqueName('shop');
    const role = await makeRole(VAULT);
    expect((await createTarget(role, Name)).status).toBe(200);
    await ask('iam/delete-role-policy', { RoleName: role.split('/').at(-1), PolicyName: 'read' });
    const refused = async () => {
      const answer = await native(server, '/v1/ccms/test-target', { Name });
      return answer.json().code === 'TargetFailed';
    };
    expect(await eventually(refused)).toBe(true);
    const closed = await makeRole({ AWS: server.admin.accountId });
    expect((await createTarget(closed)).json()).toMatchObject({ code: 'InvalidParameter' });
  });
});
