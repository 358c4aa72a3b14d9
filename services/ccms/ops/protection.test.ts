/** Who can read a value, and what happens to values that somebody touched. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ADMIN_POLICY,
  document,
  failure,
  OTHER_ACCOUNT,
  toAccount,
  type VaultClient,
  VaultHarness,
} from '../testing/harness.ts';

let vault: VaultHarness;
let admin: VaultClient;
const opened: VaultHarness[] = [];
async function start(keyCacheSeconds = 0): Promise<void> {
  vault = await VaultHarness.open({ keyCacheSeconds });
  opened.push(vault);
  admin = vault.user('admin');
}
beforeEach(() => start());
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

const statements = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const allow = (Action: string | string[], more: object = {}) => ({ Effect: 'Allow', Action, Resource: '*', ...more });
const make = async (Name: string, SecretString = `value of ${Name}`, KmsKeyId?: string) =>
  admin.CreateSecret({
    Name,
    SecretString,
    ClientRequestToken: vault.token(),
    ...(KmsKeyId !== undefined && { KmsKeyId }),
  });

describe('the key of a value', () => {
  it('is the default key, made on first use, which everybody of the account uses through the vault', async () => {
    await make('a');
    const reader = vault.user('reader', statements(allow('secretsmanager:GetSecretValue')));
    expect(await reader.GetSecretValue({ SecretId: 'a' })).toMatchObject({ SecretString: 'value of a' });
    const aliases = await vault.kms.user('admin').ListAliases({});
    expect(aliases.Aliases.map(({ AliasName }) => AliasName)).toEqual(['alias/aws/secretsmanager']);
    const uses = (await vault.kms.records()).filter(({ eventName }) => eventName === 'Decrypt');
    expect(uses.at(-1)).toMatchObject({
      userIdentity: { arn: 'arn:aws:iam::111122223333:user/reader', invokedBy: 'secretsmanager.amazonaws.com' },
    });
  });

  it('of the customer is used with the permission of the caller, through the vault', async () => {
    const { id } = await vault.kms.key();
    await make('a', 'x', id);
    const through = { Condition: { StringEquals: { 'kms:ViaService': 'secretsmanager.local-1.amazonaws.com' } } };
    const without = vault.user('without', statements(allow('secretsmanager:*')));
    const denied = await failure(without.GetSecretValue({ SecretId: 'a' }));
    expect(denied).toMatchObject({ code: 'AccessDenied', message: 'Access to KMS is not allowed' });
    const reader = vault.user('reader', statements(allow('secretsmanager:*'), allow('kms:Decrypt', through)));
    expect(await reader.GetSecretValue({ SecretId: 'a' })).toMatchObject({ SecretString: 'x' });
    expect(await failure(reader.PutSecretValue({ SecretId: 'a', SecretString: 'y' }))).toMatchObject({
      code: 'AccessDenied',
    });
    const writer = vault.user('writer', statements(allow('secretsmanager:*'), allow('kms:GenerateDataKey', through)));
    await writer.PutSecretValue({ SecretId: 'a', SecretString: 'y' });
    // Who names a key must be able to read what is written under it.
    expect(await failure(writer.CreateSecret({ Name: 'b', KmsKeyId: id }))).toMatchObject({ code: 'AccessDenied' });
  });

  it('sees secret and version in its context, so that a key policy can tell them apart', async () => {
    const made = await make('a');
    const uses = (await vault.kms.records()).filter(({ eventName }) => eventName === 'GenerateDataKey');
    expect(uses.at(-1)?.requestParameters).toMatchObject({
      EncryptionContext: { SecretARN: made.ARN, SecretVersionId: made.VersionId },
    });
  });

  it('that is disabled lets nothing be read or written', async () => {
    const { id } = await vault.kms.key();
    await make('a', 'x', id);
    await vault.kms.user('admin').DisableKey({ KeyId: id });
    expect(await failure(admin.GetSecretValue({ SecretId: 'a' }))).toMatchObject({ code: 'DecryptionFailure' });
    expect(await failure(admin.PutSecretValue({ SecretId: 'a', SecretString: 'y' }))).toMatchObject({
      code: 'EncryptionFailure',
    });
    await vault.kms.user('admin').EnableKey({ KeyId: id });
    expect(await admin.GetSecretValue({ SecretId: 'a' })).toMatchObject({ SecretString: 'x' });
  });

  it('stays the old one for versions that the caller cannot open', async () => {
    const [old, next] = [await vault.kms.key(), await vault.kms.key()];
    const made = await make('a', 'x', old.id);
    const onNext = { Effect: 'Allow', Action: 'kms:*', Resource: next.arn };
    const mover = vault.user('mover', statements(allow('secretsmanager:*'), onNext));
    await mover.UpdateSecret({ SecretId: 'a', KmsKeyId: next.id });
    expect((await admin.ListSecretVersionIds({ SecretId: 'a' })).Versions).toMatchObject([{ KmsKeyIds: [old.arn] }]);
    expect(await admin.GetSecretValue({ SecretId: 'a' })).toMatchObject({
      SecretString: 'x',
      VersionId: made.VersionId,
    });
    await admin.PutSecretValue({ SecretId: 'a', SecretString: 'y' });
    expect((await admin.ListSecretVersionIds({ SecretId: 'a' })).Versions).toMatchObject([
      { KmsKeyIds: [next.arn] },
      {},
    ]);
  });
});

describe('opened data keys', () => {
  const decrypts = async () => (await vault.kms.records()).filter(({ eventName }) => eventName === 'Decrypt').length;

  it('are asked for on each read unless told otherwise', async () => {
    await make('a');
    for (let i = 0; i < 3; i++) await admin.GetSecretValue({ SecretId: 'a' });
    expect(await decrypts()).toBe(3);
  });

  it('are held for the time that is set, and no longer than a key that was disabled allows', async () => {
    await start(60);
    const { id } = await vault.kms.key();
    await make('a', 'x', id);
    const before = await decrypts();
    for (let i = 0; i < 3; i++)
      expect(await admin.GetSecretValue({ SecretId: 'a' })).toMatchObject({ SecretString: 'x' });
    expect((await decrypts()) - before).toBe(1);
    await vault.kms.user('admin').DisableKey({ KeyId: id });
    vault.kms.advance(59_999);
    await admin.GetSecretValue({ SecretId: 'a' });
    vault.kms.advance(1);
    expect(await failure(admin.GetSecretValue({ SecretId: 'a' }))).toMatchObject({ code: 'DecryptionFailure' });
  });

  it('serve nobody but the caller for whom kms opened them', async () => {
    await start(60);
    const { id } = await vault.kms.key();
    await make('a', 'x', id);
    await admin.GetSecretValue({ SecretId: 'a' });
    const without = vault.user('without', statements(allow('secretsmanager:*')));
    expect(await failure(without.GetSecretValue({ SecretId: 'a' }))).toMatchObject({ code: 'AccessDenied' });
  });
});

describe('other accounts', () => {
  it('read by ARN what the policy of the secret and the key let them', async () => {
    const key = await vault.kms
      .key({ Policy: document(toAccount(), toAccount(OTHER_ACCOUNT)) }, vault.kms.user('admin'))
      .catch(async () => {
        vault.kms.user('root', ADMIN_POLICY, OTHER_ACCOUNT);
        return vault.kms.key({ Policy: document(toAccount(), toAccount(OTHER_ACCOUNT)) }, vault.kms.user('admin'));
      });
    const made = await make('shared', 'x', key.id);
    const other = vault.user('other', ADMIN_POLICY, OTHER_ACCOUNT);
    expect(await failure(other.GetSecretValue({ SecretId: made.ARN }))).toMatchObject({ code: 'AccessDenied' });
    await admin.PutResourcePolicy({
      SecretId: 'shared',
      ResourcePolicy: document({ ...allow('secretsmanager:GetSecretValue'), Principal: { AWS: OTHER_ACCOUNT } }),
    });
    expect(await other.GetSecretValue({ SecretId: made.ARN })).toMatchObject({ SecretString: 'x' });
    expect(await failure(other.GetSecretValue({ SecretId: 'shared' }))).toMatchObject({ code: 'NotFound' });
    expect(await failure(other.PutSecretValue({ SecretId: made.ARN, SecretString: 'y' }))).toMatchObject({
      code: 'AccessDenied',
    });
    const record = (await vault.records()).find(
      ({ eventName, errorCode, resources }) =>
        eventName === 'GetSecretValue' && errorCode === undefined && resources?.[0]?.ARN === made.ARN,
    );
    expect(record).toBeDefined();
  });

  it('do not read under the default key, whatever the policy says', async () => {
    vault.kms.user('root', ADMIN_POLICY, OTHER_ACCOUNT);
    const made = await make('shared');
    const ResourcePolicy = document(
      { ...allow('secretsmanager:*'), Principal: { AWS: OTHER_ACCOUNT } },
      { ...allow('secretsmanager:*'), Principal: { AWS: '111122223333' } },
    );
    vault.kms.user('root');
    await admin.PutResourcePolicy({ SecretId: 'shared', ResourcePolicy });
    const other = vault.user('other', ADMIN_POLICY, OTHER_ACCOUNT);
    expect(await failure(other.GetSecretValue({ SecretId: made.ARN }))).toMatchObject({
      code: 'AccessDenied',
      message: 'Access to KMS is not allowed',
    });
    expect(await other.DescribeSecret({ SecretId: made.ARN })).toMatchObject({ Name: 'shared' });
  });
});

describe('a database that somebody changed', () => {
  const read = (SecretId: string) => admin.GetSecretValue({ SecretId });
  const sealedOf = async (VersionId: string) =>
    (
      await vault.store.read
        .selectFrom('secret_version')
        .select('sealed')
        .where('version_id', '=', VersionId)
        .executeTakeFirstOrThrow()
    ).sealed!;

  it('never yields a wrong value, whichever byte of it is another', async () => {
    const { VersionId } = await make('a');
    const sealed = await sealedOf(VersionId!);
    for (let at = 0; at < sealed.length; at++) {
      const flipped = Buffer.from(sealed);
      flipped[at] = flipped[at]! ^ (1 << (at % 8));
      await vault.tamper((db) =>
        db.updateTable('secret_version').set({ sealed: flipped }).where('version_id', '=', VersionId!).execute(),
      );
      expect(await failure(read('a')), `byte ${at}`).toMatchObject({ code: 'DecryptionFailure' });
    }
    await vault.tamper((db) =>
      db.updateTable('secret_version').set({ sealed }).where('version_id', '=', VersionId!).execute(),
    );
    expect(await read('a')).toMatchObject({ SecretString: 'value of a' });
  });

  it('refuses values that were put in the place of another one', async () => {
    const [a, b] = [await make('a'), await make('b')];
    const second = await admin.PutSecretValue({
      SecretId: 'a',
      SecretString: 'second',
      ClientRequestToken: vault.token(),
    });
    const put = (sealed: Buffer, id: string) =>
      vault.tamper((db) => db.updateTable('secret_version').set({ sealed }).where('version_id', '=', id).execute());
    const [ofA, ofB, ofSecond] = [
      await sealedOf(a.VersionId!),
      await sealedOf(b.VersionId!),
      await sealedOf(second.VersionId),
    ];
    await put(ofB, second.VersionId);
    await put(ofSecond, b.VersionId!);
    for (const name of ['a', 'b']) expect(await failure(read(name))).toMatchObject({ code: 'DecryptionFailure' });
    await put(ofA, second.VersionId);
    expect(await failure(read('a'))).toMatchObject({ code: 'DecryptionFailure' });
  });

  it('refuses whole rows that were put in the place of another one', async () => {
    const [a, b] = [await make('a'), await make('b')];
    const row = await vault.store.read
      .selectFrom('secret_version')
      .selectAll()
      .where('version_id', '=', b.VersionId!)
      .executeTakeFirstOrThrow();
    const { secret_id, version_id, ...columns } = row;
    await vault.tamper((db) =>
      db.updateTable('secret_version').set(columns).where('version_id', '=', a.VersionId!).execute(),
    );
    expect(await failure(read('a'))).toMatchObject({ code: 'DecryptionFailure' });
    const owner = await vault.store.read
      .selectFrom('secret')
      .select('secret_id')
      .where('name', '=', 'a')
      .executeTakeFirstOrThrow();
    await vault.tamper(async (db) => {
      await db.deleteFrom('secret_version').where('version_id', '=', a.VersionId!).execute();
      await db
        .insertInto('secret_version')
        .values({ ...row, secret_id: owner.secret_id, version_id: a.VersionId! })
        .execute();
    });
    expect(await failure(read('a'))).toMatchObject({ code: 'DecryptionFailure' });
  });

  it.each([
    ['stages', '[["AWSCURRENT","x"]]'],
    ['tags', '[["team","red"]]'],
    ['policy', '{"Version":"2012-10-17","Statement":[]}'],
    ['enterprise_project_id', '5f2c7d1a-8b34-4c1e-9d60-7e2f1a3b4c5d'],
    ['deletion_date', 99],
    ['suffix', 'zzzzzz'],
  ])('refuses a secret whose %s is another', async (column, value) => {
    await make('a');
    await vault.tamper((db) =>
      db
        .updateTable('secret')
        .set({ [column]: value })
        .where('name', '=', 'a')
        .execute(),
    );
    expect(await failure(read('a'))).toMatchObject({ code: 'DecryptionFailure' });
    expect(await failure(admin.DescribeSecret({ SecretId: 'a' }))).toMatchObject({ code: 'Internal' });
  });

  it('refuses a secret under the name of another one, or in another account', async () => {
    await make('a');
    const b = await make('b');
    await vault.tamper(async (db) => {
      await db.deleteFrom('secret').where('name', '=', 'a').execute();
      await db.updateTable('secret').set({ name: 'a' }).where('name', '=', 'b').execute();
    });
    expect(await failure(read('a'))).toMatchObject({ code: 'DecryptionFailure' });
    await vault.tamper((db) =>
      db.updateTable('secret').set({ name: 'b', account_id: OTHER_ACCOUNT }).where('name', '=', 'a').execute(),
    );
    const other = vault.user('other', ADMIN_POLICY, OTHER_ACCOUNT);
    expect(await failure(other.GetSecretValue({ SecretId: 'b' }))).toMatchObject({ code: 'DecryptionFailure' });
    expect(await failure(other.ListSecrets({}))).toMatchObject({ code: 'Internal' });
    expect(b.Name).toBe('b');
  });

  it('notices an older row that was put back, also a genuine one', async () => {
    const made = await make('a');
    const old = await vault.store.read
      .selectFrom('secret')
      .selectAll()
      .where('name', '=', 'a')
      .executeTakeFirstOrThrow();
    await admin.PutSecretValue({ SecretId: 'a', SecretString: 'second' });
    await vault.tamper((db) => db.updateTable('secret').set(old).where('name', '=', 'a').execute());
    expect(await failure(read('a'))).toMatchObject({ code: 'DecryptionFailure' });
    expect(made.Name).toBe('a');
  });

  it('holds no value, nor a hash of one that guesses could be compared with', async () => {
    const { createHash } = await import('node:crypto');
    const canary = 'canary-Zq9Zq9Zq9-value';
    await make('a', canary);
    const rows = JSON.stringify([
      await vault.store.read.selectFrom('secret').selectAll().execute(),
      await vault.store.read.selectFrom('secret_version').selectAll().execute(),
      await vault.records(),
      await vault.kms.records(),
    ]);
    const bytes = (value: Buffer) => JSON.stringify(value.toJSON().data).slice(1, -1);
    expect(rows).not.toContain(canary);
    expect(rows).not.toContain(bytes(Buffer.from(canary)));
    expect(rows).not.toContain(bytes(createHash('sha256').update(canary).digest()));
  });
});
