import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS } from '../domain/key-state.ts';
import {
  ACCOUNT,
  document,
  failure,
  type KmsClient,
  KmsHarness,
  OTHER_ACCOUNT,
  toAccount,
} from '../testing/harness.ts';
import { rotateKey, rotateKeys } from './rotate-keys.ts';

let kms: KmsHarness;
let admin: KmsClient;
beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
});
afterAll(() => kms.close());

const x = Buffer.from('x');
const run = () => rotateKeys.run(kms.deps);
const seal = async (KeyId: string) => (await admin.Encrypt({ KeyId, Plaintext: x })).CiphertextBlob;
const open = async (CiphertextBlob: Buffer) => admin.Decrypt({ CiphertextBlob });
const materialOf = async (KeyId: string) => (await admin.DescribeKey({ KeyId })).KeyMetadata.CurrentKeyMaterialId;
const rotations = async (KeyId: string) => (await admin.ListKeyRotations({ KeyId })).Rotations;
const status = (KeyId: string) => admin.GetKeyRotationStatus({ KeyId });

describe('automatic rotation', () => {
  it('is off until somebody turns it on, and tells when it comes', async () => {
    const { id } = await kms.key();
    expect(await status(id)).toEqual({ KeyRotationEnabled: false, KeyId: id });
    await admin.EnableKeyRotation({ KeyId: id });
    const on = {
      KeyRotationEnabled: true,
      KeyId: id,
      RotationPeriodInDays: 365,
      NextRotationDate: kms.now + 365 * DAY_MS,
    };
    expect(await status(id)).toEqual(on);
    kms.advance(DAY_MS);
    await admin.EnableKeyRotation({ KeyId: id });
    expect(await status(id)).toEqual(on);
    await admin.EnableKeyRotation({ KeyId: id, RotationPeriodInDays: 90 });
    expect(await status(id)).toMatchObject({ RotationPeriodInDays: 90, NextRotationDate: kms.now + 90 * DAY_MS });
    await admin.DisableKeyRotation({ KeyId: id });
    expect(await status(id)).toEqual({ KeyRotationEnabled: false, KeyId: id });
  });

  it.each([0, 89, 2561])('is not possible every %i days', async (RotationPeriodInDays) => {
    const { id } = await kms.key();
    expect((await failure(admin.EnableKeyRotation({ KeyId: id, RotationPeriodInDays }))).code).toBe('Validation');
  });

  it('gives new material when the time has come, not before, and reads what the old sealed', async () => {
    const { id, arn } = await kms.key();
    await admin.EnableKeyRotation({ KeyId: id, RotationPeriodInDays: 90 });
    const [first, before] = [await materialOf(id), await seal(id)];
    kms.advance(90 * DAY_MS - 1);
    await run();
    expect(await materialOf(id)).toBe(first);
    kms.advance(1);
    await run();
    const second = await materialOf(id);
    expect(second).toMatch(/^[0-9a-f]{64}$/);
    expect(second).not.toBe(first);
    const after = await seal(id);
    expect(await open(before)).toMatchObject({ KeyMaterialId: first, Plaintext: x });
    expect(await open(after)).toMatchObject({ KeyMaterialId: second, Plaintext: x });
    expect(await rotations(id)).toEqual([
      {
        KeyId: id,
        KeyMaterialId: second,
        KeyMaterialState: 'CURRENT',
        RotationDate: kms.now,
        RotationType: 'AUTOMATIC',
      },
    ]);
    expect(await status(id)).toMatchObject({ NextRotationDate: kms.now + 90 * DAY_MS });
    const record = (await kms.records()).findLast((r) => r.eventName === 'RotateKey' && r.resources?.[0]?.ARN === arn);
    expect(record).toMatchObject({
      recipientAccountId: ACCOUNT,
      requestParameters: { KeyId: arn, KeyMaterialId: second, RotationType: 'AUTOMATIC' },
    });
  });

  it('comes once, whoever looks at the same moment', async () => {
    const { id } = await kms.key();
    await admin.EnableKeyRotation({ KeyId: id, RotationPeriodInDays: 90 });
    kms.advance(90 * DAY_MS);
    const done = await Promise.all([1, 2, 3].map(() => rotateKey(kms.deps, id).catch(() => false)));
    expect(done.filter(Boolean)).toHaveLength(1);
    expect(await rotations(id)).toHaveLength(1);
  });

  it('waits while the key is disabled, and is made up for at once when it is enabled', async () => {
    const { id } = await kms.key();
    await admin.EnableKeyRotation({ KeyId: id, RotationPeriodInDays: 90 });
    await admin.DisableKey({ KeyId: id });
    kms.advance(200 * DAY_MS);
    await run();
    expect(await rotations(id)).toEqual([]);
    expect(await status(id)).toMatchObject({ KeyRotationEnabled: true });
    await admin.EnableKey({ KeyId: id });
    expect(await rotations(id)).toMatchObject([{ RotationType: 'AUTOMATIC', RotationDate: kms.now }]);
    expect(await status(id)).toMatchObject({ NextRotationDate: kms.now + 90 * DAY_MS });
    expect(await open(await seal(id))).toMatchObject({ KeyMaterialId: await materialOf(id) });
  });

  it('reads as off while the key waits for its deletion, and returns when that is taken back', async () => {
    const { id } = await kms.key();
    await admin.EnableKeyRotation({ KeyId: id, RotationPeriodInDays: 90 });
    await admin.ScheduleKeyDeletion({ KeyId: id, PendingWindowInDays: 200 });
    expect(await status(id)).toEqual({ KeyRotationEnabled: false, KeyId: id });
    kms.advance(100 * DAY_MS);
    await run();
    expect(await rotations(id)).toEqual([]);
    await admin.CancelKeyDeletion({ KeyId: id });
    expect(await status(id)).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 90 });
    await admin.EnableKey({ KeyId: id });
    expect(await rotations(id)).toHaveLength(1);
  });

  it('waits while the account is not active', async () => {
    const own = await KmsHarness.open();
    const user = own.user('admin');
    const { id } = await own.key();
    await user.EnableKeyRotation({ KeyId: id, RotationPeriodInDays: 90 });
    own.organization.create().account(ACCOUNT);
    own.organization.state(ACCOUNT, 'SUSPENDED');
    own.advance(90 * DAY_MS);
    expect(await rotateKey(own.deps, id)).toBe(false);
    own.organization.state(ACCOUNT, 'ACTIVE');
    expect(await rotateKey(own.deps, id)).toBe(true);
    await own.close();
  });

  it('of default keys comes every year', async () => {
    const { KeyId } = await kms.as('ccms').ObtainDefaultKey({ AccountId: ACCOUNT });
    expect(await status(KeyId)).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 365 });
    expect((await failure(admin.DisableKeyRotation({ KeyId }))).code).toBe('AccessDenied');
    expect((await failure(admin.RotateKeyOnDemand({ KeyId }))).code).toBe('AccessDenied');
    kms.advance(365 * DAY_MS);
    expect(await rotateKey(kms.deps, KeyId.split('/')[1] as string)).toBe(true);
  });
});

