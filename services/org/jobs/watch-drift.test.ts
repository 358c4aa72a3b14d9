import { expect, it } from 'vitest';
import { orgApi } from '../api/index.ts';
import { found, openOrg, unit } from '../testing/harness.ts';
import { watchDrift } from './watch-drift.ts';

it('warns of drift as often as the landing zone says', async () => {
  const world = await openOrg();
  try {
    const { rootId } = await found(world);
    const warned: unknown[] = [];
    world.deps.log.warn = ((facts: unknown) => warned.push(facts)) as never;
    await watchDrift.run(world.deps);
    const Document =
      '{"apiVersion":"parapet/v1","kind":"LandingZone","metadata":{"name":"acme"},"settings":{"drift":{"detect":"2m"}}}';
    const { Plan } = await world.ask(orgApi.PlanLandingZone, { Document });
    await world.ask(orgApi.ApplyPlan, { PlanId: Plan.PlanId, Sha256: Plan.Sha256 });
    await world.deps.applies.idle();
    await watchDrift.run(world.deps);
    expect(warned).toEqual([]);
    await unit(world, rootId, 'Surprise');
    await watchDrift.run(world.deps);
    expect(warned).toEqual([]);
    world.clock.time += 120_000;
    await watchDrift.run(world.deps);
    await watchDrift.run(world.deps);
    expect(warned).toEqual([{ drift: 1, types: ['OU_ADDED'] }]);
  } finally {
    await world.close();
  }
});
