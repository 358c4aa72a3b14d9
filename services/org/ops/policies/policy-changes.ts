/** What may become of guardrail policies and their types, under the lock of the organization. */
import { nameKey } from '../../domain/names.ts';
import { checkDocument, contentBytes } from '../../domain/policy-check.ts';
import type { GuardrailType } from '../../domain/shipped.ts';
import { attachEverywhere, targetsOf } from '../../store/attachments.ts';
import type { PolicyRow } from '../../store/db.ts';
import {
  countPolicies,
  deletePolicy as deleteRow,
  enabledTypes,
  enableType as enableRow,
  insertPolicy,
  policyById,
  updatePolicy as updateRow,
} from '../../store/policies.ts';
import { type Changing, unlessTaken } from '../changes.ts';
import { missing } from '../targets.ts';

/** A policy of the organization itself as it is now. */
export async function policyNow(at: Changing, policyId: string): Promise<PolicyRow> {
  const policy = await policyById(at.tx, at.organization.organization_id, policyId);
  if (!policy) throw missing(at, 'PolicyNotFound', policyId);
  return policy;
}

export async function makePolicy(
  at: Changing,
  given: Pick<PolicyRow, 'policy_id' | 'type' | 'name' | 'description' | 'content'>,
): Promise<PolicyRow> {
  const { organization_id } = at.organization;
  const { type, name, content } = given;
  requireContent(at, content, type);
  const limit = at.deps.limits.policiesPerType;
  if ((await countPolicies(at.tx, organization_id, type)) >= limit)
    throw at.fail('ConstraintViolation', `an organization has at most ${limit} policies of a type`, {
      details: { reason: 'POLICY_NUMBER_LIMIT_EXCEEDED' },
    });
  const policy = { ...given, organization_id, name_key: nameKey(name), version: 1, updated_at: at.now };
  await unlessTaken(insertPolicy(at.tx, policy), () => duplicate(at, policy));
  return policy;
}

/** Answers the policy as it is afterwards. */
export async function editPolicy(
  at: Changing,
  policy: PolicyRow,
  { name, description, content }: Partial<Record<'name' | 'description' | 'content', string | undefined>>,
): Promise<PolicyRow> {
  if (content !== undefined) requireContent(at, content, policy.type);
  const set = {
    ...(name !== undefined && { name, name_key: nameKey(name) }),
    ...(description !== undefined && { description }),
    ...(content !== undefined && { content, version: policy.version + 1 }),
    updated_at: at.now,
  };
  const edited = { ...policy, ...set };
  await unlessTaken(updateRow(at.tx, policy.policy_id, set), () => duplicate(at, edited));
  return edited;
}

export async function deletePolicyNow(at: Changing, policy: PolicyRow): Promise<void> {
  const [attached] = await targetsOf(at.tx, policy.policy_id, { after: undefined, limit: 1 });
  if (attached)
    throw at.fail('PolicyInUse', `policy ${policy.name} is attached to ${attached.target_id}`, {
      hint: 'ListTargetsForPolicy tells where; detach it everywhere first',
    });
  await deleteRow(at.tx, policy.policy_id);
}

/** Every node gets the full-access policy in the same commit, so nothing is denied by the enabling itself. */
export async function enableType({ tx, organization, now, fail }: Changing, type: GuardrailType): Promise<void> {
  const { organization_id } = organization;
  if ((await enabledTypes(tx, organization_id)).includes(type))
    throw fail('PolicyTypeAlreadyEnabled', `policies of type ${type} are enabled already`);
  await enableRow(tx, organization_id, type, now);
  await attachEverywhere(tx, organization_id, type, now);
}

function requireContent({ deps, fail }: Changing, content: string, type: GuardrailType): void {
  const bytes = contentBytes(content);
  const { policyBytes } = deps.limits;
  if (bytes > policyBytes)
    throw fail('ConstraintViolation', `the document has ${bytes} bytes, the limit is ${policyBytes}`, {
      hint: 'white space outside strings does not count',
      details: { reason: 'POLICY_CONTENT_LIMIT_EXCEEDED' },
    });
  const problem = checkDocument(content, type);
  if (problem) throw fail('MalformedPolicyDocument', problem.message, { details: { findings: problem.findings } });
}

function duplicate(at: Changing, { name, type }: PolicyRow) {
  return at.fail('DuplicatePolicy', `a policy of type ${type} is called ${name} already`);
}
