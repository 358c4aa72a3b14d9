import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AuthorizationRequest,
  buildPolicySet,
  type CompiledPolicy,
  compilePolicy,
  type Decision,
  evaluate,
  explain,
  joinPolicySets,
} from './index.ts';
import {
  type GeneratedLayers,
  generateLayers,
  generatePolicy,
  generateRequest,
  generateStatement,
  indexLayers,
  policiesOf,
  type StatementJson,
} from './testing/generate-pair.ts';
import { Random } from './testing/random.ts';

const RUNS = Number(process.env.PARAPET_LAW_RUNS ?? 300);
/** Enough to meet the rarest outcome for certain. */
const COVERAGE_RUNS = 2_000;

interface Pair {
  readonly random: Random;
  readonly layers: GeneratedLayers;
  readonly request: AuthorizationRequest;
}

/** Each law sees generated pairs; a failing seed is printed by fast-check and reproduces the pair. */
function law(holds: (pair: Pair) => void, numRuns = RUNS): void {
  fc.assert(
    fc.property(fc.noShrink(fc.integer({ min: 0, max: 2 ** 31 - 1 })), (seed) => {
      const random = new Random(seed);
      const layers = generateLayers(random);
      holds({ random, layers, request: generateRequest(random, layers) });
    }),
    { numRuns },
  );
}

const decide = (request: AuthorizationRequest, layers: GeneratedLayers) => evaluate(request, indexLayers(layers));
const outcome = ({ effect, reason, layer, level, impliedBy }: Decision) => ({
  effect,
  reason,
  layer,
  level: level?.id,
  impliedBy,
});

/** The same layers with every policy replaced. */
function mapPolicies(
  layers: GeneratedLayers,
  change: (policies: readonly CompiledPolicy[]) => readonly CompiledPolicy[],
): GeneratedLayers {
  const levels = (list: GeneratedLayers['scp']) =>
    list?.map(({ id, policies }) => ({ id, policies: change(policies) }));
  const entries = Object.entries(layers).map(([name, value]) => {
    if (name === 'resourceTrust') return [name, value];
    return [name, name === 'rcp' || name === 'scp' ? levels(value) : change(value)];
  });
  return Object.fromEntries(entries) as GeneratedLayers;
}

/** Rewrites every document. */
function rewrite(layers: GeneratedLayers, change: (statements: StatementJson[]) => StatementJson[]): GeneratedLayers {
  return mapPolicies(layers, (policies) =>
    policies.map((policy) => {
      const document = JSON.parse(policy.text) as { Statement: StatementJson | StatementJson[] };
      const statements = change([document.Statement].flat());
      return compilePolicy({ ...document, Statement: statements }, { ...policy.source, builtIn: true });
    }),
  );
}

function addTo(
  layers: GeneratedLayers,
  layer: 'identity' | 'resource' | 'boundary' | 'session',
  policy: CompiledPolicy,
): GeneratedLayers {
  return { ...layers, [layer]: [...(layers[layer] ?? []), policy] };
}

function policyWith(
  random: Random,
  kind: 'identity' | 'resource' | 'boundary' | 'session',
  effect: 'Allow' | 'Deny',
): CompiledPolicy {
  const statement = generateStatement(random, kind, effect);
  return compilePolicy({ Version: '2012-10-17', Statement: statement }, { arn: 'arn:added', kind });
}

