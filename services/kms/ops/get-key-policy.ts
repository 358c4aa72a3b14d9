import { implementFor } from '../../../platform/runtime/call.ts';
import { GetKeyPolicy, ListKeyPolicies } from '../api/policies.ts';
import type { KmsDeps } from '../deps.ts';
import { POLICY_NAME } from '../domain/key-policy.ts';
import { resolveOwnKey } from './key-access.ts';
import { requireState } from './key-use.ts';
import { openPage } from './page.ts';

const implement = implementFor<KmsDeps>();

export const getKeyPolicy = implement(GetKeyPolicy, {
  resolve: (call, input, deps) => resolveOwnKey(call, deps, input.KeyId),
  run(call, input, record) {
    requireState(call, 'GetKeyPolicy', record);
    if ((input.PolicyName ?? POLICY_NAME) !== POLICY_NAME) {
      throw call.fail('NotFound', 'No such policy exists', { hint: `the policy of a key is named "${POLICY_NAME}"` });
    }
    return { Policy: record.row.policy, PolicyName: POLICY_NAME };
  },
});

export const listKeyPolicies = implement(ListKeyPolicies, {
  resolve: (call, input, deps) => resolveOwnKey(call, deps, input.KeyId),
  run(call, input, record, deps) {
    requireState(call, 'ListKeyPolicies', record);
    const page = openPage(call, deps, input, record.row.key_id);
    const { rows, ...end } = page.end(
      [POLICY_NAME].filter((name) => name > page.after),
      (name) => name,
    );
    return { PolicyNames: rows, ...end };
  },
});
