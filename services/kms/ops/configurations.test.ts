import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConfigurationItem } from '../../../platform/contract/configuration.ts';
import { ACCOUNT, ADMIN_POLICY, document, KmsHarness, OTHER_ACCOUNT, REGION, toAccount } from '../testing/harness.ts';

describe('configurations of keys', () => {
  let kms: KmsHarness;
  beforeEach(async () => {
    kms = await KmsHarness.open();
  });
  afterEach(() => kms.close());

  const internal = () => kms.internal();
  const facts = (item: ConfigurationItem | undefined) => JSON.parse(item!.Configuration) as Record<string, unknown>;

  it('tell state, spec, tags, aliases and who the key policy lets in', async () => {
    const alice = kms.user('alice', ADMIN_POLICY);
    kms.user('root', ADMIN_POLICY, OTHER_ACCOUNT);
    const { KeyMetadata } = await alice.CreateKey({
      Description: 'payments',
      Tags: [{ TagKey: 'owner', TagValue: 'x' }],
      Policy: document(toAccount(), { ...toAccount(OTHER_ACCOUNT), Action: 'kms:Decrypt' }),
    });
    await alice.CreateAlias({ AliasName: 'alias/payments', TargetKeyId: KeyMetadata.KeyId });
    const arn = KeyMetadata.Arn ?? '';
    const alias = `arn:aws:kms:${REGION}:${ACCOUNT}:alias/payments`;
    const { Items } = await internal().DescribeConfigurations({ Resources: [arn] });
    expect(Items.map((item) => item.Arn)).toEqual([arn, alias]);
    expect(Items[0]).toMatchObject({ Type: 'kms:key', AccountId: ACCOUNT, Tags: { owner: 'x' }, Deleted: false });
    expect(facts(Items[0])).toMatchObject({
      state: 'Enabled',
      spec: 'SYMMETRIC_DEFAULT',
      origin: 'AWS_KMS',
      aliases: ['alias/payments'],
      policyAccounts: [ACCOUNT, OTHER_ACCOUNT],
    });
    expect(facts(Items[1])).toEqual({ name: 'alias/payments', targetKeyArn: arn });
    expect((await internal().DescribeConfigurations({ Resources: [alias] })).Items).toHaveLength(2);
  });

  it('tell how long a key waits for its deletion', async () => {
    const alice = kms.user('alice', ADMIN_POLICY);
    const { KeyMetadata } = await alice.CreateKey({});
    await alice.ScheduleKeyDeletion({ KeyId: KeyMetadata.KeyId, PendingWindowInDays: 7 });
    const { Items } = await internal().DescribeConfigurations({ Resources: [KeyMetadata.Arn ?? ''] });
    expect(facts(Items[0])).toMatchObject({ state: 'PendingDeletion', pendingWindowDays: 7 });
  });

  it('say that a key or alias is gone, also when the ARN names another account', async () => {
    const alice = kms.user('alice', ADMIN_POLICY);
    const { KeyMetadata } = await alice.CreateKey({});
    const arn = KeyMetadata.Arn ?? '';
    const stolen = arn.replace(ACCOUNT, OTHER_ACCOUNT);
    const alias = `arn:aws:kms:${REGION}:${ACCOUNT}:alias/none`;
    const elsewhere = arn.replace(REGION, 'mars-1');
    const { Items } = await internal().DescribeConfigurations({ Resources: [stolen, alias, elsewhere] });
    expect(Items.map((item) => [item.Arn, item.Deleted])).toEqual([
      [stolen, true],
      [alias, true],
    ]);
  });

  it('are all met by a walk over all accounts', async () => {
    const alice = kms.user('alice', ADMIN_POLICY);
    const eve = kms.user('eve', ADMIN_POLICY, OTHER_ACCOUNT);
    const made = [];
    for (const client of [alice, eve, alice]) made.push((await client.CreateKey({})).KeyMetadata.Arn);
    const found: string[] = [];
    for (let After: string | undefined; ; ) {
      const page = await internal().ListConfigurations({ ...(After !== undefined && { After }), Limit: 2 });
      found.push(...page.Items.map((item) => item.Arn));
      After = page.Next;
      if (After === undefined) break;
    }
    expect(found.toSorted()).toEqual(made.toSorted());
  });

  it('tells whether and how often a key rotates', async () => {
    const { id, arn } = await kms.key();
    const factsNow = async () => {
      const { Items } = await kms.internal().DescribeConfigurations({ Resources: [arn] });
      return JSON.parse(Items[0]?.Configuration ?? '{}') as Record<string, unknown>;
    };
    expect(await factsNow()).toMatchObject({ KeyRotationEnabled: false });
    expect(await factsNow()).not.toHaveProperty('RotationPeriodInDays');
    const admin = kms.user('admin');
    await admin.EnableKeyRotation({ KeyId: id, RotationPeriodInDays: 180 });
    expect(await factsNow()).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 180 });
    await admin.ScheduleKeyDeletion({ KeyId: id });
    expect(await factsNow()).toMatchObject({ KeyRotationEnabled: false });
  });
});