describe('laws', () => {
  it('adding a Deny never turns a denial into an allow', () => {
    law(({ random, layers, request }) => {
      const before = decide(request, layers);
      const layer = random.pick(['identity', 'resource'] as const);
      const after = decide(request, addTo(layers, layer, policyWith(random, layer, 'Deny')));
      if (before.effect === 'deny') expect(after.effect).toBe('deny');
      if (before.reason === 'explicit-deny') expect(after.reason).toBe('explicit-deny');
    });
  });

  it('adding an Allow never changes an explicit denial, nor takes an allow away', () => {
    law(({ random, layers, request }) => {
      const before = decide(request, layers);
      const layer = random.pick(['identity', 'resource'] as const);
      const after = decide(request, addTo(layers, layer, policyWith(random, layer, 'Allow')));
      if (before.reason === 'explicit-deny') expect(outcome(after)).toEqual(outcome(before));
      if (before.effect === 'allow') expect(after.effect).toBe('allow');
    });
  });

  it('adding an SCP level, an RCP level, a boundary, a session policy or an endpoint policy never widens', () => {
    law(({ random, layers, request }) => {
      const before = decide(request, layers);
      const name = random.pick(['scp', 'rcp', 'boundary', 'session', 'endpoint'] as const);
      const isLevel = name === 'scp' || name === 'rcp';
      // A federated session without a session policy is narrower than with one: that is its own rule (case 42).
      if (!isLevel && (layers[name] !== undefined || request.principal.kind === 'federated-user')) return;
      const policies = random.list(0, 2, () => generatePolicy(random, name));
      const level = { id: 'added', policies };
      const wider = isLevel ? { ...layers, [name]: [...(layers[name] ?? []), level] } : { ...layers, [name]: policies };
      const after = decide(request, wider);
      if (before.effect === 'deny') expect(after.effect).toBe('deny');
    });
  });

  it('the order of statements and of policies does not matter', () => {
    law(({ layers, request }) => {
      const reversed = mapPolicies(
        rewrite(layers, (statements) => statements.toReversed()),
        (policies) => policies.toReversed(),
      );
      expect(outcome(decide(request, reversed))).toEqual(outcome(decide(request, layers)));
    });
  });

  it('splitting a statement by action or by resource, or a document by statement, keeps the result', () => {
    law(({ layers, request }) => {
      const expected = outcome(decide(request, layers));
      const split = (name: string) => (statement: StatementJson) =>
        name in statement && [statement[name]].flat().length > 0
          ? [statement[name]].flat().map((item) => ({ ...statement, [name]: item }))
          : [statement];
      const bySplit = rewrite(layers, (statements) => statements.flatMap(split('Action')).flatMap(split('Resource')));
      expect(outcome(decide(request, bySplit))).toEqual(expected);
      const byDocument = mapPolicies(layers, (policies) =>
        policies.flatMap((policy) => policy.statements.map((statement) => ({ ...policy, statements: [statement] }))),
      );
      expect(outcome(decide(request, byDocument))).toEqual(expected);
    });
  });

  it('the letter case of the action changes nothing, nor does an alias of the service', () => {
    law(({ random, layers, request }) => {
      const expected = outcome(decide(request, layers));
      const mixed = [...request.action]
        .map((letter) => (random.chance(0.5) ? letter.toUpperCase() : letter.toLowerCase()))
        .join('');
      expect(outcome(decide({ ...request, action: mixed }, layers))).toEqual(expected);
      const aliased = request.action.replace(/^secretsmanager:/i, 'ccms:');
      expect(outcome(decide({ ...request, action: aliased }, layers))).toEqual(expected);
    });
  });

  it('the letter case of condition keys in policies changes nothing', () => {
    law(({ layers, request }) => {
      const shouted = rewrite(layers, (statements) =>
        statements.map((statement) => {
          const condition = statement.Condition as Record<string, Record<string, unknown>> | undefined;
          if (!condition) return statement;
          const upper = Object.entries(condition).map(([operator, keys]) => [
            operator,
            Object.fromEntries(Object.entries(keys).map(([key, value]) => [key.toUpperCase(), value])),
          ]);
          return { ...statement, Condition: Object.fromEntries(upper) };
        }),
      );
      expect(outcome(decide(request, shouted))).toEqual(outcome(decide(request, layers)));
    });
  });

  it.each(['Action', 'Resource'])('of %s and its Not form exactly one applies', (name) => {
    law(({ random, request }) => {
      const statement = generateStatement(random, 'identity', 'Allow');
      const { Action, NotAction, Resource, NotResource, ...rest } = statement;
      const patterns = name === 'Action' ? (Action ?? NotAction) : (Resource ?? NotResource);
      const other = name === 'Action' ? { Resource: '*' } : { Action: '*' };
      const allowedBy = (element: string) => {
        const document = {
          Version: '2012-10-17',
          Statement: { ...rest, Condition: undefined, ...other, [element]: patterns },
        };
        const identity = [compilePolicy(document, { arn: 'arn:one', kind: 'identity' })];
        const user = {
          ...request,
          principal: { kind: 'user', arn: 'arn:aws:iam::111122223333:user/x', accountId: '111122223333' } as const,
          resourceAccount: '111122223333',
        };
        return decide(user, { identity }).effect === 'allow';
      };
      expect(allowedBy(name)).toBe(!allowedBy(`Not${name}`));
    });
  });

  it('renaming the keys of variables together with the context changes nothing', () => {
    law(({ layers, request }) => {
      // The old version of the language has no variables: there the text of one is a value like any other.
      if (policiesOf(layers).some(({ text }) => text.includes('2008-10-17') && text.includes('$'))) return;
      const rename = (text: string) =>
        text
          .replaceAll(/aws:PrincipalTag\/(team|kind)/gi, 'aws:PrincipalTag/renamed-$1')
          .replaceAll(/aws:username/gi, 'aws:login');
      const renamed = mapPolicies(layers, (policies) =>
        policies.map((policy) => compilePolicy(rename(policy.text), { ...policy.source, builtIn: true })),
      );
      const context = new Map([...request.context].map(([key, value]) => [rename(key).toLowerCase(), value]));
      expect(outcome(decide({ ...request, context }, renamed))).toEqual(outcome(decide(request, layers)));
    });
  });

  it('replacing an account id everywhere changes nothing', () => {
    law(({ layers, request }) => {
      // A wildcard inside an account id is not moved along by replacing the id.
      if (policiesOf(layers).some(({ text }) => /:(?:1111\*|\?\?1122223333):/.test(text))) return;
      const swap = <T>(value: T): T =>
        JSON.parse(JSON.stringify(value).replaceAll('111122223333', '999988887777')) as T;
      const swapped = mapPolicies(layers, (policies) =>
        policies.map((policy) => compilePolicy(swap(policy.text), { ...policy.source, builtIn: true })),
      );
      const { context, ...rest } = request;
      const moved = { ...swap(rest), context: new Map(swap([...context])) };
      expect(outcome(decide(moved, swapped))).toEqual(outcome(decide(request, layers)));
    });
  });

  it('a decision repeats, and the explanation carries the same one', () => {
    law(({ layers, request }) => {
      const indexed = indexLayers(layers);
      const first = evaluate(request, indexed);
      expect(evaluate(request, indexed)).toEqual(first);
      const explanation = explain(request, indexed);
      expect(explanation.decision).toEqual(first);
      expect(explanation.implicitLayer).toBe(first.reason === 'implicit-deny' ? first.layer : undefined);
    });
  });

  it('sets that are joined decide as one set of all their policies', () => {
    law(({ layers, request }) => {
      const whole = indexLayers(layers);
      const parts = layers.identity?.map((policy) => buildPolicySet([policy]));
      const joined = parts ? { ...whole, identity: joinPolicySets(parts) } : whole;
      expect(outcome(evaluate(request, joined))).toEqual(outcome(evaluate(request, whole)));
      expect(explain(request, joined).layers).toEqual(explain(request, whole).layers);
    });
  });

  it('unrelated policies change nothing', () => {
    const unrelated = Array.from({ length: 50 }, (_, number) =>
      compilePolicy(
        {
          Version: '2012-10-17',
          Statement: {
            Effect: number % 2 ? 'Allow' : 'Deny',
            Action: `other:Act${number}`,
            Resource: `arn:aws:other:::thing/${number}/*`,
          },
        },
        { arn: `arn:unrelated-${number}`, kind: 'identity' },
      ),
    );
    law(({ layers, request }) => {
      const more = { ...layers, identity: [...unrelated, ...(layers.identity ?? [])] };
      expect(outcome(decide(request, more))).toEqual(outcome(decide(request, layers)));
    });
  });

  it('the generator reaches every layer and every outcome', () => {
    const seen = new Set<string>();
    law(({ layers, request }) => {
      const { reason, layer } = decide(request, layers);
      seen.add(`${reason} ${layer}`);
    }, COVERAGE_RUNS);
    for (const layer of ['rcp', 'scp', 'endpoint', 'resource', 'identity', 'boundary', 'session']) {
      expect(seen).toContain(`implicit-deny ${layer}`);
    }
    for (const layer of ['rcp', 'scp', 'resource', 'identity']) expect(seen).toContain(`explicit-deny ${layer}`);
    expect(seen).toContain('allow identity');
    expect(seen).toContain('allow resource');
  });
});
