import { implementFor } from '../../../platform/runtime/call.ts';
import { PutKeyPolicy } from '../api/policies.ts';
import type { KmsDeps } from '../deps.ts';
import { POLICY_NAME } from '../domain/key-policy.ts';
import { askAboutKey, findOwnKey, missingKey } from './key-access.ts';
import { changeKey } from './key-change.ts';
import { checkPolicy, requireNoLockout } from './key-policy-check.ts';

const implement = implementFor<KmsDeps>();

export const putKeyPolicy = implement(PutKeyPolicy, {
  async resolve(call, input, deps) {
    const bypass = String(input.BypassPolicyLockoutSafetyCheck ?? false);
    const found = await findOwnKey(call, deps, input.KeyId);
    const { target, record } = await askAboutKey(call, deps, found, {
      conditions: [['kms:BypassPolicyLockoutSafetyCheck', bypass]],
    });
    if (record) return { targets: [target], state: { target, record } };
    return { targets: [target], state: undefined as never, absent: missingKey(call, found.reference) };
  },
  async run(call, input, { target, record }, deps) {
    if ((input.PolicyName ?? POLICY_NAME) !== POLICY_NAME) {
      throw call.fail('Validation', `policy name ${input.PolicyName} is not "${POLICY_NAME}", the only one there is`);
    }
    const checked = await checkPolicy(call, deps, input.Policy, record);
    await requireNoLockout(call, deps, { ...target, policy: checked.set }, input.BypassPolicyLockoutSafetyCheck);
    return changeKey(call, deps, 'PutKeyPolicy', record, checked.columns, undefined);
  },
});
