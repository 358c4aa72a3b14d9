/**
 * The decision (iam.md 1.9). Guarantees: an applying Deny in any layer wins; nothing is allowed that no layer allows;
 * an error denies; the answer does not depend on the order of statements or policies. Asks for no more than the
 * answer needs: conditions are read only for statements that fit, layers only while they can still matter.
 */
import type { CompiledStatement } from '../compile/compile-policy.ts';
import { ACCOUNT, DIRECT, grantLevels, ROLE } from '../compile/principal.ts';
import type { PolicySet } from '../lookup/policy-set.ts';
import { RequestView } from '../match/request-view.ts';
import { statementApplies } from '../match/statement-match.ts';
import type { AuthorizationRequest, Decision, LayerName, PrincipalFacts, StatementRef } from '../model.ts';
import type { Layers, Level } from './layers.ts';

const NOTHING: readonly StatementRef[] = Object.freeze([]);
const FAILED: Decision = Object.freeze({ effect: 'deny', reason: 'error', matched: NOTHING });

/** Decides one request. Never throws: whatever goes wrong is `{ effect: 'deny', reason: 'error' }`. */
export function evaluate(request: AuthorizationRequest, layers: Layers): Decision {
  try {
    return decide(new RequestView(request, layers.boundary !== undefined), layers);
  } catch {
    return FAILED;
  }
}

/** Callers that stand outside every account: no service control policy, no identity policy (1.9 steps 1 and 7). */
export function isOutsideAccounts(principal: PrincipalFacts): boolean {
  return principal.kind === 'anonymous' || principal.kind === 'service' || principal.kind === 'federated-identity';
}

/** The RCP and SCP levels that count for the caller (1.9 step 1). Management accounts are the caller's business. */
export function rcpLevels(layers: Layers, principal: PrincipalFacts): readonly Level[] | undefined {
  return principal.isServiceLinkedRole ? undefined : layers.rcp;
}

export function scpLevels(layers: Layers, principal: PrincipalFacts): readonly Level[] | undefined {
  return principal.isServiceLinkedRole || isOutsideAccounts(principal) ? undefined : layers.scp;
}

function decide(view: RequestView, layers: Layers): Decision {
  const rcp = rcpLevels(layers, view.principal);
  const scp = scpLevels(layers, view.principal);
  const denied =
    (rcp && denyOfLevels('rcp', rcp, view)) ??
    (scp && denyOfLevels('scp', scp, view)) ??
    denyOf('endpoint', layers.endpoint, view) ??
    denyOf('resource', layers.resource, view) ??
    denyOf('identity', layers.identity, view) ??
    denyOf('boundary', layers.boundary, view) ??
    denyOf('session', layers.session, view);
  if (denied) return denied;
  const silent = (rcp && silenceOfLevels('rcp', rcp, view)) ?? (scp && silenceOfLevels('scp', scp, view));
  if (silent) return silent;
  if (layers.endpoint && !firstAllow(layers.endpoint, view)) return implicitDeny('endpoint');
  return decideGrant(view, layers);
}

/** Steps 6 to 9: who has to grant. */
function decideGrant(view: RequestView, layers: Layers): Decision {
  const grants = layers.resource ? resourceGrants(layers.resource, view) : NO_GRANTS;
  if (isOutsideAccounts(view.principal)) {
    return grants.levels & DIRECT ? allowBy('resource', grants.statements) : implicitDeny('resource');
  }
  if (!view.sameAccount) {
    return grants.levels === 0 ? implicitDeny('resource') : decideIdentity(view, layers, grants.statements);
  }
  if (grants.levels & DIRECT) return allowBy('resource', grants.statements);
  if (grants.levels & ROLE) {
    // A role's grant is part of the role, so what limits the role's session limits the grant too.
    return denyOfLimits(view, layers) ?? allowBy('resource', grants.statements);
  }
  if (layers.resourceTrust !== 'explicit') return decideIdentity(view, layers, []);
  return grants.levels & ACCOUNT ? decideIdentity(view, layers, grants.statements) : implicitDeny('resource');
}

