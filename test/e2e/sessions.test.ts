/** Sessions that are ended, and root users that are claimed. */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { aws, type Credentials, eventually, type RawAnswer, raw } from '../harness/clients.ts';
import { createMember, ensureOrganization } from '../harness/organization.ts';
import { allow, createAccount, createUser, keysOf, policy, trust, uniqueName } from '../harness/people.ts';
import { A_SECOND_MS } from '../harness/second.ts';
import { json11, native } from '../harness/signed.ts';

const server = inject('server');

describe('a revocation ends within a second', () => {
  const session = async (RoleArn: string, by?: Credentials) => {
    const input = { RoleArn, RoleSessionName: uniqueName('s') };
    const made = await native(server, '/v1/sts/assume-role', input, by ? { credentials: by } : {});
    expect(made.status, made.text).toBe(200);
    return keysOf(made.json());
  };
  const tryIt = (credentials: Credentials) => json11(server, 'TrentService.ListKeys', {}, { credentials });
  async function endsWithin(credentials: Credentials, end: () => Promise<RawAnswer>): Promise<void> {
    await expect.poll(async () => (await tryIt(credentials)).status, { timeout: 20_000 }).toBe(200);
    const answer = await end();
    expect(answer.status, answer.text).toBe(200);
    const from = performance.now();
    let last = await tryIt(credentials);
    while (last.status === 200 && performance.now() - from < 3 * A_SECOND_MS) last = await tryIt(credentials);
    expect(last.json().__type).toMatch(/ExpiredToken|UnrecognizedClientException|InvalidClientTokenId/);
    expect(performance.now() - from).toBeLessThan(A_SECOND_MS);
  }

  let roleName: string;
  let roleArn: string;
  beforeAll(async () => {
    roleName = uniqueName('revoked');
    const made = await native(server, '/v1/iam/create-role', {
      RoleName: roleName,
      AssumeRolePolicyDocument: trust(server.admin.accountId),
    });
    roleArn = (made.json().Role as { Arn: string }).Arn;
    await native(server, '/v1/iam/put-role-policy', {
      RoleName: roleName,
      PolicyName: 'use',
      PolicyDocument: policy({ Effect: 'Allow', Action: ['kms:ListKeys', 'sts:AssumeRole'], Resource: '*' }),
    });
  });

  it('one session of a role, and no other', async () => {
    const [a, b] = [await session(roleArn), await session(roleArn)];
    await endsWithin(a, () => native(server, '/v1/sts/revoke-session', { SessionId: a.accessKeyId }));
    expect((await tryIt(b)).status).toBe(200);
  });

  it('a session that was made from another one', async () => {
    const parent = await session(roleArn);
    const child = await session(roleArn, parent);
    await endsWithin(child, () => native(server, '/v1/sts/revoke-session', { SessionId: parent.accessKeyId }));
  });

  it('all sessions of a role before a time', async () => {
    const early = await session(roleArn);
    await endsWithin(early, () => native(server, '/v1/sts/revoke-sessions-before', { RoleName: roleName }));
    const late = await session(roleArn);
    expect((await tryIt(late)).status).toBe(200);
  });

  it('all sessions of a user before a time, the roles it took on in other accounts included', async () => {
    const other = await createAccount(server);
    const user = await createUser(server, allow('sts:AssumeRole'));
    const RoleName = uniqueName('foreign');
    const by = { credentials: other.credentials };
    await native(
      server,
      '/v1/iam/create-role',
      { RoleName, AssumeRolePolicyDocument: trust(server.admin.accountId) },
      by,
    );
    const PolicyDocument = policy({ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' });
    await native(server, '/v1/iam/put-role-policy', { RoleName, PolicyName: 'use', PolicyDocument }, by);
    const taken = await session(`arn:aws:iam::${other.accountId}:role/${RoleName}`, user.credentials);
    await endsWithin(taken, () => native(server, '/v1/sts/revoke-sessions-before', { UserName: user.name }));
  });

  it('a bearer token of the native API', async () => {
    const user = await createUser(server, allow('kms:ListKeys'));
    const made = (await native(server, '/v1/sts/create-session', {}, { credentials: user.credentials })).json();
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${made.Token as string}` };
    const ask = () => raw(server, { method: 'POST', path: '/v1/kms/list-keys', body: '{}', headers });
    await expect.poll(async () => (await ask()).status, { timeout: 20_000 }).toBe(200);
    const { Sessions } = (await native(server, '/v1/sts/list-sessions', { UserName: user.name })).json() as {
      Sessions: { SessionId: string }[];
    };
    await native(server, '/v1/sts/revoke-session', { SessionId: Sessions[0]?.SessionId });
    const from = performance.now();
    await expect.poll(async () => (await ask()).status, { timeout: 3 * A_SECOND_MS }).toBe(401);
    expect(performance.now() - from).toBeLessThan(A_SECOND_MS);
  });
});

describe('the root user of an account', () => {
  it('is claimed with the token alone, once, and then acts as root', async () => {
    const account = await createAccount(server);
    const issued = await native(server, '/v1/iam/issue-root-claim', { AccountId: account.accountId });
    const body = JSON.stringify({ AccountId: account.accountId, Token: issued.json().Token });
    const headers = { 'content-type': 'application/json' };
    const claim = () => raw(server, { method: 'POST', path: '/v1/iam/claim-root-user', body, headers });
    const claimed = await claim();
    expect(claimed.status, claimed.text).toBe(200);
    const key = claimed.json().AccessKey as { AccessKeyId: string; SecretAccessKey: string };
    const root = { accessKeyId: key.AccessKeyId, secretAccessKey: key.SecretAccessKey };
    const me = await aws(server, ['sts', 'get-caller-identity'], root);
    expect(JSON.parse(me.stdout)).toMatchObject({ Arn: `arn:aws:iam::${account.accountId}:root` });
    expect((await claim()).status).toBe(403);
    expect(
      (await native(server, '/v1/iam/issue-root-claim', { AccountId: account.accountId }, { credentials: root }))
        .status,
    ).toBe(403);
    // The record of the claim belongs to the account.
    const mine = async () => {
      const events = await native(
        server,
        '/v1/audit/events?EventName=ClaimRootUser',
        {},
        { method: 'GET', credentials: root },
      );
      return events.status === 200 && events.text.includes('ClaimRootUser');
    };
    await eventually(mine);
  });
});

describe('an account of the organization', () => {
  it('is entered by its access role, by whoever the management account permits, for an hour', async () => {
    await ensureOrganization(server);
    const { accountId } = await createMember(server);
    const RoleArn = `arn:aws:iam::${accountId}:role/OrganizationAccountAccessRole`;
    const enter = (more: object, by?: Credentials) =>
      native(
        server,
        '/v1/sts/assume-role',
        { RoleArn, RoleSessionName: 'enter', ...more },
        by ? { credentials: by } : {},
      );
    const inside = keysOf(
      await eventually(async () => {
        const answer = await enter({});
        return answer.status === 200 && answer.json();
      }, 10_000),
    );
    const made = await json11(server, 'TrentService.CreateKey', {}, { credentials: inside });
    expect((made.json().KeyMetadata as { AWSAccountId: string }).AWSAccountId).toBe(accountId);
    expect((await native(server, '/v1/iam/create-user', { UserName: 'first' }, { credentials: inside })).status).toBe(
      200,
    );
    expect((await enter({ DurationSeconds: 3601 })).status).toBe(400);
    const nobody = await createUser(server);
    const stranger = await createAccount(server);
    for (const person of [nobody, stranger]) expect((await enter({}, person.credentials)).status).toBe(403);
  });
});
