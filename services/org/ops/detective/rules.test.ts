import { expect, it } from 'vitest';
import { makeUser } from '../../../iam/testing/harness.ts';
import { orgApi } from '../../api/index.ts';
import { detectiveOnBothEngines } from '../../testing/detective-engines.ts';

const DAY = 86_400_000;

detectiveOnBothEngines('rules of customers', (room) => {
  const { volumeArn, volume, verdictOf } = room;

  const rule = (given: object = {}) => ({
    Title: 'Volumes are small',
    Severity: 'LOW',
    ResourceTypes: ['ext:volume'],
    Expression: 'resource.configuration.sizeGiB <= params.most',
    Message: 'the volume is too large',
    Parameters: { most: 100 },
    ...given,
  });

  it('judge what is recorded, and stop when they are deleted', async () => {
    await room.world.put(orgApi.PutResourceConfig, volume('big', { encrypted: true, sizeGiB: 500 }));
    const { Rule } = await room.world.put(orgApi.PutConfigRule, rule());
    await room.world.settle();
    expect(await verdictOf(volumeArn('big'), Rule.RuleId)).toBe('NON_COMPLIANT');
    await room.world.put(orgApi.PutConfigRule, rule({ RuleId: Rule.RuleId, Parameters: { most: 1000 } }));
    await room.world.settle();
    expect(await verdictOf(volumeArn('big'), Rule.RuleId)).toBe('COMPLIANT');
    await room.world.put(orgApi.PutResourceConfig, volume('unknown', { encrypted: true }));
    expect(await verdictOf(volumeArn('unknown'), Rule.RuleId)).toBe('INSUFFICIENT_DATA');
    await room.world.put(orgApi.DeleteConfigRule, { RuleId: Rule.RuleId });
    await room.world.settle();
    expect(await verdictOf(volumeArn('big'), Rule.RuleId)).toBeUndefined();
  });

  it('are refused when their expression cannot be used', async () => {
    const put = (Expression: string) => room.world.put(orgApi.PutConfigRule, rule({ Expression }));
    await expect(put('resource.name.matches("a+")')).rejects.toMatchObject({ code: 'InvalidRule' });
    await expect(put('nothing')).rejects.toMatchObject({ code: 'InvalidRule' });
    await expect(put('true &&')).rejects.toMatchObject({ code: 'InvalidRule' });
  });
});

detectiveOnBothEngines('packs and the catalogue', (room) => {
  const { account, iamArn, verdictOf, forward } = room;

  it('put the core in force from the start, and more when somebody wants it, with parameters', async () => {
    await makeUser(room.world.iam, 'bob');
    await room.world.settle();
    expect(await verdictOf(iamArn('user/bob'), 'G-D-12')).toBeUndefined();
    await room.world.put(orgApi.PutConfigPack, { PackName: 'strict' });
    await room.world.put(orgApi.PutConfigPack, {
      PackName: 'core',
      Parameters: [{ RuleId: 'G-D-10', Values: { maxDays: 1 } }],
    });
    await forward(2 * DAY);
    expect(await verdictOf(iamArn('user/bob'), 'G-D-12')).toBe('COMPLIANT');
    expect(await verdictOf(iamArn('user/bob'), 'G-D-10')).toBe('NON_COMPLIANT');
    const { Packs } = await room.world.put(orgApi.ListConfigPacks, {});
    expect(Packs.map((pack) => [pack.PackName, pack.Target])).toEqual([
      ['core', '*'],
      ['core', account()],
      ['strict', account()],
    ]);
    await room.world.put(orgApi.DeleteConfigPack, { PackName: 'core' });
    await room.world.settle();
    expect(await verdictOf(iamArn('user/bob'), 'G-D-10')).toBe('COMPLIANT');
  });

  it('refuse parameters that the guardrail does not have', async () => {
    const put = (Parameters: object[]) => room.world.put(orgApi.PutConfigPack, { PackName: 'core', Parameters });
    await expect(put([{ RuleId: 'G-D-10', Values: { maxDays: 0 } }])).rejects.toMatchObject({ code: 'Validation' });
    await expect(put([{ RuleId: 'G-D-12', Values: {} }])).rejects.toMatchObject({ code: 'Validation' });
    await expect(room.world.put(orgApi.PutConfigPack, { PackName: 'none' })).rejects.toMatchObject({
      code: 'NotFound',
    });
  });

  it('list every guardrail, page by page, and pack preventive ones', async () => {
    const all: string[] = [];
    for (let NextToken: string | undefined; ; ) {
      const page = await room.world.put(orgApi.ListGuardrails, { MaxResults: 30, ...(NextToken && { NextToken }) });
      all.push(...page.Guardrails.map((guardrail) => guardrail.Id));
      NextToken = page.NextToken;
      if (NextToken === undefined) break;
    }
    expect(all).toEqual([...new Set(all)].toSorted());
    expect(all.length).toBeGreaterThanOrEqual(46);
    const packed = await room.world.put(orgApi.CompileGuardrails, {
      GuardrailIds: ['G-P-08', 'G-P-10'],
      Parameters: [{ GuardrailId: 'G-P-08', Values: { minDays: 14 } }],
    });
    expect(packed.Documents).toHaveLength(1);
    expect(packed.Documents[0]!.Content).toContain('"14"');
    expect(packed.Sources.map((source) => source.Sid).toSorted()).toEqual(['GP08', 'GP10']);
    await expect(room.world.put(orgApi.CompileGuardrails, { GuardrailIds: ['G-D-10'] })).rejects.toMatchObject({
      code: 'NotFound',
    });
  });
});
