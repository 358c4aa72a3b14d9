import { DeleteUserPermissionsBoundary, PutUserPermissionsBoundary } from '../../api/attachments.ts';
import { DeleteRolePermissionsBoundary, PutRolePermissionsBoundary } from '../../api/roles.ts';
import type { IamDeps } from '../../deps.ts';
import type { Tx } from '../../store/db.ts';
import { lockPolicy } from '../../store/policies.ts';
import { lockRole, updateRole } from '../../store/roles.ts';
import { lockUser, updateUser } from '../../store/users.ts';
import { policyChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { boundaryContext } from '../owners.ts';
import {
  type AnyCall,
  aboutRole,
  aboutUser,
  findPolicy,
  type PolicyRef,
  roleMissing,
  scopeOf,
  userMissing,
} from '../targets.ts';

const NONE = { boundary_arn: null, boundary_policy_id: null };

const notAttachable = (call: AnyCall, arn: string) =>
  call.fail('NotFound', `Policy ${arn} does not exist or is not attachable.`);

export async function findBoundary(call: AnyCall, deps: IamDeps, arn: string): Promise<PolicyRef> {
  const policy = await findPolicy(deps.store.read, deps, scopeOf(call, deps), arn);
  if (!policy) throw notAttachable(call, arn);
  return policy;
}

/** Locked, so that the policy is not deleted between the look and its use. */
export async function boundaryColumns(tx: Tx, call: AnyCall, policy: PolicyRef) {
  if (policy.kind === 'own' && !(await lockPolicy(tx, policy.policyId))) throw notAttachable(call, policy.arn);
  return { boundary_arn: policy.arn, boundary_policy_id: policy.policyId };
}

export const putUserPermissionsBoundary = implement(PutUserPermissionsBoundary, {
  resolve: (call, input, deps) =>
    aboutUser(call, deps, input.UserName, () => ({
      context: [['iam:PermissionsBoundary', input.PermissionsBoundary]],
    })),
  async run(call, input, user, deps) {
    const policy = await findBoundary(call, deps, input.PermissionsBoundary);
    return policyChange(deps, call, 'user', user.user_id, async (tx) => {
      if (!(await lockUser(tx, user.user_id))) throw call.fail('NotFound', userMissing(input.UserName));
      await updateUser(tx, user.user_id, await boundaryColumns(tx, call, policy));
      return undefined;
    });
  },
});

export const deleteUserPermissionsBoundary = implement(DeleteUserPermissionsBoundary, {
  resolve: (call, input, deps) => aboutUser(call, deps, input.UserName, (user) => ({ context: boundaryContext(user) })),
  run(call, input, user, deps) {
    return policyChange(deps, call, 'user', user.user_id, async (tx) => {
      const current = await lockUser(tx, user.user_id);
      if (!current) throw call.fail('NotFound', userMissing(input.UserName));
      if (current.boundary_arn === null)
        throw call.fail('NotFound', `The user ${input.UserName} has no permissions boundary`);
      await updateUser(tx, user.user_id, NONE);
      return undefined;
    });
  },
});

export const putRolePermissionsBoundary = implement(PutRolePermissionsBoundary, {
  resolve: (call, input, deps) =>
    aboutRole(call, deps, input.RoleName, () => ({
      context: [['iam:PermissionsBoundary', input.PermissionsBoundary]],
    })),
  async run(call, input, role, deps) {
    const policy = await findBoundary(call, deps, input.PermissionsBoundary);
    return policyChange(deps, call, 'role', role.role_id, async (tx) => {
      if (!(await lockRole(tx, role.role_id))) throw call.fail('NotFound', roleMissing(input.RoleName));
      await updateRole(tx, role.role_id, await boundaryColumns(tx, call, policy));
      return undefined;
    });
  },
});

export const deleteRolePermissionsBoundary = implement(DeleteRolePermissionsBoundary, {
  resolve: (call, input, deps) => aboutRole(call, deps, input.RoleName, (role) => ({ context: boundaryContext(role) })),
  run(call, input, role, deps) {
    return policyChange(deps, call, 'role', role.role_id, async (tx) => {
      const current = await lockRole(tx, role.role_id);
      if (!current) throw call.fail('NotFound', roleMissing(input.RoleName));
      if (current.boundary_arn === null)
        throw call.fail('NotFound', `The role ${input.RoleName} has no permissions boundary`);
      await updateRole(tx, role.role_id, NONE);
      return undefined;
    });
  },
});
