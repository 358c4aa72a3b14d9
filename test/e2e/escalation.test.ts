/**
 * The known ways from one permission to all of them (pathfinding.cloud iam-001 to iam-021, sts-001). Each works as it
 * does at AWS for somebody without a boundary: who may rewrite permissions has them all. And each ends at a boundary:
 * one without the first step refuses it, one that permits every step still refuses what lies beyond.
 */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { authenticator } from '../harness/authenticator.ts';
import { type Credentials, eventually, type RawAnswer } from '../harness/clients.ts';
import {
  allow,
  createKey,
  createUser,
  keysOf,
  type Person,
  policy,
  putPolicy,
  trust,
  uniqueName,
} from '../harness/people.ts';
import { native } from '../harness/signed.ts';

const server = inject('server');
const home = server.admin.accountId;
const EVERYTHING = policy({ Effect: 'Allow', Action: '*', Resource: '*' });
const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess';

async function ask(path: string, input: object, credentials?: Credentials): Promise<Record<string, unknown>> {
  const answer = await native(server, path, input, credentials ? { credentials } : {});
  if (answer.status !== 200) throw Object.assign(new Error(answer.text), { status: answer.status });
  return answer.text === '' ? {} : answer.json();
}

/** What none of the permissions of a path gives: reading who the users are. */
const goal = (credentials: Credentials): Promise<RawAnswer> =>
  native(server, '/v1/iam/list-users', {}, { credentials });

interface Victims {
  admin: Person;
  role: { name: string; arn: string };
  managed: string;
  group: string;
}

interface Path {
  name: string;
  actions: string[];
  /** Gives the attacker what the path begins with. */
  begin?(attacker: Person, victims: Victims): Promise<void>;
  /** Walks the path; answers the credentials it ends with. */
  walk(attacker: Person, victims: Victims): Promise<Credentials>;
  /** Ends with credentials of somebody else, which the boundary of the attacker does not bind. */
  borrowed?: true;
}

const assume = async (attacker: Person, RoleArn: string) =>
  keysOf(await ask('/v1/sts/assume-role', { RoleArn, RoleSessionName: 'climb' }, attacker.credentials));

