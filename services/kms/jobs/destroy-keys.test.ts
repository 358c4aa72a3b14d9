import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restoreApplied } from '../../../platform/store/tables/restores.ts';
import { failure, type KmsClient, KmsHarness } from '../testing/harness.ts';
import { destroyKeys } from './destroy-keys.ts';

const DAY = 86_400_000;
let kms: KmsHarness;
let admin: KmsClient;
beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
});
afterAll(() => kms.close());

const count = async (table: 'kms_key' | 'key_material' | 'key_alias', keyId: string) =>
  (await kms.store.read.selectFrom(table).select('key_id').where('key_id', '=', keyId).execute()).length;

describe('the end of a key', () => {
  it('comes when its time is over, not before, and leaves nothing but a tombstone', async () => {
    const { id, arn } = await kms.key({ Description: 'private', Tags: [{ TagKey: 'a', TagValue: 'b' }] });
    await admin.CreateAlias({ AliasName: 'alias/dying', TargetKeyId: id });
    const { CiphertextBlob } = await admin.Encrypt({ KeyId: id, Plaintext: Buffer.from('x') });
    const { DeletionDate } = await admin.ScheduleKeyDeletion({ KeyId: id, PendingWindowInDays: 7 });

    kms.advance(7 * DAY - 1);
    await destroyKeys.run(kms.deps);
    expect(await count('key_material', id)).toBe(1);
    expect((await admin.DescribeKey({ KeyId: id })).KeyMetadata.KeyState).toBe('PendingDeletion');

    kms.advance(1);
    await destroyKeys.run(kms.deps);
    expect(await count('key_material', id)).toBe(0);
    expect(await count('key_alias', id)).toBe(0);
    const row = await kms.store.read
      .selectFrom('kms_key')
      .selectAll()
      .where('key_id', '=', id)
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({ state: 'Deleted', description: '', tags: '[]', policy: '', material_id: '' });

    expect(await failure(admin.DescribeKey({ KeyId: id }))).toMatchObject({
      code: 'NotFound',
      message: `Key '${arn}' does not exist`,
    });
    expect((await failure(admin.Decrypt({ CiphertextBlob }))).code).toBe('InvalidCiphertext');
    expect((await failure(admin.CancelKeyDeletion({ KeyId: id }))).code).toBe('NotFound');
    expect((await failure(admin.DescribeKey({ KeyId: 'alias/dying' }))).code).toBe('NotFound');
    expect((await admin.ListKeys({})).Keys.map((key) => key.KeyId)).not.toContain(id);

    expect((await kms.records()).find((record) => record.eventName === 'DeleteKey')).toMatchObject({
      eventName: 'DeleteKey',
      recipientAccountId: '111122223333',
      requestParameters: { KeyId: arn, DeletionDate: new Date(DeletionDate).toISOString() },
      resources: [{ ARN: arn, accountId: '111122223333', type: 'AWS::KMS::Key' }],
    });
  });

  it('does not come to a key whose deletion was taken back', async () => {
    const { id } = await kms.key();
    await admin.ScheduleKeyDeletion({ KeyId: id, PendingWindowInDays: 7 });
    await admin.CancelKeyDeletion({ KeyId: id });
    kms.advance(30 * DAY);
    await destroyKeys.run(kms.deps);
    await admin.EnableKey({ KeyId: id });
    await expect(admin.Encrypt({ KeyId: id, Plaintext: Buffer.from('x') })).resolves.toBeDefined();
  });

  it('comes once: a second turn finds nothing and records nothing', async () => {
    const { id } = await kms.key();
    await admin.ScheduleKeyDeletion({ KeyId: id, PendingWindowInDays: 7 });
    kms.advance(8 * DAY);
    await Promise.all([destroyKeys.run(kms.deps), destroyKeys.run(kms.deps)]);
    await destroyKeys.run(kms.deps);
    const events = (await kms.records()).filter((r) => r.eventName === 'DeleteKey' && JSON.stringify(r).includes(id));
    expect(events).toHaveLength(1);
  });

  it('frees the alias for another key', async () => {
    const { id } = await kms.key();
    await admin.CreateAlias({ AliasName: 'alias/reused', TargetKeyId: id });
    await admin.ScheduleKeyDeletion({ KeyId: id, PendingWindowInDays: 7 });
    kms.advance(8 * DAY);
    await destroyKeys.run(kms.deps);
    const next = await kms.key();
    await admin.CreateAlias({ AliasName: 'alias/reused', TargetKeyId: next.id });
    expect((await admin.DescribeKey({ KeyId: 'alias/reused' })).KeyMetadata.KeyId).toBe(next.id);
  });

  it('is not kept from one key by a hundred others that do not verify', async () => {
    const [damaged, due] = [await kms.key(), await kms.key()];
    for (const { id } of [damaged, due]) await admin.ScheduleKeyDeletion({ KeyId: id, PendingWindowInDays: 7 });
    await kms.store.transaction(async (tx) => {
      const row = await tx.selectFrom('kms_key').selectAll().where('key_id', '=', damaged.id).executeTakeFirstOrThrow();
      for (let i = 0; i < 100; i++) {
        await tx
          .insertInto('kms_key')
          .values({ ...row, key_id: `forged-${i}`, deletion_date: 1 })
          .execute();
      }
    });
    await kms.store.transaction((tx) =>
      tx
        .updateTable('kms_key')
        .set({ description: 'edited', deletion_date: 1 })
        .where('key_id', '=', damaged.id)
        .execute(),
    );
    kms.advance(8 * DAY);
    await destroyKeys.run(kms.deps);
    expect(await count('key_material', due.id)).toBe(0);
    expect(await count('key_material', damaged.id)).toBe(1);
  });
});

// The last one: what is restored is this whole installation.
describe('after a restore', () => {
  it('keys wait anew, because that somebody took their deletion back is not known any more', async () => {
    const { id } = await kms.key();
    await admin.ScheduleKeyDeletion({ KeyId: id, PendingWindowInDays: 7 });
    kms.advance(30 * DAY);
    await kms.store.transaction((tx) => restoreApplied(tx, 'a restore', kms.now));
    kms.advance(7 * DAY - 1);
    await destroyKeys.run(kms.deps);
    expect(await count('key_material', id)).toBe(1);
    await admin.CancelKeyDeletion({ KeyId: id });
    await admin.ScheduleKeyDeletion({ KeyId: id, PendingWindowInDays: 7 });
    kms.advance(7 * DAY);
    await destroyKeys.run(kms.deps);
    expect(await count('key_material', id)).toBe(0);
  });
});
