import { isUniqueViolation } from '../../../../platform/store/index.ts';
import { AttachPolicy, DetachPolicy, UpdatePolicyAttachment } from '../../api/attachments.ts';
import { CreatePolicy, DeletePolicy, EnablePolicyType, UpdatePolicy } from '../../api/policies.ts';
import { nameKey } from '../../domain/names.ts';
import { checkDocument, contentBytes } from '../../domain/policy-check.ts';
import type { GuardrailType } from '../../domain/shipped.ts';
import { shippedPolicy } from '../../domain/shipped.ts';
import { attach, attachEverywhere, attachmentsOf, detach, setMode, targetsOf } from '../../store/attachments.ts';
import type { PolicyRow } from '../../store/db.ts';
import {
  countPolicies,
  deletePolicy as deleteRow,
  enabledTypes,
  enableType,
  insertPolicy,
  policyById,
  updatePolicy as updateRow,
} from '../../store/policies.ts';
import { newPolicyId } from '../ids.ts';
import { type ActHandler, type Acting, idOf, StepRefused } from './acting.ts';

async function ownPolicy(acting: Acting, ref: string): Promise<PolicyRow> {
  const id = await idOf(acting, ref);
  const policy = await policyById(acting.tx, acting.organization.organization_id, id);
  if (!policy) throw new StepRefused('Missing', `policy ${ref} does not exist any more`);
  return policy;
}

async function unlessNameTaken(name: string, write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new StepRefused('DuplicatePolicy', `another policy is called ${name}`);
  }
}

function requireDocument(acting: Acting, content: string, type: GuardrailType): void {
  const bytes = contentBytes(content);
  const { policyBytes } = acting.deps.limits;
  if (bytes > policyBytes)
    throw new StepRefused('ConstraintViolation', `the document has ${bytes} bytes, the limit is ${policyBytes}`);
  const problem = checkDocument(content, type);
  if (problem) throw new StepRefused('MalformedPolicyDocument', problem.message);
}

export const createPolicy: ActHandler<'create-policy'> = async (acting, act) => {
  const { deps, tx, organization, now, made } = acting;
  const { name, description, type, content } = act;
  requireDocument(acting, content, type);
  if ((await countPolicies(tx, organization.organization_id, type)) >= deps.limits.policiesPerType)
    throw new StepRefused(
      'ConstraintViolation',
      `an organization has at most ${deps.limits.policiesPerType} policies of a type`,
    );
  const policy_id = newPolicyId(deps);
  const row = {
    policy_id,
    organization_id: organization.organization_id,
    type,
    name,
    name_key: nameKey(name),
    description,
    content,
    version: 1,
    updated_at: now,
  };
  await unlessNameTaken(name, insertPolicy(tx, row));
  made.set(act.policy, policy_id);
  return {
    operation: CreatePolicy,
    input: { Name: name, Description: description, Type: type, Content: content },
    objects: [policy_id],
  };
};

export const describePolicy: ActHandler<'describe-policy'> = async (acting, { policy, name, description }) => {
  const row = await ownPolicy(acting, policy);
  if (row.name === name && row.description === description) return undefined;
  const set = { name, name_key: nameKey(name), description, updated_at: acting.now };
  await unlessNameTaken(name, updateRow(acting.tx, row.policy_id, set));
  return {
    operation: UpdatePolicy,
    input: { PolicyId: row.policy_id, Name: name, Description: description },
    objects: [row.policy_id],
  };
};

export const updatePolicy: ActHandler<'update-policy'> = async (acting, { policy, content }) => {
  const row = await ownPolicy(acting, policy);
  if (row.content === content) return undefined;
  requireDocument(acting, content, row.type);
  await updateRow(acting.tx, row.policy_id, { content, version: row.version + 1, updated_at: acting.now });
  return { operation: UpdatePolicy, input: { PolicyId: row.policy_id, Content: content }, objects: [row.policy_id] };
};

export const deletePolicy: ActHandler<'delete-policy'> = async (acting, { policy }) => {
  const id = await idOf(acting, policy);
  if (!(await policyById(acting.tx, acting.organization.organization_id, id))) return undefined;
  const [attached] = await targetsOf(acting.tx, id, { after: undefined, limit: 1 });
  if (attached) throw new StepRefused('PolicyInUse', `policy ${policy} is attached to ${attached.target_id} by now`);
  await deleteRow(acting.tx, id);
  return { operation: DeletePolicy, input: { PolicyId: id }, objects: [id] };
};

async function pairOf(acting: Acting, { policy, target }: { policy: string; target: string }) {
  const [policyId, targetId] = [await idOf(acting, policy), await idOf(acting, target)];
  const type = shippedPolicy(policyId)?.type ?? (await ownPolicy(acting, policy)).type;
  const attached = await attachmentsOf(acting.tx, targetId, type);
  return { policyId, targetId, type, existing: attached.find((row) => row.policy_id === policyId) };
}

const objects = ({ policyId, targetId }: { policyId: string; targetId: string }) => [`${targetId}/${policyId}`];

export const attachPolicy: ActHandler<'attach'> = async (acting, act) => {
  const pair = await pairOf(acting, act);
  const { policyId, targetId, type, existing } = pair;
  if (existing?.mode === act.mode) return undefined;
  if (existing) await setMode(acting.tx, targetId, policyId, act.mode);
  else await attach(acting.tx, { targetId, policyId, type, mode: act.mode, now: acting.now });
  return {
    operation: AttachPolicy,
    input: { PolicyId: policyId, TargetId: targetId, Mode: act.mode },
    objects: objects(pair),
  };
};

export const setPolicyMode: ActHandler<'set-mode'> = async (acting, act) => {
  const pair = await pairOf(acting, act);
  const { policyId, targetId, existing } = pair;
  if (!existing) throw new StepRefused('Changed', `policy ${act.policy} is not attached to ${act.target} any more`);
  if (existing.mode === act.mode) return undefined;
  await setMode(acting.tx, targetId, policyId, act.mode);
  return {
    operation: UpdatePolicyAttachment,
    input: { PolicyId: policyId, TargetId: targetId, Mode: act.mode },
    objects: objects(pair),
  };
};

export const detachPolicy: ActHandler<'detach'> = async (acting, act) => {
  const pair = await pairOf(acting, act);
  if (!pair.existing) return undefined;
  await detach(acting.tx, pair.targetId, pair.policyId);
  return {
    operation: DetachPolicy,
    input: { PolicyId: pair.policyId, TargetId: pair.targetId },
    objects: objects(pair),
  };
};

export const enablePolicyType: ActHandler<'enable-type'> = async ({ tx, organization, now }, { type }) => {
  const { organization_id, root_id } = organization;
  if ((await enabledTypes(tx, organization_id)).includes(type)) return undefined;
  await enableType(tx, organization_id, type, now);
  await attachEverywhere(tx, organization_id, type, now);
  return { operation: EnablePolicyType, input: { RootId: root_id, PolicyType: type }, objects: [type] };
};
