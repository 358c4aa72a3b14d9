/**
 * The one act that takes another service: an account is made in two halves. The first writes the request, the account
 * and everything that is attached to it in one commit, so that its guardrails bind it before anybody can act in it; the
 * second waits until iam has made it possible to.
 */
import { CreateAccount } from '../../api/accounts.ts';
import type { ActOf, Attached } from '../../domain/landing-zone/acts.ts';
import { emailKey } from '../../domain/names.ts';
import { fullAccess } from '../../domain/shipped.ts';
import { emailTaken } from '../../store/accounts.ts';
import { beginAccount, requireRoomToMake } from '../accounts/account-changes.ts';
import { newRequestId } from '../ids.ts';
import { requireTags } from '../tags/tag-rules.ts';
import { nodeNow } from '../units/unit-changes.ts';
import { type Acting, type Equivalent, idOf, StepRefused } from './acting.ts';
import { bringAttachment, bringDetachment } from './policy-acts.ts';

/** `reserved`: the id it gets. Answers the request to wait for, in `waiting`. */
export async function createAccount(
  acting: Acting,
  act: ActOf<'create-account'>,
  reserved: string,
  waiting: { requestId?: string },
): Promise<Equivalent[]> {
  const { deps, tx, organization, plan, now, made } = acting;
  await requireRoomToMake(acting);
  if (await emailTaken(tx, emailKey(act.email)))
    throw new StepRefused('EMAIL_ALREADY_EXISTS', `another account has the address ${act.email}`);
  const { node_id: parentId } = await nodeNow(acting, await idOf(acting, act.parent), 'ParentNotFound');
  const tags = Object.entries(act.tags).map(([Key, Value]) => ({ Key, Value }));
  requireTags(acting, deps, tags, []);
  const request = {
    request_id: newRequestId(deps),
    organization_id: organization.organization_id,
    account_id: reserved,
    account_name: act.name,
    role_name: plan.accessRole,
    state: 'IN_PROGRESS',
    failure_reason: null,
    requested_at: now,
    completed_at: null,
  } as const;
  await beginAccount(acting, request, { email: act.email, parentId, tags });
  made.set(act.account, reserved);
  waiting.requestId = request.request_id;
  const input = { AccountName: act.name, Email: act.email, ParentId: parentId, Tags: tags };
  return [
    { operation: CreateAccount, input, objects: [reserved] },
    ...(await attachAll(acting, act.attached, reserved)),
  ];
}

/** A new account has the full-access policies; what is wanted instead of them comes first. */
async function attachAll(acting: Acting, wanted: readonly Attached[], accountId: string): Promise<Equivalent[]> {
  const full = fullAccess('SERVICE_CONTROL_POLICY').id;
  let keepsFull = false;
  const changes: (Equivalent | undefined)[] = [];
  for (const { policy, mode } of wanted) {
    const policyId = await idOf(acting, policy);
    if (policyId === full) keepsFull = true;
    changes.push(await bringAttachment(acting, policyId, accountId, mode));
  }
  if (!keepsFull) changes.push(await bringDetachment(acting, full, accountId));
  return changes.filter((change) => change !== undefined);
}
