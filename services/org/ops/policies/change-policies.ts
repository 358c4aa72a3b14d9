import { CreatePolicy, DeletePolicy, UpdatePolicy } from '../../api/policies.ts';
import type { OrgDeps } from '../../deps.ts';
import { policyArn } from '../../domain/names.ts';
import { isGuardrailType } from '../../domain/policy-check.ts';
import type { GuardrailType } from '../../domain/shipped.ts';
import { tagRecord } from '../../domain/tags.ts';
import type { PolicyRow } from '../../store/db.ts';
import { putTags } from '../../store/tags.ts';
import { type Changing, organizationChange, plainChange } from '../changes.ts';
import { newPolicyId } from '../ids.ts';
import { implement } from '../implement.ts';
import { showPolicy } from '../show.ts';
import { type AnyCall, inOrganization, type Standing } from '../standing.ts';
import { requireTags } from '../tags/tag-rules.ts';
import { aboutPolicy } from '../targets.ts';
import { deletePolicyNow, editPolicy, makePolicy, policyNow } from './policy-changes.ts';

export const createPolicy = implement(CreatePolicy, {
  resolve: (call, input, deps) =>
    inOrganization<GuardrailType>(call, deps, () => ({
      targets: [
        {
          resource: '*',
          context: [['organizations:PolicyType', input.Type]],
          requestTags: tagRecord(input.Tags ?? []),
        },
      ],
      state: input.Type as GuardrailType,
      absent: isGuardrailType(input.Type)
        ? undefined
        : call.fail('PolicyTypeNotAvailableForOrganization', `policies of type ${input.Type} are not offered`),
    })),
  run(call, input, { organization, scope, found: type }, deps) {
    requireTags(call, deps, input.Tags ?? [], []);
    const policy_id = newPolicyId(deps);
    call.touches(policyArn(scope, type, policy_id), 'AWS::Organizations::Policy', organization.management_account_id);
    return organizationChange(deps, call, organization, { kind: 'policy', objectId: policy_id }, async (at) => {
      const { Name: name, Description: description, Content: content } = input;
      const own = await makePolicy(at, { policy_id, type, name, description, content });
      await putTags(at.tx, policy_id, input.Tags ?? []);
      return { Policy: showPolicy(scope, { own }) };
    });
  },
});

export const updatePolicy = implement(UpdatePolicy, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) => aboutOwnPolicy(call, deps, standing, input.PolicyId)),
  run(call, input, { organization, scope, found }, deps) {
    const { Name: name, Description: description, Content: content } = input;
    const work = async (at: Changing) => {
      const own = await editPolicy(at, await policyNow(at, found.policy_id), { name, description, content });
      return { Policy: showPolicy(scope, { own }) };
    };
    // A denial names the policy, so the nodes must hear of a new name as well.
    if (content === undefined && name === undefined)
      return plainChange(deps, call, organization, found.policy_id, work);
    return organizationChange(deps, call, organization, { kind: 'policy', objectId: found.policy_id }, work);
  },
});

export const deletePolicy = implement(DeletePolicy, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) => aboutOwnPolicy(call, deps, standing, input.PolicyId)),
  run(call, _input, { organization, found }, deps) {
    const changed = { kind: 'policy', objectId: found.policy_id };
    return organizationChange(deps, call, organization, changed, async (at) => {
      await deletePolicyNow(at, await policyNow(at, found.policy_id));
      return undefined;
    });
  },
});

/** A policy of the organization itself, for a change; shipped ones never change. */
async function aboutOwnPolicy(call: AnyCall, deps: OrgDeps, standing: Standing, id: string) {
  const { targets, state, absent } = await aboutPolicy(call, deps, standing, id);
  const own = state && 'own' in state ? state.own : undefined;
  const refused = own
    ? undefined
    : (absent ??
      call.fail('InvalidInput', `policy ${id} is shipped with the product and cannot be changed`, {
        hint: 'make a policy of your own with its document',
        details: { reason: 'IMMUTABLE_POLICY' },
      }));
  return { targets, state: own as PolicyRow, absent: refused };
}
