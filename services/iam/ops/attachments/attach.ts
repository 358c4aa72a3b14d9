import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call } from '../../../../platform/runtime/call.ts';
import {
  AttachGroupPolicy,
  AttachRolePolicy,
  AttachUserPolicy,
  DetachGroupPolicy,
  DetachRolePolicy,
  DetachUserPolicy,
} from '../../api/attachments.ts';
import type { IamDeps } from '../../deps.ts';
import { attach, countAttached, detach } from '../../store/attachments.ts';
import type { RoleRow, UserRow } from '../../store/db.ts';
import { lockPolicy } from '../../store/policies.ts';
import { policyChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { attachedLimit, boundaryContext, lockOwner, type Owner, ownerGroup, ownerRole, ownerUser } from '../owners.ts';
import { aboutGroup, aboutRole, aboutUser, findPolicy, type PolicyRef, scopeOf } from '../targets.ts';

type AnyCall = Call<AnyOperation>;

const policyKey = (arn: string) => ['iam:PolicyARN', arn] as const;
const keysOf = (arn: string) => (owner: UserRow | RoleRow | undefined) => ({
  context: [policyKey(arn), ...boundaryContext(owner)],
});

async function attachTo(call: AnyCall, deps: IamDeps, owner: Owner, arn: string) {
  const policy = await findPolicy(deps.store.read, deps, scopeOf(call, deps), arn);
  const missing = () => call.fail('NotFound', `Policy ${arn} does not exist or is not attachable.`);
  if (!policy) throw missing();
  touchPolicy(call, policy);
  const { limit, quota } = attachedLimit(deps.limits, owner.kind);
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
    if (added && before >= limit) throw call.fail('LimitExceeded', `Cannot exceed quota for ${quota}: ${limit}`);
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
  resolve: (call, input, deps) => aboutUser(call, deps, input.UserName, keysOf(input.PolicyArn)),
  run: (call, input, user, deps) => attachTo(call, deps, ownerUser(user), input.PolicyArn),
});

export const detachUserPolicy = implement(DetachUserPolicy, {
  resolve: (call, input, deps) => aboutUser(call, deps, input.UserName, keysOf(input.PolicyArn)),
  run: (call, input, user, deps) => detachFrom(call, deps, ownerUser(user), input.PolicyArn),
});

export const attachGroupPolicy = implement(AttachGroupPolicy, {
  resolve: (call, input, deps) => aboutGroup(call, deps, input.GroupName, { context: [policyKey(input.PolicyArn)] }),
  run: (call, input, group, deps) => attachTo(call, deps, ownerGroup(group), input.PolicyArn),
});

export const detachGroupPolicy = implement(DetachGroupPolicy, {
  resolve: (call, input, deps) => aboutGroup(call, deps, input.GroupName, { context: [policyKey(input.PolicyArn)] }),
  run: (call, input, group, deps) => detachFrom(call, deps, ownerGroup(group), input.PolicyArn),
});

export const attachRolePolicy = implement(AttachRolePolicy, {
  resolve: (call, input, deps) => aboutRole(call, deps, input.RoleName, keysOf(input.PolicyArn)),
  run: (call, input, role, deps) => attachTo(call, deps, ownerRole(role), input.PolicyArn),
});

export const detachRolePolicy = implement(DetachRolePolicy, {
  resolve: (call, input, deps) => aboutRole(call, deps, input.RoleName, keysOf(input.PolicyArn)),
  run: (call, input, role, deps) => detachFrom(call, deps, ownerRole(role), input.PolicyArn),
});
