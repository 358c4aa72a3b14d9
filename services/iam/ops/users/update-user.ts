import { UpdateUser } from '../../api/users.ts';
import { nameKey, userArn } from '../../domain/names.ts';
import { lockUser, updateUser as updateRow } from '../../store/users.ts';
import { policyChange, unlessTaken } from '../changes.ts';
import { implement } from '../implement.ts';
import { aboutUser, scopeOf, userMissing } from '../targets.ts';

export const updateUser = implement(UpdateUser, {
  /** AWS asks for the permission on the old and on the new ARN: nobody moves a user out of or into a path they may not. */
  async resolve(call, input, deps) {
    const resolved = await aboutUser(call, deps, input.UserName);
    const user = resolved.state;
    if (input.NewPath === undefined && input.NewUserName === undefined) return resolved;
    const renamed = userArn(
      scopeOf(call, deps),
      input.NewPath ?? user?.path ?? '/',
      input.NewUserName ?? input.UserName,
    );
    return { ...resolved, targets: [...resolved.targets, { ...resolved.targets[0], resource: renamed }] };
  },
  run(call, input, user, deps) {
    return policyChange(deps, call, 'user', user.user_id, async (tx) => {
      if (!(await lockUser(tx, user.user_id))) throw call.fail('NotFound', userMissing(input.UserName));
      const name = input.NewUserName ?? user.name;
      await unlessTaken(
        updateRow(tx, user.user_id, { name, name_key: nameKey(name), path: input.NewPath ?? user.path }),
        () => call.fail('EntityAlreadyExists', `User with name ${name} already exists.`),
      );
      return undefined;
    });
  },
});
