import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ACCOUNT,
  ADMIN_POLICY,
  document,
  failure,
  type KmsClient,
  KmsHarness,
  NO_POLICY,
  OTHER_ACCOUNT,
  toAccount,
} from '../testing/harness.ts';

let kms: KmsHarness;
let admin: KmsClient;
let bob: KmsClient;
let eve: KmsClient;
let key: { id: string; arn: string };
let blob: Buffer;

const x = Buffer.from('x');
const arnOf = (name: string, account = ACCOUNT) => `arn:aws:iam::${account}:user/${name}`;
const BOB = arnOf('bob');
const EVE = arnOf('eve', OTHER_ACCOUNT);
const EncryptionContext = { app: 'billing' };

beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
  kms.user('root');
  kms.user('root', ADMIN_POLICY, OTHER_ACCOUNT);
  bob = kms.user('bob', NO_POLICY);
  eve = kms.user('eve', NO_POLICY, OTHER_ACCOUNT);
});
afterAll(() => kms.close());
beforeEach(async () => {
  key = await kms.key();
  blob = (await admin.Encrypt({ KeyId: key.id, Plaintext: x, EncryptionContext })).CiphertextBlob;
});

const grant = (input: Partial<Parameters<KmsClient['CreateGrant']>[0]> = {}) =>
  admin.CreateGrant({ KeyId: key.id, GranteePrincipal: BOB, Operations: ['Decrypt'], ...input });
const open = (user: KmsClient, context: Record<string, string> = EncryptionContext) =>
  user.Decrypt({ CiphertextBlob: blob, EncryptionContext: context });
const denied = async (request: Promise<unknown>) => expect((await failure(request)).code).toBe('AccessDenied');

