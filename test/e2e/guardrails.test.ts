/** Guardrails and account states, end to end: what the organization changes is so for every service within a second. */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type RawAnswer, raw } from '../harness/clients.ts';
import { createUnit, ensureOrganization, type Organization, org, setPolicyType } from '../harness/organization.ts';
import { createAccount, type Person, uniqueName } from '../harness/people.ts';
import { A_SECOND_MS } from '../harness/second.ts';
import { json11, native, query } from '../harness/signed.ts';

const server = inject('server');
type Json = Record<string, unknown>;

let organization: Organization;
beforeAll(async () => {
  organization = await ensureOrganization(server);
  for (const type of ['SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY'])
    await setPolicyType(server, organization, type, 'enabled');
});

/** A member with its administrator, in a unit of its own: what is attached there binds nobody else. */
async function member(): Promise<{ admin: Person; unit: string; unitName: string }> {
  const unitName = uniqueName('unit');
  const unit = await createUnit(server, organization.rootId, unitName);
  const admin = await createAccount(server);
  const invited = await org(server, 'invite-account-to-organization', {
    Target: { Id: admin.accountId, Type: 'ACCOUNT' },
  });
  const HandshakeId = (invited.Handshake as Json).Id as string;
  const accepted = await native(
    server,
    '/v1/org/accept-handshake',
    { HandshakeId },
    { credentials: admin.credentials },
  );
  expect(accepted.status, accepted.text).toBe(200);
  await org(server, 'move-account', {
    AccountId: admin.accountId,
    SourceParentId: organization.rootId,
    DestinationParentId: unit,
  });
  return { admin, unit, unitName };
}

async function claimRoot(AccountId: string): Promise<Person> {
  const { Token } = (await native(server, '/v1/iam/issue-root-claim', { AccountId })).json();
  const claimed = await raw(server, {
    method: 'POST',
    path: '/v1/iam/claim-root-user',
    body: JSON.stringify({ AccountId, Token }),
    headers: { 'content-type': 'application/json' },
  });
  expect(claimed.status, claimed.text).toBe(200);
  const { AccessKeyId, SecretAccessKey } = claimed.json().AccessKey as { AccessKeyId: string; SecretAccessKey: string };
  return {
    arn: `arn:aws:iam::${AccountId}:root`,
    name: 'root',
    accountId: AccountId,
    credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey },
  };
}

async function guardrail(
  type: 'SERVICE' | 'RESOURCE',
  statement: object,
): Promise<{ id: string; arn: string; name: string }> {
  const name = uniqueName('guardrail');
  const made = await org(server, 'create-policy', {
    Name: name,
    Description: '',
    Type: `${type}_CONTROL_POLICY`,
    Content: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
  });
  const summary = (made.Policy as Json).PolicySummary as Json;
  return { id: summary.Id as string, arn: summary.Arn as string, name };
}

const listKeys = (by: Person) => () => json11(server, 'TrentService.ListKeys', {}, { credentials: by.credentials });
const createUser = (by: Person) => () =>
  query(
    server,
    'iam',
    { Action: 'CreateUser', UserName: uniqueName('made'), Version: '2010-05-08' },
    { credentials: by.credentials },
  );

/** Asks again and again until it is so. What is asked a second later must be answered so. */
async function within(ask: () => Promise<RawAnswer>, isSo: (answer: RawAnswer) => boolean): Promise<RawAnswer> {
  const from = performance.now();
  for (;;) {
    const after = performance.now() - from;
    const answer = await ask();
    if (isSo(answer)) return answer;
    expect(after, answer.text).toBeLessThan(A_SECOND_MS);
  }
}
const letIn = (AWS: string) => ({ Effect: 'Allow', Principal: { AWS }, Action: 'kms:*', Resource: '*' });
const denied = (answer: RawAnswer) => answer.status === 400 || answer.status === 403;
const allowed = (answer: RawAnswer) => answer.status === 200;

async function decisionOf(by: Person, answer: RawAnswer): Promise<Json> {
  const decisionId = answer.json().decisionId as string;
  const found = await native(
    server,
    `/v1/authz/decisions/${decisionId}`,
    {},
    { method: 'GET', credentials: by.credentials },
  );
  expect(found.status, found.text).toBe(200);
  return found.json();
}

