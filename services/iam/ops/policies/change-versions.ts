import { CreatePolicyVersion, DeletePolicyVersion, SetDefaultPolicyVersion } from '../../api/policies.ts';
import { parseVersionId } from '../../domain/names.ts';
import { deleteVersion, insertVersion, lockPolicy, updatePolicy, versionOf, versionsOf } from '../../store/policies.ts';
import { plainChange, policyChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { requireDocument } from '../inline/documents.ts';
import { aboutOwnPolicy, policyMissing } from '../targets.ts';
import { versionMissing } from './versions.ts';
import { showVersion } from './view.ts';

export const createPolicyVersion = implement(CreatePolicyVersion, {
  resolve: (call, input, deps) => aboutOwnPolicy(call, deps, input.PolicyArn),
  async run(call, input, policy, deps) {
    requireDocument(call, deps, input.PolicyDocument);
    return policyChange(deps, call, 'policy', policy.policy_id, async (tx) => {
      const current = await lockPolicy(tx, policy.policy_id);
      if (!current) throw call.fail('NotFound', policyMissing(input.PolicyArn));
      const limit = deps.limits.versionsPerPolicy;
      if ((await versionsOf(tx, policy.policy_id)).length >= limit) {
        throw call.fail('LimitExceeded', `A managed policy can have up to ${limit} versions.`, {
          hint: 'Before you create a new version, you must delete an existing version.',
        });
      }
      // Numbers only grow: a version id never means two documents.
      const version = current.last_version + 1;
      const row = { policy_id: policy.policy_id, version, document: input.PolicyDocument, created_at: call.now };
      await insertVersion(tx, row);
      const inForce = input.SetAsDefault ? version : current.default_version;
      await updatePolicy(tx, policy.policy_id, {
        last_version: version,
        default_version: inForce,
        updated_at: call.now,
      });
      return { PolicyVersion: showVersion({ version, created_at: call.now }, inForce) };
    });
  },
});

export const setDefaultPolicyVersion = implement(SetDefaultPolicyVersion, {
  resolve: (call, input, deps) => aboutOwnPolicy(call, deps, input.PolicyArn),
  run(call, input, policy, deps) {
    return policyChange(deps, call, 'policy', policy.policy_id, async (tx) => {
      if (!(await lockPolicy(tx, policy.policy_id))) throw call.fail('NotFound', policyMissing(input.PolicyArn));
      const version = parseVersionId(input.VersionId);
      if (version === undefined || !(await versionOf(tx, policy.policy_id, version)))
        throw call.fail('NotFound', versionMissing(input.PolicyArn, input.VersionId));
      await updatePolicy(tx, policy.policy_id, { default_version: version, updated_at: call.now });
      return undefined;
    });
  },
});

export const deletePolicyVersion = implement(DeletePolicyVersion, {
  resolve: (call, input, deps) => aboutOwnPolicy(call, deps, input.PolicyArn),
  run(call, input, policy) {
    return plainChange(async (tx) => {
      const current = await lockPolicy(tx, policy.policy_id);
      if (!current) throw call.fail('NotFound', policyMissing(input.PolicyArn));
      const version = parseVersionId(input.VersionId);
      if (version === undefined || !(await versionOf(tx, policy.policy_id, version)))
        throw call.fail('NotFound', versionMissing(input.PolicyArn, input.VersionId));
      if (version === current.default_version) {
        throw call.fail('DeleteConflict', 'Cannot delete the default version of a policy.', {
          hint: 'bring another version into force with SetDefaultPolicyVersion first',
        });
      }
      await deleteVersion(tx, policy.policy_id, version);
      return undefined;
    });
  },
});