describe('rotation on demand', () => {
  it('comes at once, leaves the schedule alone, and ends after 25', async () => {
    const { id, arn } = await kms.key();
    await admin.EnableKeyRotation({ KeyId: id, RotationPeriodInDays: 90 });
    const planned = await status(id);
    const blobs = [await seal(id)];
    for (let i = 0; i < 25; i++) {
      kms.advance(1);
      expect(await admin.RotateKeyOnDemand({ KeyId: id })).toEqual({ KeyId: id });
      blobs.push(await seal(id));
    }
    expect(await failure(admin.RotateKeyOnDemand({ KeyId: id }))).toMatchObject({
      code: 'LimitExceeded',
      message: expect.stringContaining(arn),
    });
    expect(await status(id)).toEqual(planned);
    for (const blob of blobs) expect((await open(blob)).Plaintext).toEqual(x);
    const listed = await rotations(id);
    expect(listed.map((entry) => entry.RotationType)).toEqual(Array(25).fill('ON_DEMAND'));
    expect(listed.filter((entry) => entry.KeyMaterialState === 'CURRENT')).toHaveLength(1);
    const all = await admin.ListKeyRotations({ KeyId: id, IncludeKeyMaterial: 'ALL_KEY_MATERIAL', Limit: 20 });
    expect(all).toMatchObject({ Truncated: true });
    expect(all.Rotations[0]).not.toHaveProperty('RotationDate');
    const rest = await admin.ListKeyRotations({
      KeyId: id,
      IncludeKeyMaterial: 'ALL_KEY_MATERIAL',
      Limit: 20,
      Marker: all.NextMarker as string,
    });
    expect(new Set([...all.Rotations, ...rest.Rotations].map((entry) => entry.KeyMaterialId)).size).toBe(26);
  });

  it('is refused within 20 minutes before the automatic one', async () => {
    const { id } = await kms.key();
    await admin.EnableKeyRotation({ KeyId: id, RotationPeriodInDays: 90 });
    kms.advance(90 * DAY_MS - 20 * 60_000 - 1);
    await expect(admin.RotateKeyOnDemand({ KeyId: id })).resolves.toBeDefined();
    kms.advance(1);
    expect((await failure(admin.RotateKeyOnDemand({ KeyId: id }))).code).toBe('RotationDue');
  });

  it('gives the repetition of a request its first answer, and one material', async () => {
    const { id } = await kms.key();
    await admin.RotateKeyOnDemand({ KeyId: id }, { idempotencyToken: 'same-rotation' });
    await admin.RotateKeyOnDemand({ KeyId: id }, { idempotencyToken: 'same-rotation' });
    expect(await rotations(id)).toHaveLength(1);
  });

  it('is possible at home only; the status may be asked from elsewhere', async () => {
    kms.user('root', undefined, OTHER_ACCOUNT);
    const stranger = kms.user('stranger', undefined, OTHER_ACCOUNT);
    const { arn } = await kms.key({ Policy: document(toAccount(), toAccount(OTHER_ACCOUNT)) });
    expect((await failure(stranger.RotateKeyOnDemand({ KeyId: arn }))).code).toBe('AccessDenied');
    expect((await failure(stranger.EnableKeyRotation({ KeyId: arn }))).code).toBe('AccessDenied');
    expect(await stranger.GetKeyRotationStatus({ KeyId: arn })).toMatchObject({ KeyRotationEnabled: false });
    const { arn: closed } = await kms.key();
    expect((await failure(stranger.GetKeyRotationStatus({ KeyId: closed }))).code).toBe('AccessDenied');
  });

  it('by policy can be bound to a period', async () => {
    const Condition = { NumericLessThanEquals: { 'kms:RotationPeriodInDays': '100' } };
    const statement = { Effect: 'Allow', Action: 'kms:EnableKeyRotation', Resource: '*', Condition };
    const careful = kms.user('careful', { Version: '2012-10-17', Statement: [statement] });
    const { id } = await kms.key();
    expect((await failure(careful.EnableKeyRotation({ KeyId: id }))).code).toBe('AccessDenied');
    await expect(careful.EnableKeyRotation({ KeyId: id, RotationPeriodInDays: 90 })).resolves.toBeUndefined();
  });
});

