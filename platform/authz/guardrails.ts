/** What is told about guardrails: which one denied, and what those that are only observed would have denied. */
import { type AuthorizationRequest, type Decision, evaluate } from '../../policies/engine/index.ts';
import type { OrganizationFacts } from './visible-organization.ts';

/** Which statement of which guardrail denied, attached where. */
export interface GuardrailDenial {
  layer: 'scp' | 'rcp';
  /** Root, unit or account. */
  level: { id: string; name: string };
  /** Absent: no guardrail of the level allows. */
  statement?: { policyArn: string; policyName?: string; version?: string; sid?: string; index: number };
}

export interface ObservedDenial extends Required<GuardrailDenial> {
  policyId: string;
}

/** An ARN without an account counts as the caller's own, as it does for the engine. */
export function ownerOf({ resourceAccount, principal }: AuthorizationRequest): string {
  return resourceAccount === undefined || resourceAccount === '' ? principal.accountId : resourceAccount;
}

/** Undefined when no guardrail denied, or the caller is not to learn which. */
export function denialOf(decision: Decision, sameOrganization: boolean): GuardrailDenial | undefined {
  const { layer, level, matched } = decision;
  if (!sameOrganization || decision.effect === 'allow' || !level || (layer !== 'scp' && layer !== 'rcp'))
    return undefined;
  const [ref] = matched;
  return {
    layer,
    level,
    ...(ref && {
      statement: {
        policyArn: ref.policyArn,
        ...(ref.policyName !== undefined && { policyName: ref.policyName }),
        ...(ref.version !== undefined && { version: ref.version }),
        ...(ref.sid !== undefined && { sid: ref.sid }),
        index: ref.statementIndex,
      },
    }),
  };
}

/** `denied by statement DenyKeys of policy NoKeys, attached to Security (ou-ab12-cdefghij)`. */
export function placeOf({ level, statement }: GuardrailDenial): string {
  const where = level.name === level.id ? level.id : `${level.name} (${level.id})`;
  if (!statement) return `nothing attached to ${where} allows it`;
  const { sid, index, policyName, policyArn } = statement;
  return `denied by statement ${sid ?? index + 1} of policy ${policyName ?? policyArn}, attached to ${where}`;
}

/** The second pass over what was allowed: guardrails that are attached to be observed. */
export function observe(request: AuthorizationRequest, organization: OrganizationFacts): ObservedDenial[] {
  const found: ObservedDenial[] = [];
  for (const { layer, level, policyId, set } of organization.observed(request.principal.accountId, ownerOf(request))) {
    const decision = evaluate(request, { [layer]: [{ ...level, set }] });
    // What it does not allow, another guardrail of the level may: only a Deny would have denied.
    const denial = decision.reason === 'explicit-deny' ? denialOf(decision, true) : undefined;
    if (denial?.statement) found.push({ ...denial, statement: denial.statement, policyId });
  }
  return found;
}
