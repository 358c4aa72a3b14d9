import { AttachPolicy, DetachPolicy, UpdatePolicyAttachment } from '../../api/attachments.ts';
import { CreatePolicy, DeletePolicy, EnablePolicyType, UpdatePolicy } from '../../api/policies.ts';
import { contentHash } from '../../domain/landing-zone/documents.ts';
import { enabledTypes, policyById } from '../../store/policies.ts';
import type { AttachmentMode } from '../../store/schema.ts';
import { newPolicyId } from '../ids.ts';
import { addAttachment, changeMode, type Pair, pairNow, removeAttachment } from '../policies/attachment-changes.ts';
import { deletePolicyNow, editPolicy, enableType, makePolicy, policyNow } from '../policies/policy-changes.ts';
import { type ActHandler, type Acting, type Equivalent, idOf, StepRefused } from './acting.ts';

export const createPolicy: ActHandler<'create-policy'> = async (acting, act) => {
  const { name, description, type, content } = act;
  const policy_id = newPolicyId(acting.deps);
  await makePolicy(acting, { policy_id, type, name, description, content });
  acting.made.set(act.policy, policy_id);
  return {
    operation: CreatePolicy,
    input: { Name: name, Description: description, Type: type, Content: content },
    objects: [policy_id],
    policyType: type,
  };
};

export const describePolicy: ActHandler<'describe-policy'> = async (acting, { policy, name, description }) => {
  const row = await policyNow(acting, await idOf(acting, policy));
  if (row.name === name && row.description === description) return undefined;
  await editPolicy(acting, row, { name, description });
  return {
    operation: UpdatePolicy,
    input: { PolicyId: row.policy_id, Name: name, Description: description },
    objects: [row.policy_id],
    policyType: row.type,
  };
};

export const updatePolicy: ActHandler<'update-policy'> = async (acting, { policy, was, content }) => {
  const row = await policyNow(acting, await idOf(acting, policy));
  if (row.content === content) return undefined;
  if (contentHash(row.content) !== was)
    throw new StepRefused('Changed', `the document of policy ${policy} was changed meanwhile`);
  await editPolicy(acting, row, { content });
  return {
    operation: UpdatePolicy,
    input: { PolicyId: row.policy_id, Content: content },
    objects: [row.policy_id],
    policyType: row.type,
  };
};

export const deletePolicy: ActHandler<'delete-policy'> = async (acting, { policy }) => {
  const id = await idOf(acting, policy);
  const row = await policyById(acting.tx, acting.organization.organization_id, id);
  if (!row) return undefined;
  await deletePolicyNow(acting, row);
  return { operation: DeletePolicy, input: { PolicyId: id }, objects: [id], policyType: row.type };
};

/** As it is before the change. The end of the step asks whether the target is still within its bounds. */
async function pairToChange(acting: Acting, policyId: string, targetId: string): Promise<Pair> {
  const pair = await pairNow(acting, policyId, targetId);
  const key = `${targetId}/${pair.type}`;
  if (!acting.touched.has(key)) acting.touched.set(key, pair);
  return pair;
}

const about = ({ policyId, targetId, type }: Pair) => ({ objects: [`${targetId}/${policyId}`], policyType: type });

/** Attached in this mode, whether it was attached or not. */
export async function bringAttachment(
  acting: Acting,
  policyId: string,
  targetId: string,
  mode: AttachmentMode,
): Promise<Equivalent | undefined> {
  return bring(acting, await pairToChange(acting, policyId, targetId), mode);
}

async function bring(acting: Acting, pair: Pair, mode: AttachmentMode): Promise<Equivalent | undefined> {
  const { policyId, targetId, existing } = pair;
  if (existing?.mode === mode) return undefined;
  if (existing) await changeMode(acting, pair, mode);
  else await addAttachment(acting, pair, mode);
  return {
    operation: existing ? UpdatePolicyAttachment : AttachPolicy,
    input: { PolicyId: policyId, TargetId: targetId, Mode: mode },
    ...about(pair),
  };
}

export async function bringDetachment(
  acting: Acting,
  policyId: string,
  targetId: string,
): Promise<Equivalent | undefined> {
  const pair = await pairToChange(acting, policyId, targetId);
  if (!pair.existing) return undefined;
  await removeAttachment(acting, pair);
  return { operation: DetachPolicy, input: { PolicyId: policyId, TargetId: targetId }, ...about(pair) };
}

/** Somebody who attached it otherwise meanwhile was not asked to be overruled: that is another permission. */
export const attachPolicy: ActHandler<'attach'> = async (acting, { policy, target, mode }) => {
  const pair = await pairToChange(acting, await idOf(acting, policy), await idOf(acting, target));
  if (pair.existing && pair.existing.mode !== mode)
    throw new StepRefused('Changed', `policy ${policy} is attached to ${target} by now, as ${pair.existing.mode}`);
  return bring(acting, pair, mode);
};

export const setPolicyMode: ActHandler<'set-mode'> = async (acting, { policy, target, mode }) => {
  const pair = await pairToChange(acting, await idOf(acting, policy), await idOf(acting, target));
  if (!pair.existing) throw new StepRefused('Changed', `policy ${policy} is not attached to ${target} any more`);
  return bring(acting, pair, mode);
};

export const detachPolicy: ActHandler<'detach'> = async (acting, { policy, target }) =>
  bringDetachment(acting, await idOf(acting, policy), await idOf(acting, target));

export const enablePolicyType: ActHandler<'enable-type'> = async (acting, { type }) => {
  const { organization_id, root_id } = acting.organization;
  if ((await enabledTypes(acting.tx, organization_id)).includes(type)) return undefined;
  await enableType(acting, type);
  return { operation: EnablePolicyType, input: { RootId: root_id, PolicyType: type }, objects: [type] };
};