const paths: Path[] = [
  {
    name: 'CreatePolicyVersion of a policy of one’s own',
    actions: ['iam:CreatePolicyVersion'],
    begin: (me, { managed }) =>
      ask('/v1/iam/attach-user-policy', { UserName: me.name, PolicyArn: managed }).then(() => {}),
    async walk(me, { managed }) {
      const input = { PolicyArn: managed, PolicyDocument: EVERYTHING, SetAsDefault: true };
      await ask('/v1/iam/create-policy-version', input, me.credentials);
      return me.credentials;
    },
  },
  {
    name: 'SetDefaultPolicyVersion to a wider version',
    actions: ['iam:SetDefaultPolicyVersion'],
    async begin(me, { managed }) {
      await ask('/v1/iam/create-policy-version', { PolicyArn: managed, PolicyDocument: EVERYTHING });
      await ask('/v1/iam/attach-user-policy', { UserName: me.name, PolicyArn: managed });
    },
    async walk(me, { managed }) {
      await ask('/v1/iam/set-default-policy-version', { PolicyArn: managed, VersionId: 'v2' }, me.credentials);
      return me.credentials;
    },
  },
  {
    name: 'PutUserPolicy on oneself',
    actions: ['iam:PutUserPolicy'],
    async walk(me) {
      const input = { UserName: me.name, PolicyName: 'climb', PolicyDocument: EVERYTHING };
      await ask('/v1/iam/put-user-policy', input, me.credentials);
      return me.credentials;
    },
  },
  {
    name: 'AttachUserPolicy to oneself',
    actions: ['iam:AttachUserPolicy'],
    async walk(me) {
      await ask('/v1/iam/attach-user-policy', { UserName: me.name, PolicyArn: ADMINISTRATOR }, me.credentials);
      return me.credentials;
    },
  },
  {
    name: 'AddUserToGroup of administrators',
    actions: ['iam:AddUserToGroup'],
    begin: (_me, { group }) =>
      ask('/v1/iam/attach-group-policy', { GroupName: group, PolicyArn: ADMINISTRATOR }).then(() => {}),
    async walk(me, { group }) {
      await ask('/v1/iam/add-user-to-group', { UserName: me.name, GroupName: group }, me.credentials);
      return me.credentials;
    },
  },
  {
    name: 'PutGroupPolicy on a group of one’s own',
    actions: ['iam:PutGroupPolicy'],
    begin: (me, { group }) => ask('/v1/iam/add-user-to-group', { UserName: me.name, GroupName: group }).then(() => {}),
    async walk(me, { group }) {
      const input = { GroupName: group, PolicyName: 'climb', PolicyDocument: EVERYTHING };
      await ask('/v1/iam/put-group-policy', input, me.credentials);
      return me.credentials;
    },
  },
  {
    name: 'AttachGroupPolicy to a group of one’s own',
    actions: ['iam:AttachGroupPolicy'],
    begin: (me, { group }) => ask('/v1/iam/add-user-to-group', { UserName: me.name, GroupName: group }).then(() => {}),
    async walk(me, { group }) {
      await ask('/v1/iam/attach-group-policy', { GroupName: group, PolicyArn: ADMINISTRATOR }, me.credentials);
      return me.credentials;
    },
  },
  {
    name: 'TagUser where tags give permissions',
    actions: ['iam:TagUser'],
    async begin(me) {
      const condition = { StringEquals: { 'aws:PrincipalTag/level': 'admin' } };
      const input = {
        UserName: me.name,
        PolicyName: 'abac',
        PolicyDocument: JSON.stringify(allow('*', '*', condition)),
      };
      await ask('/v1/iam/put-user-policy', input);
    },
    async walk(me) {
      await ask('/v1/iam/tag-user', { UserName: me.name, Tags: [{ Key: 'level', Value: 'admin' }] }, me.credentials);
      return me.credentials;
    },
  },
  {
    name: 'CreateAccessKey of an administrator',
    actions: ['iam:CreateAccessKey'],
    borrowed: true,
    async walk(me, { admin }) {
      const made = await ask('/v1/iam/create-access-key', { UserName: admin.name }, me.credentials);
      const key = made.AccessKey as { AccessKeyId: string; SecretAccessKey: string };
      return { accessKeyId: key.AccessKeyId, secretAccessKey: key.SecretAccessKey };
    },
  },
  {
    name: 'DeleteAccessKey and CreateAccessKey of an administrator who has two',
    actions: ['iam:DeleteAccessKey', 'iam:CreateAccessKey'],
    borrowed: true,
    begin: (_me, { admin }) => createKey(server, admin.name).then(() => {}),
    async walk(me, { admin }) {
      const input = { UserName: admin.name, AccessKeyId: admin.credentials.accessKeyId };
      await ask('/v1/iam/delete-access-key', input, me.credentials);
      const made = await ask('/v1/iam/create-access-key', { UserName: admin.name }, me.credentials);
      const key = made.AccessKey as { AccessKeyId: string; SecretAccessKey: string };
      return { accessKeyId: key.AccessKeyId, secretAccessKey: key.SecretAccessKey };
    },
  },
  {
    name: 'AssumeRole of a role with more permissions (sts-001)',
    actions: ['sts:AssumeRole'],
    borrowed: true,
    begin: (_me, { role }) =>
      ask('/v1/iam/attach-role-policy', { RoleName: role.name, PolicyArn: ADMINISTRATOR }).then(() => {}),
    walk: (me, { role }) => assume(me, role.arn),
  },
  {
    name: 'PutRolePolicy and AssumeRole',
    actions: ['iam:PutRolePolicy', 'sts:AssumeRole'],
    borrowed: true,
    async walk(me, { role }) {
      const input = { RoleName: role.name, PolicyName: 'climb', PolicyDocument: EVERYTHING };
      await ask('/v1/iam/put-role-policy', input, me.credentials);
      return assume(me, role.arn);
    },
  },
  {
    name: 'AttachRolePolicy and AssumeRole',
    actions: ['iam:AttachRolePolicy', 'sts:AssumeRole'],
    borrowed: true,
    async walk(me, { role }) {
      await ask('/v1/iam/attach-role-policy', { RoleName: role.name, PolicyArn: ADMINISTRATOR }, me.credentials);
      return assume(me, role.arn);
    },
  },
  {
    name: 'UpdateAssumeRolePolicy of an administrator role',
    actions: ['iam:UpdateAssumeRolePolicy'],
    borrowed: true,
    async begin(_me, { role, admin }) {
      await ask('/v1/iam/attach-role-policy', { RoleName: role.name, PolicyArn: ADMINISTRATOR });
      await ask('/v1/iam/update-assume-role-policy', { RoleName: role.name, PolicyDocument: trust(admin.arn) });
    },
    async walk(me, { role }) {
      const input = { RoleName: role.name, PolicyDocument: trust(me.arn) };
      await ask('/v1/iam/update-assume-role-policy', input, me.credentials);
      return assume(me, role.arn);
    },
  },
  {
    name: 'TagRole where tags give permissions, and AssumeRole',
    actions: ['iam:TagRole', 'sts:AssumeRole'],
    borrowed: true,
    async begin(_me, { role }) {
      const condition = { StringEquals: { 'aws:PrincipalTag/level': 'admin' } };
      const PolicyDocument = JSON.stringify(allow('*', '*', condition));
      await ask('/v1/iam/put-role-policy', { RoleName: role.name, PolicyName: 'abac', PolicyDocument });
    },
    async walk(me, { role }) {
      await ask('/v1/iam/tag-role', { RoleName: role.name, Tags: [{ Key: 'level', Value: 'admin' }] }, me.credentials);
      return assume(me, role.arn);
    },
  },
  {
    name: 'CreateRole, AttachRolePolicy and AssumeRole',
    actions: ['iam:CreateRole', 'iam:AttachRolePolicy', 'sts:AssumeRole'],
    borrowed: true,
    async walk(me) {
      const RoleName = uniqueName('climb');
      const made = await ask(
        '/v1/iam/create-role',
        { RoleName, AssumeRolePolicyDocument: trust(me.arn) },
        me.credentials,
      );
      await ask('/v1/iam/attach-role-policy', { RoleName, PolicyArn: ADMINISTRATOR }, me.credentials);
      return assume(me, (made.Role as { Arn: string }).Arn);
    },
  },
  {
    name: 'DeleteRolePermissionsBoundary and AssumeRole',
    actions: ['iam:DeleteRolePermissionsBoundary', 'sts:AssumeRole'],
    borrowed: true,
    async begin(_me, { role, managed }) {
      await ask('/v1/iam/attach-role-policy', { RoleName: role.name, PolicyArn: ADMINISTRATOR });
      await ask('/v1/iam/put-role-permissions-boundary', { RoleName: role.name, PermissionsBoundary: managed });
    },
    async walk(me, { role }) {
      await ask('/v1/iam/delete-role-permissions-boundary', { RoleName: role.name }, me.credentials);
      return assume(me, role.arn);
    },
  },
];

