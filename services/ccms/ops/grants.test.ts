/** Whom a grant lets read what, and when it ends. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InputOf } from '../../../platform/contract/operation.ts';
import type { CreateSecretGrant } from '../api/grants.ts';
import {
  document,
  failure,
  NO_POLICY,
  OTHER_ACCOUNT,
  toAccount,
  type VaultClient,
  VaultHarness,
} from '../testing/harness.ts';

const ACCOUNT = '111122223333';
const BOB = `arn:aws:iam::${ACCOUNT}:user/bob`;
const EVE = `arn:aws:iam::${OTHER_ACCOUNT}:user/eve`;
const HOUR = 3_600_000;
const VALUE = '{"user":"app","password":"hunter2","port":5432}';
const NO_ID = '00000000-0000-4000-8000-000000000000';

let vault: VaultHarness;
let admin: VaultClient;
let bob: VaultClient;
beforeEach(async () => {
  vault = await VaultHarness.open();
  admin = vault.user('admin');
  bob = vault.user('bob', NO_POLICY);
  await admin.CreateSecret({ Name: 'db', SecretString: VALUE, ClientRequestToken: vault.token() });
});
afterEach(() => vault.close());

type Terms = Partial<InputOf<typeof CreateSecretGrant>>;
const grant = async (terms: Terms = {}) =>
  (await admin.CreateSecretGrant({ SecretId: 'db', GranteePrincipal: BOB, ...terms })).Grant;
const read = async (by = bob, SecretId = 'db', more: object = {}) =>
  (await by.GetSecretValue({ SecretId, ...more })).SecretString;
const code = async (promise: Promise<unknown>) => (await failure(promise)).code;
const statements = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const allow = (Action: string | string[], more: object = {}) => ({ Effect: 'Allow', Action, Resource: '*', ...more });
const organization = () => vault.kms.organization.create().account(ACCOUNT).account(OTHER_ACCOUNT);

describe('a grant', () => {
  it('lets its grantee do what it lists, at once, until it is revoked, and is named by the decision', async () => {
    expect(await code(read())).toBe('AccessDenied');
    const { GrantId, SecretARN, ...rest } = await grant({ Purpose: 'orders', ApprovedBy: ['the owner'] });
    expect(rest).toMatchObject({
      GranteePrincipal: BOB,
      Actions: ['GetSecretValue', 'DescribeSecret'],
      VersionStages: ['AWSCURRENT'],
      Purpose: 'orders',
      ApprovedBy: ['the owner'],
      Status: 'Active',
      CreatedBy: `arn:aws:iam::${ACCOUNT}:user/admin`,
    });
    expect(await read()).toBe(VALUE);
    const { x } = (await vault.lastRecord()) as unknown as { x: { decision: { checks: { statements: object[] }[] } } };
    expect(x.decision.checks[0]?.statements).toMatchObject([
      { policyArn: `${SecretARN}/grant/${GrantId}`, sid: 'ReadCurrent' },
    ]);
    await bob.DescribeSecret({ SecretId: 'db' });
    for (const other of [bob.ListSecretVersions({ SecretId: 'db' }), bob.DeleteSecret({ SecretId: 'db' })])
      expect(await code(other)).toBe('AccessDenied');
    expect(await code(read(vault.user('carol', NO_POLICY)))).toBe('AccessDenied');
    const revoked = await admin.RevokeSecretGrant({ SecretId: 'db', GrantId });
    expect(revoked).toMatchObject({ Grant: { Status: 'Revoked', RevokedBy: `arn:aws:iam::${ACCOUNT}:user/admin` } });
    expect(revoked).not.toHaveProperty('KeyGrantEnded');
    expect(await code(read())).toBe('AccessDenied');
    expect(await code(bob.DescribeSecret({ SecretId: 'db' }))).toBe('AccessDenied');
    // Again is the same.
    expect((await admin.RevokeSecretGrant({ SecretId: 'db', GrantId })).Grant).toEqual(revoked.Grant);
  });

  it('of one action is of that action', async () => {
    await grant({ Actions: ['DescribeSecret'] });
    expect((await bob.DescribeSecret({ SecretId: 'db' })).Name).toBe('db');
    expect(await code(read())).toBe('AccessDenied');
  });

  it('is for a role and its sessions, and for an account whose own policies decide', async () => {
    await grant({ GranteePrincipal: ACCOUNT });
    expect(await code(read())).toBe('AccessDenied');
    expect(await read(vault.user('root'))).toBe(VALUE);
  });

  it('ends with the principal it was made for', async () => {
    await grant();
    vault.kms.removeUser('bob');
    const again = vault.kms.user('bob', NO_POLICY, ACCOUNT, 'AIDAANOTHERBOB000000');
    expect(again).toBeDefined();
    const caller = { kind: 'user', arn: BOB, accountId: ACCOUNT, principalId: 'AIDAANOTHERBOB000000' } as const;
    expect(await code(read(vault.client(caller)))).toBe('AccessDenied');
  });

  it('holds between its times, by the clock', async () => {
    const now = vault.kms.now;
    const { GrantId } = await grant({ NotBefore: now + HOUR, ExpiresAt: now + 2 * HOUR + 999 });
    const status = async () => (await admin.DescribeSecretGrant({ SecretId: 'db', GrantId })).Grant.Status;
    expect([await code(read()), await status()]).toEqual(['AccessDenied', 'Pending']);
    vault.kms.advance(HOUR);
    expect([await read(), await status()]).toEqual([VALUE, 'Active']);
    vault.kms.advance(HOUR);
    expect([await code(read()), await status()]).toEqual(['AccessDenied', 'Expired']);
    vault.kms.advance(91 * 24 * HOUR);
    expect(await code(status())).toBe('NotFound');
    expect((await admin.ListSecretGrants({ SecretId: 'db' })).Grants).toEqual([]);
  });

  it('holds from its addresses', async () => {
    await grant({ SourceAddresses: ['198.51.100.0/24', '2001:db8::/32'] });
    const from = (sourceIp: string) => bob.GetSecretValue({ SecretId: 'db' }, { sourceIp });
    expect((await from('198.51.100.7')).SecretString).toBe(VALUE);
    expect((await from('2001:db8::1')).SecretString).toBe(VALUE);
    expect(await code(from('198.51.101.7'))).toBe('AccessDenied');
  });

  it('is of its stages, however the version is named', async () => {
    const first = (await admin.GetSecretValue({ SecretId: 'db' })).VersionId;
    const put = (SecretString: string, VersionStages?: string[]) =>
      admin.PutSecretValue({ SecretId: 'db', SecretString, ...(VersionStages && { VersionStages }) });
    const second = (await put('"second"')).VersionId;
    await put('"blue"', ['b$ue']);
    await grant({ VersionStages: ['AWSPREVIOUS', 'b$ue'] });
    expect(await read(bob, 'db', { VersionStage: 'AWSPREVIOUS' })).toBe(VALUE);
    expect(await read(bob, 'db', { VersionStage: 'b$ue' })).toBe('"blue"');
    expect(await read(bob, 'db', { VersionId: first })).toBe(VALUE);
    for (const named of [{}, { VersionStage: 'AWSCURRENT' }, { VersionId: second }])
      expect(await code(read(bob, 'db', named))).toBe('AccessDenied');
    expect(await code(read(bob, 'db', { VersionId: second, VersionStage: 'AWSPREVIOUS' }))).toBe('InvalidRequest');
    // Stages move, and the grant with them.
    await put('"third"');
    expect(await read(bob, 'db', { VersionId: second })).toBe('"second"');
    expect(await code(read(bob, 'db', { VersionId: first }))).toBe('AccessDenied');
  });

  it('loses against a deny, a boundary and a guardrail', async () => {
    await grant();
    const deny = { Effect: 'Deny', Action: 'secretsmanager:GetSecretValue', Resource: '*' };
    expect(await code(read(vault.user('bob', statements(deny))))).toBe('AccessDenied');
    bob = vault.user('bob', NO_POLICY);
    const ResourcePolicy = document({ ...deny, Principal: { AWS: BOB } });
    await admin.PutResourcePolicy({ SecretId: 'db', ResourcePolicy });
    expect(await code(read())).toBe('AccessDenied');
    await admin.DeleteResourcePolicy({ SecretId: 'db' });
    const boundary = (...Statement: object[]) => {
      const policy = { Arn: 'arn:aws:iam::111122223333:policy/boundary', Version: 'v1', Name: 'boundary' };
      const Document = JSON.stringify(statements(...Statement));
      vault.kms.user('bob', NO_POLICY, ACCOUNT, undefined, [{ ...policy, Kind: 'boundary', Document }]);
      vault.announce();
    };
    boundary(allow('s3:*'));
    expect(await code(read())).toBe('AccessDenied');
    boundary(allow('secretsmanager:*'), allow('kms:*'));
    expect(await read()).toBe(VALUE);
    bob = vault.user('bob', NO_POLICY);
    organization().attach('scp', ACCOUNT, 'no-reading', [deny]);
    expect(await code(read())).toBe('AccessDenied');
  });

  it('counts in a batch', async () => {
    const reader = vault.user('bob', statements(allow('secretsmanager:BatchGetSecretValue')));
    await admin.CreateSecret({ Name: 'other', SecretString: 'x' });
    await grant({ Fields: ['port'] });
    const { SecretValues, Errors } = await reader.BatchGetSecretValue({ SecretIdList: ['db', 'other'] });
    expect(SecretValues).toMatchObject([{ SecretString: '{"port":5432}', GrantedFields: ['port'] }]);
    expect(Errors).toMatchObject([{ SecretId: 'other', ErrorCode: 'AccessDeniedException' }]);
  });

  it('goes with its secret', async () => {
    const { GrantId } = await grant();
    await admin.DeleteSecret({ SecretId: 'db', ForceDeleteWithoutRecovery: true });
    await admin.CreateSecret({ Name: 'db', SecretString: 'new' });
    expect(await code(read())).toBe('AccessDenied');
    expect(await code(admin.DescribeSecretGrant({ SecretId: 'db', GrantId }))).toBe('NotFound');
    expect((await bob.ListReceivedSecretGrants({}).catch(() => ({ Grants: [] }))).Grants).toEqual([]);
  });
});

describe('fields', () => {
  it('are all that is answered, with the version they are of', async () => {
    await grant({ Fields: ['port', 'password', 'none'], MaxCacheSeconds: 60 });
    const { VersionId } = await admin.GetSecretValue({ SecretId: 'db' });
    const { CreatedDate, ...answer } = await bob.GetSecretValue({ SecretId: 'db' });
    expect(answer).toEqual({
      ARN: expect.any(String),
      Name: 'db',
      VersionId,
      SecretString: '{"password":"hunter2","port":5432}',
      GrantedFields: ['none', 'password', 'port'],
      MaxCacheSeconds: 60,
    });
  });

  it('of several grants count together; a grant of the whole, or a policy, lifts them', async () => {
    await grant({ Fields: ['port'], MaxCacheSeconds: 60 });
    await grant({ Fields: ['user'], MaxCacheSeconds: 5, SourceAddresses: ['198.51.100.0/24'] });
    expect(await read()).toBe('{"port":5432}');
    const there = await bob.GetSecretValue({ SecretId: 'db' }, { sourceIp: '198.51.100.1' });
    expect(there).toMatchObject({ SecretString: '{"port":5432,"user":"app"}', MaxCacheSeconds: 60 });
    const whole = await grant({ MaxCacheSeconds: 7 });
    expect(await bob.GetSecretValue({ SecretId: 'db' })).toMatchObject({ SecretString: VALUE, MaxCacheSeconds: 7 });
    await admin.RevokeSecretGrant({ SecretId: 'db', GrantId: whole.GrantId });
    bob = vault.user('bob', statements(allow('secretsmanager:GetSecretValue')));
    const answer = await bob.GetSecretValue({ SecretId: 'db' });
    expect(answer).toMatchObject({ SecretString: VALUE, VersionStages: ['AWSCURRENT'] });
    expect(answer).not.toHaveProperty('MaxCacheSeconds');
  });

  it('refuse a value that is no JSON object', async () => {
    await grant({ Fields: ['port'] });
    for (const value of [
      { SecretString: 'plain' },
      { SecretString: '[1]' },
      { SecretBinary: Buffer.from('{"port":1}') },
    ]) {
      await admin.PutSecretValue({ SecretId: 'db', ...value });
      expect(await failure(read())).toMatchObject({
        code: 'InvalidRequest',
        message: 'the grant lets fields of a JSON object through, and the value is none',
      });
    }
  });

  it('stand in no record', async () => {
    await grant({ Fields: ['password'] });
    await read();
    expect(JSON.stringify(await vault.records())).not.toContain('password');
  });
});

describe('the key', () => {
  it('of a customer is granted by kms for this secret, and retired with the grant', async () => {
    const { arn } = await vault.kms.key();
    await admin.UpdateSecret({ SecretId: 'db', KmsKeyId: arn });
    const { GrantId, KeyArn, KeyGrantId } = await grant();
    expect(KeyArn).toBe(arn);
    expect(await read()).toBe(VALUE);
    const listed = () => vault.kms.user('admin').ListGrants({ KeyId: arn });
    expect((await listed()).Grants).toMatchObject([
      {
        GrantId: KeyGrantId,
        GranteePrincipal: BOB,
        Operations: ['Decrypt'],
        Constraints: { EncryptionContextSubset: { SecretARN: (await admin.DescribeSecret({ SecretId: 'db' })).ARN } },
      },
    ]);
    expect(await admin.RevokeSecretGrant({ SecretId: 'db', GrantId })).toMatchObject({ KeyGrantEnded: true });
    expect((await listed()).Grants).toEqual([]);
  });

  it('must be grantable by the caller, unless the grantee needs no grant of it', async () => {
    const { arn } = await vault.kms.key();
    await admin.UpdateSecret({ SecretId: 'db', KmsKeyId: arn });
    const provider = vault.user('provider', statements(allow('secretsmanager:*')));
    const asked = { SecretId: 'db', GranteePrincipal: BOB };
    expect(await failure(provider.CreateSecretGrant(asked))).toEqual({
      code: 'AccessDenied',
      message: 'Access to KMS is not allowed',
      hint: 'the caller needs kms:CreateGrant on the key of the secret; KeyAccess none makes the grant without its key',
    });
    const { Grant } = await provider.CreateSecretGrant({ ...asked, KeyAccess: 'none' });
    expect(await failure(read())).toMatchObject({ code: 'AccessDenied', message: 'Access to KMS is not allowed' });
    bob = vault.user('bob', statements(allow('kms:Decrypt')));
    expect(await read()).toBe(VALUE);
    await provider.RevokeSecretGrant({ SecretId: 'db', GrantId: Grant.GrantId });
    // Only descriptions need no key.
    await provider.CreateSecretGrant({ ...asked, Actions: ['DescribeSecret'] });
    expect((await vault.kms.user('admin').ListGrants({ KeyId: arn })).Grants).toEqual([]);
  });

  it('that the caller may not retire stays behind, and opens nothing', async () => {
    const { arn } = await vault.kms.key();
    await admin.UpdateSecret({ SecretId: 'db', KmsKeyId: arn });
    const { GrantId } = await grant();
    const revoker = vault.user('revoker', statements(allow('secretsmanager:*')));
    expect(await revoker.RevokeSecretGrant({ SecretId: 'db', GrantId })).toMatchObject({ KeyGrantEnded: false });
    expect(await code(read())).toBe('AccessDenied');
    expect(await admin.RevokeSecretGrant({ SecretId: 'db', GrantId })).toMatchObject({ KeyGrantEnded: true });
  });

  it('is given back when the grant is not made', async () => {
    const { arn } = await vault.kms.key();
    await admin.UpdateSecret({ SecretId: 'db', KmsKeyId: arn });
    const both = await Promise.allSettled([grant(), grant(), grant()]);
    const made = both.filter(({ status }) => status === 'fulfilled').length;
    expect(made).toBeGreaterThan(0);
    expect((await vault.kms.user('admin').ListGrants({ KeyId: arn })).Grants).toHaveLength(made);
  });
});

describe('another account', () => {
  let eve: VaultClient;
  let arn: string;
  beforeEach(async () => {
    eve = vault.user('eve', NO_POLICY, OTHER_ACCOUNT);
    const key = await vault.kms.key({ Policy: document(toAccount()) });
    arn = (await admin.CreateSecret({ Name: 'shared', SecretString: VALUE, KmsKeyId: key.id })).ARN;
  });
  const share = () => admin.CreateSecretGrant({ SecretId: 'shared', GranteePrincipal: EVE });

  it('of the organization reads by ARN, without a policy there, while both are in it', async () => {
    organization();
    const { Grant } = await share();
    expect(await read(eve, arn)).toBe(VALUE);
    expect(await code(read(eve, 'shared'))).toBe('AccessDenied');
    const lister = vault.user('eve', statements(allow('secretsmanager:ListReceivedSecretGrants')), OTHER_ACCOUNT);
    expect((await lister.ListReceivedSecretGrants({})).Grants).toEqual([Grant]);
    // Grants are managed at home.
    const boss = vault.user('boss', undefined, OTHER_ACCOUNT);
    const seen = async (SecretId: string) =>
      (await failure(boss.ListSecretGrants({ SecretId }))).message.replaceAll(SecretId, 'ARN');
    expect(await seen(arn)).toBe(await seen(arn.replace('shared', 'absent')));
    const { data } = vault.kms.organization;
    data.Accounts = data.Accounts.filter(({ Id }) => Id !== OTHER_ACCOUNT);
    data.Revision++;
    vault.kms.organization.published();
    expect(await code(read(eve, arn))).toBe('AccessDenied');
  });

  it('outside of it is nobody a secret can be granted to, whether it exists or not', async () => {
    const text = async (GranteePrincipal: string) => {
      const { message } = await failure(admin.CreateSecretGrant({ SecretId: 'shared', GranteePrincipal }));
      return message.replace(GranteePrincipal, 'X');
    };
    const absent = await text('arn:aws:iam::777788889999:user/nobody');
    expect([await text(EVE), await text(OTHER_ACCOUNT)]).toEqual([absent, absent]);
    organization();
    await share();
    expect(await text('arn:aws:iam::777788889999:user/nobody')).toBe(absent);
    expect(await text(`arn:aws:iam::${OTHER_ACCOUNT}:user/nobody`)).toBe(absent);
  });

  it('is not served by the default key', async () => {
    organization();
    const refused = admin.CreateSecretGrant({ SecretId: 'db', GranteePrincipal: EVE });
    expect(await failure(refused)).toEqual({
      code: 'InvalidRequest',
      message: 'the secret is protected by the default key of its account, which serves no other',
      hint: 'give the secret a key of its own with UpdateSecret, then grant it',
    });
  });
});

describe('what cannot be granted', () => {
  it.each([
    [{ GranteePrincipal: `arn:aws:iam::${ACCOUNT}:group/g` }, 'is no principal that a secret can be granted to'],
    [
      { GranteePrincipal: `arn:aws:sts::${ACCOUNT}:assumed-role/r/s` },
      'is no principal that a secret can be granted to',
    ],
    [{ GranteePrincipal: `arn:aws:iam::${ACCOUNT}:user/nobody` }, 'is no principal that a secret can be granted to'],
    [{ ExpiresAt: 0 }, 'ExpiresAt has passed already'],
    [{ ExpiresAt: 4_000_000_000_000, NotBefore: 4_000_000_000_000 }, 'NotBefore is not before ExpiresAt'],
    [{ SourceAddresses: ['10.0.0.0/8', '10.0.0.0/33'] }, '10.0.0.0/33 is no address or range of addresses'],
  ])('%j', async (terms, message) => {
    const refused = await failure(grant(terms));
    expect(refused).toMatchObject({ code: 'InvalidParameter', message: expect.stringContaining(message) });
    expect((await admin.ListSecretGrants({ SecretId: 'db' })).Grants).toEqual([]);
  });

  it('more than a hundred at a time', async () => {
    for (let made = 0; made < 100; made++) await grant();
    expect(await failure(grant())).toMatchObject({ code: 'LimitExceeded', message: 'a secret has at most 100 grants' });
    const [first] = (await admin.ListSecretGrants({ SecretId: 'db', MaxResults: 1 })).Grants;
    await admin.RevokeSecretGrant({ SecretId: 'db', GrantId: first!.GrantId });
    await grant();
  });

  it('a secret that is to be deleted', async () => {
    await admin.DeleteSecret({ SecretId: 'db' });
    expect(await code(grant())).toBe('InvalidRequest');
  });
});

describe('lists', () => {
  it('show the grants of a secret, in pages, by grantee', async () => {
    vault.user('carol', NO_POLICY);
    const ids = [];
    for (const name of ['bob', 'carol', 'bob'])
      ids.push((await grant({ GranteePrincipal: `arn:aws:iam::${ACCOUNT}:user/${name}` })).GrantId);
    const seen: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await admin.ListSecretGrants({ SecretId: 'db', MaxResults: 1, ...(NextToken && { NextToken }) });
      seen.push(...page.Grants.map(({ GrantId }) => GrantId));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    expect(seen).toEqual(ids.toSorted());
    const ofBob = await admin.ListSecretGrants({ SecretId: 'db', GranteePrincipal: BOB });
    expect(ofBob.Grants.map(({ GrantId }) => GrantId)).toEqual([ids[0]!, ids[2]!].toSorted());
    expect(await code(admin.DescribeSecretGrant({ SecretId: 'db', GrantId: NO_ID }))).toBe('NotFound');
  });
});

describe('rows', () => {
  it('that somebody edited, moved or brought back let nobody in', async () => {
    const { GrantId } = await grant({ Fields: ['port'] });
    const rowOf = () => vault.store.read.selectFrom('secret_grant').selectAll().executeTakeFirstOrThrow();
    const genuine = await rowOf();
    const put = (columns: object) =>
      vault.tamper((db) => db.updateTable('secret_grant').set(columns).where('grant_id', '=', GrantId).execute());
    await put({ fields: null });
    expect(await code(read())).toBe('DecryptionFailure');
    await put({ ...genuine });
    await admin.CreateSecret({ Name: 'other', SecretString: '{"port":1}' });
    const { secret_id } = await vault.store.read
      .selectFrom('secret')
      .selectAll()
      .where('name', '=', 'other')
      .executeTakeFirstOrThrow();
    await put({ secret_id });
    expect(await code(read(bob, 'other'))).toBe('DecryptionFailure');
    await put({ ...genuine });
    expect(await read()).toBe('{"port":5432}');
    await admin.RevokeSecretGrant({ SecretId: 'db', GrantId });
    await put({ ...genuine });
    expect(await code(read())).toBe('DecryptionFailure');
  });
});

describe('answers to our own services', () => {
  it('hold the policies of the grants to an account', async () => {
    const { GrantId, SecretARN } = await grant();
    const asked = { AccountId: ACCOUNT, ResourceArns: [SecretARN, `${SecretARN.slice(0, -6)}AAAAAA`] };
    const { Grants, Unknown } = await vault.internal().DescribeGrantPolicies(asked);
    expect(Unknown).toEqual([]);
    expect(Grants).toMatchObject([{ ResourceArn: SecretARN, GrantId, GranteePrincipal: BOB }]);
    const elsewhere = await vault.internal().DescribeGrantPolicies({ ...asked, AccountId: OTHER_ACCOUNT });
    expect(elsewhere.Grants).toEqual([]);
    await vault.tamper((db) => db.updateTable('secret_grant').set({ purpose: 'x' }).execute());
    expect(await vault.internal().DescribeGrantPolicies(asked)).toEqual({ Grants: [], Unknown: [SecretARN] });
  });

  it('a preview of a move knows that grants stay', async () => {
    const project = vault.kms.project('5f2c7d1a-8b34-4c1e-9d60-7e2f1a3b4c5d');
    const inDefault = { Condition: { StringEquals: { 'parapet:EnterpriseProjectId': '0' } } };
    vault.user('bob', statements(allow(['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'], inDefault)));
    const { SecretARN } = await grant();
    const preview = { ResourceArn: SecretARN, EnterpriseProjectId: project };
    const { Loses } = await admin.PreviewMoveResource(preview);
    expect(Loses).toEqual([{ PrincipalArn: BOB, Actions: ['secretsmanager:PutSecretValue'] }]);
  });
});
