import { DeletePolicy } from '../../api/policies.ts';
import { policyArn } from '../../domain/names.ts';
import { usageOf } from '../../store/attachments.ts';
import { deletePolicy as deleteRow, lockPolicy, versionsOf } from '../../store/policies.ts';
import { plainChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { aboutOwnPolicy, policyMissing, scopeOf } from '../targets.ts';

export const deletePolicy = implement(DeletePolicy, {
  resolve: (call, input, deps) => aboutOwnPolicy(call, deps, input.PolicyArn),
  run(call, input, policy, deps) {
    return plainChange(async (tx) => {
      if (!(await lockPolicy(tx, policy.policy_id))) throw call.fail('NotFound', policyMissing(input.PolicyArn));
      const arn = policyArn(scopeOf(call, deps), policy.path, policy.name);
      const usage = (await usageOf(tx, policy.account_id, [arn])).get(arn);
      if (usage && usage.attachments + usage.boundaries > 0) {
        throw call.fail('DeleteConflict', 'Cannot delete a policy attached to entities.', {
          hint: `attached ${usage.attachments} times, boundary of ${usage.boundaries} users: see ListEntitiesForPolicy`,
        });
      }
      const versions = await versionsOf(tx, policy.policy_id);
      if (versions.length > 1) {
        throw call.fail(
          'DeleteConflict',
          "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
          { hint: `versions: ${versions.map((v) => `v${v.version}`).join(', ')}` },
        );
      }
      await deleteRow(tx, policy.policy_id);
      return undefined;
    });
  },
});