async function makeVictims(): Promise<Victims> {
  const admin = await createUser(server, allow('*'));
  const name = uniqueName('role');
  const made = await ask('/v1/iam/create-role', { RoleName: name, AssumeRolePolicyDocument: trust(home) });
  const group = uniqueName('group');
  await ask('/v1/iam/create-group', { GroupName: group });
  return {
    admin,
    role: { name, arn: (made.Role as { Arn: string }).Arn },
    managed: await makePolicy('kms:ListKeys'),
    group,
  };
}

async function makePolicy(action: string | string[]): Promise<string> {
  const PolicyDocument = JSON.stringify(allow(action));
  const made = await ask('/v1/iam/create-policy', { PolicyName: uniqueName('policy'), PolicyDocument });
  return (made.Policy as { Arn: string }).Arn;
}

const bound = (person: Person, PermissionsBoundary: string) =>
  ask('/v1/iam/put-user-permissions-boundary', { UserName: person.name, PermissionsBoundary });

/** Another node hears of a change a little later. */
const reaches = (credentials: Credentials) => eventually(async () => (await goal(credentials)).status === 200);

describe.each(paths)('$name', (path) => {
  const prepare = async () => {
    const victims = await makeVictims();
    const attacker = await createUser(server, allow(path.actions));
    await path.begin?.(attacker, victims);
    return { attacker, victims };
  };

  it('gives everything to somebody without a boundary, as at AWS', async () => {
    const { attacker, victims } = await prepare();
    expect((await goal(attacker.credentials)).status).toBe(403);
    await reaches(await path.walk(attacker, victims));
  });

  it('is refused at its first step by a boundary without it', async () => {
    const { attacker, victims } = await prepare();
    await bound(attacker, await makePolicy(['kms:*', 'iam:Get*']));
    await expect(path.walk(attacker, victims)).rejects.toMatchObject({ status: 403 });
    expect((await goal(attacker.credentials)).status).toBe(403);
  });

  if (path.borrowed) return;
  it('gives nothing that a boundary does not permit, even when it permits every step', async () => {
    const { attacker, victims } = await prepare();
    await bound(attacker, await makePolicy(path.actions));
    const answer = await goal(await path.walk(attacker, victims));
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('no permissions boundary allows');
  });
});

