import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call } from '../../../../platform/runtime/call.ts';
import { compilePolicy } from '../../../../policies/engine/index.ts';
import { DeleteResourcePolicy, DescribeResourcePolicy, PutResourcePolicy } from '../../api/resource-policy.ts';
import type { OrgDeps } from '../../deps.ts';
import { checkDelegation, principalAccount } from '../../domain/delegation.ts';
import { resourcePolicyArn } from '../../domain/names.ts';
import { checkResourceDocument } from '../../domain/policy-check.ts';
import { tagRecord } from '../../domain/tags.ts';
import { membersById } from '../../store/accounts.ts';
import {
  deleteResourcePolicy as deleteRow,
  putResourcePolicy as putRow,
  type ResourcePolicyRow,
  resourcePolicy,
} from '../../store/delegation.ts';
import { putTags, tagsOf } from '../../store/tags.ts';
import { plainChange } from '../changes.ts';
import { newResourcePolicyId } from '../ids.ts';
import { implement } from '../implement.ts';
import { inOrganization, type Standing } from '../standing.ts';
import { requireTags } from '../tags/tag-rules.ts';

/** The one there is, or the ARN under which it would be missing. */
function about(call: Call<AnyOperation>, deps: OrgDeps) {
  return inOrganization<ResourcePolicyRow | undefined>(call, deps, async ({ organization, scope }) => {
    const row = await resourcePolicy(deps.store.read, organization.organization_id);
    const resource = resourcePolicyArn(scope, row?.policy_id ?? '*');
    if (row) call.touches(resource, 'AWS::Organizations::ResourcePolicy', organization.management_account_id);
    const resourceTags = row && tagRecord(await tagsOf(deps.store.read, row.policy_id));
    return { targets: [{ resource, ...(resourceTags && { resourceTags }) }], state: row };
  });
}

async function aboutExisting(call: Call<AnyOperation>, _input: unknown, deps: OrgDeps) {
  const { state, ...resolved } = await about(call, deps);
  const absent =
    resolved.absent ??
    (state.found ? undefined : call.fail('ResourcePolicyNotFound', 'the organization has no resource policy'));
  return {
    ...resolved,
    state: state as Standing & { found: ResourcePolicyRow },
    ...(absent && { absent }),
  };
}

function show({ scope }: Standing, { policy_id, content }: ResourcePolicyRow) {
  return {
    ResourcePolicy: {
      ResourcePolicySummary: { Id: policy_id, Arn: resourcePolicyArn(scope, policy_id) },
      Content: content,
    },
  };
}

export const putResourcePolicy = implement(PutResourcePolicy, {
  async resolve(call, input, deps) {
    const resolved = await about(call, deps);
    const requestTags = tagRecord(input.Tags ?? []);
    return { ...resolved, targets: resolved.targets.map((target) => ({ ...target, requestTags })) };
  },
  async run(call, input, standing, deps) {
    const { organization } = standing;
    await requireDelegation(call, deps, standing, input.Content);
    return plainChange(deps, call, organization, organization.organization_id, async ({ tx }) => {
      const before = await resourcePolicy(tx, organization.organization_id);
      if (before && (input.Tags?.length ?? 0) > 0)
        throw call.fail('InvalidInput', 'tags are given with a new policy only', {
          hint: 'TagResource changes the tags of this one',
          details: { reason: 'INVALID_SYSTEM_TAGS_PARAMETER' },
        });
      const row: ResourcePolicyRow = {
        organization_id: organization.organization_id,
        policy_id: before?.policy_id ?? newResourcePolicyId(deps),
        content: input.Content,
        updated_at: call.now,
      };
      await putRow(tx, row);
      requireTags(call, deps, input.Tags ?? [], []);
      await putTags(tx, row.policy_id, input.Tags ?? []);
      return show(standing, row);
    });
  },
});

async function requireDelegation(
  call: Call<AnyOperation>,
  deps: OrgDeps,
  { organization, scope }: Standing,
  content: string,
): Promise<void> {
  const problem = checkResourceDocument(content);
  if (problem)
    throw call.fail('InvalidInput', problem.message, {
      details: { reason: 'INVALID_RESOURCE_POLICY_JSON', findings: problem.findings },
    });
  const { document } = compilePolicy(content, { arn: resourcePolicyArn(scope, 'new'), kind: 'resource' });
  const named = document.statements.flatMap((statement) => statement.principal?.names ?? []);
  const ids = named.flatMap((name) => principalAccount(name.value) ?? []);
  const members = await membersById(deps.store.read, organization.organization_id, ids);
  const broken = checkDelegation(document, new Set(members.map((member) => member.account_id)));
  if (broken) throw call.fail('InvalidInput', broken.message, { details: { reason: broken.reason } });
}

export const describeResourcePolicy = implement(DescribeResourcePolicy, {
  resolve: aboutExisting,
  run: (_call, _input, standing) => show(standing, standing.found),
});

export const deleteResourcePolicy = implement(DeleteResourcePolicy, {
  resolve: aboutExisting,
  run(call, _input, { organization }, deps) {
    return plainChange(deps, call, organization, organization.organization_id, async ({ tx }) => {
      const row = await resourcePolicy(tx, organization.organization_id);
      if (!row) throw call.fail('ResourcePolicyNotFound', 'the organization has no resource policy');
      await deleteRow(tx, row);
      return undefined;
    });
  },
});
