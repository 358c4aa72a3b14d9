/** The laws of grants, over random policies, organizations and requests: they only ever add, and never against a deny. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { buildPolicySet, compilePolicy, evaluate } from '../../policies/engine/index.ts';
import { generateLayers, generateRequest, indexLayers } from '../../policies/engine/testing/generate-pair.ts';
import { Random } from '../../policies/engine/testing/random.ts';
import { isAllowed, judge } from './authorize.ts';
import { GuardrailSets } from './guardrail-sets.ts';
import { ownerOf } from './guardrails.ts';
import { OrganizationSnapshot } from './organization-snapshot.ts';
import { generateOrganization } from './testing/generate-organization.ts';

const RUNS = Number(process.env.PARAPET_LAW_RUNS ?? 600);
const REQUESTS = 8;
const GRANT = 'arn:aws:kms:local-1:111122223333:key/k/grant/';

const sets = new GuardrailSets((policy, error) => {
  throw new Error(`${policy}: ${error}`);
});

it('a grant removes nothing, allows nothing that is denied, and nothing but what it lists to whom it names', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(fc.noShrink(fc.integer({ min: 0, max: 2 ** 31 - 1 })), (seed) => {
      const random = new Random(seed);
      const organization = new OrganizationSnapshot(generateOrganization(random).data, sets);
      const { scp, rcp, ...generated } = generateLayers(random);
      const layers = indexLayers(generated);
      for (let left = REQUESTS; left > 0; left--) {
        const drawn = generateRequest(random, generated);
        const request = { ...drawn, resourceAccount: ownerOf(drawn) };
        const { principal } = request;
        const grantee = random.chance(0.7) ? (principal.roleArn ?? principal.userArn ?? principal.arn) : '777788889999';
        const operations = random.chance(0.7) ? [request.action, 'kms:Decrypt'] : ['kms:Decrypt'];
        const Statement = { Effect: 'Allow', Principal: { AWS: grantee }, Action: operations, Resource: '*' };
        if (!/^(arn:[a-z-]+:(iam|sts)::\d{12}:(user|role|root|assumed-role|federated-user)|\d{12}$)/.test(grantee))
          continue;
        const document = JSON.stringify({ Version: '2012-10-17', Statement });
        const grants = buildPolicySet([compilePolicy(document, { arn: `${GRANT}1`, kind: 'resource' })]);

        const without = judge(request, layers, organization);
        const having = judge(request, layers, organization, { grants });
        const outcome = `${without.decision.reason} to ${having.decision.reason}`;
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1);

        if (isAllowed(without) || without.decision.reason !== 'implicit-deny') expect(having).toEqual(without);
        if (!isAllowed(having) || isAllowed(without)) continue;
        expect(having.decision.matched.some(({ policyArn }) => policyArn.startsWith(GRANT))).toBe(true);
        expect(operations.map((name) => name.toLowerCase())).toContain(request.action.toLowerCase());
        // Whoever is allowed through a grant would be, were the resource at home, by a policy that says the same.
        const home = { ...request, resourceAccount: principal.accountId };
        const { guardrails } = having;
        const same = evaluate(home, { ...layers, ...guardrails, resource: grants, resourceTrust: 'explicit' });
        expect(same.effect).toBe('allow');
      }
    }),
    { numRuns: RUNS },
  );
  // The cases that matter occur.
  for (const outcome of ['implicit-deny to allow', 'implicit-deny to implicit-deny', 'explicit-deny to explicit-deny'])
    expect(seen.get(outcome) ?? 0).toBeGreaterThan(20);
});