describe('the boundary of oneself', () => {
  let attacker: Person;
  beforeAll(async () => {
    attacker = await createUser(server, allow('*'));
  });

  it.each([
    ['/v1/iam/delete-user-permissions-boundary', {}],
    ['/v1/iam/put-user-permissions-boundary', { PermissionsBoundary: ADMINISTRATOR }],
  ])('is not lifted by %s when it does not permit that', async (path, more) => {
    await bound(attacker, await makePolicy(['kms:*', 'iam:Put*Policy', 'iam:Attach*', 'iam:Create*']));
    const answer = await native(
      server,
      path,
      { UserName: attacker.name, ...more },
      { credentials: attacker.credentials },
    );
    expect(answer.status).toBe(403);
  });

  it('goes on to whoever one makes, where a policy asks for it', async () => {
    const boundary = await makePolicy('kms:ListKeys');
    const condition = { StringEquals: { 'iam:PermissionsBoundary': boundary } };
    const delegate = await createUser(server);
    await putPolicy(
      server,
      delegate.name,
      allow(['iam:CreateRole', 'iam:PutRolePolicy', 'iam:AttachRolePolicy'], '*', condition),
    );
    const by = { credentials: delegate.credentials };
    const RoleName = uniqueName('role');
    const document = { AssumeRolePolicyDocument: trust(home) };
    expect((await native(server, '/v1/iam/create-role', { RoleName, ...document }, by)).status).toBe(403);
    const bounded = { RoleName, ...document, PermissionsBoundary: boundary };
    expect((await native(server, '/v1/iam/create-role', bounded, by)).status).toBe(200);
    expect(
      (await native(server, '/v1/iam/attach-role-policy', { RoleName, PolicyArn: ADMINISTRATOR }, by)).status,
    ).toBe(200);
    const free = uniqueName('role');
    await ask('/v1/iam/create-role', { RoleName: free, ...document });
    const attach = { RoleName: free, PolicyArn: ADMINISTRATOR };
    expect((await native(server, '/v1/iam/attach-role-policy', attach, by)).status).toBe(403);
  });
});

describe('a second factor', () => {
  const strong = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } };
  const swap = ['iam:DeactivateMFADevice', 'iam:CreateVirtualMFADevice', 'iam:EnableMFADevice', 'iam:ListMFADevices'];

  /** Takes the device of a user whose access key was stolen away and puts another one in its place. */
  async function replaceDevice(victim: Person): Promise<Credentials> {
    const VirtualMFADeviceName = uniqueName('mine');
    const made = await ask('/v1/iam/create-virtual-mfa-device', { VirtualMFADeviceName }, victim.credentials);
    const device = made.VirtualMFADevice as { SerialNumber: string; Base32StringSeed: string };
    const code = authenticator(Buffer.from(device.Base32StringSeed, 'base64').toString('latin1'));
    const codes = { AuthenticationCode1: code(-1), AuthenticationCode2: code(0) };
    await ask(
      '/v1/iam/enable-mfa-device',
      { UserName: victim.name, SerialNumber: device.SerialNumber, ...codes },
      victim.credentials,
    );
    const login = { SerialNumber: device.SerialNumber, TokenCode: code(1) };
    return keysOf(await ask('/v1/sts/get-session-token', login, victim.credentials));
  }

  it('is worth nothing where the access key alone may replace the device', async () => {
    const victim = await createUser(server);
    const Statement = [
      { Effect: 'Allow', Action: swap, Resource: '*' },
      { Effect: 'Allow', Action: 'iam:ListUsers', Resource: '*', Condition: strong },
    ];
    await putPolicy(server, victim.name, { Version: '2012-10-17', Statement });
    await reaches(await replaceDevice(victim));
  });

  it('keeps its worth where replacing the device asks for it too', async () => {
    const victim = await createUser(server, allow([...swap, 'iam:ListUsers'], '*', strong));
    await expect(replaceDevice(victim)).rejects.toMatchObject({ status: 403 });
  });
});
