import { expect, it } from 'vitest';
import { ADMIN_POLICY } from '../../../kms/testing/harness.ts';
import { orgApi } from '../../api/index.ts';
import { detectiveOnBothEngines } from '../../testing/detective-engines.ts';
import { found, joined, standAlone } from '../../testing/harness.ts';

detectiveOnBothEngines('accounts of an organization', (room) => {
  const { account, volumeArn, volume, get, verdictOf } = room;

  it('see themselves; the management account sees members, and nobody sees strangers', async () => {
    const { rootId } = await found(room.world);
    const member = await joined(room.world, 'shop');
    const stranger = await standAlone(room.world, 'stranger');
    for (const by of [member, stranger])
      await room.world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: false }), by);
    await room.world.settle();
    const arn = volumeArn('vol-1', member.accountId);
    const foreign = volumeArn('vol-1', stranger.accountId);
    expect((await get(arn)).Item.AccountId).toBe(member.accountId);
    const missing = await get(volumeArn('none', stranger.accountId)).catch((error: Error) => error);
    const hidden = await get(foreign).catch((error: Error) => error);
    expect(hidden).toMatchObject({ code: 'NotFound' });
    expect((hidden as Error).message.replace(foreign, '')).toBe(
      (missing as Error).message.replace(volumeArn('none', stranger.accountId), ''),
    );
    const list = async (by = room.world.management, input: object = {}) =>
      (await room.world.put(orgApi.ListConfigVerdicts, { RuleId: 'G-D-38', ...input }, by)).Verdicts.map(
        (v) => v.AccountId,
      );
    expect(await list()).toEqual([member.accountId]);
    expect(await list(member)).toEqual([member.accountId]);
    expect(await list(stranger)).toEqual([stranger.accountId]);
    expect(await list(room.world.management, { UnitId: rootId })).toEqual([member.accountId]);
    await expect(list(room.world.management, { AccountId: stranger.accountId })).rejects.toMatchObject({
      code: 'NotFound',
    });
    await expect(list(member, { AccountId: room.world.management.accountId })).rejects.toMatchObject({
      code: 'NotFound',
    });
    await expect(list(member, { UnitId: rootId })).rejects.toMatchObject({ code: 'NotFound' });
    const score = await room.world.put(orgApi.GetConfigScore, {});
    expect(score.Accounts.map((entry) => entry.AccountId).toSorted()).toEqual([account(), member.accountId].toSorted());
  });

  it('see members while they are delegated administrators, and not a moment longer', async () => {
    await found(room.world);
    const member = await joined(room.world, 'shop');
    const office = await joined(room.world, 'security');
    await room.world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: false }), member);
    await room.world.settle();
    const ServicePrincipal = 'config.amazonaws.com';
    const delegation = { AccountId: office.accountId, ServicePrincipal };
    const seen = async () => (await room.world.put(orgApi.ListConfigVerdicts, { RuleId: 'G-D-38' }, office)).Verdicts;
    expect(await seen()).toEqual([]);
    await room.world.put(orgApi.EnableAWSServiceAccess, { ServicePrincipal });
    for (const end of [orgApi.DeregisterDelegatedAdministrator, orgApi.DisableAWSServiceAccess]) {
      await room.world.put(orgApi.RegisterDelegatedAdministrator, delegation);
      expect((await seen()).map(({ AccountId }) => AccountId)).toEqual([member.accountId]);
      await room.world.put(end, end === orgApi.DisableAWSServiceAccess ? { ServicePrincipal } : delegation);
      expect(await seen()).toEqual([]);
    }
  });

  it('are items themselves: where they stand, and what the management account must not hold', async () => {
    await found(room.world);
    const member = await joined(room.world, 'shop');
    const alice = room.world.kms.user('alice', ADMIN_POLICY, account());
    const { KeyMetadata } = await alice.CreateKey({});
    await room.world.settle();
    const { Items } = await room.world.put(orgApi.ListResourceConfigs, { ResourceType: 'organizations:account' });
    expect(Items.map((item) => item.AccountId).toSorted()).toEqual([account(), member.accountId].toSorted());
    const item = Items.find((entry) => entry.AccountId === member.accountId)!;
    expect(await verdictOf(item.Arn, 'G-D-34')).toBe('NON_COMPLIANT');
    expect(await verdictOf(KeyMetadata.Arn!, 'G-D-35')).toBe('NON_COMPLIANT');
    const { Roots } = await room.world.put(orgApi.ListRoots, {});
    const { OrganizationalUnit } = await room.world.put(orgApi.CreateOrganizationalUnit, {
      ParentId: Roots[0]!.Id,
      Name: 'Business',
    });
    await room.world.put(orgApi.MoveAccount, {
      AccountId: member.accountId,
      SourceParentId: Roots[0]!.Id,
      DestinationParentId: OrganizationalUnit.Id,
    });
    await room.world.settle();
    expect(await verdictOf(item.Arn, 'G-D-34')).toBe('COMPLIANT');
    expect(await verdictOf(item.Arn, 'G-D-44')).toBe('NON_COMPLIANT');
  });

  it('put rules in force for themselves only; the management account binds units', async () => {
    const { rootId } = await found(room.world);
    const member = await joined(room.world, 'shop');
    await room.world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: true }), member);
    const rule = { Title: 'x', Severity: 'LOW', ResourceTypes: ['ext:volume'], Expression: 'false', Message: 'no' };
    const put = (Target: string | undefined, by = member) =>
      room.world.put(orgApi.PutConfigRule, { ...rule, ...(Target !== undefined && { Target }) }, by);
    for (const target of [rootId, account()]) {
      await expect(put(target)).rejects.toMatchObject({ code: 'ForbiddenTarget' });
      await expect(
        room.world.put(orgApi.PutConfigPack, { PackName: 'strict', Target: target }, member),
      ).rejects.toMatchObject({
        code: 'ForbiddenTarget',
      });
    }
    const above = (await put(rootId, room.world.management)).Rule;
    await room.world.settle();
    const arn = volumeArn('vol-1', member.accountId);
    expect(await verdictOf(arn, above.RuleId)).toBe('NON_COMPLIANT');
    const bound = await room.world.put(orgApi.ListConfigRules, {}, member);
    expect(bound.Rules.map((entry) => entry.RuleId)).toEqual([above.RuleId]);
    await expect(room.world.put(orgApi.DeleteConfigRule, { RuleId: above.RuleId }, member)).rejects.toMatchObject({
      code: 'NotFound',
    });
    await expect(room.world.put(orgApi.PutConfigRule, { ...rule, RuleId: above.RuleId }, member)).rejects.toMatchObject(
      {
        code: 'NotFound',
      },
    );
  });
});