describe('a grant', () => {
  it('allows what it lists to whom it names, at once, until it ends', async () => {
    await denied(open(bob));
    const { GrantId } = await grant();
    expect((await open(bob)).Plaintext).toEqual(x);
    await denied(bob.Encrypt({ KeyId: key.id, Plaintext: x }));
    await denied(bob.DescribeKey({ KeyId: key.id }));
    await denied(open(kms.user('carol', NO_POLICY)));
    const record = await kms.records().then((all) => all.findLast((r) => r.eventName === 'Decrypt' && !r.errorCode));
    expect(JSON.stringify(record?.x.decision)).toContain(`${key.arn}/grant/${GrantId}`);
    await admin.RevokeGrant({ KeyId: key.id, GrantId });
    await denied(open(bob));
    expect(await failure(admin.RevokeGrant({ KeyId: key.id, GrantId }))).toMatchObject({
      code: 'NotFound',
      message: `Grant ID ${GrantId} not found`,
    });
  });

  it.each([
    [
      'the exact context',
      { EncryptionContextEquals: EncryptionContext },
      { EncryptionContextEquals: { app: 'other' } },
    ],
    [
      'a part of the context',
      { EncryptionContextSubset: {} },
      { EncryptionContextSubset: { ...EncryptionContext, b: '2' } },
    ],
  ])('is confined to %s', async (_what, fitting, other) => {
    await grant({ Constraints: other });
    await denied(open(bob));
    await grant({ Constraints: fitting });
    expect((await open(bob)).Plaintext).toEqual(x);
  });

  it('loses against a deny, wherever it stands', async () => {
    await grant();
    const deny = { Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*' };
    await denied(open(kms.user('bob', { Version: '2012-10-17', Statement: [deny] })));
    kms.user('bob', NO_POLICY);
    const Policy = document(toAccount(), { ...deny, Principal: { AWS: BOB } });
    await admin.PutKeyPolicy({ KeyId: key.id, Policy });
    await denied(open(bob));
    await admin.PutKeyPolicy({ KeyId: key.id, Policy: document(toAccount()) });
    expect((await open(bob)).Plaintext).toEqual(x);
  });

  it('is bound by guardrails', async () => {
    const own = await KmsHarness.open();
    const boss = own.user('admin');
    const user = own.user('bob', NO_POLICY);
    const { id } = await own.key();
    await boss.CreateGrant({ KeyId: id, GranteePrincipal: BOB, Operations: ['Encrypt'] });
    const seal = () => user.Encrypt({ KeyId: id, Plaintext: x });
    await seal();
    own.organization.create().account(ACCOUNT);
    const denying = { Effect: 'Deny', Action: 'kms:Encrypt', Resource: '*' };
    own.organization.attach('scp', ACCOUNT, 'no-encrypt', [denying]);
    await denied(seal());
    await own.close();
  });

  it('reaches into another account without a policy there, and ends with the principal it was made for', async () => {
    await grant({ GranteePrincipal: EVE, Operations: ['Decrypt', 'DescribeKey'] });
    expect((await open(eve)).Plaintext).toEqual(x);
    expect((await eve.DescribeKey({ KeyId: key.arn })).KeyMetadata.Arn).toBe(key.arn);
    await denied(eve.Encrypt({ KeyId: key.arn, Plaintext: x }));
    kms.removeUser('eve', OTHER_ACCOUNT);
    const again = kms.user('eve', NO_POLICY, OTHER_ACCOUNT, 'AIDAANOTHEREVE000000');
    expect((await failure(open(again))).code).toBe('InvalidCiphertext');
    kms.removeUser('eve', OTHER_ACCOUNT);
    eve = kms.user('eve', NO_POLICY, OTHER_ACCOUNT);
  });

  it('for an account counts for those whom the account lets, and its root user', async () => {
    await grant({ GranteePrincipal: OTHER_ACCOUNT });
    expect((await failure(open(eve))).code).toBe('InvalidCiphertext');
    expect((await open(kms.user('root', ADMIN_POLICY, OTHER_ACCOUNT))).Plaintext).toEqual(x);
    const may = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: key.arn }] };
    expect((await open(kms.user('mallory', may, OTHER_ACCOUNT))).Plaintext).toEqual(x);
  });

  it('for a resource of a service counts when the service asks for it', async () => {
    const SourceArn = 'arn:aws:secretsmanager:local-1:111122223333:secret:db-a1b2c3';
    await grant({ Constraints: { SourceArn } });
    await denied(open(bob));
    const ask = (sourceArn?: string) =>
      kms
        .as('ccms')
        .Decrypt(
          { CiphertextBlob: blob, EncryptionContext },
          { ...kms.call('bob', NO_POLICY), ...(sourceArn && { sourceArn }) },
        );
    await denied(ask());
    await denied(ask(`${SourceArn}x`));
    expect((await ask(SourceArn)).Plaintext).toEqual(x);
  });

  it('goes with its key', async () => {
    const { GrantId } = await grant();
    await admin.ScheduleKeyDeletion({ KeyId: key.id, PendingWindowInDays: 7 });
    kms.advance(8 * 86_400_000);
    const { destroyKey } = await import('../jobs/destroy-keys.ts');
    await destroyKey(kms.deps, key.id);
    const left = await kms.store.read
      .selectFrom('kms_grant')
      .select('grant_id')
      .where('grant_id', '=', GrantId)
      .execute();
    expect(left).toEqual([]);
  });
});

