import { PRINCIPAL_TYPES } from '../../../../platform/authz/context.ts';
import { noResource } from '../../../../platform/runtime/call.ts';
import type { PrincipalFacts } from '../../../../policies/engine/index.ts';
import { SimulateCustomPolicy } from '../../api/simulation.ts';
import type { SubjectFacts } from '../../domain/authorize-context.ts';
import { userNameOf } from '../../domain/simulated-caller.ts';
import { implement } from '../implement.ts';
import { compileBoundary, compileLevels, compileList, compileResourcePolicy } from './given-policies.ts';
import { answerSimulation, callerOf, contextOf, ownerOf } from './run-simulation.ts';

export const simulateCustomPolicy = implement(SimulateCustomPolicy, {
  resolve: noResource,
  run(call, input, _state, deps) {
    const caller = callerOf(call, input);
    const resource = compileResourcePolicy(call, input.ResourcePolicy);
    if (resource && !caller) {
      throw call.fail('InvalidInput', 'ResourcePolicy is given without CallerArn', {
        hint: 'name the caller, so that the principals of the policy have somebody to be matched with',
      });
    }
    return answerSimulation(deps, call, input, {
      caller,
      owner: ownerOf(call, input),
      identity: compileList(call, 'PolicyInputList', input.PolicyInputList, 'identity'),
      boundary: compileBoundary(call, input.PermissionsBoundaryPolicyInputList),
      resource,
      scp: compileLevels(call, input.OrderedOrganizationPolicyInputList),
      context: contextOf(deps, call, caller && factsOfNamed(caller), input),
    });
  },
});

const TYPES: Readonly<Record<PrincipalFacts['kind'], string>> = {
  root: PRINCIPAL_TYPES.root,
  user: PRINCIPAL_TYPES.user,
  'assumed-role': PRINCIPAL_TYPES.role,
  'federated-user': PRINCIPAL_TYPES.federated,
  'federated-identity': PRINCIPAL_TYPES.federated,
  service: PRINCIPAL_TYPES.service,
  anonymous: PRINCIPAL_TYPES.anonymous,
};

/** A caller that is only named: nothing is looked up about it. */
export function factsOfNamed({ kind, arn, accountId, roleArn }: PrincipalFacts): SubjectFacts {
  return {
    type: TYPES[kind],
    arn: roleArn ?? arn,
    accountId,
    ...(kind === 'user' && { userName: userNameOf(arn) }),
    tags: {},
  };
}
