/**
 * Trust policies: who may assume a role. The principals a policy names are bound to their unique ids when it is
 * written, so that a user or role made anew under an old name is not let in.
 */
import {
  bindPrincipals,
  buildPolicySet,
  type CompiledPolicy,
  compilePolicy,
  type PolicySet,
} from '../../../policies/engine/index.ts';
import { rootArn } from './names.ts';

/** ARN and unique id of each principal, as stored with the policy. */
export type TrustBindings = readonly (readonly [arn: string, principalId: string])[];

export const TRUST_NAME = 'trust';

export function compileTrust(text: string, roleArn: string): CompiledPolicy {
  return compilePolicy(text, { arn: roleArn, kind: 'trust', name: TRUST_NAME });
}

/** The principals a policy names that must exist, sorted; accounts as their root users. */
export function trustedPrincipals(policy: CompiledPolicy, partition: string): string[] {
  const arns = new Set<string>();
  for (const statement of policy.statements) {
    for (const entry of statement.principal?.entries ?? []) {
      if (entry.type === 'user' || entry.type === 'role' || entry.type === 'session') arns.add(entry.arn);
      if (entry.type === 'account') arns.add(rootArn({ partition, accountId: entry.accountId }));
    }
  }
  return [...arns].sort();
}

/** The policy as requests are decided with it: names without a binding match nobody. */
export function bindTrust(policy: CompiledPolicy, bindings: TrustBindings): PolicySet {
  const ids = new Map(bindings);
  return buildPolicySet([bindPrincipals(policy, (arn) => ids.get(arn))]);
}