describe('making a grant', () => {
  it('again with a name answers the same grant and another token, without one a new grant', async () => {
    const Constraints = { EncryptionContextEquals: { a: '1', b: '2' } };
    const first = await grant({ Name: 'app', Constraints, Operations: ['Decrypt', 'Encrypt'] });
    const again = await grant({
      Name: 'app',
      Constraints: { EncryptionContextEquals: { b: '2', a: '1' } },
      Operations: ['Encrypt', 'Decrypt'],
    });
    expect(first.GrantId).toMatch(/^[0-9a-f]{64}$/);
    expect(again.GrantId).toBe(first.GrantId);
    expect(again.GrantToken).not.toBe(first.GrantToken);
    expect((await grant({ Name: 'app', Operations: ['Decrypt'] })).GrantId).not.toBe(first.GrantId);
    expect((await grant()).GrantId).not.toBe((await grant()).GrantId);
    const together = await Promise.all([1, 2, 3].map(() => grant({ Name: 'race' })));
    expect(new Set(together.map((made) => made.GrantId)).size).toBe(1);
  });

  it.each([
    ['a group', arnOf('x').replace('user/', 'group/'), 'InvalidArn'],
    ['somebody who does not exist', arnOf('nobody-there'), 'InvalidArn'],
    ['an account that does not exist', '999900001111', 'InvalidArn'],
    ['everybody', '*', 'Validation'],
    ['another partition', BOB.replace('arn:aws:', 'arn:aws-cn:'), 'InvalidArn'],
  ])('is refused for %s', async (_what, GranteePrincipal, code) => {
    expect((await failure(grant({ GranteePrincipal }))).code).toBe(code);
  });

  it('is refused for what the key cannot do, for an alias, for a foreign token, and with a dry run changes nothing', async () => {
    expect((await failure(grant({ Operations: ['Sign'] }))).code).toBe('Validation');
    expect((await failure(grant({ KeyId: 'alias/app' }))).code).toBe('NotFound');
    expect((await failure(grant({ GrantTokens: ['bm90IG91cnM'] }))).code).toBe('InvalidGrantToken');
    expect((await failure(grant({ DryRun: true }))).code).toBe('DryRunOperation');
    expect((await admin.ListGrants({ KeyId: key.id })).Grants).toEqual([]);
  });

  it('passes on no more than one has', async () => {
    const constrained = { EncryptionContextSubset: EncryptionContext };
    await grant({ Operations: ['Decrypt', 'CreateGrant'], Constraints: constrained });
    const carol = kms.user('carol', NO_POLICY);
    const child = (input: object) =>
      bob.CreateGrant({ KeyId: key.id, GranteePrincipal: arnOf('carol'), Operations: ['Decrypt'], ...input });
    await denied(child({}));
    await denied(child({ Operations: ['Encrypt'], Constraints: constrained }));
    await denied(child({ Constraints: { EncryptionContextSubset: {} } }));
    await child({ Constraints: { EncryptionContextEquals: EncryptionContext } });
    expect((await open(carol)).Plaintext).toEqual(x);
  });

  it.each([
    [
      'kms:GrantOperations',
      { 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt'] } },
      { Operations: ['Encrypt'] },
    ],
    ['kms:GranteePrincipal', { StringEquals: { 'kms:GranteePrincipal': BOB } }, { GranteePrincipal: EVE }],
    ['kms:RetiringPrincipal', { StringEquals: { 'kms:RetiringPrincipal': BOB } }, { RetiringPrincipal: EVE }],
    [
      'kms:GrantConstraintType',
      { StringEquals: { 'kms:GrantConstraintType': 'EncryptionContextSubset' } },
      { Constraints: {} },
    ],
    ['kms:EncryptionContext', { StringEquals: { 'kms:EncryptionContext:app': 'billing' } }, { Constraints: {} }],
    ['kms:GrantIsForAWSResource', { Bool: { 'kms:GrantIsForAWSResource': 'false' } }, undefined],
  ])('can be bound by %s', async (_name, Condition, other) => {
    const statement = { Effect: 'Allow', Action: 'kms:CreateGrant', Resource: '*', Condition };
    const careful = kms.user('careful', { Version: '2012-10-17', Statement: [statement] });
    const fitting = {
      KeyId: key.id,
      GranteePrincipal: BOB,
      RetiringPrincipal: BOB,
      Operations: ['Decrypt' as const],
      Constraints: { EncryptionContextSubset: EncryptionContext },
    };
    expect((await careful.CreateGrant(fitting)).GrantId).toHaveLength(64);
    if (other) await denied(careful.CreateGrant({ ...fitting, ...(other as object) }));
  });

  it('is not for default keys', async () => {
    const { KeyId } = await kms.as('ccms').ObtainDefaultKey({ AccountId: ACCOUNT });
    await denied(grant({ KeyId }));
    await denied(kms.user('root').CreateGrant({ KeyId, GranteePrincipal: BOB, Operations: ['Decrypt'] }));
  });
});

describe('tokens', () => {
  it('are taken in every operation when genuine, allow nothing of their own, and stand in no record', async () => {
    const { GrantToken, GrantId } = await grant();
    const ask = (GrantTokens: string[]) => bob.Decrypt({ CiphertextBlob: blob, EncryptionContext, GrantTokens });
    expect((await ask([GrantToken])).Plaintext).toEqual(x);
    const forged = `${GrantToken.slice(0, -2)}${GrantToken.endsWith('AA') ? 'BB' : 'AA'}`;
    for (const token of [forged, 'x', GrantToken.slice(1)])
      expect((await failure(ask([token]))).code).toBe('InvalidGrantToken');
    expect((await failure(ask(Array(11).fill(GrantToken)))).code).toBe('Validation');
    await admin.RevokeGrant({ KeyId: key.id, GrantId });
    await denied(ask([GrantToken]));
    expect(JSON.stringify(await kms.records())).not.toContain(GrantToken);
    expect(await failure(bob.DescribeKey({ KeyId: key.id, GrantTokens: [forged] }))).toMatchObject({
      code: 'InvalidGrantToken',
    });
  });
});

describe('lists of grants', () => {
  it('show everything but tokens, in pages, by grantee and id', async () => {
    const made = await grant({
      Name: 'first',
      RetiringPrincipal: EVE,
      Constraints: { EncryptionContextEquals: { a: '1' } },
    });
    await grant({ GranteePrincipal: EVE });
    const { Grants } = await admin.ListGrants({ KeyId: key.arn, GrantId: made.GrantId });
    expect(Grants).toEqual([
      {
        KeyId: key.arn,
        GrantId: made.GrantId,
        Name: 'first',
        CreationDate: kms.now,
        GranteePrincipal: BOB,
        RetiringPrincipal: EVE,
        IssuingAccount: `arn:aws:iam::${ACCOUNT}:root`,
        Operations: ['Decrypt'],
        Constraints: { EncryptionContextEquals: { a: '1' } },
      },
    ]);
    const one = await admin.ListGrants({ KeyId: key.id, Limit: 1 });
    const two = await admin.ListGrants({ KeyId: key.id, Limit: 1, Marker: one.NextMarker as string });
    expect(new Set([...one.Grants, ...two.Grants].map((entry) => entry.GrantId)).size).toBe(2);
    expect(two.Truncated).toBe(false);
    expect((await admin.ListGrants({ KeyId: key.id, GranteePrincipal: EVE })).Grants).toHaveLength(1);
    expect((await failure(admin.ListGrants({ KeyId: key.id, GrantId: 'x' }))).code).toBe('InvalidGrantId');
    expect((await failure(admin.ListGrants({ KeyId: key.id, Limit: 1, Marker: 'x' }))).code).toBe('InvalidMarker');
    await denied(kms.user('stranger', ADMIN_POLICY, OTHER_ACCOUNT).ListGrants({ KeyId: key.arn }));
  });

  it('of what one may retire hold keys of every account, for principals of the own', async () => {
    const { GrantId } = await grant({ RetiringPrincipal: EVE });
    const boss = kms.user('boss', ADMIN_POLICY, OTHER_ACCOUNT);
    const listed = await boss.ListRetirableGrants({ RetiringPrincipal: EVE });
    expect(listed.Grants.map((entry) => entry.GrantId)).toContain(GrantId);
    expect((await failure(admin.ListRetirableGrants({ RetiringPrincipal: EVE }))).code).toBe('InvalidArn');
    await denied(eve.ListRetirableGrants({ RetiringPrincipal: EVE }));
  });
});

describe('retiring', () => {
  const cases: [string, Partial<Parameters<KmsClient['CreateGrant']>[0]>, () => KmsClient, boolean][] = [
    ['the retiring principal', { RetiringPrincipal: EVE }, () => eve, true],
    ['the grantee that may', { Operations: ['Decrypt', 'RetireGrant'] }, () => bob, true],
    ['the grantee that may not', {}, () => bob, false],
    ['the root user of the account that made it', {}, () => kms.user('root'), true],
    ['whom that account lets', {}, () => admin, true],
    ['somebody of it without permission', {}, () => kms.user('carol', NO_POLICY), false],
    ['another account', {}, () => kms.user('boss', ADMIN_POLICY, OTHER_ACCOUNT), false],
    [
      'the retiring principal whom a policy denies it',
      { RetiringPrincipal: BOB },
      () =>
        kms.user('bob', {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Deny', Action: 'kms:RetireGrant', Resource: '*' }],
        }),
      false,
    ],
  ];
  it.each(cases)('is for %s', async (_who, input, by, may) => {
    const { GrantId, GrantToken } = await grant(input);
    const ask = () => by().RetireGrant({ KeyId: key.arn, GrantId });
    if (may) {
      expect((await failure(by().RetireGrant({ GrantToken, DryRun: true }))).code).toBe('DryRunOperation');
      await ask();
      expect((await admin.ListGrants({ KeyId: key.id })).Grants).toEqual([]);
    } else {
      await denied(ask());
      expect(['AccessDenied', 'NotFound']).toContain((await failure(by().RetireGrant({ GrantToken }))).code);
      expect((await admin.ListGrants({ KeyId: key.id })).Grants).toHaveLength(1);
    }
    bob = kms.user('bob', NO_POLICY);
  });

  it('of a foreign grant one may not retire answers as of one that is not there', async () => {
    const { GrantId } = await grant();
    const boss = kms.user('boss', ADMIN_POLICY, OTHER_ACCOUNT);
    const seen = async (id: string, KeyId = key.arn) => {
      const error = JSON.stringify(await failure(boss.RetireGrant({ KeyId, GrantId: id })));
      return error
        .replaceAll(id, 'ID')
        .replaceAll(KeyId, 'KEY')
        .replaceAll(/decisions\/[0-9a-f-]{36}/g, '');
    };
    const missing = await seen('0'.repeat(64));
    expect(await seen(GrantId)).toBe(missing);
    expect(await seen(GrantId, `arn:aws:kms:local-1:${ACCOUNT}:key/00000000-0000-4000-8000-00000000abcd`)).toBe(
      missing,
    );
  });

  it('takes a token, or key and id, not both and not something else', async () => {
    const { GrantId, GrantToken } = await grant();
    expect((await failure(admin.RetireGrant({}))).code).toBe('Validation');
    expect((await failure(admin.RetireGrant({ GrantToken, GrantId }))).code).toBe('Validation');
    expect((await failure(admin.RetireGrant({ GrantToken: 'x' }))).code).toBe('InvalidGrantToken');
    expect((await failure(admin.RetireGrant({ KeyId: key.arn, GrantId: 'x' }))).code).toBe('InvalidGrantId');
    await admin.RetireGrant({ GrantToken });
    expect((await failure(admin.RetireGrant({ GrantToken }))).code).toBe('NotFound');
  });
});

describe('the database', () => {
  it('cannot be used to change a grant, or to bring one back', async () => {
    const { GrantId } = await grant();
    const read = () =>
      kms.store.read.selectFrom('kms_grant').selectAll().where('grant_id', '=', GrantId).executeTakeFirstOrThrow();
    const row = await read();
    const write = (set: object) =>
      kms.store.transaction((tx) => tx.updateTable('kms_grant').set(set).where('grant_id', '=', GrantId).execute());
    for (const edit of [{ operations: '["Decrypt","Encrypt"]' }, { constraints: '{"a":1}' }, { created_at: 0 }]) {
      await write(edit);
      kms.deps.keys.clear();
      expect((await failure(open(bob))).code).toBe('Internal');
      await write(row);
    }
    const moved = await kms.key();
    await write({ key_id: moved.id });
    kms.deps.keys.clear();
    expect((await failure(bob.Encrypt({ KeyId: moved.id, Plaintext: x }))).code).toBe('Internal');
    await write(row);
    kms.deps.keys.clear();
    expect((await open(bob)).Plaintext).toEqual(x);
    await admin.RevokeGrant({ KeyId: key.id, GrantId });
    await kms.store.transaction((tx) => tx.insertInto('kms_grant').values(row).execute());
    expect((await failure(open(bob))).code).toBe('Internal');
    await kms.store.transaction((tx) => tx.deleteFrom('kms_grant').where('grant_id', '=', GrantId).execute());
  });
});
