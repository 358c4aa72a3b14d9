import { DeleteUser } from '../../api/users.ts';
import { deletionConflict } from '../../domain/deletion.ts';
import { accessKeysOf } from '../../store/access-keys.ts';
import { attachedArns } from '../../store/attachments.ts';
import { groupsOfUser } from '../../store/groups.ts';
import { inlinePolicyNames } from '../../store/inline-policies.ts';
import { devicesOf } from '../../store/mfa-devices.ts';
import { grantsOf } from '../../store/project-grants.ts';
import { deleteUser as deleteRow, lockUser } from '../../store/users.ts';
import { policyChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { aboutUser, userMissing } from '../targets.ts';

const SOME = { after: undefined, limit: 20 };

export const deleteUser = implement(DeleteUser, {
  resolve: (call, input, deps) => aboutUser(call, deps, input.UserName),
  run(call, input, user, deps) {
    return policyChange(deps, call, 'user', user.user_id, async (tx) => {
      if (!(await lockUser(tx, user.user_id))) throw call.fail('NotFound', userMissing(input.UserName));
      const conflict = deletionConflict({
        attachedPolicies: await attachedArns(tx, user.user_id, SOME),
        inlinePolicies: await inlinePolicyNames(tx, user.user_id, SOME),
        projectGrants: await grantsOf(tx, user.user_id, SOME.limit),
        accessKeys: (await accessKeysOf(tx, user.user_id, SOME)).map((key) => key.access_key_id),
        mfaDevices: (await devicesOf(tx, user.user_id, SOME)).map((device) => device.serial),
        groups: (await groupsOfUser(tx, user.user_id, SOME)).map((group) => group.name),
      });
      if (conflict) throw call.fail('DeleteConflict', conflict.message, { hint: conflict.hint });
      await deleteRow(tx, user.user_id);
      return undefined;
    });
  },
});
