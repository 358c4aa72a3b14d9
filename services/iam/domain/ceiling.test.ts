/** A ceiling that says allowed or denied without conditions is right about every request. */
import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { buildPolicySet, compilePolicy, evaluate } from '../../../policies/engine/index.ts';
import { generateLayers, generateRequest, indexLayers } from '../../../policies/engine/testing/generate-pair.ts';
import { Random } from '../../../policies/engine/testing/random.ts';
import { HOME } from '../../../policies/engine/testing/universe.ts';
import { Ceiling } from './ceiling.ts';

const SEED = randomInt(2 ** 31);
const everything = buildPolicySet([
  compilePolicy(
    { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
    { arn: 'arn:all', kind: 'identity' },
  ),
]);

it(`is right about every request (seed ${SEED})`, () => {
  const seen = { allowed: 0, denied: 0, conditional: { allow: 0, deny: 0 } };
  for (let set = 0; set < 3_000; set++) {
    const random = new Random((SEED + set) >>> 0);
    const { scp, rcp } = generateLayers(random);
    if (!scp && !rcp) continue;
    const generated = { ...(scp && { scp }), ...(rcp && { rcp }) };
    const guardrails = indexLayers(generated);
    const ceiling = new Ceiling(HOME, guardrails);
    for (let i = 0; i < 20; i++) {
      const request = generateRequest(random, { ...generated, identity: [] });
      const { kind, accountId } = request.principal;
      if ((kind !== 'user' && kind !== 'root') || accountId !== HOME || request.principal.isServiceLinkedRole) continue;
      const { effect } = evaluate({ ...request, resourceAccount: HOME }, { ...guardrails, identity: everything });
      const { Ceiling: name, StoppedBy } = ceiling.of(request.action);
      const place = `seed ${SEED + set}, request ${i}`;
      if (name === 'conditional') seen.conditional[effect]++;
      else {
        expect(effect, place).toBe(name === 'allowed' ? 'allow' : 'deny');
        seen[name]++;
      }
      expect(StoppedBy.length > 0, place).toBe(name !== 'allowed');
      expect(
        StoppedBy.some(({ Certain }) => Certain),
        place,
      ).toBe(name === 'denied');
    }
  }
  for (const count of [seen.allowed, seen.denied, seen.conditional.allow, seen.conditional.deny])
    expect(count).toBeGreaterThan(100);
});
