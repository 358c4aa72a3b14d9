/**
 * Key policies: the default one, reading what a user wrote, and binding the principals it names to their unique ids,
 * so that a user who is deleted and made anew under the same name is somebody else.
 */
import {
  accountsLetIn,
  bindPrincipals,
  buildPolicySet,
  type CompiledPolicy,
  compilePolicy,
  type Finding,
  type PolicySet,
  PolicySyntaxError,
} from '../../../policies/engine/index.ts';
import { MAX_POLICY_BYTES } from './limits.ts';

/** The only name a key policy has. */
export const POLICY_NAME = 'default';

/** Hands the key to the identity policies of its account (spec kms 3.6); AWS's document to the letter. */
export function defaultKeyPolicy(partition: string, accountId: string): string {
  return JSON.stringify(
    {
      Version: '2012-10-17',
      Id: 'key-default-1',
      Statement: [
        {
          Sid: 'Enable IAM User Permissions',
          Effect: 'Allow',
          Principal: { AWS: `arn:${partition}:iam::${accountId}:root` },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    },
    undefined,
    2,
  );
}

export type ReadPolicy =
  | { ok: true; policy: CompiledPolicy }
  | { ok: false; code: 'MalformedPolicyDocument' | 'LimitExceeded'; message: string; findings: readonly Finding[] };

export function readKeyPolicy(text: string, keyArn: string): ReadPolicy {
  if (Buffer.byteLength(text) > MAX_POLICY_BYTES) {
    const message = `key policy is longer than ${MAX_POLICY_BYTES} bytes`;
    return { ok: false, code: 'LimitExceeded', message, findings: [] };
  }
  try {
    return { ok: true, policy: compilePolicy(text, { arn: keyArn, kind: 'resource', name: POLICY_NAME }) };
  } catch (error) {
    if (!(error instanceof PolicySyntaxError)) throw error;
    return {
      ok: false,
      code: 'MalformedPolicyDocument',
      message: firstError(error.findings),
      findings: error.findings,
    };
  }
}

function firstError(findings: readonly Finding[]): string {
  const first = findings.find((finding) => finding.severity === 'error');
  if (!first) return 'key policy cannot be read';
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

/** Accounts that the key policy lets in, `*` for everybody. For judging who can reach a key, not for deciding requests. */
export function policyAccounts(text: string, keyArn: string): string[] {
  const read = readKeyPolicy(text, keyArn);
  return read.ok ? accountsLetIn(read.policy) : ['*'];
}

/** ARN and unique id of each principal, as stored with the policy. */
export type PrincipalBindings = readonly (readonly [arn: string, principalId: string])[];

/** The policy as requests are decided with it: names without a binding match nobody. */
export function bindKeyPolicy(policy: CompiledPolicy, bindings: PrincipalBindings): PolicySet {
  const ids = new Map(bindings);
  return buildPolicySet([bindPrincipals(policy, (arn) => ids.get(arn))]);
}
