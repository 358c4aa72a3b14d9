import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call } from '../../../../platform/runtime/call.ts';
import { AttachGroupPolicy, AttachUserPolicy, DetachGroupPolicy, DetachUserPolicy } from '../../api/attachments.ts';
import type { IamDeps } from '../../deps.ts';
import { attach, countAttached, detach } from '../../store/attachments.ts';
import type { Tx, UserRow } from '../../store/db.ts';
import { lockGroup } from '../../store/groups.ts';
import { lockPolicy } from '../../store/policies.ts';
import { lockUser } from '../../store/users.ts';
import { policyChange } from '../changes.ts';
import { implement } from '../implement.ts';
import type { Owner } from '../inline/owner.ts';
import { aboutGroup, aboutUser, findPolicy, groupMissing, type PolicyRef, scopeOf, userMissing } from '../targets.ts';

type AnyCall = Call<AnyOperation>;

const policyKey = (arn: string) => ['iam:PolicyARN', arn] as const;
const userKeys = (arn: string) => (user: UserRow | undefined) => ({
  context: [policyKey(arn), ...(user?.boundary_arn ? [['iam:PermissionsBoundary', user.boundary_arn] as const] : [])],
});

async function lockOwner(tx: Tx, call: AnyCall, owner: Owner): Promise<void> {
  const row = owner.kind === 'user' ? await lockUser(tx, owner.id) : await lockGroup(tx, owner.id);
  if (!row) throw call.fail('NotFound', (owner.kind === 'user' ? userMissing : groupMissing)(owner.name));
}

async function attachTo(call: AnyCall, deps: IamDeps, owner: Owner, arn: string) {
  const policy = await findPolicy(deps.store.read, deps, scopeOf(call, deps), arn);
  const missing = () => call.fail('NotFound', `Policy ${arn} does not exist or is not attachable.`);
  if (!policy) throw missing();
  touchPolicy(call, policy);
  const limit = owner.kind === 'user' ? deps.limits.attachedPoliciesPerUser : deps.limits.attachedPoliciesPerGroup;
  return policyChange(deps, call, owner.kind, owner.id, async (tx) => {
    await lockOwner(tx, call, owner);
    // Locked, so that the policy is not deleted between the look and the attachment.
    if (policy.kind === 'own' && !(await lockPolicy(tx, policy.policyId))) throw missing();
    const before = await countAttached(tx, owner.id);
    const added = await attach(tx, {
      accountId: call.caller.accountId,
      ownerKind: owner.kind,
      ownerId: owner.id,
      policyArn: policy.arn,
      policyId: policy.policyId,
    });
    if (added && before >= limit) {
      const quota = owner.kind === 'user' ? 'PoliciesPerUser' : 'PoliciesPerGroup';
      throw call.fail('LimitExceeded', `Cannot exceed quota for ${quota}: ${limit}`);
    }
    return undefined;
  });
}

async function detachFrom(call: AnyCall, deps: IamDeps, owner: Owner, arn: string) {
  touchPolicy(call, await findPolicy(deps.store.read, deps, scopeOf(call, deps), arn));
  return policyChange(deps, call, owner.kind, owner.id, async (tx) => {
    if (!(await detach(tx, owner.id, arn))) throw call.fail('NotFound', `Policy ${arn} was not found.`);
    return undefined;
  });
}

/** How often a policy of the account is attached is part of what it is: whoever follows changes must know. */
function touchPolicy(call: AnyCall, policy: PolicyRef | undefined): void {
  if (policy?.kind === 'own') call.touches(policy.arn, 'AWS::IAM::Policy', policy.row.account_id);
}

export const attachUserPolicy = implement(AttachUserPolicy, {
  resolve: (call, input, deps) => aboutUser(call, deps, input.UserName, userKeys(input.PolicyArn)),
  run: (call, input, user, deps) =>
    attachTo(call, deps, { kind: 'user', id: user.user_id, name: user.name }, input.PolicyArn),
});

export const detachUserPolicy = implement(DetachUserPolicy, {
  resolve: (call, input, deps) => aboutUser(call, deps, input.UserName, userKeys(input.PolicyArn)),
  run: (call, input, user, deps) =>
    detachFrom(call, deps, { kind: 'user', id: user.user_id, name: user.name }, input.PolicyArn),
});

export const attachGroupPolicy = implement(AttachGroupPolicy, {
  resolve: (call, input, deps) => aboutGroup(call, deps, input.GroupName, { context: [policyKey(input.PolicyArn)] }),
  run: (call, input, group, deps) =>
    attachTo(call, deps, { kind: 'group', id: group.group_id, name: group.name }, input.PolicyArn),
});

export const detachGroupPolicy = implement(DetachGroupPolicy, {
  resolve: (call, input, deps) => aboutGroup(call, deps, input.GroupName, { context: [policyKey(input.PolicyArn)] }),
  run: (call, input, group, deps) =>
    detachFrom(call, deps, { kind: 'group', id: group.group_id, name: group.name }, input.PolicyArn),
});
