/**
 * The one act that takes another service: an account is made in two halves. The first writes the request, the account
 * and everything that is attached to it in one commit, so that its guardrails bind it before anybody can act in it; the
 * second waits until iam has made it possible to.
 */
import { CreateAccount } from '../../api/accounts.ts';
import { emailKey } from '../../domain/names.ts';
import { fullAccess, shippedPolicy } from '../../domain/shipped.ts';
import { checkTags } from '../../domain/tags.ts';
import { countMembers, emailTaken, putAccount } from '../../store/accounts.ts';
import { attach, attachFullAccess, detach } from '../../store/attachments.ts';
import { insertCreation } from '../../store/creations.ts';
import { countPending } from '../../store/handshakes.ts';
import { nodeById } from '../../store/nodes.ts';
import { enabledTypes, policyById } from '../../store/policies.ts';
import { putTags } from '../../store/tags.ts';
import { newRequestId } from '../ids.ts';
import { type ActHandler, type Acting, idOf, StepRefused } from './acting.ts';

/** `reserved`: the id it gets. Answers the request to wait for, in `waiting`. */
export function createAccount(reserved: string, waiting: { requestId?: string }): ActHandler<'create-account'> {
  return async (acting, act) => {
    const { deps, tx, organization, plan, now, made } = acting;
    const { organization_id } = organization;
    const taken = (await countMembers(tx, organization_id)) + (await countPending(tx, organization_id, now));
    if (taken >= deps.limits.accounts)
      throw new StepRefused('ConstraintViolation', `an organization has at most ${deps.limits.accounts} accounts`);
    const key = emailKey(act.email);
    if (await emailTaken(tx, key))
      throw new StepRefused('EMAIL_ALREADY_EXISTS', `another account has the address ${act.email}`);
    const parentId = await idOf(acting, act.parent);
    if (!(await nodeById(tx, organization_id, parentId)))
      throw new StepRefused('Missing', `${act.parent} does not exist any more`);
    const tags = Object.entries(act.tags).map(([Key, Value]) => ({ Key, Value }));
    const problem = checkTags(tags, [], deps.limits.tagsPerResource);
    if (problem) throw new StepRefused(problem.code, problem.message);
    const requestId = newRequestId(deps);
    await insertCreation(tx, {
      request_id: requestId,
      organization_id,
      account_id: reserved,
      account_name: act.name,
      role_name: plan.accessRole,
      state: 'IN_PROGRESS',
      failure_reason: null,
      requested_at: now,
      completed_at: null,
    });
    await putAccount(tx, {
      account_id: reserved,
      organization_id,
      parent_id: parentId,
      name: act.name,
      email: act.email,
      email_key: key,
      state: 'PENDING_ACTIVATION',
      keep_cross_account_use: 0,
      joined_method: 'CREATED',
      joined_at: now,
      closed_at: null,
    });
    await attachAll(acting, act.attached, reserved);
    await putTags(tx, reserved, tags);
    made.set(act.account, reserved);
    waiting.requestId = requestId;
    const input = { AccountName: act.name, Email: act.email, ParentId: parentId, Tags: tags };
    return { operation: CreateAccount, input, objects: [reserved] };
  };
}

async function attachAll(
  acting: Acting,
  wanted: readonly { policy: string; mode: 'enforce' | 'observe' }[],
  accountId: string,
) {
  const { tx, organization, now } = acting;
  const { organization_id } = organization;
  const types = await enabledTypes(tx, organization_id);
  await attachFullAccess(tx, accountId, types, now);
  const full = fullAccess('SERVICE_CONTROL_POLICY').id;
  let keepsFull = false;
  for (const { policy, mode } of wanted) {
    const policyId = await idOf(acting, policy);
    if (policyId === full) keepsFull = true;
    if (shippedPolicy(policyId)) continue;
    const row = await policyById(tx, organization_id, policyId);
    if (!row) throw new StepRefused('Missing', `policy ${policy} does not exist any more`);
    await attach(tx, { targetId: accountId, policyId, type: row.type, mode, now });
  }
  if (!keepsFull) await detach(tx, accountId, full);
}
