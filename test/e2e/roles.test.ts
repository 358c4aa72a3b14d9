/** Roles and sessions through the clients people have. */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { aws, type Credentials } from '../harness/clients.ts';
import { allow, createAccount, createUser, type Person, uniqueName } from '../harness/people.ts';

const server = inject('server');

async function ok(args: string[], credentials?: Credentials): Promise<Record<string, unknown>> {
  const ran = await aws(server, args, credentials);
  if (ran.code !== 0) throw new Error(`aws ${args.join(' ')}: ${ran.stderr}`);
  return ran.stdout.trim() === '' ? {} : JSON.parse(ran.stdout);
}

async function refused(args: string[], credentials?: Credentials): Promise<string> {
  const ran = await aws(server, args, credentials);
  expect(ran.code, ran.stdout).not.toBe(0);
  return ran.stderr;
}

interface CliSession {
  Credentials: { AccessKeyId: string; SecretAccessKey: string; SessionToken: string; Expiration: string };
  AssumedRoleUser: { AssumedRoleId: string; Arn: string };
}

function keysOf(session: unknown): Credentials {
  const { AccessKeyId, SecretAccessKey, SessionToken } = (session as CliSession).Credentials;
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

const policy = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
const trust = (principal: string, condition?: object) =>
  policy({
    Effect: 'Allow',
    Principal: { AWS: principal },
    Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
    ...(condition && { Condition: condition }),
  });

describe('aws iam and aws sts', () => {
  let other: Person;
  const role = uniqueName('operator');
  const roleArn = `arn:aws:iam::${server.admin.accountId}:role/${role}`;

  beforeAll(async () => {
    other = await createAccount(server);
    const external = trust(other.accountId, { StringEquals: { 'sts:ExternalId': 'contract-7' } });
    await ok(['iam', 'create-role', '--role-name', role, '--assume-role-policy-document', external]);
    const use = policy({ Effect: 'Allow', Action: ['kms:CreateKey', 'kms:ListKeys'], Resource: '*' });
    await ok(['iam', 'put-role-policy', '--role-name', role, '--policy-name', 'use', '--policy-document', use]);
  });

  const assume = (...more: string[]) => [
    'sts',
    'assume-role',
    '--role-arn',
    roleArn,
    '--role-session-name',
    'deploy',
    ...more,
  ];

  it('assume a role of another account with the right external id, and use it on kms', async () => {
    const session = await ok(assume('--external-id', 'contract-7'), other.credentials);
    const { AssumedRoleUser } = session as unknown as CliSession;
    expect(AssumedRoleUser.Arn).toBe(`arn:aws:sts::${server.admin.accountId}:assumed-role/${role}/deploy`);
    expect(AssumedRoleUser.AssumedRoleId).toMatch(/^AROA[A-Z2-7]{17}:deploy$/);
    const keys = keysOf(session);
    expect(await ok(['sts', 'get-caller-identity'], keys)).toEqual({
      UserId: AssumedRoleUser.AssumedRoleId,
      Account: server.admin.accountId,
      Arn: AssumedRoleUser.Arn,
    });
    const { KeyMetadata } = await ok(['kms', 'create-key'], keys);
    expect((KeyMetadata as { AWSAccountId: string }).AWSAccountId).toBe(server.admin.accountId);
    expect(await refused(['iam', 'list-users'], keys)).toContain(
      `AccessDenied) when calling the ListUsers operation: User: ${AssumedRoleUser.Arn} is not authorized`,
    );
  });

  it('refuse a wrong external id, and one that is left out, as if there were no such role', async () => {
    const missing = roleArn.replace(role, `${role}-missing`);
    const absent = await refused(
      ['sts', 'assume-role', '--role-arn', missing, '--role-session-name', 'deploy'],
      other.credentials,
    );
    for (const more of [['--external-id', 'contract-8'], []]) {
      const denied = await refused(assume(...more), other.credentials);
      expect(denied).toContain('AccessDenied');
      expect(denied.replaceAll(roleArn, 'ROLE')).toBe(absent.replaceAll(missing, 'ROLE'));
    }
  });

  it('refuse a user of the trusted account who has no permission of its own', async () => {
    const nobody = await createUser(server, undefined, other.credentials);
    expect(await refused(assume('--external-id', 'contract-7'), nobody.credentials)).toContain('AccessDenied');
    const allowed = await createUser(server, allow('sts:AssumeRole', roleArn), other.credentials);
    await ok(assume('--external-id', 'contract-7'), allowed.credentials);
  });
});
