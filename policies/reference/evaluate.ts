/**
 * The reference evaluator: iam.md part 1 written down as plainly as possible. No index, no compilation, no caches, no
 * early exits that are not in the specification. It is the oracle of the engine's differential tests and shares only
 * the parsed document and the type declarations with it. Not for production: it is slow on purpose.
 */
import type {
  AuthorizationRequest,
  LayerName,
  PatternElement,
  PolicyDocument,
  PolicyKind,
  PrincipalElement,
  PrincipalName,
  Statement,
} from '../engine/index.ts';
import { conditionsAreTrue } from './conditions.ts';
import { arnSegments, globMatches, type Piece, parsePattern, splitAtColons } from './patterns.ts';

export interface ReferencePolicy {
  readonly document: PolicyDocument;
  readonly kind: PolicyKind;
  /** ARN to unique id, for documents whose principals were bound; a name without an id then matches nobody. */
  readonly boundIds?: ReadonlyMap<string, string>;
}
export interface ReferenceLevel {
  readonly id: string;
  readonly policies: readonly ReferencePolicy[];
}
export interface ReferenceLayers {
  readonly rcp?: readonly ReferenceLevel[];
  readonly scp?: readonly ReferenceLevel[];
  readonly endpoint?: readonly ReferencePolicy[];
  readonly resource?: readonly ReferencePolicy[];
  readonly resourceTrust?: 'normal' | 'explicit';
  readonly identity?: readonly ReferencePolicy[];
  readonly boundary?: readonly ReferencePolicy[];
  readonly session?: readonly ReferencePolicy[];
}
export interface ReferenceDecision {
  readonly effect: 'allow' | 'deny';
  readonly reason: 'explicit-deny' | 'implicit-deny' | 'allow' | 'error';
  readonly layer?: LayerName;
  readonly levelId?: string;
}

type PrincipalLevel = 'direct' | 'role' | 'account';

/** What one layer, or one level of it, has to say about the request. */
interface Verdict {
  readonly layer: LayerName;
  readonly levelId?: string;
  readonly denies: boolean;
  readonly allows: boolean;
  /** The levels at which its applying Allow statements name the caller. */
  readonly grants: ReadonlySet<PrincipalLevel>;
}

/** Decides one request (iam.md 1.9). */
export function referenceEvaluate(request: AuthorizationRequest, layers: ReferenceLayers): ReferenceDecision {
  const { principal } = request;
  const outside = ['anonymous', 'service', 'federated-identity'].includes(principal.kind);
  const exempt = principal.isServiceLinkedRole === true;
  const hasBoundary = layers.boundary !== undefined || principal.hasBoundary === true;

  // Step 1.
  const verdict = (layer: LayerName, policies: readonly ReferencePolicy[], levelId?: string) => ({
    ...readLayer(policies, request, hasBoundary),
    layer,
    ...(levelId !== undefined && { levelId }),
  });
  const rcp = (exempt ? [] : (layers.rcp ?? [])).map((level) => verdict('rcp', level.policies, level.id));
  const scp = (exempt || outside ? [] : (layers.scp ?? [])).map((level) => verdict('scp', level.policies, level.id));
  const endpoint = layers.endpoint && verdict('endpoint', layers.endpoint);
  const resource = verdict('resource', layers.resource ?? []);
  const identity = verdict('identity', layers.identity ?? []);
  const boundary = layers.boundary && verdict('boundary', layers.boundary);
  const session = layers.session && verdict('session', layers.session);

  // Step 2.
  for (const part of [...rcp, ...scp, endpoint, resource, identity, boundary, session]) {
    if (part?.denies) return denial('explicit-deny', part);
  }
  // Steps 3 to 5.
  for (const part of [...rcp, ...scp, endpoint]) {
    if (part && !part.allows) return denial('implicit-deny', part);
  }
  const byResource: ReferenceDecision = { effect: 'allow', reason: 'allow', layer: 'resource' };
  // Step 7.
  if (outside) return resource.grants.has('direct') ? byResource : denial('implicit-deny', resource);
  // Boundary and session policies; a federated session without a policy of its own has no permissions.
  const isRoot = principal.kind === 'root';
  const limit = (): ReferenceDecision | undefined => {
    if (boundary && !boundary.allows && !isRoot) return denial('implicit-deny', boundary);
    if (session && !session.allows) return denial('implicit-deny', session);
    if (!session && principal.kind === 'federated-user')
      return { effect: 'deny', reason: 'implicit-deny', layer: 'session' };
    return undefined;
  };
  // Step 6 inside: the root user needs no identity policy.
  const byIdentity = (): ReferenceDecision => {
    if (!identity.allows && !isRoot) return denial('implicit-deny', identity);
    return limit() ?? { effect: 'allow', reason: 'allow', layer: 'identity' };
  };
  // Step 9.
  if (!isSameAccount(request)) return resource.grants.size === 0 ? denial('implicit-deny', resource) : byIdentity();
  // Step 8.
  if (resource.grants.has('direct')) return byResource;
  if (resource.grants.has('role')) return limit() ?? byResource;
  const needsTrust = layers.resourceTrust === 'explicit' && !resource.grants.has('account');
  return needsTrust ? denial('implicit-deny', resource) : byIdentity();
}

