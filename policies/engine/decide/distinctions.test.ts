import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { type AuthorizationRequest, type Decision, evaluate } from '../index.ts';
import { generateLayers, generateRequest, indexLayers, policiesOf } from '../testing/generate-pair.ts';
import { Random } from '../testing/random.ts';
import { Distinctions } from './distinctions.ts';

const SEED = Number(process.env.PARAPET_LAW_SEED ?? randomInt(2 ** 31));
const SETS = 400;
const REQUESTS = 40;

const outcome = ({ effect, reason, layer, level, impliedBy }: Decision) => ({
  effect,
  reason,
  layer,
  level,
  impliedBy,
});

/** Requests of one caller for one action, about many resources and from many places. */
function requests(random: Random, layers: ReturnType<typeof generateLayers>): AuthorizationRequest[] {
  const { principal, action } = generateRequest(random, layers);
  return Array.from({ length: REQUESTS }, () => ({ ...generateRequest(random, layers), principal, action }));
}

it(`requests that no document tells apart get one answer (seed ${SEED})`, () => {
  let shared = 0;
  let classes = 0;
  for (let set = 0; set < SETS; set++) {
    const random = new Random((SEED + set) >>> 0);
    const layers = generateLayers(random);
    const indexed = indexLayers(layers);
    const all = requests(random, layers);
    const distinctions = new Distinctions(policiesOf(layers), (all[0] as AuthorizationRequest).action);
    const known = new Map<string, Decision>();
    for (const [index, request] of all.entries()) {
      const place = `seed ${SEED + set}, request ${index}`;
      const decision = evaluate(request, indexed);
      // A request that leaves out what nobody looks at is the same request.
      const keys = distinctions.keys.filter((key) => request.context.has(key));
      const context = new Map(keys.map((key) => [key, request.context.get(key) as string]));
      expect(outcome(evaluate({ ...request, context }, indexed)), place).toEqual(outcome(decision));
      const name = distinctions.classOf({ ...request, context });
      expect(name, place).toBe(distinctions.classOf(request));
      const before = known.get(name);
      if (before) shared++;
      else classes++;
      expect(outcome(decision), place).toEqual(outcome(before ?? decision));
      known.set(name, decision);
    }
  }
  // Neither is everything alike, nor is nothing.
  expect(shared).toBeGreaterThan(SETS);
  expect(classes).toBeGreaterThan(SETS);
});
