import { DeleteGroup } from '../../api/groups.ts';
import { deletionConflict } from '../../domain/deletion.ts';
import { attachedArns } from '../../store/attachments.ts';
import { deleteGroup as deleteRow, lockGroup, usersOfGroup } from '../../store/groups.ts';
import { inlinePolicyNames } from '../../store/inline-policies.ts';
import { grantsOf } from '../../store/project-grants.ts';
import { policyChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { aboutGroup, groupMissing } from '../targets.ts';

const SOME = { after: undefined, limit: 20 };

export const deleteGroup = implement(DeleteGroup, {
  resolve: (call, input, deps) => aboutGroup(call, deps, input.GroupName),
  run(call, input, group, deps) {
    return policyChange(deps, call, 'group', group.group_id, async (tx) => {
      if (!(await lockGroup(tx, group.group_id))) throw call.fail('NotFound', groupMissing(input.GroupName));
      const conflict = deletionConflict({
        attachedPolicies: await attachedArns(tx, group.group_id, SOME),
        inlinePolicies: await inlinePolicyNames(tx, group.group_id, SOME),
        projectGrants: await grantsOf(tx, group.group_id, SOME.limit),
        users: (await usersOfGroup(tx, group.group_id, SOME)).map((user) => user.name),
      });
      if (conflict) throw call.fail('DeleteConflict', conflict.message, { hint: conflict.hint });
      await deleteRow(tx, group.group_id);
      return undefined;
    });
  },
});
