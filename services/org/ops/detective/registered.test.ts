import { expect, it } from 'vitest';
import { allow, makeUser } from '../../../iam/testing/harness.ts';
import { ADMIN_POLICY } from '../../../kms/testing/harness.ts';
import { orgApi } from '../../api/index.ts';
import { openDetective } from '../../testing/detective.ts';
import { detectiveOnBothEngines } from '../../testing/detective-engines.ts';

const DAY = 86_400_000;

detectiveOnBothEngines('what collectors register', (room) => {
  const { account, volumeArn, volume, get, verdictOf, forward } = room;

  it('is judged at once: a volume in the clear', async () => {
    const { Item, Verdicts } = await room.world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: false }));
    expect(Item).toMatchObject({ Arn: volumeArn('vol-1'), Version: 1, Status: 'OK' });
    expect(Verdicts.find((verdict) => verdict.RuleId === 'G-D-38')).toMatchObject({
      Verdict: 'NON_COMPLIANT',
      Severity: 'HIGH',
      Annotation: 'the data is not encrypted',
    });
  });

  it('is encrypted only with a key that exists and is enabled, and is judged again when the key changes', async () => {
    const alice = room.world.kms.user('alice', ADMIN_POLICY, account());
    const { KeyMetadata } = await alice.CreateKey({});
    const encrypted = { encrypted: true, kmsKeyArn: KeyMetadata.Arn };
    await room.world.put(orgApi.PutResourceConfig, volume('vol-1', encrypted));
    expect(await verdictOf(volumeArn('vol-1'), 'G-D-38')).toBe('NON_COMPLIANT');
    await room.world.settle();
    expect(await verdictOf(volumeArn('vol-1'), 'G-D-38')).toBe('COMPLIANT');
    await alice.DisableKey({ KeyId: KeyMetadata.KeyId });
    await room.world.settle();
    expect(await verdictOf(volumeArn('vol-1'), 'G-D-38')).toBe('NON_COMPLIANT');
    expect(await verdictOf(KeyMetadata.Arn!, 'G-D-16')).toBe('NON_COMPLIANT');
  });

  it('makes no version when nothing changed, and is believed for the freshness of its type', async () => {
    await room.world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: false }));
    await room.world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: false }));
    expect((await get(volumeArn('vol-1'))).Item.Version).toBe(1);
    await forward(25 * 3_600_000);
    expect(await verdictOf(volumeArn('vol-1'), 'G-D-38')).toBe('INSUFFICIENT_DATA');
    await room.world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: false }));
    expect(await verdictOf(volumeArn('vol-1'), 'G-D-38')).toBe('NON_COMPLIANT');
    expect((await get(volumeArn('vol-1'))).Item.Version).toBe(1);
  });

  it('is refused when it does not fit its type, or its type is unknown', async () => {
    const put = (input: object) => room.world.put(orgApi.PutResourceConfig, input);
    await expect(put(volume('vol-1', {}))).rejects.toMatchObject({ code: 'SchemaMismatch' });
    await expect(put(volume('vol-1', { encrypted: 'yes' }))).rejects.toMatchObject({ code: 'SchemaMismatch' });
    await expect(put({ ...volume('v', { encrypted: true }), Configuration: '[]' })).rejects.toMatchObject({
      code: 'SchemaMismatch',
    });
    await expect(put({ ...volume('v', {}), ResourceType: 'ext:robot' })).rejects.toMatchObject({ code: 'NotFound' });
    const future = { ObservedAt: room.world.clock.time + DAY };
    await expect(put(volume('v', { encrypted: true }, future))).rejects.toMatchObject({ code: 'Validation' });
  });

  it('may be of a type of the account, as long as it has that type', async () => {
    const Schema = JSON.stringify({
      type: 'object',
      properties: { firmware: { type: 'integer' } },
      required: ['firmware'],
    });
    const put = (Configuration: string) =>
      room.world.put(orgApi.PutResourceConfig, { ResourceType: 'ext:robot', ResourceId: 'r2', Configuration });
    await expect(
      room.world.put(orgApi.PutConfigResourceType, { ResourceType: 'ext:robot', Schema: '{"pattern":"a"}' }),
    ).rejects.toMatchObject({ code: 'InvalidSchema' });
    await expect(
      room.world.put(orgApi.PutConfigResourceType, { ResourceType: 'ext:volume', Schema }),
    ).rejects.toMatchObject({ code: 'ShippedType' });
    await room.world.put(orgApi.PutConfigResourceType, { ResourceType: 'ext:robot', Schema });
    await expect(put('{"firmware":"new"}')).rejects.toMatchObject({ code: 'SchemaMismatch' });
    await put('{"firmware":7}');
    const { Types } = await room.world.put(orgApi.ListConfigResourceTypes, {});
    expect(Types.find((type) => type.ResourceType === 'ext:robot')).toMatchObject({ Shipped: false });
    const remove = () => room.world.put(orgApi.DeleteConfigResourceType, { ResourceType: 'ext:robot' });
    await expect(remove()).rejects.toMatchObject({ code: 'TypeInUse' });
    await room.world.put(orgApi.DeleteResourceConfig, { ResourceType: 'ext:robot', ResourceId: 'r2' });
    await remove();
    await expect(put('{"firmware":7}')).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('is changed under the version that was read, or not at all', async () => {
    const put = (ExpectedVersion: number, encrypted: boolean) =>
      room.world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted }, { ExpectedVersion }));
    await put(0, true);
    await expect(put(0, false)).rejects.toMatchObject({ code: 'VersionConflict' });
    await put(1, false);
    await expect(put(1, true)).rejects.toMatchObject({ code: 'VersionConflict' });
    expect((await get(volumeArn('vol-1'))).Item.Version).toBe(2);
  });

  it('comes in batches that are kept whole or not at all', async () => {
    const Items = Array.from({ length: 20 }, (_, i) => volume(`vol-${i}`, { encrypted: i % 2 === 0 }));
    expect((await room.world.put(orgApi.BatchPutResourceConfigs, { Items })).Changed).toBe(20);
    expect((await room.world.put(orgApi.BatchPutResourceConfigs, { Items })).Changed).toBe(0);
    const bad = [
      ...Items.slice(0, 3).map((item) => ({ ...item, ResourceId: `${item.ResourceId}-b` })),
      volume('x', {}),
    ];
    await expect(room.world.put(orgApi.BatchPutResourceConfigs, { Items: bad })).rejects.toMatchObject({
      code: 'SchemaMismatch',
    });
    const { Items: listed } = await room.world.put(orgApi.ListResourceConfigs, { ResourceType: 'ext:volume' });
    expect(listed).toHaveLength(20);
  });

  it('counts against the limit of the account, also after deletions', async () => {
    const small = await openDetective({ detectiveLimits: { externalResources: 2 } });
    try {
      const put = (id: string) => small.put(orgApi.PutResourceConfig, volume(id, { encrypted: true }));
      await put('a');
      await put('b');
      await put('b');
      await expect(put('c')).rejects.toMatchObject({ code: 'LimitExceeded' });
      await small.put(orgApi.DeleteResourceConfig, { ResourceType: 'ext:volume', ResourceId: 'a' });
      await put('c');
      await expect(put('a')).rejects.toMatchObject({ code: 'LimitExceeded' });
    } finally {
      await small.close();
    }
  });

  it('can be asked about before it exists', async () => {
    const { Verdicts } = await room.world.put(orgApi.EvaluateResourceConfig, {
      ResourceType: 'ext:volume',
      Configuration: '{"encrypted":false}',
    });
    expect(Verdicts.find((verdict) => verdict.RuleId === 'G-D-38')!.Verdict).toBe('NON_COMPLIANT');
    expect((await room.world.put(orgApi.ListResourceConfigs, { ResourceType: 'ext:volume' })).Items).toEqual([]);
  });

  it('is refused by a policy that names its type, its tags or its encryption', async () => {
    const deny = { Effect: 'Deny', Action: 'organizations:PutResourceConfig', Resource: '*' };
    const condition = {
      StringEquals: { 'organizations:ConfigResourceType': 'ext:volume', 'aws:RequestTag/env': 'prod' },
      BoolIfExists: { 'organizations:ConfigEncrypted': 'false' },
    };
    const collector = await makeUser(room.world.iam, 'collector', [
      allow('organizations:PutResourceConfig'),
      { ...deny, Condition: condition },
    ]);
    const put = (configuration: object, env: string) =>
      room.world.put(orgApi.PutResourceConfig, volume('vol-1', configuration, { Tags: { env } }), collector);
    await expect(put({ encrypted: false }, 'prod')).rejects.toMatchObject({ code: 'AccessDenied' });
    await put({ encrypted: true }, 'prod');
    await put({ encrypted: false }, 'test');
  });
});
