/** Whether a document makes an administrator: a statement that allows every action on everything, without a condition. */
import { compilePolicy } from '../../../policies/engine/index.ts';

export function allowsEverything(document: string): boolean {
  const { statements } = compilePolicy(document, { arn: 'arn:document', kind: 'identity' }).document;
  return statements.some(({ effect, action, resource, conditions }) => {
    if (effect !== 'Allow' || conditions.length > 0 || action.negated || !resource || resource.negated) return false;
    const everyAction = action.patterns.some(({ value }) => value === '*' || value === '*:*');
    return everyAction && resource.patterns.some(({ value }) => value === '*');
  });
}
