/** Landing zones planned and applied by the management account's administrator, as the tests of several rooms need them. */
import { expect } from 'vitest';
import { orgApi } from '../api/index.ts';
import type { OrgWorld } from './harness.ts';

export const HEAD = 'apiVersion: parapet/v1\nkind: LandingZone\nmetadata: {name: acme}\n';
export const SMALL = `${HEAD}
organizationalUnits:
  - {key: security, name: Security, guardrails: [lines]}
  - {key: business, name: Business}
accounts:
  - {key: shop, name: Shop, email: shop@acme.example, parent: business, tags: {owner: retail}, guardrails: [lines]}
guardrailSets:
  - {key: lines, include: [G-P-08, G-P-10]}
delegatedAdmins:
  - {service: config, account: shop}
`;

type Options = { Prefer?: 'file' | 'live'; AllowProtected?: boolean };

export async function planned(world: OrgWorld, Document: string, options: Options = {}) {
  // Ids of plans and applies are in the order of time.
  world.clock.time += 1000;
  const { Plan } = await world.ask(orgApi.PlanLandingZone, { Document, ...options });
  const { Steps } = await world.ask(orgApi.DescribePlan, { PlanId: Plan.PlanId, MaxResults: 1000 });
  return {
    ...Plan,
    Steps,
    Summaries: Steps.filter(({ Kind }) => Kind !== 'unsupported').map(({ Summary }) => Summary),
  };
}

/** The apply when its work has ended, one way or the other. */
export async function ended(world: OrgWorld, ApplyId: string) {
  await world.deps.applies.idle();
  const { Apply, Steps } = await world.ask(orgApi.DescribeApply, { ApplyId, MaxResults: 1000 });
  return { ...Apply, Steps };
}

export async function applied(world: OrgWorld, document: string, options: Options = {}) {
  const { PlanId, Sha256 } = await planned(world, document, options);
  const { Apply } = await world.ask(orgApi.ApplyPlan, { PlanId, Sha256 });
  const end = await ended(world, Apply.ApplyId);
  expect(end.Failure).toBeUndefined();
  expect(end.State).toBe('SUCCEEDED');
  return end;
}

export const failing = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (thrown) => thrown as { code: string; message: string; details: Record<string, unknown> },
  );
  if (!error) throw new Error('it succeeded');
  return error;
};

/** Its nodes by name. */
export const tree = async (world: OrgWorld) => {
  const { Nodes } = await world.ask(orgApi.DescribeOrganizationTree, { ExpandPolicies: true });
  return new Map(Nodes.map((node) => [node.Name, node]));
};