describe('a service control policy', () => {
  const NO = { Sid: 'NoListNoUsers', Effect: 'Deny', Action: ['kms:ListKeys', 'iam:CreateUser'], Resource: '*' };

  it('denies the administrator of a member in every service within a second, and names itself', async () => {
    const { admin, unit, unitName } = await member();
    await within(listKeys(admin), allowed);
    await within(createUser(admin), allowed);
    const policy = await guardrail('SERVICE', NO);
    await org(server, 'attach-policy', { PolicyId: policy.id, TargetId: unit });
    const [kms, iam] = await Promise.all([within(listKeys(admin), denied), within(createUser(admin), denied)]);
    const sentence = `with an explicit deny in a service control policy: ${policy.arn}`;
    expect(kms.json()).toMatchObject({ __type: 'AccessDeniedException', message: expect.stringContaining(sentence) });
    expect(iam.text).toContain('<Code>AccessDenied</Code>');
    expect(iam.text).toContain(sentence);

    const problem = await native(server, '/v1/kms/list-keys', {}, { credentials: admin.credentials });
    expect(problem.json()).toMatchObject({
      code: 'AccessDenied',
      detail: expect.stringContaining(sentence),
      hint: expect.stringContaining(
        `statement NoListNoUsers of policy ${policy.name}, attached to ${unitName} (${unit})`,
      ),
      denial: {
        layer: 'scp',
        level: { id: unit, name: unitName },
        statement: { policyArn: policy.arn, sid: 'NoListNoUsers', index: 0 },
      },
    });
    expect(await decisionOf(admin, problem)).toMatchObject({
      Effect: 'deny',
      Reason: 'explicit-deny',
      Layer: 'scp',
      Level: { Id: unit, Name: unitName },
      Checks: [{ Statements: [{ PolicyArn: policy.arn, Sid: 'NoListNoUsers' }] }],
      Organization: { Id: organization.id },
      Context: { 'aws:principalorgid': organization.id },
    });

    await org(server, 'detach-policy', { PolicyId: policy.id, TargetId: unit });
    await Promise.all([within(listKeys(admin), allowed), within(createUser(admin), allowed)]);
  });

  it('binds the claimed root user of the member in every service', async () => {
    const { admin, unit } = await member();
    const root = await claimRoot(admin.accountId);
    await Promise.all([within(listKeys(root), allowed), within(createUser(root), allowed)]);
    const policy = await guardrail('SERVICE', NO);
    await org(server, 'attach-policy', { PolicyId: policy.id, TargetId: unit });
    for (const answer of await Promise.all([within(listKeys(root), denied), within(createUser(root), denied)])) {
      expect(answer.text).toContain(`User: arn:aws:iam::${admin.accountId}:root is not authorized to perform`);
      expect(answer.text).toContain(`with an explicit deny in a service control policy: ${policy.arn}`);
    }
  });

  it('is part of decisions about the root user, and binds no principal of the management account', async () => {
    const { admin, unit } = await member();
    const policy = await guardrail('SERVICE', NO);
    const ask = (Principal: string) => () =>
      native(
        server,
        '/v1/authz/authorize',
        { Principal, Action: 'kms:ListKeys', Resource: '*' },
        { credentials: admin.credentials },
      );
    const root = ask(`arn:aws:iam::${admin.accountId}:root`);
    expect((await root()).json().Decision).toBe('Allow');
    await org(server, 'attach-policy', { PolicyId: policy.id, TargetId: unit });
    const answer = await within(root, (given) => given.json().Decision === 'Deny');
    expect(answer.json()).toMatchObject({ Reason: 'explicit-deny', Message: expect.stringContaining(policy.arn) });
    expect(answer.json().Layers).toContainEqual(
      expect.objectContaining({ Layer: `scp:${unit}`, Outcome: 'explicit-deny' }),
    );

    await org(server, 'attach-policy', { PolicyId: policy.id, TargetId: organization.managementAccountId });
    expect((await json11(server, 'TrentService.ListKeys', {})).status).toBe(200);
    await org(server, 'detach-policy', { PolicyId: policy.id, TargetId: organization.managementAccountId });
  });

  it('that is observed refuses nothing, and its denials are recorded and counted', async () => {
    const { admin, unit } = await member();
    const policy = await guardrail('SERVICE', NO);
    await org(server, 'attach-policy', { PolicyId: policy.id, TargetId: unit, Mode: 'observe' });
    const Authorize = { Action: 'kms:ListKeys', Resource: '*' };
    const ask = () => native(server, '/v1/authz/authorize', Authorize, { credentials: admin.credentials });
    const observed = await within(
      async () => {
        const answer = await ask();
        return native(
          server,
          `/v1/authz/decisions/${answer.json().DecisionId}`,
          {},
          { method: 'GET', credentials: admin.credentials },
        );
      },
      (answer) => answer.json().Observed !== undefined,
    );
    expect(observed.json()).toMatchObject({
      Effect: 'allow',
      Observed: [{ Layer: 'scp', Level: { Id: unit }, PolicyId: policy.id, Statement: { Sid: 'NoListNoUsers' } }],
    });
    await within(listKeys(admin), allowed);
    if (server.shape === 'mono') {
      const metrics = await raw(server, { path: '/metrics' });
      expect(metrics.text).toMatch(new RegExp(`parapet_guardrail_observed_total\\{policy="${policy.id}"\\} [1-9]`));
    }
    await org(server, 'update-policy-attachment', { PolicyId: policy.id, TargetId: unit, Mode: 'enforce' });
    await within(listKeys(admin), denied);
  });
});

