import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure, type KmsClient, KmsHarness } from '../testing/harness.ts';

let kms: KmsHarness;
let admin: KmsClient;
beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
});
afterAll(() => kms.close());

describe('the life of a key', () => {
  const stateOf = async (KeyId: string) => (await admin.DescribeKey({ KeyId })).KeyMetadata;

  it('is disabled and enabled', async () => {
    const { id } = await kms.key();
    await admin.DisableKey({ KeyId: id });
    expect(await stateOf(id)).toMatchObject({ KeyState: 'Disabled', Enabled: false });
    await admin.EnableKey({ KeyId: id });
    expect(await stateOf(id)).toMatchObject({ KeyState: 'Enabled', Enabled: true });
  });

  it.each([
    [undefined, 30],
    [7, 7],
    [1096, 1096],
  ])('ends after %s days asked for: %i', async (PendingWindowInDays, days) => {
    const { id, arn } = await kms.key();
    const answer = await admin.ScheduleKeyDeletion({ KeyId: id, ...(PendingWindowInDays && { PendingWindowInDays }) });
    const DeletionDate = kms.now + days * 86_400_000;
    expect(answer).toEqual({ KeyId: arn, DeletionDate, KeyState: 'PendingDeletion', PendingWindowInDays: days });
    expect(await stateOf(id)).toMatchObject({ KeyState: 'PendingDeletion', DeletionDate, Enabled: false });
  });

  it.each([0, 6, 1097])('cannot be ended after %i days', async (PendingWindowInDays) => {
    const { id } = await kms.key();
    expect((await failure(admin.ScheduleKeyDeletion({ KeyId: id, PendingWindowInDays }))).code).toBe('Validation');
  });

  it('goes on disabled after its end was taken back', async () => {
    const { id, arn } = await kms.key();
    await admin.ScheduleKeyDeletion({ KeyId: id });
    expect(await admin.CancelKeyDeletion({ KeyId: id })).toEqual({ KeyId: arn });
    const metadata = await stateOf(id);
    expect(metadata.KeyState).toBe('Disabled');
    expect(metadata).not.toHaveProperty('DeletionDate');
  });

  it('shows attempts to use it while it waits for its end', async () => {
    const { id: KeyId } = await kms.key();
    const { CiphertextBlob } = await admin.Encrypt({ KeyId, Plaintext: Buffer.from('x') });
    await admin.ScheduleKeyDeletion({ KeyId });
    await failure(admin.Decrypt({ CiphertextBlob }));
    expect(await kms.lastRecord()).toMatchObject({
      eventName: 'Decrypt',
      errorCode: 'KMSInvalidStateException',
      errorMessage: `arn:aws:kms:local-1:111122223333:key/${KeyId} is pending deletion.`,
      resources: [{ ARN: `arn:aws:kms:local-1:111122223333:key/${KeyId}` }],
    });
  });

  it('gives the repetition of a request its first answer', async () => {
    const { id } = await kms.key();
    const once = await admin.ScheduleKeyDeletion({ KeyId: id }, { idempotencyToken: 'same' });
    kms.advance(1000);
    expect(await admin.ScheduleKeyDeletion({ KeyId: id }, { idempotencyToken: 'same' })).toEqual(once);
    expect((await stateOf(id)).DeletionDate).toBe(once.DeletionDate);
    await expect(admin.CancelKeyDeletion({ KeyId: id })).resolves.toBeDefined();
  });
});
