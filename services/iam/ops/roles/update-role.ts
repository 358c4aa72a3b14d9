import { UpdateAssumeRolePolicy, UpdateRole, UpdateRoleDescription } from '../../api/roles.ts';
import { lockRole, updateRole as updateRow } from '../../store/roles.ts';
import { tagsOf } from '../../store/tags.ts';
import { plainChange, policyChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { aboutRole, roleMissing } from '../targets.ts';
import { checkTrust } from './trust-policy.ts';
import { showRole } from './view.ts';

export const updateRole = implement(UpdateRole, {
  resolve: (call, input, deps) => aboutRole(call, deps, input.RoleName),
  run(call, input, role) {
    return plainChange(async (tx) => {
      const current = await lockRole(tx, role.role_id);
      if (!current) throw call.fail('NotFound', roleMissing(input.RoleName));
      await updateRow(tx, role.role_id, {
        description: input.Description ?? current.description,
        max_session_seconds: input.MaxSessionDuration ?? current.max_session_seconds,
      });
      return {};
    });
  },
});

export const updateRoleDescription = implement(UpdateRoleDescription, {
  resolve: (call, input, deps) => aboutRole(call, deps, input.RoleName),
  run(call, input, role, deps) {
    return plainChange(async (tx) => {
      const current = await lockRole(tx, role.role_id);
      if (!current) throw call.fail('NotFound', roleMissing(input.RoleName));
      await updateRow(tx, role.role_id, { description: input.Description });
      const shown = { ...current, description: input.Description };
      return { Role: showRole(deps, shown, await tagsOf(tx, role.role_id)) };
    });
  },
});

export const updateAssumeRolePolicy = implement(UpdateAssumeRolePolicy, {
  resolve: (call, input, deps) => aboutRole(call, deps, input.RoleName),
  async run(call, input, role, deps) {
    const trust = await checkTrust(call, deps, input.PolicyDocument);
    return policyChange(deps, call, 'role', role.role_id, async (tx) => {
      if (!(await lockRole(tx, role.role_id))) throw call.fail('NotFound', roleMissing(input.RoleName));
      await updateRow(tx, role.role_id, trust);
      return undefined;
    });
  },
});
