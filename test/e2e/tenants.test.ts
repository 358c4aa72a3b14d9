/** A tenant never sees another tenant's data, not even whether it exists. */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { RawAnswer } from '../harness/clients.ts';
import {
  createGuardrail,
  createMember,
  createUnit,
  ensureOrganization,
  invite,
  joinedAccount,
  type Organization,
} from '../harness/organization.ts';
import { createAccount, keysOf, type Person, trust, uniqueName } from '../harness/people.ts';
import { json11, native, query } from '../harness/signed.ts';

const server = inject('server');
let other: Person;
let keyId: string;
let keyArn: string;
let blob: string;

beforeAll(async () => {
  other = await createAccount(server);
  const made = (await native(server, '/v1/kms/create-key', {})).json().KeyMetadata as { KeyId: string; Arn: string };
  keyId = made.KeyId;
  keyArn = made.Arn;
  blob = (await native(server, '/v1/kms/encrypt', { KeyId: keyId, Plaintext: 'eA==' })).json().CiphertextBlob as string;
});

const MISSING = '11111111-2222-4333-8444-555555555555';

/** The answer without what names the request: ids differ in every answer. */
function essence(answer: RawAnswer, id: string): string {
  const body = answer.text
    .replaceAll(id, 'ID')
    .replaceAll(/"(decisionId|requestId)":"[^"]+"/g, '')
    .replaceAll(/decisions\/[0-9a-f-]+/g, '');
  return `${answer.status} ${body}`;
}

const keyOperations: [string, (id: string) => object][] = [
  ['DescribeKey', (KeyId) => ({ KeyId })],
  ['EnableKey', (KeyId) => ({ KeyId })],
  ['DisableKey', (KeyId) => ({ KeyId })],
  ['ScheduleKeyDeletion', (KeyId) => ({ KeyId })],
  ['CancelKeyDeletion', (KeyId) => ({ KeyId })],
  ['GetKeyPolicy', (KeyId) => ({ KeyId })],
  ['PutKeyPolicy', (KeyId) => ({ KeyId, Policy: '{"Version":"2012-10-17","Statement":[]}' })],
  ['ListKeyPolicies', (KeyId) => ({ KeyId })],
  ['UpdateKeyDescription', (KeyId) => ({ KeyId, Description: 'mine' })],
  ['TagResource', (KeyId) => ({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] })],
  ['UntagResource', (KeyId) => ({ KeyId, TagKeys: ['a'] })],
  ['ListResourceTags', (KeyId) => ({ KeyId })],
  ['ListAliases', (KeyId) => ({ KeyId })],
  ['Encrypt', (KeyId) => ({ KeyId, Plaintext: 'eA==' })],
  ['GenerateDataKey', (KeyId) => ({ KeyId, KeySpec: 'AES_256' })],
  ['GenerateDataKeyWithoutPlaintext', (KeyId) => ({ KeyId, KeySpec: 'AES_256' })],
  ['CreateAlias', (TargetKeyId) => ({ TargetKeyId, AliasName: 'alias/stolen' })],
  ['ReEncrypt', (DestinationKeyId) => ({ CiphertextBlob: blob, DestinationKeyId })],
];

