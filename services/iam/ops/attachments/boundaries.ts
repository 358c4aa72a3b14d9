import { DeleteUserPermissionsBoundary, PutUserPermissionsBoundary } from '../../api/attachments.ts';
import { lockPolicy } from '../../store/policies.ts';
import { lockUser, updateUser } from '../../store/users.ts';
import { policyChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { aboutUser, findPolicy, scopeOf, userMissing } from '../targets.ts';

export const putUserPermissionsBoundary = implement(PutUserPermissionsBoundary, {
  resolve: (call, input, deps) =>
    aboutUser(call, deps, input.UserName, () => ({
      context: [['iam:PermissionsBoundary', input.PermissionsBoundary]],
    })),
  async run(call, input, user, deps) {
    const arn = input.PermissionsBoundary;
    const policy = await findPolicy(deps.store.read, deps, scopeOf(call, deps), arn);
    const missing = () => call.fail('NotFound', `Policy ${arn} does not exist or is not attachable.`);
    if (!policy) throw missing();
    return policyChange(deps, call, 'user', user.user_id, async (tx) => {
      if (!(await lockUser(tx, user.user_id))) throw call.fail('NotFound', userMissing(input.UserName));
      if (policy.kind === 'own' && !(await lockPolicy(tx, policy.policyId))) throw missing();
      await updateUser(tx, user.user_id, { boundary_arn: policy.arn, boundary_policy_id: policy.policyId });
      return undefined;
    });
  },
});

export const deleteUserPermissionsBoundary = implement(DeleteUserPermissionsBoundary, {
  resolve: (call, input, deps) =>
    aboutUser(call, deps, input.UserName, (user) =>
      user?.boundary_arn ? { context: [['iam:PermissionsBoundary', user.boundary_arn]] } : {},
    ),
  run(call, input, user, deps) {
    return policyChange(deps, call, 'user', user.user_id, async (tx) => {
      const current = await lockUser(tx, user.user_id);
      if (!current) throw call.fail('NotFound', userMissing(input.UserName));
      if (current.boundary_arn === null)
        throw call.fail('NotFound', `The user ${input.UserName} has no permissions boundary`);
      await updateUser(tx, user.user_id, { boundary_arn: null, boundary_policy_id: null });
      return undefined;
    });
  },
});
