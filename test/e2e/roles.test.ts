/** Roles and sessions through the clients people have. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreatePolicyCommand,
  CreateRoleCommand,
  GetRoleCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { CreateKeyCommand, ListKeysCommand } from '@aws-sdk/client-kms';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { authenticator } from '../harness/authenticator.ts';
import { aws, awsClients, type Credentials } from '../harness/clients.ts';
import { allow, createAccount, createUser, keysOf, type Person, policy, trust, uniqueName } from '../harness/people.ts';

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
  AssumedRoleUser: { AssumedRoleId: string; Arn: string };
}

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

  it('describe, list, change and delete a role', async () => {
    const name = uniqueName('role');
    const document = trust(server.admin.accountId);
    const created = await ok([
      ...['iam', 'create-role', '--role-name', name, '--path', '/ops/', '--description', 'on call'],
      ...['--assume-role-policy-document', document, '--max-session-duration', '7200', '--tags', 'Key=team,Value=a'],
    ]);
    const { Role } = (await ok(['iam', 'get-role', '--role-name', name])) as { Role: Record<string, unknown> };
    expect(Role).toEqual({ ...(created as { Role: object }).Role, RoleLastUsed: {} });
    expect(Role).toMatchObject({ Path: '/ops/', MaxSessionDuration: 7200, Description: 'on call' });
    // The CLI decodes the document itself, which is percent-encoded on the wire.
    expect(Role.AssumeRolePolicyDocument).toEqual(JSON.parse(document));
    const listed = (await ok(['iam', 'list-roles', '--path-prefix', '/ops/'])) as { Roles: { RoleName: string }[] };
    expect(listed.Roles.map((r) => r.RoleName)).toContain(name);
    await ok(['iam', 'update-role', '--role-name', name, '--max-session-duration', '3600']);
    await ok(['iam', 'update-role-description', '--role-name', name, '--description', 'off']);
    expect(await ok(['iam', 'list-role-tags', '--role-name', name])).toMatchObject({ Tags: [{ Key: 'team' }] });
  });

  it('give a role policies, and delete it when they are gone', async () => {
    const name = uniqueName('role');
    await ok([
      'iam',
      'create-role',
      '--role-name',
      name,
      '--assume-role-policy-document',
      trust(server.admin.accountId),
    ]);
    const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
    await ok(['iam', 'attach-role-policy', '--role-name', name, '--policy-arn', PolicyArn]);
    expect(await ok(['iam', 'list-attached-role-policies', '--role-name', name])).toMatchObject({
      AttachedPolicies: [{ PolicyArn }],
    });
    expect(await refused(['iam', 'delete-role', '--role-name', name])).toContain('DeleteConflict');
    await ok(['iam', 'detach-role-policy', '--role-name', name, '--policy-arn', PolicyArn]);
    await ok(['iam', 'delete-role', '--role-name', name]);
    expect(await refused(['iam', 'get-role', '--role-name', name])).toContain('NoSuchEntity');
  });

  it('narrow a session by its policy, and refuse one that is malformed', async () => {
    const session = await ok(
      assume(
        '--external-id',
        'contract-7',
        '--policy',
        policy({ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' }),
      ),
      other.credentials,
    );
    await ok(['kms', 'list-keys'], keysOf(session));
    expect(await refused(['kms', 'create-key'], keysOf(session))).toContain('no session policy allows');
    expect(await refused(assume('--external-id', 'contract-7', '--policy', '{}'), other.credentials)).toContain(
      'MalformedPolicyDocument',
    );
  });

  it('make a device from a file, enable it, and get a session with it', async () => {
    const user = await createUser(
      server,
      allow('iam:ListUsers', '*', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }),
    );
    const folder = mkdtempSync(join(tmpdir(), 'parapet-mfa-'));
    try {
      const create = (method: string, file: string, name: string) =>
        ok([
          ...['iam', 'create-virtual-mfa-device', '--virtual-mfa-device-name', name],
          ...['--outfile', join(folder, file), '--bootstrap-method', method],
        ]);
      await create('QRCodePNG', 'code.png', uniqueName('picture'));
      expect(readFileSync(join(folder, 'code.png')).subarray(1, 4).toString('latin1')).toBe('PNG');
      const made = (await create('Base32StringSeed', 'seed', user.name)) as {
        VirtualMFADevice: { SerialNumber: string };
      };
      const serial = made.VirtualMFADevice.SerialNumber;
      const code = authenticator(readFileSync(join(folder, 'seed'), 'latin1'));
      const enable = [
        ...['iam', 'enable-mfa-device', '--user-name', user.name, '--serial-number', serial],
        ...['--authentication-code1', code(-1), '--authentication-code2', code(0)],
      ];
      await ok(enable);
      const login = (token: string) => [
        ...['sts', 'get-session-token', '--serial-number', serial, '--token-code', token, '--duration-seconds', '900'],
      ];
      const next = code(1);
      const session = await ok(login(next), user.credentials);
      await ok(['iam', 'list-users'], keysOf(session));
      expect(await refused(['iam', 'list-users'], user.credentials)).toContain('AccessDenied');
      for (const used of [code(0), next])
        expect(await refused(login(used), user.credentials)).toContain('MultiFactorAuthentication failed');
      expect(await ok(['iam', 'list-mfa-devices', '--user-name', user.name])).toMatchObject({
        MFADevices: [{ UserName: user.name, SerialNumber: serial }],
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('give a federated user what its policy allows', async () => {
    const session = await ok([
      ...['sts', 'get-federation-token', '--name', 'bob'],
      ...['--policy', policy({ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' })],
    ]);
    const me = await ok(['sts', 'get-caller-identity'], keysOf(session));
    expect(me.Arn).toBe(`arn:aws:sts::${server.admin.accountId}:federated-user/bob`);
    await ok(['kms', 'list-keys'], keysOf(session));
    expect(await refused(['kms', 'create-key'], keysOf(session))).toContain('AccessDenied');
  });
});

describe('the AWS SDK', () => {
  const { iam, sts } = awsClients(server);
  const here = server.admin.accountId;
  const newRole = async (document: string, actions: string[], more = {}) => {
    const RoleName = uniqueName('role');
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: document, ...more }));
    const PolicyDocument = policy({ Effect: 'Allow', Action: actions, Resource: '*' });
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'use', PolicyDocument }));
    return { RoleName, RoleArn: Role?.Arn as string };
  };
  it('gets an encoded trust policy, tags, and a session with tags and source identity', async () => {
    const { RoleName, RoleArn } = await newRole(trust(here), ['sts:GetCallerIdentity']);
    const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument as string)).toBe(trust(here));
    const answer = await sts.send(
      new AssumeRoleCommand({
        RoleArn,
        RoleSessionName: 'sdk',
        Tags: [{ Key: 'team', Value: 'a' }],
        TransitiveTagKeys: ['team'],
        SourceIdentity: 'alice',
      }),
    );
    expect(answer.SourceIdentity).toBe('alice');
    expect(answer.PackedPolicySize).toBe(1);
    expect(answer.Credentials?.Expiration).toBeInstanceOf(Date);
  });

  it('goes through a chain of roles, an hour at most', async () => {
    const first = await newRole(trust(here), ['sts:AssumeRole'], { MaxSessionDuration: 43_200 });
    const second = await newRole(trust(first.RoleArn), ['kms:ListKeys'], { MaxSessionDuration: 43_200 });
    const parent = awsClients(
      server,
      keysOf(await sts.send(new AssumeRoleCommand({ ...first, RoleSessionName: 'one' }))),
    );
    const chain = (DurationSeconds: number) =>
      parent.sts.send(new AssumeRoleCommand({ RoleArn: second.RoleArn, RoleSessionName: 'two', DurationSeconds }));
    await expect(chain(3601)).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringContaining('role chaining'),
    });
    const { kms } = awsClients(server, keysOf(await chain(3600)));
    await kms.send(new ListKeysCommand({}));
    const direct = new AssumeRoleCommand({ RoleArn: second.RoleArn, RoleSessionName: 'two' });
    await expect(sts.send(direct)).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('is held to the boundary of a role', async () => {
    const { RoleName, RoleArn } = await newRole(trust(here), ['kms:*']);
    const { Policy } = await iam.send(
      new CreatePolicyCommand({
        PolicyName: uniqueName('boundary'),
        PolicyDocument: policy({ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' }),
      }),
    );
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: Policy?.Arn }));
    const { kms } = awsClients(
      server,
      keysOf(await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'bounded' }))),
    );
    // Another node hears of the boundary a little later.
    await expect
      .poll(
        () =>
          kms.send(new CreateKeyCommand({})).then(
            () => 'made',
            (e) => e.message,
          ),
        { timeout: 20_000 },
      )
      .toContain('no permissions boundary allows');
    await kms.send(new ListKeysCommand({}));
  });
});
