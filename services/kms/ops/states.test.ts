import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEY_OPERATIONS, type KeyOperation, stateProblem } from '../domain/key-state.ts';
import { failure, type KmsClient, KmsHarness } from '../testing/harness.ts';

let kms: KmsHarness;
let admin: KmsClient;
beforeAll(async () => {
  kms = await KmsHarness.open();
  admin = kms.user('admin');
});
afterAll(() => kms.close());

/** The states that a key can be in today, and how it gets there. */
const REACHABLE = {
  Enabled: async () => undefined,
  Disabled: (KeyId: string) => admin.DisableKey({ KeyId }),
  PendingDeletion: (KeyId: string) => admin.ScheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 }),
} as const;

const ME = 'arn:aws:iam::111122223333:user/admin';
let aliases = 0;
interface Prepared {
  KeyId: string;
  blob: Buffer;
  alias: string;
  grant: string;
}

async function prepare(): Promise<Prepared> {
  const { id } = await kms.key();
  const { CiphertextBlob } = await admin.Encrypt({ KeyId: id, Plaintext: Buffer.from('x') });
  const alias = `alias/a${aliases++}`;
  await admin.CreateAlias({ AliasName: alias, TargetKeyId: id });
  const { GrantId } = await admin.CreateGrant({ KeyId: id, GranteePrincipal: ME, Operations: ['Decrypt'] });
  return { KeyId: id, blob: CiphertextBlob, alias, grant: GrantId };
}

const policy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'kms:*', Resource: '*' }],
});

const CALLS: Record<KeyOperation, (on: Prepared) => Promise<unknown>> = {
  Encrypt: ({ KeyId }) => admin.Encrypt({ KeyId, Plaintext: Buffer.from('x') }),
  Decrypt: ({ blob }) => admin.Decrypt({ CiphertextBlob: blob }),
  ReEncrypt: ({ KeyId, blob }) => admin.ReEncrypt({ CiphertextBlob: blob, DestinationKeyId: KeyId }),
  GenerateDataKey: ({ KeyId }) => admin.GenerateDataKey({ KeyId, KeySpec: 'AES_256' }),
  GenerateDataKeyWithoutPlaintext: ({ KeyId }) => admin.GenerateDataKeyWithoutPlaintext({ KeyId, KeySpec: 'AES_256' }),
  DescribeKey: ({ KeyId }) => admin.DescribeKey({ KeyId }),
  GetKeyPolicy: ({ KeyId }) => admin.GetKeyPolicy({ KeyId }),
  PutKeyPolicy: ({ KeyId }) => admin.PutKeyPolicy({ KeyId, Policy: policy }),
  ListKeyPolicies: ({ KeyId }) => admin.ListKeyPolicies({ KeyId }),
  ListAliases: ({ KeyId }) => admin.ListAliases({ KeyId }),
  ListResourceTags: ({ KeyId }) => admin.ListResourceTags({ KeyId }),
  DeleteAlias: ({ alias }) => admin.DeleteAlias({ AliasName: alias }),
  CreateAlias: ({ KeyId }) => admin.CreateAlias({ AliasName: `alias/b${aliases++}`, TargetKeyId: KeyId }),
  UpdateAlias: ({ KeyId, alias }) => admin.UpdateAlias({ AliasName: alias, TargetKeyId: KeyId }),
  TagResource: ({ KeyId }) => admin.TagResource({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] }),
  UntagResource: ({ KeyId }) => admin.UntagResource({ KeyId, TagKeys: ['a'] }),
  MoveResource: ({ KeyId }) =>
    admin.MoveResource({ ResourceArn: `arn:aws:kms:local-1:111122223333:key/${KeyId}`, EnterpriseProjectId: '0' }),
  UpdateKeyDescription: ({ KeyId }) => admin.UpdateKeyDescription({ KeyId, Description: 'new' }),
  EnableKey: ({ KeyId }) => admin.EnableKey({ KeyId }),
  DisableKey: ({ KeyId }) => admin.DisableKey({ KeyId }),
  ScheduleKeyDeletion: ({ KeyId }) => admin.ScheduleKeyDeletion({ KeyId }),
  CancelKeyDeletion: ({ KeyId }) => admin.CancelKeyDeletion({ KeyId }),
  CreateGrant: ({ KeyId }) => admin.CreateGrant({ KeyId, GranteePrincipal: ME, Operations: ['Encrypt'] }),
  ListGrants: ({ KeyId }) => admin.ListGrants({ KeyId }),
  RevokeGrant: ({ KeyId, grant }) => admin.RevokeGrant({ KeyId, GrantId: grant }),
  RetireGrant: ({ KeyId, grant }) => admin.RetireGrant({ KeyId, GrantId: grant }),
  EnableKeyRotation: ({ KeyId }) => admin.EnableKeyRotation({ KeyId }),
  DisableKeyRotation: ({ KeyId }) => admin.DisableKeyRotation({ KeyId }),
  GetKeyRotationStatus: ({ KeyId }) => admin.GetKeyRotationStatus({ KeyId }),
  RotateKeyOnDemand: ({ KeyId }) => admin.RotateKeyOnDemand({ KeyId }),
  ListKeyRotations: ({ KeyId }) => admin.ListKeyRotations({ KeyId }),
};

describe.each(KEY_OPERATIONS)('%s', (operation) => {
  it.each(Object.keys(REACHABLE) as (keyof typeof REACHABLE)[])(
    'answers by the table for a key in state %s',
    async (state) => {
      const prepared = await prepare();
      await REACHABLE[state](prepared.KeyId);
      const arn = `arn:aws:kms:local-1:111122223333:key/${prepared.KeyId}`;
      const expected = stateProblem(operation, state, arn);
      const { KeyMetadata: before } = await admin.DescribeKey({ KeyId: prepared.KeyId });
      if (expected) {
        expect(await failure(CALLS[operation](prepared))).toMatchObject(expected);
        const { KeyMetadata: after } = await admin.DescribeKey({ KeyId: prepared.KeyId });
        expect(after).toEqual(before);
      } else {
        await CALLS[operation](prepared);
      }
    },
  );
});

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
    const { KeyId, blob } = await prepare();
    await admin.ScheduleKeyDeletion({ KeyId });
    await failure(admin.Decrypt({ CiphertextBlob: blob }));
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
