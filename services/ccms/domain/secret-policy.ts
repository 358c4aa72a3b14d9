/** Resource policies of secrets: what makes one public (spec ccms 3.10). */
import type { CompiledPolicy, ConditionElement } from '../../../policies/engine/index.ts';

export const POLICY_NAME = 'resource-policy';

/** Keys that confine who asks, when they are compared with fixed values. */
const CONFINING: ReadonlySet<string> = new Set([
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceorgid',
  'aws:sourceorgpaths',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:userid',
]);
/** Operators that hold only for the values they are given; with IfExists an absent key would do as well. */
const FIXING = /^(foranyvalue:)?(string(equals|equalsignorecase|like)|arn(equals|like))$/;

/** Whether a statement lets everybody in without a condition that confines who asks. */
export function isPublic(policy: CompiledPolicy): boolean {
  return policy.statements.some(({ effect, principal }, index) => {
    if (effect !== 'Allow' || !principal || !(principal.everyone || principal.negated)) return false;
    return !policy.document.statements[index]?.conditions.some(confines);
  });
}

function confines({ operator, key, values }: ConditionElement): boolean {
  if (!CONFINING.has(key.value.toLowerCase()) || !FIXING.test(operator.value.toLowerCase())) return false;
  return values.length > 0 && values.every(({ value }) => isFixed(value));
}

/** Says at least one account, organization or the like: `arn:aws:iam::111122223333:*` does, `arn:aws:iam::*:root` does not. */
function isFixed(value: string): boolean {
  if (value.includes('${')) return false;
  if (!value.startsWith('arn:')) return value !== '' && !/[*?]/.test(value);
  return /^\d{12}$/.test(value.split(':')[4] ?? '');
}
