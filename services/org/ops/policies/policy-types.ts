import { DisablePolicyType, EnablePolicyType } from '../../api/policies.ts';
import type { OrgDeps } from '../../deps.ts';
import { isGuardrailType } from '../../domain/policy-check.ts';
import type { GuardrailType } from '../../domain/shipped.ts';
import { detachType } from '../../store/attachments.ts';
import type { NodeRow } from '../../store/db.ts';
import { disableType, enabledTypes } from '../../store/policies.ts';
import { organizationChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { showRoot } from '../show.ts';
import { type AnyCall, inOrganization } from '../standing.ts';
import { aboutNode } from '../targets.ts';
import { enableType } from './policy-changes.ts';

interface RootAndType {
  root: NodeRow;
  type: GuardrailType;
}

function aboutRoot(call: AnyCall, deps: OrgDeps, rootId: string, type: string, unavailable: string) {
  return inOrganization<RootAndType>(call, deps, async (standing) => {
    const { targets, state, absent } = await aboutNode(call, deps, standing, rootId, 'RootNotFound');
    const context = [['organizations:PolicyType', type]] as const;
    const unknown = isGuardrailType(type)
      ? undefined
      : call.fail(unavailable, `policies of type ${type} are not offered`);
    return {
      targets: targets.map((target) => ({ ...target, context })),
      state: { root: state, type: type as GuardrailType },
      absent: absent ?? unknown,
    };
  });
}

export const enablePolicyType = implement(EnablePolicyType, {
  resolve: (call, input, deps) =>
    aboutRoot(call, deps, input.RootId, input.PolicyType, 'PolicyTypeNotAvailableForOrganization'),
  run(call, _input, { organization, scope, found: { root, type } }, deps) {
    return organizationChange(deps, call, organization, { kind: 'policy-type', objectId: type }, async (at) => {
      await enableType(at, type);
      return { Root: showRoot(scope, root, await enabledTypes(at.tx, organization.organization_id)) };
    });
  },
});

export const disablePolicyType = implement(DisablePolicyType, {
  resolve: (call, input, deps) => aboutRoot(call, deps, input.RootId, input.PolicyType, 'PolicyTypeNotEnabled'),
  run(call, _input, { organization, scope, found: { root, type } }, deps) {
    const { organization_id } = organization;
    return organizationChange(deps, call, organization, { kind: 'policy-type', objectId: type }, async ({ tx }) => {
      if (!(await enabledTypes(tx, organization_id)).includes(type))
        throw call.fail('PolicyTypeNotEnabled', `policies of type ${type} are not enabled`);
      await detachType(tx, type);
      await disableType(tx, organization_id, type);
      return { Root: showRoot(scope, root, await enabledTypes(tx, organization_id)) };
    });
  },
});
