/**
 * What the policy of the organization may grant, and what a delegated administrator may read. Only reading and the
 * administration of policies can be delegated; accounts, invitations and trust stay with the management account.
 */
import type { PolicyDocument } from '../../../policies/engine/index.ts';

const ADMINISTRATION: ReadonlySet<string> = new Set([
  'createpolicy',
  'updatepolicy',
  'deletepolicy',
  'attachpolicy',
  'detachpolicy',
  'updatepolicyattachment',
  'enablepolicytype',
  'disablepolicytype',
  'tagresource',
  'untagresource',
]);

/** Everything that only looks: what every delegated administrator may do. */
export const READ_ACTIONS = ['organizations:Describe*', 'organizations:List*'] as const;

export interface DelegationProblem {
  reason: 'UNSUPPORTED_ACTION_IN_RESOURCE_POLICY' | 'INVALID_PRINCIPAL' | 'INVALID_RESOURCE_POLICY_JSON';
  message: string;
}

/** The account a principal of the policy names: twelve digits or the ARN of its root user. */
export function principalAccount(name: string): string | undefined {
  const match = /^(?:arn:[a-z0-9-]+:iam::)?(\d{12})(?::root)?$/.exec(name);
  return match?.[1];
}

/** Undefined: the document grants nothing but what can be delegated, to members by name. */
export function checkDelegation(document: PolicyDocument, members: ReadonlySet<string>): DelegationProblem | undefined {
  for (const statement of document.statements) {
    if (statement.action.negated)
      return { reason: 'UNSUPPORTED_ACTION_IN_RESOURCE_POLICY', message: 'NotAction is not permitted here' };
    const action = statement.action.patterns.find((pattern) => !mayBeDelegated(pattern.value));
    if (action)
      return {
        reason: 'UNSUPPORTED_ACTION_IN_RESOURCE_POLICY',
        message: `action ${action.value} cannot be delegated`,
      };
    const { principal } = statement;
    if (!principal || principal.negated)
      return { reason: 'INVALID_PRINCIPAL', message: 'every statement names its members in Principal' };
    const stranger = principal.names.find((name) => !members.has(principalAccount(name.value) ?? ''));
    if (principal.names.length === 0 || principal.bareStar || stranger)
      return {
        reason: 'INVALID_PRINCIPAL',
        message: `principal ${stranger?.value ?? '*'} is not a member of the organization`,
      };
  }
  return undefined;
}

function mayBeDelegated(pattern: string): boolean {
  const action = pattern.toLowerCase();
  if (!action.startsWith('organizations:')) return false;
  const name = action.slice('organizations:'.length);
  // A pattern under Describe or List only ever matches reading.
  return /^(describe|list)[a-z*?]*$/.test(name) || ADMINISTRATION.has(name);
}
