import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ACCOUNT,
  document,
  failure,
  type KmsClient,
  KmsHarness,
  NO_POLICY,
  REGION,
  toAccount,
} from '../testing/harness.ts';

let kms: KmsHarness;
let admin: KmsClient;
beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
});
afterAll(() => kms.close());

const arn = (name: string) => `arn:aws:kms:${REGION}:${ACCOUNT}:${name}`;
const target = async (KeyId: string) => (await admin.DescribeKey({ KeyId })).KeyMetadata.KeyId;

describe('an alias', () => {
  it('leads to its key, then to another, then nowhere', async () => {
    const [one, two] = [await kms.key(), await kms.key()];
    await admin.CreateAlias({ AliasName: 'alias/app', TargetKeyId: one.arn });
    expect(await target('alias/app')).toBe(one.id);
    kms.advance(1000);
    await admin.UpdateAlias({ AliasName: 'alias/app', TargetKeyId: two.id });
    expect(await target('alias/app')).toBe(two.id);
    expect((await admin.ListAliases({ KeyId: one.id })).Aliases).toEqual([]);
    expect((await admin.ListAliases({ KeyId: two.id })).Aliases).toEqual([
      {
        AliasName: 'alias/app',
        AliasArn: arn('alias/app'),
        TargetKeyId: two.id,
        CreationDate: kms.now - 1000,
        LastUpdatedDate: kms.now,
      },
    ]);
    await admin.DeleteAlias({ AliasName: 'alias/app' });
    expect(await failure(admin.DescribeKey({ KeyId: 'alias/app' }))).toMatchObject({
      code: 'NotFound',
      message: `Alias ${arn('alias/app')} is not found.`,
    });
    await admin.CreateAlias({ AliasName: 'alias/app', TargetKeyId: one.id });
    expect(await target('alias/app')).toBe(one.id);
  });

  it('may be pointed at the key it has', async () => {
    const { id } = await kms.key();
    await admin.CreateAlias({ AliasName: 'alias/same', TargetKeyId: id });
    await admin.UpdateAlias({ AliasName: 'alias/same', TargetKeyId: id });
    expect(await target('alias/same')).toBe(id);
  });

  it('has one holder', async () => {
    const [one, two] = [await kms.key(), await kms.key()];
    await admin.CreateAlias({ AliasName: 'alias/taken', TargetKeyId: one.id });
    for (const TargetKeyId of [one.id, two.id]) {
      expect(await failure(admin.CreateAlias({ AliasName: 'alias/taken', TargetKeyId }))).toMatchObject({
        code: 'AlreadyExists',
        message: `An alias with the name ${arn('alias/taken')} already exists`,
      });
    }
    const keys = [await kms.key(), await kms.key(), await kms.key()];
    const attempts = keys.map(({ id }) => admin.CreateAlias({ AliasName: 'alias/race', TargetKeyId: id }));
    const done = (await Promise.allSettled(attempts)).filter((result) => result.status === 'fulfilled');
    expect(done).toHaveLength(1);
    expect(keys.map(({ id }) => id)).toContain(await target('alias/race'));
  });

  it('can leave a key that waits for its end, not go there', async () => {
    const [dying, living] = [await kms.key(), await kms.key()];
    await admin.CreateAlias({ AliasName: 'alias/saved', TargetKeyId: dying.id });
    await admin.ScheduleKeyDeletion({ KeyId: dying.id });
    await admin.UpdateAlias({ AliasName: 'alias/saved', TargetKeyId: living.id });
    expect(await failure(admin.UpdateAlias({ AliasName: 'alias/saved', TargetKeyId: dying.id }))).toMatchObject({
      code: 'InvalidState',
      message: `${dying.arn} is pending deletion.`,
    });
  });

  it.each([
    ['app', 'Validation', /^Alias must start with the prefix "alias\/"\./],
    ['alias/', 'Validation', /^Alias must start/],
    ['alias/aws/s3', 'InvalidAliasName', /reserved/],
    ['alias/a b', 'Validation', /./],
  ])('is not called %s', async (AliasName, code, message) => {
    const { id } = await kms.key();
    const error = await failure(admin.CreateAlias({ AliasName, TargetKeyId: id }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('leads to keys, not to aliases', async () => {
    const { id } = await kms.key();
    await admin.CreateAlias({ AliasName: 'alias/first', TargetKeyId: id });
    for (const TargetKeyId of ['alias/first', arn('alias/first')]) {
      expect((await failure(admin.CreateAlias({ AliasName: 'alias/second', TargetKeyId }))).code).toBe('Validation');
    }
  });

  it('needs the permission on the alias and on every key it leaves or reaches', async () => {
    const { id: mine } = await kms.key();
    kms.user('aliaser', NO_POLICY);
    const only = (Resource: string[]) =>
      kms.user('aliaser', { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource }] });
    const key = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${mine}`;
    const create = (user: KmsClient) => user.CreateAlias({ AliasName: 'alias/perm', TargetKeyId: mine });
    expect((await failure(create(only([key])))).code).toBe('AccessDenied');
    expect((await failure(create(only([arn('alias/perm')])))).code).toBe('AccessDenied');
    await create(only([key, arn('alias/perm')]));
    const { id: other } = await kms.key();
    const both = only([key, arn('alias/perm')]);
    expect((await failure(both.UpdateAlias({ AliasName: 'alias/perm', TargetKeyId: other }))).code).toBe(
      'AccessDenied',
    );
    expect((await failure(only([arn('alias/perm')]).DeleteAlias({ AliasName: 'alias/perm' }))).code).toBe(
      'AccessDenied',
    );
    await only([key, arn('alias/perm')]).DeleteAlias({ AliasName: 'alias/perm' });
  });

  it('cannot be taken from a key whose policy denies it', async () => {
    const deny = { Effect: 'Deny', Principal: '*', Action: 'kms:DeleteAlias', Resource: '*' };
    const { id } = await kms.key({ Policy: document(toAccount(), deny) });
    await admin.CreateAlias({ AliasName: 'alias/held', TargetKeyId: id });
    expect((await failure(admin.DeleteAlias({ AliasName: 'alias/held' }))).code).toBe('AccessDenied');
  });

  it('is one of at most fifty of a key', async () => {
    const [{ id }, other] = [await kms.key(), await kms.key()];
    for (let i = 0; i < 50; i++) await admin.CreateAlias({ AliasName: `alias/many/${i}`, TargetKeyId: id });
    expect((await failure(admin.CreateAlias({ AliasName: 'alias/many/50', TargetKeyId: id }))).code).toBe(
      'LimitExceeded',
    );
    await admin.CreateAlias({ AliasName: 'alias/other', TargetKeyId: other.id });
    expect((await failure(admin.UpdateAlias({ AliasName: 'alias/other', TargetKeyId: id }))).code).toBe(
      'LimitExceeded',
    );
    await admin.UpdateAlias({ AliasName: 'alias/many/7', TargetKeyId: id });
    const names: string[] = [];
    let Marker: string | undefined;
    do {
      const page: Awaited<ReturnType<KmsClient['ListAliases']>> = await admin.ListAliases({
        KeyId: id,
        Limit: 20,
        ...(Marker && { Marker }),
      });
      names.push(...page.Aliases.map((alias) => alias.AliasName));
      Marker = page.NextMarker;
    } while (Marker);
    expect(names).toHaveLength(50);
    expect(names.toSorted()).toEqual(names);
  });
});
