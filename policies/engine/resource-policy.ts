/**
 * Policies of resources as services keep them: reading what a user wrote, and binding the principals it names to their
 * unique ids, so that a user who is deleted and made anew under the same name is somebody else.
 */
import { bindPrincipals, type CompiledPolicy, compilePolicy } from './compile/compile-policy.ts';
import { buildPolicySet, type PolicySet } from './lookup/policy-set.ts';
import type { Finding } from './model.ts';
import { PolicySyntaxError } from './syntax/findings.ts';

export type ReadPolicy =
  | { ok: true; policy: CompiledPolicy }
  | { ok: false; message: string; findings: readonly Finding[] };

export function readResourcePolicy(text: string, source: { arn: string; name: string }): ReadPolicy {
  try {
    return { ok: true, policy: compilePolicy(text, { ...source, kind: 'resource' }) };
  } catch (error) {
    if (!(error instanceof PolicySyntaxError)) throw error;
    return { ok: false, message: firstError(error.findings), findings: error.findings };
  }
}

function firstError(findings: readonly Finding[]): string {
  const first = findings.find((finding) => finding.severity === 'error');
  if (!first) return 'the policy cannot be read';
  const pointer = first.pointer === '' ? 'the document' : first.pointer;
  return `${first.message}, at ${pointer} (line ${first.line}, column ${first.column})`;
}

/** The principals a policy names that must exist, as ARNs, sorted; accounts as their root. */
export function namedPrincipals(policy: CompiledPolicy, partition: string): string[] {
  const arns = new Set<string>();
  for (const statement of policy.statements) {
    for (const entry of statement.principal?.entries ?? []) {
      if (entry.type === 'user' || entry.type === 'role' || entry.type === 'session') arns.add(entry.arn);
      if (entry.type === 'account') arns.add(`arn:${partition}:iam::${entry.accountId}:root`);
    }
  }
  return [...arns].sort();
}

/** ARN and unique id of each principal, as stored with the policy. */
export type PrincipalBindings = readonly (readonly [arn: string, principalId: string])[];

/** The policy as requests are decided with it: names without a binding match nobody. */
export function bindPolicy(policy: CompiledPolicy, bindings: PrincipalBindings): PolicySet {
  const ids = new Map(bindings);
  return buildPolicySet([bindPrincipals(policy, (arn) => ids.get(arn))]);
}