it('whatever is done to a key, every ciphertext stays readable and one material is current', async () => {
  const act = fc.constantFrom('seal', 'rotate', 'wait', 'disable', 'enable', 'on', 'off');
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 12 }), async (acts) => {
      const { id: KeyId } = await kms.key();
      const blobs = [await seal(KeyId)];
      for (const name of acts) {
        if (name === 'seal')
          await seal(KeyId).then(
            (blob) => blobs.push(blob),
            () => undefined,
          );
        if (name === 'rotate') await admin.RotateKeyOnDemand({ KeyId }).catch(() => undefined);
        if (name === 'disable') await admin.DisableKey({ KeyId });
        if (name === 'enable') await admin.EnableKey({ KeyId });
        if (name === 'on') await admin.EnableKeyRotation({ KeyId, RotationPeriodInDays: 90 }).catch(() => undefined);
        if (name === 'off') await admin.DisableKeyRotation({ KeyId }).catch(() => undefined);
        if (name === 'wait') {
          kms.advance(90 * DAY_MS);
          await rotateKey(kms.deps, KeyId);
        }
      }
      await admin.EnableKey({ KeyId });
      for (const blob of blobs) expect((await open(blob)).Plaintext).toEqual(x);
      const { Rotations } = await admin.ListKeyRotations({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' });
      expect(Rotations.filter((entry) => entry.KeyMaterialState === 'CURRENT')).toHaveLength(1);
    }),
    { numRuns: 15 },
  );
});