function denial(reason: 'explicit-deny' | 'implicit-deny', { layer, levelId }: Verdict): ReferenceDecision {
  return { effect: 'deny', reason, layer, ...(levelId !== undefined && { levelId }) };
}

/** An ARN without an account, and `*`, count as the caller's own. */
function isSameAccount(request: AuthorizationRequest): boolean {
  const segments = request.resource.split(':');
  const owner = request.resourceAccount ?? (segments.length >= 6 ? segments[4] : '');
  return owner === '' || owner === request.principal.accountId;
}

function readLayer(
  policies: readonly ReferencePolicy[],
  request: AuthorizationRequest,
  hasBoundary: boolean,
): Pick<Verdict, 'denies' | 'allows' | 'grants'> {
  let denies = false;
  let allows = false;
  const grants = new Set<PrincipalLevel>();
  for (const policy of policies) {
    for (const statement of policy.document.statements) {
      if (!referenceApplies(statement, policy, request, hasBoundary)) continue;
      if (statement.effect === 'Deny') denies = true;
      else allows = true;
      if (statement.effect === 'Deny' || !statement.principal) continue;
      if (statement.principal.negated) grants.add('direct');
      else for (const level of namedAt(statement.principal, policy, request)) grants.add(level);
    }
  }
  return { denies, allows, grants };
}

/** Whether one statement applies (iam.md 1.1). */
export function referenceApplies(
  statement: Statement,
  policy: ReferencePolicy,
  request: AuthorizationRequest,
  hasBoundary: boolean,
): boolean {
  const withVariables = policy.document.version === '2012-10-17';
  return (
    elementApplies(statement.action, (pattern) => actionMatches(pattern, request)) &&
    principalApplies(statement, policy, request, hasBoundary) &&
    (statement.resource === undefined ||
      elementApplies(statement.resource, (pattern) => resourceMatches(pattern, policy.kind, withVariables, request))) &&
    conditionsAreTrue(statement.conditions, withVariables, request.context)
  );
}

function elementApplies(element: PatternElement, matches: (pattern: string) => boolean): boolean {
  const some = element.patterns.some((pattern) => matches(pattern.value));
  return element.negated ? !some : some;
}

function actionMatches(pattern: string, { action, context }: AuthorizationRequest): boolean {
  if (pattern === '*' || pattern === '*:*') return true;
  return globMatches(parsePattern(canonical(pattern), true, false), canonical(action), context);
}

const ALIASES: Readonly<Record<string, string>> = { ccms: 'secretsmanager', pca: 'acm-pca', org: 'organizations' };

function canonical(action: string): string {
  const lower = action.toLowerCase();
  const service = lower.slice(0, lower.indexOf(':'));
  return (ALIASES[service] ?? service) + lower.slice(service.length);
}

