/**
 * What a key policy must pass before it is stored: it can be read, it names principals that exist (kept with their
 * unique ids), and it lets the caller write the next one.
 */
import { policiesLetIn } from '../../../platform/authz/ask.ts';
import { missingPrincipals, resolveNamed } from '../../../platform/authz/named-principals.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { AuthorizationTarget, Call } from '../../../platform/runtime/call.ts';
import { bindPolicy, type PolicySet } from '../../../policies/engine/index.ts';
import type { KmsDeps } from '../deps.ts';
import { readKeyPolicy } from '../domain/key-policy.ts';
import { policyHash } from '../domain/rows.ts';

type AnyCall = Call<AnyOperation>;

export interface CheckedPolicy {
  columns: { policy: string; policy_principals: string; policy_hash: string };
  set: PolicySet;
}

export async function checkPolicy(
  call: AnyCall,
  deps: KmsDeps,
  text: string,
  key: { arn: string; accountId: string },
): Promise<CheckedPolicy> {
  const read = readKeyPolicy(text, key.arn);
  if (!read.ok) {
    throw call.fail(read.code, read.message, {
      hint: 'correct the policy at the place that is named',
      details: { findings: read.findings },
    });
  }
  const named = await resolveNamed(deps.clients.iam, read.policy, deps.settings.partition, key.accountId);
  if (named.missing.length > 0) {
    throw call.fail('MalformedPolicyDocument', 'Policy contains a statement with one or more invalid principals.', {
      hint: missingPrincipals(named.missing),
    });
  }
  const { bindings } = named;
  const principals = JSON.stringify(bindings);
  return {
    columns: { policy: text, policy_principals: principals, policy_hash: policyHash(text, principals) },
    set: bindPolicy(read.policy, bindings),
  };
}

/** Refuses a policy under which the caller could not correct it, unless the caller insists. */
export async function requireNoLockout(
  call: AnyCall,
  deps: KmsDeps,
  target: AuthorizationTarget,
  bypass: boolean | undefined,
): Promise<void> {
  if (bypass === true) return;
  const next: AuthorizationTarget = { ...target, action: 'kms:PutKeyPolicy', trust: 'explicit' };
  if (await policiesLetIn(call, deps, next)) return;
  throw call.fail(
    'MalformedPolicyDocument',
    'The new key policy will not allow you to update the key policy in the future.',
    { hint: 'allow yourself kms:PutKeyPolicy, or set BypassPolicyLockoutSafetyCheck if you mean it' },
  );
}
