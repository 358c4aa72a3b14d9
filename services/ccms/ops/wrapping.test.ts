/** Handing a value over once, and learning whether somebody else was faster. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InputOf } from '../../../platform/contract/operation.ts';
import type { WrapSecretValue } from '../api/wrapping.ts';
import { forgetWrappings } from '../jobs/forget-deliveries.ts';
import { document, failure, NO_POLICY, OTHER_ACCOUNT, type VaultClient, VaultHarness } from '../testing/harness.ts';

const ACCOUNT = '111122223333';
const user = (name: string, account = ACCOUNT) => `arn:aws:iam::${account}:user/${name}`;
const MINUTE = 60_000;

let vault: VaultHarness;
let admin: VaultClient;
let bob: VaultClient;
let mallory: VaultClient;
let arn: string;
beforeEach(async () => {
  vault = await VaultHarness.open();
  admin = vault.user('admin');
  bob = vault.user('bob', NO_POLICY);
  mallory = vault.user('mallory', NO_POLICY);
  arn = (await admin.CreateSecret({ Name: 'db', SecretString: 'hunter2' })).ARN;
});
afterEach(() => vault.close());

const statements = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const allow = (...Action: string[]) => ({ Effect: 'Allow', Action, Resource: '*' });
const wrap = (more: Partial<InputOf<typeof WrapSecretValue>> = {}, by = admin) =>
  by.WrapSecretValue({ SecretId: 'db', ...more });
const unwrap = (WrappingToken: string, by = bob) => by.UnwrapSecretValue({ WrappingToken });
const code = async (promise: Promise<unknown>) => (await failure(promise)).code;
const rows = () => vault.store.read.selectFrom('secret_wrapping').selectAll().execute();
const events = async () =>
  (await vault.records()).filter(({ eventName }) => eventName === 'WrappingInterceptionSuspected');

describe('a wrapped value', () => {
  it('is read once, by whoever of the account holds the token, without any permission', async () => {
    const { WrappingToken, Wrapping } = await wrap();
    expect(Wrapping).toMatchObject({
      SecretARN: arn,
      Recipient: `arn:aws:iam::${ACCOUNT}:root`,
      Status: 'Open',
      CreatedBy: user('admin'),
      MisuseCount: 0,
    });
    expect(Wrapping.ExpiresAt - Wrapping.CreatedDate).toBe(5 * MINUTE);
    expect((await bob.LookUpWrapping({ WrappingToken })).Wrapping).toMatchObject({ Status: 'Open', SecretARN: arn });
    expect(await unwrap(WrappingToken)).toMatchObject({ ARN: arn, Name: 'db', SecretString: 'hunter2' });
    const described = await admin.DescribeWrapping({ SecretId: 'db', WrappingId: Wrapping.WrappingId });
    expect(described.Wrapping).toMatchObject({
      Status: 'Unwrapped',
      UnwrappedBy: user('bob'),
      UnwrappedFrom: '192.0.2.1',
      UnwrappedDate: vault.kms.now,
      MisuseCount: 0,
    });
    expect((await admin.ListWrappings({ SecretId: 'db' })).Wrappings).toEqual([described.Wrapping]);
    expect((await rows())[0]?.sealed).toBeNull();
    expect(await events()).toEqual([]);
  });

  it('tells the second reader, and the account of the secret, that somebody was faster', async () => {
    const { WrappingToken, Wrapping } = await wrap();
    await mallory.UnwrapSecretValue({ WrappingToken }, { sourceIp: '203.0.113.9' });
    expect(await failure(unwrap(WrappingToken))).toEqual({
      code: 'WrappingUsed',
      message: `the value was unwrapped before, at ${new Date(vault.kms.now).toISOString()}`,
      hint: 'unless that was you, somebody intercepted the token: tell whoever sent it, and have the secret changed',
    });
    const { Wrapping: seen } = await admin.DescribeWrapping({ SecretId: 'db', WrappingId: Wrapping.WrappingId });
    expect(seen).toMatchObject({
      UnwrappedBy: user('mallory'),
      UnwrappedFrom: '203.0.113.9',
      MisuseCount: 1,
      Misuses: [{ At: vault.kms.now, By: user('bob'), From: '192.0.2.1', Reason: 'already-unwrapped' }],
    });
    expect(await events()).toMatchObject([
      {
        recipientAccountId: ACCOUNT,
        sourceIPAddress: '192.0.2.1',
        resources: [{ ARN: arn }],
        requestParameters: {
          Reason: 'already-unwrapped',
          TriedBy: user('bob'),
          UnwrappedBy: user('mallory'),
          UnwrappedFrom: '203.0.113.9',
        },
      },
    ]);
    expect((await bob.LookUpWrapping({ WrappingToken })).Wrapping).toMatchObject({ UnwrappedBy: user('mallory') });
  });

  it('goes to exactly one of many at the same moment', async () => {
    const { WrappingToken, Wrapping } = await wrap();
    const readers = Array.from({ length: 8 }, (_, index) => vault.user(`reader-${index}`, NO_POLICY));
    const answers = await Promise.allSettled(readers.map((by) => unwrap(WrappingToken, by)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers)
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'WrappingUsed' });
    const { Wrapping: seen } = await admin.DescribeWrapping({ SecretId: 'db', WrappingId: Wrapping.WrappingId });
    expect(seen.MisuseCount).toBe(7);
    expect(await events()).toHaveLength(7);
  });

  it('of one recipient is for nobody else, who learns nothing, and whose attempt is reported', async () => {
    const { WrappingToken, Wrapping } = await wrap({ Recipient: user('bob') });
    const wrong = await failure(unwrap(WrappingToken, mallory));
    const none = await failure(unwrap(`pwt_${Buffer.alloc(32, 9).toString('base64url')}`, mallory));
    expect(wrong).toEqual(none);
    expect(wrong).toMatchObject({ code: 'InvalidWrappingToken' });
    const stranger = vault.user('stranger', undefined, OTHER_ACCOUNT);
    expect(await failure(unwrap(WrappingToken, stranger))).toEqual(none);
    expect(await code(mallory.LookUpWrapping({ WrappingToken }))).toBe('InvalidWrappingToken');
    const { Wrapping: seen } = await admin.DescribeWrapping({ SecretId: 'db', WrappingId: Wrapping.WrappingId });
    expect(seen).toMatchObject({ Status: 'Open', MisuseCount: 3 });
    expect(seen.Misuses.map(({ By, Reason }) => [By, Reason])).toEqual(
      [user('mallory'), user('stranger', OTHER_ACCOUNT), user('mallory')].map((by) => [by, 'not-the-recipient']),
    );
    for (const event of await events()) expect(event.recipientAccountId).toBe(ACCOUNT);
    expect((await unwrap(WrappingToken)).SecretString).toBe('hunter2');
  });

  it('goes to another account of the organization, and not outside of it', async () => {
    const eve = vault.user('eve', NO_POLICY, OTHER_ACCOUNT);
    expect(await code(wrap({ Recipient: user('eve', OTHER_ACCOUNT) }))).toBe('InvalidParameter');
    vault.kms.organization.create().account(ACCOUNT).account(OTHER_ACCOUNT);
    const { WrappingToken } = await wrap({ Recipient: user('eve', OTHER_ACCOUNT) });
    expect(await code(unwrap(WrappingToken))).toBe('InvalidWrappingToken');
    expect((await unwrap(WrappingToken, eve)).SecretString).toBe('hunter2');
    // Whose secret it is finds the reading in its own records.
    expect(await vault.lastRecord()).toMatchObject({ eventName: 'UnwrapSecretValue', recipientAccountId: ACCOUNT });
  });

  it('is still denied by a deny, a boundary and a guardrail', async () => {
    const { WrappingToken } = await wrap();
    const deny = { Effect: 'Deny', Action: 'secretsmanager:UnwrapSecretValue', Resource: arn };
    expect(await code(unwrap(WrappingToken, vault.user('bob', statements(deny))))).toBe('AccessDenied');
    bob = vault.user('bob', NO_POLICY);
    vault.kms.organization.create().account(ACCOUNT).attach('scp', ACCOUNT, 'no-unwrapping', [deny]);
    expect(await code(unwrap(WrappingToken))).toBe('AccessDenied');
  });

  it('ends with its time, when it is revoked, and with its secret', async () => {
    const late = await wrap({ TtlSeconds: 60 });
    vault.kms.advance(MINUTE);
    expect(await failure(unwrap(late.WrappingToken))).toMatchObject({
      code: 'WrappingEnded',
      message: 'nothing can be unwrapped with the token: its time has passed',
    });
    await forgetWrappings.run(vault.deps);
    expect((await rows()).map(({ sealed }) => sealed)).toEqual([null]);

    const taken = await wrap();
    const named = { SecretId: 'db', WrappingId: taken.Wrapping.WrappingId };
    expect((await admin.RevokeWrapping(named)).Wrapping).toMatchObject({ Status: 'Revoked' });
    expect((await failure(unwrap(taken.WrappingToken))).message).toContain('it was revoked');
    expect((await admin.RevokeWrapping(named)).Wrapping).toMatchObject({ Status: 'Revoked' });

    const marked = await wrap();
    await admin.DeleteSecret({ SecretId: 'db' });
    expect(await code(unwrap(marked.WrappingToken))).toBe('InvalidRequest');
    await admin.RestoreSecret({ SecretId: 'db' });
    expect((await unwrap(marked.WrappingToken)).SecretString).toBe('hunter2');
    expect(await code(admin.RevokeWrapping({ SecretId: 'db', WrappingId: marked.Wrapping.WrappingId }))).toBe(
      'InvalidRequest',
    );

    const gone = await wrap();
    await admin.DeleteSecret({ SecretId: 'db', ForceDeleteWithoutRecovery: true });
    expect(await code(unwrap(gone.WrappingToken))).toBe('InvalidWrappingToken');
    expect(await events()).toEqual([]);
    vault.kms.advance(100 * 24 * 60 * MINUTE);
    await forgetWrappings.run(vault.deps);
    expect(await rows()).toEqual([]);
  });

  it('is the version it was made of, also when the secret changed', async () => {
    const { WrappingToken } = await wrap();
    await admin.PutSecretValue({ SecretId: 'db', SecretBinary: Buffer.from([0, 255]) });
    expect((await unwrap(WrappingToken)).SecretString).toBe('hunter2');
    const binary = await wrap();
    expect((await unwrap(binary.WrappingToken)).SecretBinary).toEqual(Buffer.from([0, 255]));
    const previous = await wrap({ VersionStage: 'AWSPREVIOUS' });
    expect((await unwrap(previous.WrappingToken)).SecretString).toBe('hunter2');
  });

  it('does not need its key again', async () => {
    const { id, arn: key } = await vault.kms.key();
    await admin.UpdateSecret({ SecretId: 'db', KmsKeyId: key });
    const { WrappingToken } = await wrap();
    await vault.kms.user('admin').DisableKey({ KeyId: id });
    expect((await unwrap(WrappingToken)).SecretString).toBe('hunter2');
    expect(await code(wrap())).toBe('DecryptionFailure');
  });
});

describe('whoever wraps', () => {
  it('must be allowed to, and be able to read, with the key', async () => {
    const only = vault.user('only', statements(allow('secretsmanager:WrapSecretValue')));
    expect(await code(wrap({}, only))).toBe('AccessDenied');
    const reader = vault.user('reader', statements(allow('secretsmanager:GetSecretValue')));
    expect(await code(wrap({}, reader))).toBe('AccessDenied');
    const both = vault.user(
      'both',
      statements(allow('secretsmanager:WrapSecretValue', 'secretsmanager:GetSecretValue')),
    );
    await wrap({}, both);
    await admin.UpdateSecret({ SecretId: 'db', KmsKeyId: (await vault.kms.key()).id });
    expect(await failure(wrap({}, both))).toMatchObject({
      code: 'AccessDenied',
      message: 'Access to KMS is not allowed',
    });
  });

  it('hands over no more than the own grant lets through', async () => {
    await admin.CreateSecret({ Name: 'json', SecretString: '{"a":1,"b":2}' });
    await admin.CreateSecretGrant({ SecretId: 'json', GranteePrincipal: user('bob'), Fields: ['b'] });
    bob = vault.user('bob', statements(allow('secretsmanager:WrapSecretValue')));
    const { WrappingToken } = await bob.WrapSecretValue({ SecretId: 'json' });
    expect(await unwrap(WrappingToken, mallory)).toMatchObject({ SecretString: '{"b":2}', GrantedFields: ['b'] });
  });

  it('is of the account of the secret', async () => {
    const ResourcePolicy = document({
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${OTHER_ACCOUNT}:root` },
      Action: 'secretsmanager:*',
      Resource: '*',
    });
    const eve = vault.user('eve', undefined, OTHER_ACCOUNT);
    await admin.PutResourcePolicy({ SecretId: 'db', ResourcePolicy });
    const foreign = await failure(eve.WrapSecretValue({ SecretId: arn }));
    expect(['NotFound', 'AccessDenied']).toContain(foreign.code);
    expect(await rows()).toEqual([]);
  });

  it('leaves at most a hundred waiting', async () => {
    for (let made = 0; made < 100; made++) await wrap();
    expect(await code(wrap())).toBe('LimitExceeded');
    vault.kms.advance(5 * MINUTE);
    await wrap();
  });
});

describe('a token', () => {
  it('that was never one is no permission', async () => {
    for (const text of ['x', 'pwt_', `pwt_${'A'.repeat(44)}`]) {
      expect(await code(unwrap(text))).toBe('AccessDenied');
      expect(await code(unwrap(text, admin))).toBe('InvalidWrappingToken');
    }
  });

  it('stands in no row and no record, nor does the value', async () => {
    const { WrappingToken } = await wrap();
    await unwrap(WrappingToken);
    await failure(unwrap(WrappingToken));
    const kept = JSON.stringify([await vault.records(), await rows()]);
    for (const secret of [WrappingToken, WrappingToken.slice(4), 'hunter2']) expect(kept).not.toContain(secret);
  });
});

it('rows that somebody edited or brought back open nothing', async () => {
  const { WrappingToken, Wrapping } = await wrap();
  const [genuine] = await rows();
  const put = (columns: object) =>
    vault.tamper((db) =>
      db.updateTable('secret_wrapping').set(columns).where('wrapping_id', '=', Wrapping.WrappingId).execute(),
    );
  await put({ expires_at: genuine!.expires_at + MINUTE });
  expect(await code(unwrap(WrappingToken))).toBe('Internal');
  const sealed = Buffer.from(genuine!.sealed!);
  sealed[20]! ^= 1;
  await put({ ...genuine!, sealed });
  expect(await code(unwrap(WrappingToken))).toBe('DecryptionFailure');
  await put(genuine!);
  await unwrap(WrappingToken);
  await put(genuine!);
  expect(await code(unwrap(WrappingToken))).toBe('Internal');
});
