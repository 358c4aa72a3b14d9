import { UpdateGroup } from '../../api/groups.ts';
import { groupArn, nameKey } from '../../domain/names.ts';
import { lockGroup, updateGroup as updateRow } from '../../store/groups.ts';
import { policyChange, unlessTaken } from '../changes.ts';
import { implement } from '../implement.ts';
import { aboutGroup, groupMissing, scopeOf } from '../targets.ts';

export const updateGroup = implement(UpdateGroup, {
  /** Asks for the permission on the old and on the new ARN, as UpdateUser does. */
  async resolve(call, input, deps) {
    const resolved = await aboutGroup(call, deps, input.GroupName);
    if (input.NewPath === undefined && input.NewGroupName === undefined) return resolved;
    const path = input.NewPath ?? resolved.state?.path ?? '/';
    const resource = groupArn(scopeOf(call, deps), path, input.NewGroupName ?? input.GroupName);
    return { ...resolved, targets: [...resolved.targets, { resource }] };
  },
  run(call, input, group, deps) {
    return policyChange(deps, call, 'group', group.group_id, async (tx) => {
      if (!(await lockGroup(tx, group.group_id))) throw call.fail('NotFound', groupMissing(input.GroupName));
      const name = input.NewGroupName ?? group.name;
      await unlessTaken(
        updateRow(tx, group.group_id, { name, name_key: nameKey(name), path: input.NewPath ?? group.path }),
        () => call.fail('EntityAlreadyExists', `Group with name ${name} already exists.`),
      );
      return undefined;
    });
  },
});
