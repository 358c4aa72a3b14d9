/**
 * What a key policy must pass before it is stored: it can be read, it names principals that exist (kept with their
 * unique ids), and it lets the caller write the next one.
 */
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { AuthorizationTarget, Call } from '../../../platform/runtime/call.ts';
import type { PolicySet } from '../../../policies/engine/index.ts';
import type { KmsDeps } from '../deps.ts';
import { bindKeyPolicy, namedPrincipals, type PrincipalBindings, readKeyPolicy } from '../domain/key-policy.ts';
import { policyHash } from '../domain/rows.ts';
import { isAllowed } from './key-access.ts';

type AnyCall = Call<AnyOperation>;

export interface CheckedPolicy {
  columns: { policy: string; policy_principals: string; policy_hash: string };
  set: PolicySet;
}

/** Principals asked for in one call. */
const BATCH = 200;

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
  const { partition } = deps.settings;
  const home = `arn:${partition}:iam::${key.accountId}:root`;
  const names = namedPrincipals(read.policy, partition).filter((arn) => arn !== home);
  const bindings = await resolvePrincipals(deps, names);
  const missing = names.filter((arn) => !bindings.some(([known]) => known === arn));
  if (missing.length > 0) {
    throw call.fail('MalformedPolicyDocument', 'Policy contains a statement with one or more invalid principals.', {
      hint: `create these first or leave them out: ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ', ...' : ''}`,
    });
  }
  const principals = JSON.stringify(bindings);
  return {
    columns: { policy: text, policy_principals: principals, policy_hash: policyHash(text, principals) },
    set: bindKeyPolicy(read.policy, bindings),
  };
}

/** ARN and unique id of those that exist, in the given order. */
export async function resolvePrincipals(deps: KmsDeps, arns: readonly string[]): Promise<PrincipalBindings> {
  const found = new Map<string, string>();
  for (let from = 0; from < arns.length; from += BATCH) {
    const { Principals } = await deps.clients.iam.ResolvePrincipals({ Arns: arns.slice(from, from + BATCH) });
    for (const principal of Principals) found.set(principal.Arn, principal.PrincipalId);
  }
  return arns.flatMap((arn) => {
    const id = found.get(arn);
    return id === undefined ? [] : [[arn, id] as const];
  });
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
  if (await isAllowed(call, deps, next)) return;
  throw call.fail(
    'MalformedPolicyDocument',
    'The new key policy will not allow you to update the key policy in the future.',
    { hint: 'allow yourself kms:PutKeyPolicy, or set BypassPolicyLockoutSafetyCheck if you mean it' },
  );
}
