import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ACCOUNT, failure, KmsHarness, OTHER_ACCOUNT } from '../testing/harness.ts';
import { destroyKey, destroyKeys } from './destroy-keys.ts';

const DAY = 86_400_000;
let kms: KmsHarness;
beforeEach(async () => {
  kms = await KmsHarness.open();
  kms.organization.create().account(ACCOUNT).account(OTHER_ACCOUNT);
});
afterEach(() => kms.close());

async function dying(accountId = ACCOUNT): Promise<{ id: string; due: number }> {
  const admin = kms.user('admin', undefined, accountId);
  const { id } = await kms.key({}, admin);
  const { DeletionDate } = await admin.ScheduleKeyDeletion({ KeyId: id, PendingWindowInDays: 7 });
  return { id, due: DeletionDate };
}
/** Days pass; the work is done every hour. */
async function pass(days: number): Promise<void> {
  for (let hour = 0; hour < days * 24; hour++) {
    kms.advance(DAY / 24);
    await destroyKeys.run(kms.deps);
  }
}
const stateOf = async (id: string) =>
  (await kms.store.read.selectFrom('kms_key').select('state').where('key_id', '=', id).executeTakeFirstOrThrow()).state;
const dueOf = async (id: string) =>
  (await kms.user('admin').DescribeKey({ KeyId: id })).KeyMetadata.DeletionDate as number;

describe('the waiting time of a key', () => {
  it.each(['SUSPENDED', 'PENDING_CLOSURE', 'CLOSED'] as const)(
    'stands still while its account is %s',
    async (state) => {
      const [key, other] = [await dying(), await dying(OTHER_ACCOUNT)];
      await pass(2);
      kms.organization.state(ACCOUNT, state);
      await pass(10);
      expect([await stateOf(key.id), await stateOf(other.id)]).toEqual(['PendingDeletion', 'Deleted']);

      kms.organization.state(ACCOUNT, 'ACTIVE');
      await destroyKeys.run(kms.deps);
      // Moved by the ten days, and by no more than the time between two looks.
      const moved = (await dueOf(key.id)) - key.due;
      expect(moved).toBeGreaterThanOrEqual(10 * DAY);
      expect(moved).toBeLessThanOrEqual(10 * DAY + DAY / 24);
      await pass(4.5);
      expect(await stateOf(key.id)).toBe('PendingDeletion');
      await pass(1);
      expect(await stateOf(key.id)).toBe('Deleted');
    },
  );

  it('is moved for every key of the account in one commit with a record of each', async () => {
    const keys = [await dying(), await dying(), await dying()];
    await pass(1);
    kms.organization.state(ACCOUNT, 'SUSPENDED');
    await pass(1);
    kms.organization.state(ACCOUNT, 'ACTIVE');
    await destroyKeys.run(kms.deps);
    const records = (await kms.records()).filter(({ eventName }) => eventName === 'PostponeKeyDeletion');
    expect(records).toHaveLength(3);
    for (const { id, due } of keys) {
      const date = await dueOf(id);
      expect(date).toBeGreaterThanOrEqual(due + DAY);
      expect(records.find((record) => record.resources?.[0]?.ARN.endsWith(id))).toMatchObject({
        recipientAccountId: ACCOUNT,
        requestParameters: { DeletionDate: new Date(date).toISOString() },
      });
    }
    await destroyKeys.run(kms.deps);
    expect((await kms.records()).filter(({ eventName }) => eventName === 'PostponeKeyDeletion')).toHaveLength(3);
  });

  it('adds up over several pauses', async () => {
    const key = await dying();
    for (let turn = 0; turn < 3; turn++) {
      await pass(1);
      kms.organization.state(ACCOUNT, 'SUSPENDED');
      await pass(5);
      kms.organization.state(ACCOUNT, 'ACTIVE');
      await destroyKeys.run(kms.deps);
    }
    expect(await dueOf(key.id)).toBeGreaterThanOrEqual(key.due + 15 * DAY);
    expect(await dueOf(key.id)).toBeLessThanOrEqual(key.due + 15 * DAY + (3 * DAY) / 24);
  });

  it('counts the pause from the last look, when nobody looked as it began', async () => {
    const key = await dying();
    await pass(1);
    const looked = kms.now;
    kms.organization.state(ACCOUNT, 'SUSPENDED');
    kms.advance(20 * DAY);
    kms.organization.state(ACCOUNT, 'SUSPENDED');
    await destroyKeys.run(kms.deps);
    kms.organization.state(ACCOUNT, 'ACTIVE');
    await destroyKeys.run(kms.deps);
    expect(await dueOf(key.id)).toBe(key.due + (kms.now - looked));
  });

  it('of a key scheduled after the account was resumed is not moved by what was before', async () => {
    await dying();
    await pass(1);
    kms.organization.state(ACCOUNT, 'SUSPENDED');
    await pass(3);
    kms.organization.state(ACCOUNT, 'ACTIVE');
    const late = await dying();
    await destroyKeys.run(kms.deps);
    expect(await dueOf(late.id)).toBe(late.due);
  });

  it('ends for no key while the pause is not accounted for, whoever asks', async () => {
    const key = await dying();
    await pass(1);
    kms.organization.state(ACCOUNT, 'SUSPENDED');
    await pass(8);
    expect(await destroyKey(kms.deps, key.id)).toBe(false);
    kms.organization.state(ACCOUNT, 'ACTIVE');
    expect(await destroyKey(kms.deps, key.id)).toBe(false);
    expect(await stateOf(key.id)).toBe('PendingDeletion');
  });

  it('ends for nobody while the organization is not known', async () => {
    const key = await dying();
    kms.organization.away = true;
    kms.advance(8 * DAY);
    expect(await failure(destroyKeys.run(kms.deps))).toMatchObject({ code: 'Unavailable' });
    expect(await stateOf(key.id)).toBe('PendingDeletion');
    kms.organization.away = false;
    await destroyKeys.run(kms.deps);
    expect(await stateOf(key.id)).toBe('Deleted');
  });

  it('stands still for ever under a pause that somebody wrote into the database', async () => {
    const [key, other] = [await dying(), await dying(OTHER_ACCOUNT)];
    await kms.store.transaction((tx) =>
      tx
        .insertInto('deletion_pause')
        .values({ account_id: ACCOUNT, since: kms.now, row_mac: Buffer.alloc(32) })
        .execute(),
    );
    await pass(8);
    expect([await stateOf(key.id), await stateOf(other.id)]).toEqual(['PendingDeletion', 'Deleted']);
  });

  it('is not made shorter by a last look that somebody wrote into the database', async () => {
    const key = await dying();
    await pass(1);
    await kms.store.transaction((tx) =>
      tx
        .updateTable('deletion_pause')
        .set({ since: kms.now + 100 * DAY })
        .execute(),
    );
    kms.organization.state(ACCOUNT, 'SUSPENDED');
    await pass(3);
    kms.organization.state(ACCOUNT, 'ACTIVE');
    await destroyKeys.run(kms.deps);
    expect(await dueOf(key.id)).toBeGreaterThanOrEqual(key.due + 3 * DAY - DAY / 24);
  });
});
