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
  type PrincipalFacts,
} from '../../policies/engine/index.ts';
import { ServiceError } from '../contract/error.ts';
import type { AuthorizationTarget, Caller } from '../runtime/call.ts';
import { type Context, targetContext } from './context.ts';
import type { Principal } from './principal.ts';

/** One evaluated question with everything that is needed to ask it again. */
export interface CheckResult {
  request: AuthorizationRequest;
  decision: Decision;
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
      context: targetContext(context, target, caller.accountId),
    };
    const decision = evaluate(request, layersOf(principal, target));
    checks.push({ request, decision });
    if (decision.effect !== 'allow') {
      allowed = false;
      break;
    }
  }
  return { allowed, checks };
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

/** The error of a denied request; names policies of the caller's own account only. */
export function accessDenied(result: AuthorizationResult, caller: Caller, decisionId: string): ServiceError {
  const last = result.checks.at(-1);
  const message = last
    ? accessDeniedSentence(
        last.decision,
        last.request,
        (last.request.resourceAccount ?? caller.accountId) === caller.accountId,
      )
    : 'the request names nothing that could be authorized';
  return new ServiceError('AccessDenied', message, {
    details: { decisionId },
    hint: `GET /v1/authz/decisions/${decisionId} explains every layer`,
  });
}
