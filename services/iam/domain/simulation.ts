/**
 * One simulated action, decided and explained by the evaluator that decides requests. What it says of a layer is what
 * the evaluator says of it; nothing is judged here.
 */
import { parseArn } from '../../../platform/contract/arn.ts';
import {
  type AuthorizationRequest,
  buildPolicySet,
  type CompiledPolicy,
  type ContextMap,
  type Decision,
  type Explanation,
  explain,
  type Layers,
  type Level,
  type PrincipalFacts,
  type StatementRef,
} from '../../../policies/engine/index.ts';
import { ContextKeySpelling } from './context-key-spelling.ts';

/** What is the same for every action and resource of a simulation. */
export interface Simulation {
  /** Undefined: nobody in particular, a principal of the account that owns the resource. */
  caller: PrincipalFacts | undefined;
  /** Owner of resources whose ARN has no account; default: the account of the caller. */
  owner: string | undefined;
  identity: readonly CompiledPolicy[];
  boundary?: readonly CompiledPolicy[] | undefined;
  session?: readonly CompiledPolicy[] | undefined;
  resource?: CompiledPolicy | undefined;
  scp?: readonly Level[] | undefined;
  /** By the account that owns the resource. */
  rcp?: ((accountId: string) => readonly Level[] | undefined) | undefined;
  context(resourceAccount: string | undefined, action: string, resource: string): ContextMap;
}

export type Verdict = 'allowed' | 'explicitDeny' | 'implicitDeny';

export interface ResourceResult {
  resource: string;
  verdict: Verdict;
  statements: readonly StatementRef[];
  missing: readonly string[];
  details?: Record<string, Verdict>;
  allowedByBoundary?: boolean;
  allowedByOrganization?: boolean;
}

/** Answers undefined for a request that the evaluator cannot read. */
export type Simulator = (action: string, resource: string) => ResourceResult | undefined;

export function simulatorOf(simulation: Simulation): Simulator {
  const { identity, boundary, session, resource: resourcePolicy, scp } = simulation;
  const fixed: Layers = {
    ...(scp && { scp }),
    identity: buildPolicySet(identity),
    ...(boundary && { boundary: buildPolicySet(boundary) }),
    ...(session && { session: buildPolicySet(session) }),
    ...(resourcePolicy && { resource: buildPolicySet([resourcePolicy]) }),
  };
  const spelling = new ContextKeySpelling(policiesOf(simulation));
  return (action, resource) => {
    const { request, caller, owner } = requestOf(simulation, action, resource);
    const rcp = owner === undefined ? undefined : simulation.rcp?.(owner);
    const layers: Layers = {
      ...fixed,
      ...(rcp && { rcp }),
      resourceTrust: resourcePolicy && needsTrust(action, resource, resourcePolicy) ? 'explicit' : 'normal',
    };
    const explanation = explain(request, layers);
    const { decision } = explanation;
    if (decision.reason === 'error') return undefined;
    const crossesAccounts = owner !== undefined && owner !== caller.accountId;
    return {
      resource,
      verdict: verdictOf(decision.reason),
      statements: decidingStatements(explanation),
      missing: spelling.of(explanation.missingContextKeys),
      ...detailsOf(explanation, resource, crossesAccounts),
      ...(boundary && { allowedByBoundary: outcomes(explanation, 'boundary').includes('allow') }),
      ...((scp || rcp) && { allowedByOrganization: organizationAllows(explanation) }),
    };
  };
}

/** Every policy that takes part, whatever the account of the resource. */
export function policiesOf({ identity, boundary, session, resource, scp }: Simulation): CompiledPolicy[] {
  return [
    ...identity,
    ...(boundary ?? []),
    ...(session ?? []),
    ...(resource ? [resource] : []),
    ...(scp ?? []).flatMap((level) => level.set.policies),
  ];
}

function requestOf(simulation: Simulation, action: string, resource: string) {
  const named = parseArn(resource)?.accountId;
  const inArn = named !== undefined && /^\d{12}$/.test(named) ? named : undefined;
  const owner = inArn ?? simulation.owner ?? simulation.caller?.accountId;
  const caller: PrincipalFacts = simulation.caller ?? { kind: 'user', arn: 'nobody', accountId: owner ?? '' };
  const request: AuthorizationRequest = {
    principal: caller,
    action,
    resource,
    resourceAccount: owner ?? '',
    context: simulation.context(owner, action, resource),
  };
  return { request, caller, owner };
}

/** The policy of a key or of a role must name the account before identity policies count (spec iam 1.9 step 8). */
function needsTrust(action: string, resource: string, { source }: CompiledPolicy): boolean {
  if (source.kind === 'trust') return true;
  return action.toLowerCase().startsWith('kms:') && parseArn(resource)?.resource.startsWith('key/') === true;
}

export function verdictOf(reason: Decision['reason'] | 'allow'): Verdict {
  return reason === 'allow' ? 'allowed' : reason === 'explicit-deny' ? 'explicitDeny' : 'implicitDeny';
}

/** One verdict for several resources: allowed only where all are. */
export function overall(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('explicitDeny')) return 'explicitDeny';
  return verdicts.includes('implicitDeny') ? 'implicitDeny' : 'allowed';
}

/** Every Deny that applies, or what was needed for the Allow; silence has no statement. */
function decidingStatements({ decision, layers, explicitDenies }: Explanation): readonly StatementRef[] {
  if (decision.reason === 'explicit-deny') return explicitDenies;
  if (decision.reason !== 'allow') return [];
  const granting = new Set(['resource', 'identity', 'boundary', 'session']);
  return layers.flatMap(({ layer, allows }) => (granting.has(layer) ? allows : []));
}

function outcomes({ layers }: Explanation, wanted: 'identity' | 'resource' | 'boundary') {
  return layers.filter(({ layer }) => layer === wanted).map(({ outcome }) => outcome);
}

function organizationAllows({ layers }: Explanation): boolean {
  return layers.every(({ layer, outcome }) => (layer !== 'scp' && layer !== 'rcp') || outcome === 'allow');
}

/** As AWS: empty within one account, absent without a resource and where a guardrail ended the simulation. */
function detailsOf(
  explanation: Explanation,
  resource: string,
  crossesAccounts: boolean,
): { details?: Record<string, Verdict> } {
  if (resource === '*' || !organizationAllows(explanation)) return {};
  if (!crossesAccounts) return { details: {} };
  const says = (layer: 'identity' | 'resource') => verdictOf(outcomes(explanation, layer)[0] ?? 'implicit-deny');
  return { details: { 'IAM Policy': says('identity'), 'Resource Policy': says('resource') } };
}
