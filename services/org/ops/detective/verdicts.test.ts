import { expect, it } from 'vitest';
import { orgApi } from '../../api/index.ts';
import { detectiveOnBothEngines } from '../../testing/detective-engines.ts';

const DAY = 86_400_000;

detectiveOnBothEngines('the score', (room) => {
  const { account, volumeArn, volume } = room;

  it('is of good pairs among those judged, with and without exceptions', async () => {
    await room.world.put(orgApi.PutResourceConfig, volume('good', { encrypted: false }));
    const before = await room.world.put(orgApi.GetConfigScore, {});
    expect(before.Total).toMatchObject({ NonCompliant: 1, Exempt: 0, Score: 0 });
    await room.world.put(orgApi.PutConfigException, {
      RuleId: 'G-D-38',
      Scope: { ResourceArn: volumeArn('good') },
      Category: 'MITIGATED',
      Owner: 'a',
      Reason: 'b',
      ExpiresAt: room.world.clock.time + DAY,
    });
    const after = await room.world.put(orgApi.GetConfigScore, {});
    expect(after.Total).toMatchObject({ NonCompliant: 0, Exempt: 1, ScoreWithoutExceptions: 0 });
    expect(after.Total.Score).toBeUndefined();
    expect(after.Accounts).toMatchObject([{ AccountId: account(), Tally: { Exempt: 1 } }]);
  });
});

detectiveOnBothEngines('lists', (room) => {
  const { volume } = room;

  it('hold everything once, whatever the size of their pages', async () => {
    const Items = Array.from({ length: 23 }, (_, i) => volume(`vol-${i}`, { encrypted: false }));
    await room.world.put(orgApi.BatchPutResourceConfigs, { Items });
    const walk = async (operation: typeof orgApi.ListConfigVerdicts, input: object) => {
      const seen: string[] = [];
      for (let NextToken: string | undefined; ; ) {
        const page = await room.world.put(operation, { ...input, MaxResults: 4, ...(NextToken && { NextToken }) });
        expect(page.Verdicts.length).toBeLessThanOrEqual(4);
        seen.push(...page.Verdicts.map((verdict) => `${verdict.Arn} ${verdict.RuleId}`));
        NextToken = page.NextToken;
        if (NextToken === undefined) return seen;
      }
    };
    const bad = await walk(orgApi.ListConfigVerdicts, { Verdict: 'NON_COMPLIANT' });
    expect(bad).toHaveLength(23);
    expect(new Set(bad).size).toBe(23);
    expect(await walk(orgApi.ListConfigVerdicts, { RuleId: 'G-D-38' })).toEqual(bad);
    expect(await walk(orgApi.ListConfigVerdicts, { Severity: 'LOW' })).toEqual([]);
    const first = await room.world.put(orgApi.ListConfigVerdicts, { Verdict: 'NON_COMPLIANT', MaxResults: 4 });
    const foreign = { Verdict: 'COMPLIANT', NextToken: first.NextToken };
    await expect(room.world.put(orgApi.ListConfigVerdicts, foreign)).rejects.toMatchObject({ code: 'Validation' });
  });
});
