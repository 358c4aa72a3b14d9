import { expect, it } from 'vitest';
import { orgApi } from '../../api/index.ts';
import { detectiveOnBothEngines } from '../../testing/detective-engines.ts';

const DAY = 86_400_000;

detectiveOnBothEngines('exceptions', (room) => {
  const { account, volumeArn, volume, get, verdictOf } = room;

  const exception = (given: object) => ({
    RuleId: 'G-D-38',
    Scope: { ResourceArn: volumeArn('vol-1') },
    Category: 'WAIVER',
    Owner: 'payments@acme.example',
    Reason: 'the vendor encrypts it with the next release',
    ExpiresAt: room.world.clock.time + 30 * DAY,
    ...given,
  });

  it('change the verdict at once, keep what the rule says, and end by themselves', async () => {
    await room.world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: false }));
    const { Exception } = await room.world.put(orgApi.PutConfigException, exception({}));
    const [verdict] = (await get(volumeArn('vol-1'))).Verdicts.filter((entry) => entry.RuleId === 'G-D-38');
    expect(verdict).toMatchObject({
      Verdict: 'EXEMPT',
      VerdictWithoutException: 'NON_COMPLIANT',
      ExceptionId: Exception.ExceptionId,
    });
    const exempt = await room.world.put(orgApi.ListConfigVerdicts, { Verdict: 'EXEMPT' });
    expect(exempt.Verdicts.map((entry) => entry.Arn)).toEqual([volumeArn('vol-1')]);
    // Nothing runs in between: the clock alone ends it.
    room.world.clock.time += 31 * DAY;
    expect(await verdictOf(volumeArn('vol-1'), 'G-D-38')).toBe('NON_COMPLIANT');
    expect((await room.world.put(orgApi.ListConfigVerdicts, { Verdict: 'EXEMPT' })).Verdicts).toEqual([]);
    expect((await room.world.put(orgApi.ListConfigExceptions, {})).Exceptions).toEqual([]);
    const { Exceptions } = await room.world.put(orgApi.ListConfigExceptions, { IncludeEnded: true });
    expect(Exceptions).toMatchObject([
      { Active: false, Owner: 'payments@acme.example', CreatedBy: room.world.management.arn },
    ]);
  });

  it('for an account count after the pass that follows, and end when they are ended', async () => {
    await room.world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: false }));
    const { Exception } = await room.world.put(
      orgApi.PutConfigException,
      exception({ RuleId: '*', Scope: { AccountId: account() } }),
    );
    await room.world.settle();
    expect(await verdictOf(volumeArn('vol-1'), 'G-D-38')).toBe('EXEMPT');
    await room.world.put(orgApi.DeleteConfigException, { ExceptionId: Exception.ExceptionId });
    await room.world.settle();
    expect(await verdictOf(volumeArn('vol-1'), 'G-D-38')).toBe('NON_COMPLIANT');
    await expect(
      room.world.put(orgApi.DeleteConfigException, { ExceptionId: Exception.ExceptionId }),
    ).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('need one scope, a rule that exists and an end within a year', async () => {
    await room.world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: false }));
    const put = (given: object) => room.world.put(orgApi.PutConfigException, exception(given));
    await expect(put({ Scope: {} })).rejects.toMatchObject({ code: 'InvalidException' });
    const both = { Scope: { ResourceArn: volumeArn('vol-1'), AccountId: account() } };
    await expect(put(both)).rejects.toMatchObject({ code: 'InvalidException' });
    await expect(put({ RuleId: 'G-D-99' })).rejects.toMatchObject({ code: 'NotFound' });
    await expect(put({ Scope: { ResourceArn: volumeArn('other') } })).rejects.toMatchObject({ code: 'NotFound' });
    const late = { ExpiresAt: room.world.clock.time + 366 * DAY };
    await expect(put(late)).rejects.toMatchObject({ code: 'InvalidException' });
    const past = { ExpiresAt: room.world.clock.time - 1 };
    await expect(put(past)).rejects.toMatchObject({ code: 'InvalidException' });
  });
});
