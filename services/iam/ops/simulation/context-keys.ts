/** Which keys policies ask about, so that a simulation can be given them. */
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import { type Call, noResource } from '../../../../platform/runtime/call.ts';
import { type CompiledPolicy, compilePolicy, contextKeyNames } from '../../../../policies/engine/index.ts';
import { GetContextKeysForCustomPolicy, GetContextKeysForPrincipalPolicy } from '../../api/simulation.ts';
import { givenPolicy } from '../../domain/policy-source.ts';
import { implement } from '../implement.ts';
import { compileGiven, compileList } from './given-policies.ts';
import { aboutPolicySource } from './policy-source.ts';

export const getContextKeysForCustomPolicy = implement(GetContextKeysForCustomPolicy, {
  resolve: noResource,
  run: (call, input) => namesIn(compileAny(call, input.PolicyInputList)),
});

export const getContextKeysForPrincipalPolicy = implement(GetContextKeysForPrincipalPolicy, {
  resolve: (call, input, deps) => aboutPolicySource(call, deps, input.PolicySourceArn),
  run: (call, input, { subject, identity }) =>
    namesIn([
      ...identity,
      ...(subject?.principal.boundary?.policies ?? []),
      ...(subject?.principal.session?.policies?.policies ?? []),
      ...compileList(call, 'PolicyInputList', input.PolicyInputList, 'identity'),
    ]),
});

/** Resource policies have keys as well; what is neither kind of policy is reported as an identity policy. */
function compileAny(call: Call<AnyOperation>, texts: readonly string[]): CompiledPolicy[] {
  return texts.flatMap((text, index) => {
    try {
      return [compilePolicy(text, { arn: givenPolicy('PolicyInputList', index), kind: 'resource' })];
    } catch {
      return [compileGiven(call, text, givenPolicy('PolicyInputList', index), 'identity')];
    }
  });
}

function namesIn(policies: readonly CompiledPolicy[]): { ContextKeyNames: string[] } {
  const names = new Map<string, string>();
  for (const { document } of policies) {
    for (const [key, name] of contextKeyNames(document)) if (!names.has(key)) names.set(key, name);
  }
  return { ContextKeyNames: [...names.values()].sort() };
}
