import { DeleteRolePolicy, GetRolePolicy, ListRolePolicies, PutRolePolicy } from '../../api/inline-policies.ts';
import { nameKey } from '../../domain/names.ts';
import type { RoleRow } from '../../store/db.ts';
import { inlinePolicy, inlinePolicyNames } from '../../store/inline-policies.ts';
import { implement } from '../implement.ts';
import { boundaryContext, ownerRole } from '../owners.ts';
import { closePage, openPage } from '../pages.ts';
import { aboutRole } from '../targets.ts';
import { inlineMissing, putInline, removeInline } from './documents.ts';

const boundaryKey = (role: RoleRow | undefined) => ({ context: boundaryContext(role) });

export const putRolePolicy = implement(PutRolePolicy, {
  resolve: (call, input, deps) => aboutRole(call, deps, input.RoleName, boundaryKey),
  run: (call, input, role, deps) => putInline(call, deps, ownerRole(role), input.PolicyName, input.PolicyDocument),
});

export const getRolePolicy = implement(GetRolePolicy, {
  resolve: (call, input, deps) => aboutRole(call, deps, input.RoleName),
  async run(call, { PolicyName }, role, deps) {
    const policy = await inlinePolicy(deps.store.read, role.role_id, PolicyName);
    if (!policy) throw call.fail('NotFound', inlineMissing('role', PolicyName));
    return { RoleName: role.name, PolicyName: policy.name, PolicyDocument: policy.document };
  },
});

export const deleteRolePolicy = implement(DeleteRolePolicy, {
  resolve: (call, input, deps) => aboutRole(call, deps, input.RoleName, boundaryKey),
  run: (call, input, role, deps) => removeInline(call, deps, ownerRole(role), input.PolicyName),
});

export const listRolePolicies = implement(ListRolePolicies, {
  resolve: (call, input, deps) => aboutRole(call, deps, input.RoleName),
  async run(call, input, role, deps) {
    const page = openPage(deps, call, input, role.role_id);
    const found = await inlinePolicyNames(deps.store.read, role.role_id, page.range);
    const { rows, output } = closePage(deps, page, found, nameKey);
    return { PolicyNames: rows, ...output };
  },
});
