import { DescribeEffectivePolicy, DescribePolicy, ListPolicies } from '../../api/policies.ts';
import { isGuardrailType } from '../../domain/policy-check.ts';
import { fullAccess } from '../../domain/shipped.ts';
import { listPolicies as listRows } from '../../store/policies.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { type PolicyRef, showPolicy, showSummary } from '../show.ts';
import { inOrganization, standingOf, wholeOrganization } from '../standing.ts';
import { aboutPolicy, aboutTarget } from '../targets.ts';

export const describePolicy = implement(DescribePolicy, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) => aboutPolicy(call, deps, standing, input.PolicyId)),
  run: (_call, _input, { scope, found }) => ({ Policy: showPolicy(scope, found) }),
});

/** Before every id of a policy of the organization. */
const SHIPPED_POSITION = '!';

export const listPolicies = implement(ListPolicies, {
  resolve: (call, input, deps) =>
    wholeOrganization(call, deps, { resource: '*', context: [['organizations:PolicyType', input.Filter]] }),
  async run(call, input, { organization, scope }, deps) {
    const type = input.Filter;
    const page = openPage(deps, call, input, type);
    // AWS knows more types; an organization has no policies of those.
    if (!isGuardrailType(type)) return { Policies: [] };
    const { after } = page.range;
    const own = await listRows(deps.store.read, organization.organization_id, type, page.range);
    const refs: PolicyRef[] = own.map((row) => ({ own: row }));
    if (after === undefined) refs.unshift({ shipped: fullAccess(type) });
    const position = (ref: PolicyRef) => ('own' in ref ? ref.own.policy_id : SHIPPED_POSITION);
    const { rows, output } = closePage(deps, page, refs, position);
    return { Policies: rows.map((ref) => showSummary(scope, ref)), ...output };
  },
});

/** Members may ask about themselves. There are no management policies to merge, so none is in effect. */
export const describeEffectivePolicy = implement(DescribeEffectivePolicy, {
  async resolve(call, input, deps) {
    const { accountId } = call.caller;
    const targetId = input.TargetId ?? accountId;
    const resolved = await inOrganization(call, deps, (standing) =>
      aboutTarget(call, deps, standing, targetId, 'TargetNotFound'),
    );
    if (targetId !== accountId || !(await standingOf(deps.store.read, deps, accountId))) return resolved;
    return { ...resolved, targets: resolved.targets.map((target) => ({ ...target, accountId })) };
  },
  run(call, input) {
    if (isGuardrailType(input.PolicyType))
      throw call.fail('InvalidInput', `policies of type ${input.PolicyType} do not merge into one`, {
        hint: 'GET /v1/org/tree with ExpandPolicies shows what is attached at every level',
        details: { reason: 'INVALID_ENUM_POLICY_TYPE' },
      });
    throw call.fail('EffectivePolicyNotFound', `the account has no effective policy of type ${input.PolicyType}`);
  },
});
