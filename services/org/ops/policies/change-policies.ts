import { CreatePolicy, DeletePolicy, UpdatePolicy } from '../../api/policies.ts';
import type { OrgDeps } from '../../deps.ts';
import { nameKey, policyArn } from '../../domain/names.ts';
import { checkDocument, contentBytes, isGuardrailType } from '../../domain/policy-check.ts';
import type { GuardrailType } from '../../domain/shipped.ts';
import { tagRecord } from '../../domain/tags.ts';
import { targetsOf } from '../../store/attachments.ts';
import type { PolicyRow, Tx } from '../../store/db.ts';
import {
  countPolicies,
  deletePolicy as deleteRow,
  insertPolicy,
  policyById,
  updatePolicy as updateRow,
} from '../../store/policies.ts';
import { putTags } from '../../store/tags.ts';
import { organizationChange, plainChange, unlessTaken } from '../changes.ts';
import { newPolicyId } from '../ids.ts';
import { implement } from '../implement.ts';
import { showPolicy } from '../show.ts';
import { type AnyCall, inOrganization, type Standing } from '../standing.ts';
import { requireTags } from '../tags/tag-rules.ts';
import { aboutPolicy, missing } from '../targets.ts';

function requireContent(call: AnyCall, deps: OrgDeps, content: string, type: GuardrailType): void {
  const bytes = contentBytes(content);
  const { policyBytes } = deps.limits;
  if (bytes > policyBytes)
    throw call.fail('ConstraintViolation', `the document has ${bytes} bytes, the limit is ${policyBytes}`, {
      hint: 'white space outside strings does not count',
      details: { reason: 'POLICY_CONTENT_LIMIT_EXCEEDED' },
    });
  const problem = checkDocument(content, type);
  if (problem) throw call.fail('MalformedPolicyDocument', problem.message, { details: { findings: problem.findings } });
}

function duplicate(call: AnyCall, name: string, type: string) {
  return call.fail('DuplicatePolicy', `a policy of type ${type} is called ${name} already`);
}

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
    const { organization_id } = organization;
    requireContent(call, deps, input.Content, type);
    requireTags(call, deps, input.Tags ?? [], []);
    const policy: PolicyRow = {
      policy_id: newPolicyId(deps),
      organization_id,
      type,
      name: input.Name,
      name_key: nameKey(input.Name),
      description: input.Description,
      content: input.Content,
      version: 1,
      updated_at: call.now,
    };
    const arn = policyArn(scope, type, policy.policy_id);
    call.touches(arn, 'AWS::Organizations::Policy', organization.management_account_id);
    const changed = { kind: 'policy', objectId: policy.policy_id };
    return organizationChange(deps, call, organization, changed, async (tx) => {
      const limit = deps.limits.policiesPerType;
      if ((await countPolicies(tx, organization_id, type)) >= limit)
        throw call.fail('ConstraintViolation', `an organization has at most ${limit} policies of a type`, {
          details: { reason: 'POLICY_NUMBER_LIMIT_EXCEEDED' },
        });
      await unlessTaken(insertPolicy(tx, policy), () => duplicate(call, input.Name, type));
      await putTags(tx, policy.policy_id, input.Tags ?? []);
      return { Policy: showPolicy(scope, { own: policy }) };
    });
  },
});

export const updatePolicy = implement(UpdatePolicy, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) => aboutOwnPolicy(call, deps, standing, input.PolicyId)),
  run(call, input, { organization, scope, found }, deps) {
    const { Name, Description, Content } = input;
    if (Content !== undefined) requireContent(call, deps, Content, found.type);
    const work = async (tx: Tx) => {
      const policy = await lockedPolicy(call, tx, found);
      const set = {
        ...(Name !== undefined && { name: Name, name_key: nameKey(Name) }),
        ...(Description !== undefined && { description: Description }),
        ...(Content !== undefined && { content: Content, version: policy.version + 1 }),
        updated_at: call.now,
      };
      await unlessTaken(updateRow(tx, policy.policy_id, set), () => duplicate(call, Name ?? policy.name, policy.type));
      return { Policy: showPolicy(scope, { own: { ...policy, ...set } }) };
    };
    // A denial names the policy, so the nodes must hear of a new name as well.
    if (Content === undefined && Name === undefined) return plainChange(call, organization, found.policy_id, work);
    return organizationChange(deps, call, organization, { kind: 'policy', objectId: found.policy_id }, work);
  },
});

export const deletePolicy = implement(DeletePolicy, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) => aboutOwnPolicy(call, deps, standing, input.PolicyId)),
  run(call, _input, { organization, found }, deps) {
    const changed = { kind: 'policy', objectId: found.policy_id };
    return organizationChange(deps, call, organization, changed, async (tx) => {
      const policy = await lockedPolicy(call, tx, found);
      const [attached] = await targetsOf(tx, policy.policy_id, { after: undefined, limit: 1 });
      if (attached)
        throw call.fail('PolicyInUse', `policy ${policy.name} is attached to ${attached.target_id}`, {
          hint: 'ListTargetsForPolicy tells where; detach it everywhere first',
        });
      await deleteRow(tx, policy.policy_id);
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

async function lockedPolicy(call: AnyCall, tx: Tx, { organization_id, policy_id }: PolicyRow): Promise<PolicyRow> {
  const policy = await policyById(tx, organization_id, policy_id);
  if (!policy) throw missing(call, 'PolicyNotFound', policy_id);
  return policy;
}
