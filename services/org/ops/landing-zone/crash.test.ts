import { expect, it } from 'vitest';
import { orgApi } from '../../api/index.ts';
import { runApplies } from '../../jobs/run-applies.ts';
import { dieAfter } from '../../testing/death.ts';
import { onBothEngines } from '../../testing/engines.ts';
import { found, type OrgWorld } from '../../testing/harness.ts';
import { ApplyRunner } from './apply-runner.ts';

/** Two shapes of one company; each round has another shop, and the one before it is closed. */
function landingZone(round: number): string {
  const even = round % 2 === 0;
  const retail = `{key: retail, name: ${even ? 'Retail' : 'Stores'}, guardrails: [${even ? 'lines' : 'lines, more'}]}`;
  return `apiVersion: parapet/v1
kind: LandingZone
metadata: {name: acme}
settings: {onAccountRemoved: close}
organizationalUnits:
  - {key: ${even ? 'even, name: Even' : 'odd, name: Odd'}}
  - key: business
    name: Business
    children: [${even ? retail : ''}]
${even ? '' : `  - ${retail}`}
accounts:
  - {key: bank, name: Bank, email: bank@acme.example, parent: ${even ? 'retail' : 'business'}}
  - {key: shop-${round}, name: Shop ${round}, email: shop-${round}@acme.example, parent: retail, guardrails: [more]}
guardrailSets:
  - {key: lines, include: [${even ? 'G-P-08, G-P-10' : 'G-P-08, G-P-14'}]}
  - {key: more, include: [G-P-05]}
policies:
  - {key: own, attach: [${even ? 'root' : 'business'}], document: {Version: "2012-10-17", Statement: [{Effect: Deny, Action: "iam:${even ? 'CreateUser' : 'CreateGroup'}", Resource: "*"}]}}
`;
}

async function shape(world: OrgWorld) {
  const { Nodes } = await world.ask(orgApi.DescribeOrganizationTree, { ExpandPolicies: true });
  const names = new Map(Nodes.map(({ Id, Name }) => [Id, Name]));
  const { Policies } = await world.ask(orgApi.ListPolicies, { Filter: 'SERVICE_CONTROL_POLICY' });
  const policies = new Map(Policies.map(({ Id, Name }) => [Id, Name]));
  return Nodes.map(({ Name, ParentId, State, Policies: held = [] }) =>
    [
      Name,
      names.get(ParentId ?? ''),
      State,
      held.map(({ PolicyId, Mode }) => `${policies.get(PolicyId)} ${Mode}`).sort(),
    ].join(' | '),
  ).sort();
}

async function begin(world: OrgWorld, document: string) {
  world.clock.time += 1000;
  const { Plan } = await world.ask(orgApi.PlanLandingZone, { Document: document });
  expect(Plan.Conflicts).toEqual([]);
  return Plan;
}

async function restart(world: OrgWorld): Promise<void> {
  world.deps.applies = new ApplyRunner();
  await runApplies.run(world.deps);
  await world.deps.applies.idle();
}

onBothEngines('an apply whose process dies', (get) => {
  it('ends as if nothing had happened, whichever commit was the last', async () => {
    const world = get();
    await found(world);
    for (let round = 1, died = true; died; round++) {
      const plan = await begin(world, landingZone(round));
      expect(plan.StepCount).toBeGreaterThan(8);
      const revive = dieAfter(world, round);
      await world.ask(orgApi.ApplyPlan, { PlanId: plan.PlanId, Sha256: plan.Sha256 }).catch(() => undefined);
      await world.deps.applies.idle();
      const { Applies } = await world.ask(orgApi.ListApplies, { MaxResults: 1 });
      died = Applies[0]?.State === 'RUNNING';
      revive();
      await restart(world);
      const { Applies: after } = await world.ask(orgApi.ListApplies, { MaxResults: 1 });
      expect(after[0], `died after ${round} commits`).toMatchObject({ State: 'SUCCEEDED', Done: plan.StepCount });
      expect(await begin(world, landingZone(round)), `died after ${round} commits`).toMatchObject({
        StepCount: 0,
        Warnings: [],
      });
      expect((await world.ask(orgApi.DescribeDrift)).Drift).toEqual([]);
      const shown = await shape(world);
      expect(shown.filter((line) => line.includes('ACTIVE')).map((line) => line.split(' | ')[0])).toEqual(
        expect.arrayContaining(['Bank', `Shop ${round}`]),
      );
      expect(shown.filter((line) => line.startsWith('Shop') && line.includes('ACTIVE'))).toHaveLength(1);
      if (round > 60) throw new Error('it never got to its end');
    }
  });

  it('is done once, though two nodes work on it', async () => {
    const world = get();
    const { Applies: before } = await world.ask(orgApi.ListApplies, { MaxResults: 1000 });
    const plan = await begin(world, landingZone(before.length + 1));
    world.deps.applies = new ApplyRunner();
    const { Apply } = await world.ask(orgApi.ApplyPlan, { PlanId: plan.PlanId, Sha256: plan.Sha256 });
    const other = new ApplyRunner();
    const elsewhere = { ...world.deps, applies: other };
    await other.pickUp(elsewhere);
    await Promise.all([world.deps.applies.idle(), other.idle()]);
    const { Apply: end, Steps } = await world.ask(orgApi.DescribeApply, { ApplyId: Apply.ApplyId });
    expect(end).toMatchObject({ State: 'SUCCEEDED', Done: plan.StepCount });
    expect(new Set(Steps.map(({ State }) => State))).toEqual(new Set(['DONE']));
    expect((await world.ask(orgApi.DescribeDrift)).Drift).toEqual([]);
  });
});
