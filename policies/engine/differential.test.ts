import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type ReferenceLayers,
  type ReferencePolicy,
  referenceApplies,
  referenceEvaluate,
} from '../reference/evaluate.ts';
import { type CompiledPolicy, evaluate, explain } from './index.ts';
import {
  confineSome,
  type GeneratedLayers,
  generateLayers,
  generateRequest,
  indexLayers,
  policiesOf,
} from './testing/generate-pair.ts';
import { Random } from './testing/random.ts';

const PAIRS = Number(process.env.PARAPET_DIFFERENTIAL_PAIRS ?? 200_000);
const SEED = Number(process.env.PARAPET_DIFFERENTIAL_SEED ?? randomInt(2 ** 31));
const REQUESTS_PER_SET = 64;
const EXPLAINED_SHARE = 0.02;

describe(`engine against the reference evaluator (seed ${SEED}, ${PAIRS} pairs)`, () => {
  it('gives the same effect, reason, layer and level for every pair, with a fair share of each outcome', () => {
    const outcomes = { allow: 0, 'explicit-deny': 0, 'implicit-deny': 0, error: 0 };
    for (let pair = 0; pair < PAIRS; ) {
      const setSeed = (SEED + pair) >>> 0;
      const random = new Random(setSeed);
      const generated = confineSome(random, generateLayers(random));
      const layers = indexLayers(generated);
      const reference = referenceLayers(generated);
      for (let left = REQUESTS_PER_SET; left > 0 && pair < PAIRS; left--, pair++) {
        const request = generateRequest(random, generated);
        const decision = evaluate(request, layers);
        const expected = referenceEvaluate(request, reference);
        outcomes[decision.reason]++;
        const { effect, reason, layer } = decision;
        const same =
          effect === expected.effect &&
          reason === expected.reason &&
          layer === expected.layer &&
          decision.level?.id === expected.levelId;
        if (!same) expect({ setSeed, request, decision, documents: documentsOf(generated) }).toEqual(expected);
        checkMatched(decision.matched, generated, request, setSeed);
        if (random.chance(EXPLAINED_SHARE)) checkExplanation(request, layers, setSeed);
      }
    }
    console.log(`differential seed ${SEED}: ${JSON.stringify(outcomes)}`);
    expect(outcomes.error).toBe(0);
    expect(outcomes.allow / PAIRS).toBeGreaterThan(0.2);
    expect(outcomes['explicit-deny'] / PAIRS).toBeGreaterThan(0.2);
  }, 7_200_000);
});

/** Every statement the decision names does apply, says the reference. */
function checkMatched(
  matched: ReturnType<typeof evaluate>['matched'],
  generated: GeneratedLayers,
  request: Parameters<typeof evaluate>[0],
  setSeed: number,
): void {
  const hasBoundary = generated.boundary !== undefined || request.principal.hasBoundary === true;
  for (const ref of matched) {
    const candidates = policiesOf(generated).filter((policy) => policy.source.arn === ref.policyArn);
    const applies = candidates.some((policy) => {
      const statement = policy.document.statements[ref.statementIndex];
      return statement && referenceApplies(statement, asReference(policy), request, hasBoundary);
    });
    if (!applies) expect.fail(`seed ${setSeed}: matched statement ${JSON.stringify(ref)} does not apply`);
  }
}

/** The explanation tells the same story as the decision. */
function checkExplanation(
  request: Parameters<typeof evaluate>[0],
  layers: Parameters<typeof evaluate>[1],
  setSeed: number,
): void {
  const { decision, explicitDenies, layers: explained } = explain(request, layers);
  expect(explicitDenies.length > 0, `seed ${setSeed}`).toBe(decision.reason === 'explicit-deny');
  if (decision.reason === 'explicit-deny') expect(explicitDenies[0]?.layer).toBe(decision.layer);
  if (decision.level) {
    const first = explained.find(({ layer, outcome }) => layer === decision.layer && outcome === decision.reason);
    expect(first?.level?.id, `seed ${setSeed}`).toBe(decision.level.id);
  }
}

function referenceLayers(layers: GeneratedLayers): ReferenceLayers {
  const levels = (list: NonNullable<GeneratedLayers['scp']>) =>
    list.map(({ id, policies }) => ({ id, policies: policies.map(asReference) }));
  return {
    ...(layers.rcp && { rcp: levels(layers.rcp) }),
    ...(layers.scp && { scp: levels(layers.scp) }),
    ...(layers.endpoint && { endpoint: layers.endpoint.map(asReference) }),
    ...(layers.resource && { resource: layers.resource.map(asReference) }),
    ...(layers.resourceTrust && { resourceTrust: layers.resourceTrust }),
    ...(layers.identity && { identity: layers.identity.map(asReference) }),
    ...(layers.boundary && { boundary: layers.boundary.map(asReference) }),
    ...(layers.session && { session: layers.session.map(asReference) }),
  };
}

function asReference(policy: CompiledPolicy): ReferencePolicy {
  return { document: policy.document, kind: policy.source.kind };
}

function documentsOf(layers: GeneratedLayers): string[] {
  return policiesOf(layers).map((policy) => `${policy.source.kind} ${policy.text}`);
}
