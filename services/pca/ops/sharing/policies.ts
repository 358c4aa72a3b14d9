/** What the policy of an authority must pass before it is stored, and the operations on it. */
import { policiesLetIn } from '../../../../platform/authz/ask.ts';
import { missingPrincipals, resolveNamed } from '../../../../platform/authz/named-principals.ts';
import { implementFor } from '../../../../platform/runtime/call.ts';
import { bindPolicy, type PolicySet, readResourcePolicy } from '../../../../policies/engine/index.ts';
import { DeletePolicy, GetPolicy, PutPolicy } from '../../api/sharing/policies.ts';
import type { PcaDeps } from '../../deps.ts';
import { type AuthorityRecord, POLICY_NAME } from '../../store/authorities.ts';
import { type AnyCall, requireState, resolveAuthority, targetOf } from '../authority-access.ts';
import { changeAuthority } from '../authority-change.ts';

const implement = implementFor<PcaDeps>();

export const putPolicy = implement(PutPolicy, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.ResourceArn),
  async run(call, input, record, deps) {
    requireState(call, 'Tag', record);
    const read = readResourcePolicy(input.Policy, { arn: record.arn, name: POLICY_NAME });
    if (!read.ok)
      throw call.fail('InvalidPolicy', read.message, {
        hint: 'correct the policy at the place that is named',
        ...(read.findings && { details: { findings: read.findings } }),
      });
    const { iam } = deps.clients;
    const named = await resolveNamed(iam, read.policy, deps.settings.partition, record.row.account_id);
    if (named.missing.length > 0)
      throw call.fail('InvalidPolicy', 'the policy names principals that do not exist', {
        hint: missingPrincipals(named.missing),
      });
    await requireControl(call, deps, record, bindPolicy(read.policy, named.bindings));
    const edit = { policy: input.Policy, policy_principals: JSON.stringify(named.bindings) };
    return changeAuthority(call, deps, record, { action: 'Tag', edit, output: undefined });
  },
});

export const getPolicy = implement(GetPolicy, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.ResourceArn),
  run(call, _input, record) {
    requireState(call, 'Tag', record);
    if (record.row.policy === '')
      throw call.fail('NotFound', `certificate authority ${record.arn} has no policy`, {
        hint: 'PutPolicy gives it one',
      });
    return { Policy: record.row.policy };
  },
});

export const deletePolicy = implement(DeletePolicy, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.ResourceArn),
  async run(call, _input, record, deps) {
    requireState(call, 'Tag', record);
    await requireControl(call, deps, record, undefined);
    const edit = { policy: '', policy_principals: '[]' };
    return changeAuthority(call, deps, record, { action: 'Tag', edit, output: undefined });
  },
});

/** Who could not change the policy afterwards must not make it what it will be. */
async function requireControl(call: AnyCall, deps: PcaDeps, record: AuthorityRecord, policy: PolicySet | undefined) {
  const target = { ...targetOf({ ...record, policy }), action: 'acm-pca:PutPolicy' };
  if (await policiesLetIn(call, deps, target)) return;
  throw call.fail('LockoutPrevented', 'you could not change the policy of the authority afterwards', {
    hint: 'leave yourself acm-pca:PutPolicy',
  });
}