describe('a key of another account', () => {
  it.each(keyOperations)('%s answers for its id what it answers for a missing one', async (operation, input) => {
    const credentials = other.credentials;
    const existing = await json11(server, `TrentService.${operation}`, input(keyId), { credentials });
    const missing = await json11(server, `TrentService.${operation}`, input(MISSING), { credentials });
    expect(existing.status).toBe(400);
    expect(essence(existing, keyId)).toBe(essence(missing, MISSING));
  });

  it.each(keyOperations)('%s answers for its ARN what it answers for a missing one', async (operation, input) => {
    const credentials = other.credentials;
    const missingArn = keyArn.replace(keyId, MISSING);
    const existing = await json11(server, `TrentService.${operation}`, input(keyArn), { credentials });
    const missing = await json11(server, `TrentService.${operation}`, input(missingArn), { credentials });
    expect(existing.status).toBe(400);
    expect(essence(existing, keyId)).toBe(essence(missing, MISSING));
  });

  it('a ciphertext of it answers like garbage', async () => {
    const credentials = other.credentials;
    const foreign = await json11(server, 'TrentService.Decrypt', { CiphertextBlob: blob }, { credentials });
    const unknown = Buffer.from(blob, 'base64');
    unknown.fill(7, 4, 20);
    const garbage = await json11(
      server,
      'TrentService.Decrypt',
      { CiphertextBlob: unknown.toString('base64') },
      { credentials },
    );
    expect(foreign.json().__type).toBe('InvalidCiphertextException');
    expect(essence(foreign, keyId)).toBe(essence(garbage, keyId));
  });

  it('opens where its policy names the other account and the caller may', async () => {
    const policy = {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${server.admin.accountId}:root` },
          Action: 'kms:*',
          Resource: '*',
        },
        { Effect: 'Allow', Principal: { AWS: other.accountId }, Action: 'kms:Decrypt', Resource: '*' },
      ],
    };
    const put = await native(server, '/v1/kms/put-key-policy', { KeyId: keyId, Policy: JSON.stringify(policy) });
    expect(put.status).toBe(200);
    const opened = await json11(
      server,
      'TrentService.Decrypt',
      { CiphertextBlob: blob },
      { credentials: other.credentials },
    );
    expect(opened.status).toBe(200);
    expect(opened.json()).toMatchObject({ Plaintext: 'eA==', KeyId: keyArn });
  });
});

describe('roles, devices and sessions of another account', () => {
  const role = uniqueName('role');
  const device = uniqueName('device');
  const home = server.admin.accountId;
  let session: string;
  beforeAll(async () => {
    await native(server, '/v1/iam/create-role', { RoleName: role, AssumeRolePolicyDocument: trust(home) });
    await native(server, '/v1/iam/create-virtual-mfa-device', { VirtualMFADeviceName: device });
    const RoleArn = `arn:aws:iam::${home}:role/${role}`;
    const made = await native(server, '/v1/sts/assume-role', { RoleArn, RoleSessionName: 'mine' });
    session = keysOf(made.json()).accessKeyId;
  });

  const codes = { AuthenticationCode1: '123456', AuthenticationCode2: '654321' };
  const arns = (kind: string, name: string) => [
    `arn:aws:iam::${home}:${kind}/${name}`,
    `arn:aws:iam::${home}:${kind}/missing`,
  ];
  const cases: [string, (name: string) => object, () => string[]][] = [
    ['/v1/iam/get-role', (RoleName) => ({ RoleName }), () => [role, 'missing']],
    ['/v1/iam/update-role', (RoleName) => ({ RoleName, Description: 'mine' }), () => [role, 'missing']],
    ['/v1/iam/tag-role', (RoleName) => ({ RoleName, Tags: [] }), () => [role, 'missing']],
    ['/v1/iam/list-role-policies', (RoleName) => ({ RoleName }), () => [role, 'missing']],
    ['/v1/iam/delete-role', (RoleName) => ({ RoleName }), () => [role, 'missing']],
    ['/v1/sts/list-sessions', (RoleName) => ({ RoleName }), () => [role, 'missing']],
    ['/v1/sts/revoke-sessions-before', (RoleName) => ({ RoleName }), () => [role, 'missing']],
    ['/v1/sts/revoke-session', (SessionId) => ({ SessionId }), () => [session, 'ASIAAAAAAAAAAAAAAAAA']],
    ['/v1/sts/assume-role', (RoleArn) => ({ RoleArn, RoleSessionName: 'mine' }), () => arns('role', role)],
    [
      '/v1/authz/authorize',
      (Principal) => ({ Principal, Action: 'kms:ListKeys', Resource: '*' }),
      () => arns('role', role),
    ],
    [
      '/v1/iam/enable-mfa-device',
      (SerialNumber) => ({ UserName: 'admin', SerialNumber, ...codes }),
      () => arns('mfa', device),
    ],
    [
      '/v1/iam/deactivate-mfa-device',
      (SerialNumber) => ({ UserName: 'admin', SerialNumber }),
      () => arns('mfa', device),
    ],
    ['/v1/iam/delete-virtual-mfa-device', (SerialNumber) => ({ SerialNumber }), () => arns('mfa', device)],
    ['/v1/sts/get-session-token', (SerialNumber) => ({ SerialNumber, TokenCode: '123456' }), () => arns('mfa', device)],
  ];

  it.each(cases)('%s answers what it answers for a missing one', async (path, input, names) => {
    const [existing, missing] = names() as [string, string];
    const by = { credentials: other.credentials };
    const found = await native(server, path, input(existing), by);
    const absent = await native(server, path, input(missing), by);
    expect(found.status).toBeGreaterThanOrEqual(400);
    expect(essence(found, existing)).toBe(essence(absent, missing));
  });

  it('are not in lists', async () => {
    const by = { credentials: other.credentials };
    for (const path of ['/v1/iam/list-roles', '/v1/iam/list-virtual-mfa-devices'])
      expect((await native(server, path, {}, by)).text).not.toContain(home);
  });
});

describe('names of another account', () => {
  it('users, policies and keys are not visible', async () => {
    const name = uniqueName('private');
    await native(server, '/v1/iam/create-user', { UserName: name });
    const seen = await query(server, 'iam', { Action: 'GetUser', UserName: name }, { credentials: other.credentials });
    const missing = await query(
      server,
      'iam',
      { Action: 'GetUser', UserName: `${name}-missing` },
      { credentials: other.credentials },
    );
    expect(seen.status).toBe(404);
    expect(missing.status).toBe(404);
    const users = await native(server, '/v1/iam/list-users', {}, { credentials: other.credentials });
    expect((users.json().Users as unknown[]).length).toBe(1);
    const keys = await native(server, '/v1/kms/list-keys', {}, { credentials: other.credentials });
    expect(keys.json().Keys).toEqual([]);
  });

  it('records and decisions are not visible', async () => {
    const denied = await native(
      server,
      '/v1/authz/decisions/01a204d9-3068-7fb9-983e-69a6046892e9',
      {},
      { method: 'GET', credentials: other.credentials },
    );
    expect(denied.status).toBe(404);
    const events = await native(
      server,
      '/v1/audit/events?Limit=200',
      {},
      { method: 'GET', credentials: other.credentials },
    );
    for (const { Event } of events.json().Events as { Event: { recipientAccountId: string } }[])
      expect(Event.recipientAccountId).toBe(other.accountId);
  });

  it('page tokens do not work elsewhere', async () => {
    for (let i = 0; i < 3; i++) await native(server, '/v1/kms/create-key', {});
    const page = await native(server, '/v1/kms/list-keys', { Limit: 1 });
    const stolen = await native(
      server,
      '/v1/kms/list-keys',
      { Marker: page.json().NextMarker },
      { credentials: other.credentials },
    );
    expect(stolen.status).toBe(400);
  });
});

describe('the organization of another account', () => {
  let organization: Organization;
  let outsider: Person;
  let member: Person;
  let unit: string;
  let account: string;
  let policy: string;
  let handshake: string;

  beforeAll(async () => {
    organization = await ensureOrganization(server);
    outsider = other;
    member = await joinedAccount(server);
    unit = await createUnit(server, organization.rootId);
    account = (await createMember(server)).accountId;
    policy = await createGuardrail(server, { Effect: 'Deny', Action: 'kms:Sign', Resource: '*' });
    handshake = await invite(server, (await createAccount(server)).accountId);
  });

  const questions = (): [string, string, (id: string) => object][] => [
    ['DescribeOrganizationalUnit', unit, (OrganizationalUnitId) => ({ OrganizationalUnitId })],
    ['UpdateOrganizationalUnit', unit, (OrganizationalUnitId) => ({ OrganizationalUnitId, Name: 'mine' })],
    ['DeleteOrganizationalUnit', unit, (OrganizationalUnitId) => ({ OrganizationalUnitId })],
    ['ListChildren', unit, (ParentId) => ({ ParentId, ChildType: 'ACCOUNT' })],
    ['ListParents', unit, (ChildId) => ({ ChildId })],
    ['DescribeAccount', account, (AccountId) => ({ AccountId })],
    ['CloseAccount', account, (AccountId) => ({ AccountId })],
    ['DescribePolicy', policy, (PolicyId) => ({ PolicyId })],
    ['DeletePolicy', policy, (PolicyId) => ({ PolicyId })],
    ['AttachPolicy', unit, (TargetId) => ({ PolicyId: policy, TargetId })],
    ['ListPoliciesForTarget', unit, (TargetId) => ({ TargetId, Filter: 'SERVICE_CONTROL_POLICY' })],
    ['ListTagsForResource', unit, (ResourceId) => ({ ResourceId })],
    ['DescribeHandshake', handshake, (HandshakeId) => ({ HandshakeId })],
    ['AcceptHandshake', handshake, (HandshakeId) => ({ HandshakeId })],
    ['CancelHandshake', handshake, (HandshakeId) => ({ HandshakeId })],
  ];
  const missingOf = (id: string) => (/^\d/.test(id) ? '999999999999' : `${id.slice(0, -8)}zzzzzzzz`);
  const ask = (operation: string, input: object, { credentials }: Person) =>
    json11(server, `AWSOrganizationsV20161128.${operation}`, input, { service: 'organizations', credentials });
  it.each([
    ['outside', () => outsider],
    ['inside', () => member],
  ] as const)('an account %s is answered about its ids what it is answered about missing ones', async (_, who) => {
    for (const [operation, id, input] of questions()) {
      const existing = await ask(operation, input(id), who());
      const missing = await ask(operation, input(missingOf(id)), who());
      expect([operation, existing.status]).toEqual([operation, 400]);
      expect([operation, essence(existing, id)]).toEqual([operation, essence(missing, missingOf(id))]);
    }
  });

  it('an account outside learns nothing of it, one inside learns who manages it', async () => {
    for (const operation of ['DescribeOrganization', 'ListRoots', 'ListAccounts', 'ListHandshakesForOrganization']) {
      const answer = await ask(operation, {}, outsider);
      expect(answer.json().__type).toBe('AWSOrganizationsNotInUseException');
      expect(answer.text).not.toContain(organization.id);
    }
    const { Organization } = (await ask('DescribeOrganization', {}, member)).json() as {
      Organization: { MasterAccountId: string };
    };
    expect(Organization.MasterAccountId).toBe(server.admin.accountId);
  });

  it('an account outside cannot found one', async () => {
    expect((await ask('CreateOrganization', {}, outsider)).json().__type).toBe('AccessDeniedException');
  });
});

describe('an enterprise project of another account', () => {
  let project: string;
  const unknown = '99999999-9999-4999-8999-999999999999';
  beforeAll(async () => {
    const made = await native(server, '/v1/iam/create-enterprise-project', { Name: uniqueName('private') });
    project = (made.json().EnterpriseProject as { EnterpriseProjectId: string }).EnterpriseProjectId;
    const key = { EnterpriseProjectId: project };
    expect((await native(server, '/v1/kms/create-key', key)).status).toBe(200);
  });

  const administrator = { PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess', UserName: 'admin' };
  const attempts: [string, (id: string) => object][] = [
    ['iam/describe-enterprise-project', (id) => ({ EnterpriseProjectId: id })],
    ['iam/update-enterprise-project', (id) => ({ EnterpriseProjectId: id, Description: 'mine' })],
    ['iam/disable-enterprise-project', (id) => ({ EnterpriseProjectId: id })],
    ['iam/enable-enterprise-project', (id) => ({ EnterpriseProjectId: id })],
    ['iam/attach-project-policy', (id) => ({ EnterpriseProjectId: id, ...administrator })],
    ['iam/detach-project-policy', (id) => ({ EnterpriseProjectId: id, ...administrator })],
    ['iam/list-project-grants', (id) => ({ EnterpriseProjectId: id })],
    ['iam/list-project-resources', (id) => ({ EnterpriseProjectId: id })],
    ['iam/create-user', (id) => ({ EnterpriseProjectId: id, UserName: 'stolen' })],
    ['iam/move-resource', (id) => ({ EnterpriseProjectId: id, ResourceArn: other.arn })],
    ['iam/preview-move-resource', (id) => ({ EnterpriseProjectId: id, ResourceArn: other.arn })],
    ['kms/create-key', (id) => ({ EnterpriseProjectId: id })],
  ];

  it.each(attempts)('%s answers for its id what it answers for a missing one', async (path, input) => {
    const ask = (id: string) => native(server, `/v1/${path}`, input(id), { credentials: other.credentials });
    const [existing, missing] = [await ask(project), await ask(unknown)];
    expect(existing.status).toBe(404);
    expect(neutral(existing, project)).toBe(neutral(missing, unknown));
  });

  it.each(['kms/move-resource', 'kms/preview-move-resource'])('%s answers for a key of it alike', async (path) => {
    const ask = (ResourceArn: string) =>
      native(server, `/v1/${path}`, { ResourceArn, EnterpriseProjectId: '0' }, { credentials: other.credentials });
    const [existing, missing] = [await ask(keyArn), await ask(keyArn.replace(keyId, MISSING))];
    expect(existing.status).toBe(403);
    expect(neutral(existing, keyId)).toBe(neutral(missing, MISSING));
  });

  it('appears in no list', async () => {
    const { EnterpriseProjects } = (
      await native(server, '/v1/iam/list-enterprise-projects', {}, { credentials: other.credentials })
    ).json() as { EnterpriseProjects: { Name: string }[] };
    expect(EnterpriseProjects.map(({ Name }) => Name)).toEqual(['default']);
    const found = await native(
      server,
      '/v1/iam/list-project-resources',
      { EnterpriseProjectId: '0' },
      { credentials: other.credentials },
    );
    expect(found.json().Resources).toEqual([{ ResourceArn: other.arn, ResourceType: 'iam:user' }]);
  });

  /** Native errors carry the id of the request as well. */
  function neutral(answer: RawAnswer, id: string): string {
    return essence(answer, id).replaceAll(/"requestId":"[^"]+"/g, '');
  }
});