describe('a resource control policy', () => {
  it('denies an outsider whom the key policy lets in, and does not tell him which', async () => {
    const { admin, unit } = await member();
    const outsider = await createAccount(server);
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [letIn(admin.accountId), letIn(outsider.accountId)],
    });
    const made = await native(server, '/v1/kms/create-key', { Policy }, { credentials: admin.credentials });
    expect(made.status, made.text).toBe(200);
    const KeyId = (made.json().KeyMetadata as Json).Arn as string;
    const encrypt = (by: Person) => () =>
      native(server, '/v1/kms/encrypt', { KeyId, Plaintext: 'eA==' }, { credentials: by.credentials });
    await within(encrypt(outsider), allowed);
    const policy = await guardrail('RESOURCE', {
      Sid: 'OwnPeopleOnly',
      Effect: 'Deny',
      Principal: '*',
      Action: 'kms:*',
      Resource: '*',
      Condition: { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': organization.id } },
    });
    await org(server, 'attach-policy', { PolicyId: policy.id, TargetId: unit });
    const answer = await within(encrypt(outsider), denied);
    expect(answer.json().detail).toMatch(/with an explicit deny in a resource control policy$/);
    expect(answer.text).not.toContain(policy.id);
    await within(encrypt(admin), allowed);
  });
});

describe('a suspended account', () => {
  it('stops within a second, with every session it has, and works again when it is resumed', async () => {
    const { admin } = await member();
    const session = (await native(server, '/v1/sts/create-session', {}, { credentials: admin.credentials })).json();
    const temporary = (await native(server, '/v1/sts/get-session-token', {}, { credentials: admin.credentials })).json()
      .Credentials as { AccessKeyId: string; SecretAccessKey: string; SessionToken: string };
    const bearer = (path: string) => () =>
      raw(server, {
        method: 'POST',
        path,
        body: '{}',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${session.Token as string}` },
      });
    const ways: (() => Promise<RawAnswer>)[] = [
      listKeys(admin),
      createUser(admin),
      bearer('/v1/kms/list-keys'),
      bearer('/v1/iam/list-users'),
      bearer('/v1/sts/get-caller-identity'),
      bearer('/v1/org/describe-organization'),
      () =>
        native(
          server,
          '/v1/kms/list-keys',
          {},
          {
            credentials: {
              accessKeyId: temporary.AccessKeyId,
              secretAccessKey: temporary.SecretAccessKey,
              sessionToken: temporary.SessionToken,
            },
          },
        ),
    ];
    for (const way of ways) await within(way, allowed);
    await org(server, 'suspend-account', { AccountId: admin.accountId });
    for (const answer of await Promise.all(ways.map((way) => within(way, denied))))
      expect(answer.text).toContain(`refused because account ${admin.accountId} is suspended (SUSPENDED)`);
    await org(server, 'resume-account', { AccountId: admin.accountId });
    await Promise.all(ways.map((way) => within(way, allowed)));
  });

  it('keeps others from using its keys, unless that was to be kept', async () => {
    const { admin } = await member();
    const { admin: user } = await member();
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [letIn(admin.accountId), letIn(user.accountId)],
    });
    const made = await native(server, '/v1/kms/create-key', { Policy }, { credentials: admin.credentials });
    const KeyId = (made.json().KeyMetadata as Json).Arn as string;
    const encrypt = () =>
      native(server, '/v1/kms/encrypt', { KeyId, Plaintext: 'eA==' }, { credentials: user.credentials });
    await within(encrypt, allowed);
    await org(server, 'suspend-account', { AccountId: admin.accountId });
    const answer = await within(encrypt, denied);
    expect(answer.json().detail).toContain(`because account ${admin.accountId} is suspended (SUSPENDED)`);
    await org(server, 'resume-account', { AccountId: admin.accountId });
    await within(encrypt, allowed);
    await org(server, 'suspend-account', { AccountId: admin.accountId, KeepCrossAccountUse: true });
    await within(listKeys(admin), denied);
    await within(encrypt, allowed);
  });
});
