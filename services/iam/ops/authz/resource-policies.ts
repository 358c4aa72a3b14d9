/** Resource policies that applications hand in with a question: compiled once per text. */
import { LRUCache } from 'lru-cache';
import { buildPolicySet, compilePolicy, type PolicySet } from '../../../../policies/engine/index.ts';
import type { IamLimits } from '../../domain/limits.ts';
import { checkDocument, type DocumentProblem } from '../../domain/policy-check.ts';

/** What decisions call the policy; it has no ARN. */
export const GIVEN_POLICY = 'request:ResourcePolicy';

const compiled = new LRUCache<string, { set: PolicySet }>({
  maxSize: 16 * 1024 * 1024,
  // A compiled document is a few times its text.
  sizeCalculation: (_value, text) => text.length * 4 + 1,
});

export function compileGiven(text: string, limits: IamLimits): { set: PolicySet } | DocumentProblem {
  const known = compiled.get(text);
  if (known) return known;
  const problem = checkDocument(text, limits.document, 'resource');
  if (problem) return problem;
  const set = buildPolicySet([compilePolicy(text, { arn: GIVEN_POLICY, kind: 'resource' })]);
  compiled.set(text, { set });
  return { set };
}
