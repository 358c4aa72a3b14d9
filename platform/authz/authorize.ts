/**
 * The decision point of every service: asks the policy engine about each target of a request. Denies when any target
 * is denied, when there is no target, and when anything fails.
 */
import {
  type AuthorizationRequest,
  accessDeniedSentence,
  type Decision,
  evaluate,
  type Layers,
  type PolicySet,
  type PrincipalFacts,
} from '../../policies/engine/index.ts';
import { ServiceError } from '../contract/error.ts';
import type { AuthorizationTarget, Caller } from '../runtime/call.ts';
import { asksForRecovery, stateSentence } from './account-state.ts';
import { type Context, targetContext } from './context.ts';
import { denialOf, type ObservedDenial, ownerOf, placeOf } from './guardrails.ts';
import type { AccountState } from './organization-data.ts';
import type { GuardrailLayers, OrganizationSnapshot } from './organization-snapshot.ts';
import type { Principal } from './principal.ts';
import type { OrganizationFacts } from './visible-organization.ts';

/** One evaluated question with everything that is needed to ask it again. */
export interface CheckResult {
  request: AuthorizationRequest;
  decision: Decision;
  /** The levels of the organization that bound it. */
  guardrails?: GuardrailLayers;
  /** What guardrails that are only observed would have denied; looked for when everything was allowed. */
  observed?: readonly ObservedDenial[];
  /** Set when the policies allow and the owner of the resource is in a state in which others may not use it. */
  ownerState?: AccountState;
}

export interface AuthorizationResult {
  allowed: boolean;
  checks: CheckResult[];
}

export function principalFacts(caller: Caller, principal: Principal | undefined): PrincipalFacts {
  return {
    kind: ENGINE_KINDS[caller.kind],
    arn: caller.arn,
    accountId: caller.accountId,
    uniqueId: caller.entityId ?? caller.principalId,
    hasBoundary: principal?.boundary !== undefined,
    ...(principal && caller.kind === 'role' && { roleArn: principal.snapshot.Arn }),
    ...(principal && caller.kind === 'federated' && { userArn: principal.snapshot.Arn }),
  };
}

const ENGINE_KINDS: Readonly<Record<Caller['kind'], PrincipalFacts['kind']>> = {
  root: 'root',
  user: 'user',
  role: 'assumed-role',
  federated: 'federated-user',
  service: 'service',
  anonymous: 'anonymous',
};

export function authorize(
  caller: Caller,
  principal: Principal | undefined,
  action: string,
  targets: readonly AuthorizationTarget[],
  context: Context,
  organization: OrganizationSnapshot,
): AuthorizationResult {
  const facts = principalFacts(caller, principal);
  const checks: CheckResult[] = [];
  let allowed = targets.length > 0;
  for (const target of targets) {
    const request: AuthorizationRequest = {
      principal: facts,
      action: target.action ?? action,
      resource: target.resource,
      resourceAccount: target.accountId ?? caller.accountId,
      context: targetContext(context, target, caller.accountId, organization),
    };
    const check = judge(request, layersOf(principal, target), organization, target.grants);
    checks.push(check);
    if (!isAllowed(check)) {
      allowed = false;
      break;
    }
  }
  return { allowed, checks };
}

/**
 * Decides one question under the guardrails of the organization and the state of the resource's owner. Grants are
 * asked when the policies are silent.
 */
export function judge(
  request: AuthorizationRequest,
  layers: Layers,
  organization: OrganizationFacts,
  grants?: PolicySet,
): CheckResult & { guardrails: GuardrailLayers } {
  const { accountId } = request.principal;
  const owner = ownerOf(request);
  const guardrails = organization.guardrails(accountId, owner);
  const bound = { ...layers, ...guardrails };
  const decided = evaluate(request, bound);
  const decision = (grants && decided.reason === 'implicit-deny' && byGrants(request, bound, grants)) || decided;
  if (decision.effect !== 'allow' || owner === accountId || organization.sharesWithOthers(owner))
    return { request, decision, guardrails };
  if (asksForRecovery(request, owner, organization)) return { request, decision, guardrails };
  return { request, decision, guardrails, ownerState: organization.stateOf(owner) as AccountState };
}

/**
 * A grant is like a policy of the resource that allows and denies nothing of its own. It does not ask whether the
 * caller's account agrees, so it is judged as at home; every deny, guardrails, and what limits a session still bind.
 * Undefined: grants do not allow it either.
 */
function byGrants(request: AuthorizationRequest, layers: Layers, grants: PolicySet): Decision | undefined {
  const { resource } = layers;
  const granting: PolicySet = {
    policies: [...(resource?.policies ?? []), ...grants.policies],
    findDeny: (view, visit) => resource?.findDeny(view, visit),
    findAllow: (view, visit) => grants.findAllow(view, visit),
  };
  const atHome = { ...request, resourceAccount: request.principal.accountId };
  const decision = evaluate(atHome, { ...layers, resource: granting, resourceTrust: 'explicit' });
  return decision.effect === 'allow' ? decision : undefined;
}

export function isAllowed(check: CheckResult): boolean {
  return check.decision.effect === 'allow' && check.ownerState === undefined;
}

/** Whether the policies let the caller in: then the state of the owner, if that denies, may be told. */
export function policiesAllow({ allowed, checks }: AuthorizationResult): boolean {
  return allowed || checks.at(-1)?.ownerState !== undefined;
}

export function layersOf(principal: Principal | undefined, target: AuthorizationTarget): Layers {
  return {
    ...(principal && { identity: principal.identity }),
    ...(principal?.boundary && { boundary: principal.boundary }),
    ...(principal?.session?.policies && { session: principal.session.policies }),
    ...(target.policy && { resource: target.policy }),
    resourceTrust: target.trust ?? 'normal',
  };
}

/** The error of a denied request; names guardrails to members of the organization, other policies at home only. */
export function accessDenied(
  result: AuthorizationResult,
  caller: Caller,
  decisionId: string,
  organization: OrganizationSnapshot,
): ServiceError {
  const last = result.checks.at(-1);
  const explained = `GET /v1/authz/decisions/${decisionId} explains every layer`;
  if (!last)
    return new ServiceError('AccessDenied', 'the request names nothing that could be authorized', {
      details: { decisionId },
      hint: explained,
    });
  const denial = denialOf(last.decision, organization.isMember(caller.accountId));
  return new ServiceError(
    'AccessDenied',
    deniedSentence(last, organization, ownerOf(last.request) === caller.accountId),
    {
      details: { decisionId, ...(denial && { denial }) },
      hint: denial ? `${placeOf(denial)}; ${explained}` : explained,
    },
  );
}

/**
 * AWS's sentence. `atHome`: policies other than guardrails may be named. A state of the owner is told only to those
 * whom the policies would let in.
 */
export function deniedSentence(check: CheckResult, organization: OrganizationFacts, atHome: boolean): string {
  const { request, decision, ownerState } = check;
  if (ownerState !== undefined) {
    const silent: Decision = { effect: 'deny', reason: 'error', matched: [] };
    return `${accessDeniedSentence(silent, request, false)} because ${stateSentence(ownerOf(request), ownerState)}`;
  }
  const ofOrganization = decision.layer === 'scp' || decision.layer === 'rcp';
  return accessDeniedSentence(
    decision,
    request,
    ofOrganization ? organization.isMember(request.principal.accountId) : atHome,
  );
}
