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
  /** Set when policies were silent and these allowed. */
  grants?: PolicySet;
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
    const check = judge(request, layersOf(principal, target), organization, target);
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
  granted: Granted = {},
): CheckResult & { guardrails: GuardrailLayers } {
  const { accountId } = request.principal;
  const owner = ownerOf(request);
  const guardrails = organization.guardrails(accountId, owner);
  const bound = { ...layers, ...guardrails };
  const decided = evaluate(request, bound);
  const byGrants = decided.reason === 'implicit-deny' ? askGrants(request, bound, granted) : undefined;
  const check = { request, guardrails, ...(byGrants ?? { decision: decided }) };
  if (check.decision.effect !== 'allow' || owner === accountId || organization.sharesWithOthers(owner)) return check;
  if (asksForRecovery(request, owner, organization)) return check;
  return { ...check, ownerState: organization.stateOf(owner) as AccountState };
}

type Granted = Pick<AuthorizationTarget, 'grants' | 'boundaryLimitsGrants'>;

/** Undefined: grants do not allow it either. */
function askGrants(request: AuthorizationRequest, layers: Layers, granted: Granted) {
  const { grants, boundaryLimitsGrants } = granted;
  if (!grants) return undefined;
  const asked = askedOfGrants(request, layers, grants);
  const decision = evaluate(asked.request, asked.layers);
  if (decision.effect !== 'allow') return undefined;
  if (boundaryLimitsGrants && layers.boundary && request.principal.kind !== 'root') {
    const within = evaluate(asked.request, { identity: layers.boundary });
    if (within.effect !== 'allow') return undefined;
  }
  return { decision, grants };
}

/**
 * A grant is like a policy of the resource that allows and denies nothing of its own. It does not ask whether the
 * caller's account agrees, so it is judged as at home; every deny, guardrails, and what limits a session still bind.
 */
function askedOfGrants(request: AuthorizationRequest, layers: Layers, grants: PolicySet): Question {
  const { resource } = layers;
  const granting: PolicySet = {
    policies: [...(resource?.policies ?? []), ...grants.policies],
    findDeny: (view, visit) => resource?.findDeny(view, visit),
    findAllow: (view, visit) => grants.findAllow(view, visit),
  };
  const atHome = { ...request, resourceAccount: request.principal.accountId };
  return { request: atHome, layers: { ...layers, resource: granting, resourceTrust: 'explicit' } };
}

interface Question {
  request: AuthorizationRequest;
  layers: Layers;
}

/** What the decision of a check came from, to be explained; `layers` as they were handed to `judge`. */
export function decidedFrom({ request, guardrails, grants }: CheckResult, layers: Layers): Question {
  const bound = { ...layers, ...guardrails };
  return grants ? askedOfGrants(request, bound, grants) : { request, layers: bound };
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
