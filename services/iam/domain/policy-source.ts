/** Where a policy of a decision comes from, in the words of the policy simulator. */
import { parseArn } from '../../../platform/contract/arn.ts';
import type { StatementRef } from '../../../policies/engine/index.ts';

export type SourcePolicyType = 'user' | 'group' | 'role' | 'aws-managed' | 'user-managed' | 'resource' | 'none';

/** Documents of a request have no ARN: `PolicyInputList.1`. */
export const givenPolicy = (list: string, index: number) => `${list}.${index + 1}`;
export const GIVEN_RESOURCE_POLICY = 'ResourcePolicy';

export function sourceType(policyArn: string): SourcePolicyType {
  if (policyArn === GIVEN_RESOURCE_POLICY) return 'resource';
  const arn = parseArn(policyArn);
  if (arn?.service !== 'iam') return 'none';
  const type = arn.resource.slice(0, arn.resource.indexOf('/'));
  if (type === 'policy') return /^\d{12}$/.test(arn.accountId) ? 'user-managed' : 'aws-managed';
  if (type === 'user-policy') return 'user';
  if (type === 'group-policy') return 'group';
  return type === 'role-policy' ? 'role' : 'none';
}

export function sourceOf(ref: StatementRef) {
  return {
    SourcePolicyId: ref.policyName ?? ref.policyArn,
    SourcePolicyType: sourceType(ref.policyArn),
    StartPosition: { Line: ref.line, Column: ref.column },
    EndPosition: { Line: ref.endLine, Column: ref.endColumn },
  };
}
