import { principalFacts } from '../../../../platform/authz/authorize.ts';
import { visibleTo } from '../../../../platform/authz/visible-organization.ts';
import type { AnyOperation, InputOf } from '../../../../platform/contract/operation.ts';
import type { Call } from '../../../../platform/runtime/call.ts';
import type { PrincipalFacts } from '../../../../policies/engine/index.ts';
import { SimulatePrincipalPolicy } from '../../api/simulation.ts';
import type { SubjectFacts } from '../../domain/authorize-context.ts';
import {
  type Exclusion,
  excludesType,
  levelsWithoutExcluded,
  withoutExcluded,
} from '../../domain/policy-exclusions.ts';
import type { Simulation } from '../../domain/simulation.ts';
import { subjectFactsOf } from '../authz/subject.ts';
import { implement } from '../implement.ts';
import { compileBoundary, compileList, compileResourcePolicy } from './given-policies.ts';
import { aboutPolicySource, type PolicySource } from './policy-source.ts';
import { answerSimulation, callerOf, contextOf, ownerOf } from './run-simulation.ts';
import { factsOfNamed } from './simulate-custom-policy.ts';

type Input = InputOf<typeof SimulatePrincipalPolicy>;

export const simulatePrincipalPolicy = implement(SimulatePrincipalPolicy, {
  resolve: (call, input, deps) => aboutPolicySource(call, deps, input.PolicySourceArn),
  run(call, input, source, deps) {
    const exclusions = checkExclusions(call, input.PolicyExclusionList ?? []);
    const { caller, known } = whoAsks(call, input, source);
    return answerSimulation(deps, call, input, {
      caller,
      owner: ownerOf(call, input),
      ...policiesOf(call, input, source, exclusions),
      resource: compileResourcePolicy(call, input.ResourcePolicy),
      ...guardrailsOf(call, exclusions),
      context: contextOf(deps, call, known, input),
    });
  },
});

/** The principal itself; another one that is named instead; for a group a member in general. */
function whoAsks(
  call: Call<AnyOperation>,
  input: Input,
  { subject }: PolicySource,
): { caller: PrincipalFacts; known: SubjectFacts | undefined } {
  const named = input.CallerArn === input.PolicySourceArn ? undefined : callerOf(call, input);
  if (named) return { caller: named, known: factsOfNamed(named) };
  if (subject) return { caller: principalFacts(subject.caller, subject.principal), known: subjectFactsOf(subject) };
  if (input.ResourcePolicy !== undefined) {
    throw call.fail('InvalidInput', 'ResourcePolicy is given for a group without CallerArn', {
      hint: 'name a user in CallerArn: a group is no principal',
    });
  }
  const { accountId } = call.caller;
  return { caller: { kind: 'user', arn: input.PolicySourceArn, accountId }, known: undefined };
}

function policiesOf(
  call: Call<AnyOperation>,
  input: Input,
  { subject, identity }: PolicySource,
  exclusions: readonly Exclusion[],
): Pick<Simulation, 'identity' | 'boundary' | 'session'> {
  const given = compileList(call, 'PolicyInputList', input.PolicyInputList, 'identity');
  const own = excludesType(exclusions, 'permission-boundary') ? undefined : subject?.principal.boundary?.policies;
  // A boundary of which nothing is left does not become a boundary that allows nothing: it is left out.
  const kept = own && withoutExcluded(own, exclusions);
  return {
    identity: [...withoutExcluded(identity, exclusions), ...given],
    boundary:
      compileBoundary(call, input.PermissionsBoundaryPolicyInputList) ?? (kept && kept.length > 0 ? kept : undefined),
    session: subject?.principal.session?.policies?.policies,
  };
}

function guardrailsOf(
  { caller: { accountId }, organization }: Call<AnyOperation>,
  exclusions: readonly Exclusion[],
): Pick<Simulation, 'scp' | 'rcp'> {
  const visible = visibleTo(accountId, organization);
  const of = (owner: string) => visible.guardrails(accountId, owner);
  return {
    scp: excludesType(exclusions, 'scp') ? undefined : levelsWithoutExcluded(of(accountId).scp, exclusions),
    rcp: excludesType(exclusions, 'rcp') ? undefined : (owner) => levelsWithoutExcluded(of(owner).rcp, exclusions),
  };
}

function checkExclusions(call: Call<AnyOperation>, exclusions: readonly Exclusion[]): readonly Exclusion[] {
  for (const exclusion of exclusions) {
    if (Object.values(exclusion).filter((member) => member !== undefined).length === 1) continue;
    throw call.fail('InvalidInput', 'an item of PolicyExclusionList does not have exactly one member', {
      hint: 'give PolicyType, PolicyArn or InlinePolicyIdentifier',
    });
  }
  return exclusions;
}