function resourceMatches(
  text: string,
  kind: PolicyKind,
  withVariables: boolean,
  request: AuthorizationRequest,
): boolean {
  const pieces = parsePattern(text, true, withVariables);
  if (pieces.length > 0 && pieces.every((piece) => piece.type === 'star')) return true;
  const actual = arnSegments(request.resource);
  if (!actual) return false;
  const wanted = splitAtColons(pieces);
  const isShort = wanted.length < 6;
  const hasWildcard = pieces.some((piece) => piece.type === 'star' || piece.type === 'one');
  if (isShort && (kind === 'resource' || kind === 'endpoint') && !hasWildcard) return false;
  while (wanted.length < 6) wanted.push([{ type: 'star' }]);
  if (wildcardInTypeWord(wanted[5] ?? []) && TYPED.includes(actual[2] ?? '')) return false;
  return wanted.every((part, index) => globMatches(part, actual[index] ?? '', request.context));
}

const TYPED = 'iam sts kms secretsmanager acm-pca organizations authz audit ccms pca org'.split(' ');

function wildcardInTypeWord(resource: readonly Piece[]): boolean {
  if (resource.every((piece) => piece.type === 'star')) return false;
  for (const piece of resource) {
    if (piece.type === 'star' || piece.type === 'one') return true;
    if (piece.type === 'variable' || piece.character === '/' || piece.character === ':') return false;
  }
  return false;
}

function principalApplies(
  statement: Statement,
  policy: ReferencePolicy,
  request: AuthorizationRequest,
  hasBoundary: boolean,
): boolean {
  if (!statement.principal) return policy.kind !== 'resource';
  const named = namedAt(statement.principal, policy, request);
  if (!statement.principal.negated) return named.size > 0;
  if (statement.effect === 'Allow') return named.size === 0;
  if (hasBoundary) return true;
  if (statement.principal.names.some((name) => name.type === 'AWS' && name.value === '*')) return false;
  if (request.principal.kind === 'assumed-role') return named.size < 3;
  if (request.principal.kind === 'federated-user') return !(named.has('direct') && named.has('account'));
  return named.size === 0;
}

/** The levels at which the element names the caller (iam.md 1.6). */
function namedAt(
  element: PrincipalElement,
  policy: ReferencePolicy,
  request: AuthorizationRequest,
): Set<PrincipalLevel> {
  const levels = element.names.map((name) => levelOf(name, policy, request));
  return new Set(levels.filter((level) => level !== undefined));
}

function levelOf(
  { type, value }: PrincipalName,
  policy: ReferencePolicy,
  request: AuthorizationRequest,
): PrincipalLevel | undefined {
  const caller = request.principal;
  const isSession = caller.kind === 'assumed-role' || caller.kind === 'federated-user';
  const idFits = () => policy.boundIds === undefined || sameKnown(policy.boundIds.get(value), caller.uniqueId);
  const nameFits = (arn: string | undefined) => (policy.boundIds ? idFits() : value === arn);
  if (type === 'CanonicalUser') return undefined;
  if (type === 'Service') {
    return caller.kind === 'service' && (value === caller.arn || value === '*') ? 'direct' : undefined;
  }
  if (type === 'Federated') {
    const isCaller = caller.kind === 'federated-identity';
    return isCaller && (value === caller.federatedProvider || value === '*') ? 'direct' : undefined;
  }
  if (value === '*') return 'direct';
  if (/^[0-9]{12}$/.test(value)) return value === caller.accountId ? 'account' : undefined;
  if (!value.startsWith('arn:')) {
    if (value !== caller.uniqueId) return undefined;
    return caller.kind === 'user' ? 'direct' : 'role';
  }
  const [, partition, , , account, ...rest] = value.split(':');
  const name = rest.join(':');
  if (name === 'root') {
    return account === caller.accountId && partition === caller.arn.split(':')[1] ? 'account' : undefined;
  }
  if (name.startsWith('user/') && caller.kind === 'user') return nameFits(caller.arn) ? 'direct' : undefined;
  if (name.startsWith('user/') && caller.kind === 'federated-user')
    return nameFits(caller.userArn) ? 'role' : undefined;
  if (name.startsWith('role/') && caller.kind === 'assumed-role') return nameFits(caller.roleArn) ? 'role' : undefined;
  const sessionArn = caller.sessionArn ?? caller.arn;
  return isSession && value === sessionArn && idFits() ? 'direct' : undefined;
}

function sameKnown(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && a === b;
}
