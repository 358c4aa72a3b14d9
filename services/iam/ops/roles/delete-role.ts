import { DeleteRole } from '../../api/roles.ts';
import { deletionConflict } from '../../domain/deletion.ts';
import { attachedArns } from '../../store/attachments.ts';
import { inlinePolicyNames } from '../../store/inline-policies.ts';
import { grantsOf } from '../../store/project-grants.ts';
import { deleteRole as deleteRow, lockRole } from '../../store/roles.ts';
import { policyChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { aboutRole, roleMissing } from '../targets.ts';

const SOME = { after: undefined, limit: 20 };

export const deleteRole = implement(DeleteRole, {
  resolve: (call, input, deps) => aboutRole(call, deps, input.RoleName),
  run(call, input, role, deps) {
    return policyChange(deps, call, 'role', role.role_id, async (tx) => {
      if (!(await lockRole(tx, role.role_id))) throw call.fail('NotFound', roleMissing(input.RoleName));
      const conflict = deletionConflict({
        attachedPolicies: await attachedArns(tx, role.role_id, SOME),
        inlinePolicies: await inlinePolicyNames(tx, role.role_id, SOME),
        projectGrants: await grantsOf(tx, role.role_id, SOME.limit),
      });
      if (conflict) throw call.fail('DeleteConflict', conflict.message, { hint: conflict.hint });
      await deleteRow(tx, role.role_id);
      return undefined;
    });
  },
});
