import { expect, it } from 'vitest';
import type { Caller } from '../../../../platform/runtime/call.ts';
import { iamApi } from '../../../iam/api/index.ts';
import { allow, makeUser, policy } from '../../../iam/testing/harness.ts';
import { orgApi } from '../../api/index.ts';
import { onBothEngines } from '../../testing/engines.ts';
import { found, type OrgWorld } from '../../testing/harness.ts';
import { ended, HEAD, planned, SMALL } from '../../testing/landing-zone.ts';

const CHANGED = `${HEAD}
organizationalUnits:
  - key: labs
    name: Labs
    guardrails: [lines, more]
    children:
      - {key: security, name: Safety}
accounts:
  - {key: shop, name: Store, email: shop@acme.example, parent: labs, tags: {team: web}}
guardrailSets:
  - {key: lines, include: [G-P-08], mode: observe}
  - {key: more, include: [G-P-14]}
`;
const ENDED = `${HEAD}
organizationalUnits:
  - {key: security, name: Security}
`;

/** Permits what a refusal asks for until nothing is refused; answers everything that was asked, in the end having applied. */
async function askedUntilApplied(world: OrgWorld, applier: Caller, document: string) {
  const { PlanId, Sha256 } = await planned(world, document);
  const asked = ['ApplyPlan'];
  for (;;) {
    await world.iam.as(world.iam.admin, iamApi.PutUserPolicy, {
      UserName: 'applier',
      PolicyName: 'test',
      PolicyDocument: policy(allow(asked.map((action) => `organizations:${action}`))),
    });
    const answer = await world.as(applier, orgApi.ApplyPlan, { PlanId, Sha256 }).catch((refusal) => refusal);
    if (answer instanceof Error) {
      expect(answer).toMatchObject({ code: 'AccessDenied' });
      const next = /organizations:(\w+)/.exec(answer.message)?.[1] as string;
      expect(asked).not.toContain(next);
      asked.push(next);
      continue;
    }
    expect(await ended(world, answer.Apply.ApplyId)).toMatchObject({ State: 'SUCCEEDED' });
    return new Set(asked);
  }
}

onBothEngines('an apply is no way around a policy', (get) => {
  let applier: Caller;
  it.each([
    ['makes', SMALL],
    ['changes', CHANGED],
    ['ends', ENDED],
  ])('asks for exactly what it is recorded to have done where it %s things', async (word, document) => {
    const world = get();
    if (word === 'makes') {
      await found(world);
      applier = await makeUser(world.iam, 'applier');
    }
    const before = (await world.records()).length;
    const asked = await askedUntilApplied(world, applier, document);
    const records = (await world.records()).slice(before);
    const recorded = records.filter((r) => (r.userIdentity as { arn?: string }).arn === applier.arn && !r.errorCode);
    expect(new Set(recorded.map((r) => r.eventName))).toEqual(asked);
  });
});