/** Identity and boundary and session policies, all that exist, on top of what the resource policy granted. */
function decideIdentity(view: RequestView, layers: Layers, granted: readonly CompiledStatement[]): Decision {
  const isRoot = view.principal.kind === 'root';
  const allow = isRoot || layers.identity === undefined ? undefined : firstAllow(layers.identity, view);
  if (!isRoot && !allow) return implicitDeny('identity');
  const denied = denyOfLimits(view, layers);
  if (denied) return denied;
  const decision = allowBy('identity', allow ? [...granted, allow] : granted);
  return isRoot ? { ...decision, impliedBy: 'root-user' } : decision;
}

/** Boundary and session policies: undefined when none of them is in the way. */
function denyOfLimits(view: RequestView, layers: Layers): Decision | undefined {
  const { kind } = view.principal;
  if (layers.boundary && kind !== 'root' && !firstAllow(layers.boundary, view)) return implicitDeny('boundary');
  if (layers.session) return firstAllow(layers.session, view) ? undefined : implicitDeny('session');
  // GetFederationToken without a session policy: only direct grants of resource policies remain (1.9 notes).
  return kind === 'federated-user' ? implicitDeny('session') : undefined;
}

interface Grants {
  /** Bits DIRECT, ROLE, ACCOUNT. */
  readonly levels: number;
  readonly statements: readonly CompiledStatement[];
}
const NO_GRANTS: Grants = { levels: 0, statements: [] };

/** Collects until a direct grant is found: no other level can add to it. */
function resourceGrants(set: PolicySet, view: RequestView): Grants {
  let levels = 0;
  const statements: CompiledStatement[] = [];
  const direct = set.findAllow(view, (statement, _, isCertain) => {
    if (!statementApplies(statement, view, isCertain)) return false;
    const added = levelsOfGrant(statement, view);
    if ((levels | added) !== levels) statements.push(statement);
    levels |= added;
    return (levels & DIRECT) !== 0;
  });
  return direct ? { levels, statements: [direct] } : { levels, statements };
}

/** The levels at which an applying Allow of a resource policy names the caller. */
export function levelsOfGrant(statement: CompiledStatement, view: RequestView): number {
  return statement.principal ? grantLevels(statement.principal, view.principal) : 0;
}

function firstAllow(set: PolicySet, view: RequestView): CompiledStatement | undefined {
  return set.findAllow(view, statementApplies);
}

function denyOf(layer: LayerName, set: PolicySet | undefined, view: RequestView): Decision | undefined {
  const statement = set?.findDeny(view, statementApplies);
  return statement && { effect: 'deny', reason: 'explicit-deny', layer, matched: [statement.ref] };
}

function denyOfLevels(layer: 'rcp' | 'scp', levels: readonly Level[], view: RequestView): Decision | undefined {
  for (const level of levels) {
    const denied = denyOf(layer, level.set, view);
    if (denied) return { ...denied, level: { id: level.id, name: level.name } };
  }
  return undefined;
}

/** Every level must allow: the first that does not, denies by silence. */
function silenceOfLevels(layer: 'rcp' | 'scp', levels: readonly Level[], view: RequestView): Decision | undefined {
  for (const level of levels) {
    if (!firstAllow(level.set, view)) return { ...implicitDeny(layer), level: { id: level.id, name: level.name } };
  }
  return undefined;
}

function implicitDeny(layer: LayerName): Decision {
  return { effect: 'deny', reason: 'implicit-deny', layer, matched: NOTHING };
}

function allowBy(layer: LayerName, statements: readonly CompiledStatement[]): Decision {
  return { effect: 'allow', reason: 'allow', layer, matched: statements.map((statement) => statement.ref) };
}
