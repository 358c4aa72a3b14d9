/**
 * What the policy of a resource may have said about a request: records do not hold it. Resources without a policy of
 * their own have one possibility.
 */
import { parseArn } from '../../../../platform/contract/arn.ts';
import {
  buildPolicySet,
  compilePolicy,
  type Layers,
  type PolicySet,
  type PrincipalFacts,
} from '../../../../policies/engine/index.ts';
import type { RecordedDecision } from './recorded.ts';

const MOST_NAMES = 10_000;

export interface ResourceLayer extends Pick<Layers, 'resource' | 'resourceTrust'> {
  /** Stands for a policy that the record does not hold. */
  isGuess?: true;
}

const NONE: ResourceLayer = { resourceTrust: 'normal' };
/** Resource types that carry a policy, by service. */
const WITH_POLICY: ReadonlyMap<string, readonly string[]> = new Map([
  ['kms', ['key']],
  ['iam', ['role']],
  ['secretsmanager', ['secret']],
  ['acm-pca', ['certificate-authority']],
]);

/** Undefined: resources of the type have no policy; `explicit`: without it nobody may do anything. */
export function trustOf({ Resource, Action }: RecordedDecision): 'normal' | 'explicit' | undefined {
  const arn = parseArn(Resource);
  const [type = ''] = arn?.resource.split(/[/:]/, 1) ?? [];
  if (!arn || !WITH_POLICY.get(arn.service)?.includes(type)) return undefined;
  // The trust policy of a role says who may become it, not who may manage it.
  if (arn.service === 'iam' && !Action.toLowerCase().startsWith('sts:')) return undefined;
  return arn.service === 'kms' || arn.service === 'iam' ? 'explicit' : 'normal';
}

export function resourceLayers(
  recorded: RecordedDecision,
  isAsked: boolean,
  principal: PrincipalFacts,
): readonly ResourceLayer[] {
  const trust = trustOf(recorded);
  const resourceTrust = trust ?? 'normal';
  if (isAsked && recorded.Given) {
    const given = givenPolicy(recorded.Given.ResourcePolicy);
    if (given !== UNREADABLE) return given ? [{ resource: given, resourceTrust }] : [NONE];
  }
  if (!trust && !isAsked) return [NONE];
  const { Reason, Layer, Effect } = recorded;
  const said = (...sets: PolicySet[]) =>
    sets.map((resource): ResourceLayer => ({ resource, resourceTrust, isGuess: true }));
  // Only shortcuts: what cannot have been is also ruled out by asking the evaluator.
  if (Effect === 'allow' && Layer === 'resource') return said(...grants(principal));
  if (Effect === 'allow' && Layer === 'identity') return [NONE, ...said(toAccount(principal.accountId))];
  if (Reason === 'explicit-deny' && Layer === 'resource') return said(DENIES);
  return [NONE, ...said(...possible(principal), DENIES)];
}

/**
 * What a policy that said this says to the same caller with a boundary, or without one any more: Deny with NotPrincipal
 * spares only callers without one (iam.md 1.5).
 */
export function acrossBoundary(
  layer: ResourceLayer,
  principal: PrincipalFacts,
  hasBoundary: boolean,
): readonly ResourceLayer[] {
  if (!layer.isGuess) return [layer];
  if (hasBoundary) return [layer, { ...layer, resource: DENIES }];
  if (layer.resource !== DENIES) return [layer];
  return [layer, ...possible(principal).map((resource) => ({ ...layer, resource }))];
}

function possible(principal: PrincipalFacts): PolicySet[] {
  return [NOTHING, toAccount(principal.accountId), ...grants(principal)];
}

const NOTHING = buildPolicySet([]);
const DENIES = saying('Deny', '*');
const TO_EVERYBODY = saying('Allow', '*');

const UNREADABLE = 'unreadable';
const given = new Map<string, PolicySet | typeof UNREADABLE>();

/** Records cut long documents: what is left cannot be read. */
function givenPolicy(text: string | undefined): PolicySet | typeof UNREADABLE | undefined {
  if (text === undefined) return undefined;
  let set = given.get(text);
  if (!set) {
    if (given.size >= MOST_NAMES) given.clear();
    set = readGiven(text);
    given.set(text, set);
  }
  return set;
}

function readGiven(text: string): PolicySet | typeof UNREADABLE {
  try {
    return buildPolicySet([compilePolicy(text, { arn: 'request:ResourcePolicy', kind: 'resource' })]);
  } catch {
    return UNREADABLE;
  }
}

/** To the caller itself, and to the role behind a session. */
function grants({ roleArn, userArn }: PrincipalFacts): PolicySet[] {
  const entity = roleArn ?? userArn;
  return entity === undefined ? [TO_EVERYBODY] : [TO_EVERYBODY, named(entity)];
}

const toAccount = (accountId: string) => named(accountId);

const byName = new Map<string, PolicySet>();

function named(principal: string): PolicySet {
  let set = byName.get(principal);
  if (!set) {
    if (byName.size >= MOST_NAMES) byName.clear();
    set = saying('Allow', { AWS: principal });
    byName.set(principal, set);
  }
  return set;
}

function saying(Effect: 'Allow' | 'Deny', Principal: string | object): PolicySet {
  const Statement = { Effect, Principal, Action: '*', Resource: '*' };
  return buildPolicySet([compilePolicy({ Version: '2012-10-17', Statement }, { arn: 'gone', kind: 'resource' })]);
}
