/**
 * One decision for an application. From memory only: the compiled principal, the namespaces of the account and the
 * compiled resource policy; the full explanation is made for denials and on request.
 */

import {
  type CheckResult,
  decidedFrom,
  deniedSentence,
  isAllowed,
  judge,
  layersOf,
  principalFacts,
} from '../../../../platform/authz/authorize.ts';
import { addOwner, addPlace, type Context } from '../../../../platform/authz/context.ts';
import { type OrganizationFacts, visibleTo } from '../../../../platform/authz/visible-organization.ts';
import { parseArn } from '../../../../platform/contract/arn.ts';
import type { ErrorDetails, ServiceError } from '../../../../platform/contract/error.ts';
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call } from '../../../../platform/runtime/call.ts';
import {
  type AuthorizationRequest,
  type Decision,
  type Explanation,
  explain,
  type Layers,
  type PolicySet,
  type StatementRef,
} from '../../../../policies/engine/index.ts';
import type { IamDeps } from '../../deps.ts';
import { buildContext, type ContextInput } from '../../domain/authorize-context.ts';
import { isKnownAction, nearestAction } from '../../domain/known-actions.ts';
import type { Definition } from '../../domain/namespace.ts';
import { reachOf } from '../projects/reach.ts';
import { type GrantedSecrets, grantedSecrets } from './granted-secrets.ts';
import { type KnownResources, knownResources } from './resource-facts.ts';
import { compileGiven, GIVEN_POLICY } from './resource-policies.ts';
import { type Subject, subjectFactsOf } from './subject.ts';

export interface Question {
  Action: string;
  Resource: string;
  Context?: ContextInput | undefined;
  ResourceTags?: Record<string, string> | undefined;
  ResourcePolicy?: string | undefined;
}

export interface Answer {
  Decision: 'Allow' | 'Deny';
  Reason: Decision['reason'];
  Layers: { Layer: string; Outcome: string; Statements: ReturnType<typeof showStatement>[] }[];
  Message: string;
  MissingContextKeys: string[];
}

export interface Problem {
  code: 'Validation' | 'MalformedPolicyDocument' | 'Unavailable';
  message: string;
  hint?: string;
  details?: ErrorDetails;
}

export interface Asking {
  now: number;
  /** What our services know of the resources that are asked about. */
  known: KnownResources;
  /** What owners of secrets granted to principals of the asker's account. */
  granted: GrantedSecrets;
  namespaces: ReadonlyMap<string, Definition>;
  /** As far as the asker may know it. */
  organization: OrganizationFacts;
}

/** What every question of a call about these resources is answered from. */
export async function askingOf(call: Call<AnyOperation>, deps: IamDeps, resources: Iterable<string>): Promise<Asking> {
  const { accountId } = call.caller;
  const asked = [...resources];
  return {
    now: call.now,
    known: await knownResources(call, deps, asked),
    granted: await grantedSecrets(accountId, deps, asked),
    namespaces: await deps.namespaces.of(accountId),
    organization: visibleTo(accountId, call.organization),
  };
}

/** A question as the evaluator takes it. */
export interface Asked {
  request: AuthorizationRequest;
  /** Without those of the organization: `judge` adds them. */
  layers: Layers;
  /** Of the owner of a secret, to the subject. */
  grants?: PolicySet;
}

export function decide(
  deps: IamDeps,
  subject: Subject,
  question: Question,
  asking: Asking,
  explained: boolean,
): { answer: Answer; check: CheckResult } | Problem {
  const asked = askedOf(deps, subject, question, asking);
  if ('code' in asked) return asked;
  const check = judgeAsked(asked, asking);
  return { answer: answerOf(check, asked, asking, explained), check };
}

export function judgeAsked(asked: Asked, { organization }: Asking) {
  return judge(asked.request, asked.layers, organization, { ...asked, boundaryLimitsGrants: true });
}

/** The request that the question is about, with the policies of its subject and its resource. */
export function askedOf(deps: IamDeps, subject: Subject, question: Question, asking: Asking): Asked | Problem {
  const actions = { catalogue: deps.catalogue, namespaces: asking.namespaces };
  if (!isKnownAction(question.Action, actions))
    return unknownAction(question.Action, nearestAction(question.Action, actions));
  const given = question.ResourcePolicy === undefined ? undefined : compileGiven(question.ResourcePolicy, deps.limits);
  if (given && 'message' in given)
    return { code: 'MalformedPolicyDocument', message: given.message, details: { findings: given.findings } };

  const { principal, caller } = subject;
  const resourceAccount = accountOf(question.Resource) ?? caller.accountId;
  const known = asking.known.get(question.Resource);
  const granted = asking.granted.get(question.Resource);
  if (known === 'unknown' || granted === 'unknown') return unknownFacts(question.Resource);
  const context = buildContext(
    subjectFactsOf(subject),
    {
      tags: known?.tags ?? question.ResourceTags,
      places: placesOf(asking.organization, caller.accountId, resourceAccount),
      ...reachOf(question.Action, question.Resource),
      ...(known && { project: known.project, isKnown: true, tagPrefix: known.tagPrefix }),
    },
    question.Context,
    { now: asking.now, region: deps.settings.region },
  );
  if (!context.ok) return wrong('Context', context.message, context.key);
  return {
    request: {
      principal: principalFacts(caller, principal),
      action: question.Action,
      resource: question.Resource,
      resourceAccount,
      context: context.context,
    },
    layers: layersOf(principal, {
      resource: question.Resource,
      ...(given && { policy: given.set, trust: trustOf(question) }),
    }),
    ...(granted && { grants: granted }),
  };
}

/** A key policy that is known must name the account before identity policies count (spec iam 1.9 step 8). */
function trustOf(question: Question): 'normal' | 'explicit' {
  return question.Action.toLowerCase().startsWith('kms:') && parseArn(question.Resource)?.resource.startsWith('key/')
    ? 'explicit'
    : 'normal';
}

function accountOf(resource: string): string | undefined {
  const accountId = parseArn(resource)?.accountId;
  return accountId !== undefined && /^\d{12}$/.test(accountId) ? accountId : undefined;
}

/** Keys that only the platform knows: where the accounts of subject and resource stand. */
function placesOf(organization: OrganizationFacts, accountId: string, resourceAccount: string) {
  const context: Context = new Map();
  addPlace(context, 'aws:principal', accountId, organization);
  addOwner(context, resourceAccount, organization);
  return context;
}

function answerOf(check: CheckResult, asked: Asked, { organization }: Asking, explained: boolean): Answer {
  const { decision } = check;
  const allowed = isAllowed(check);
  const from = decidedFrom(check, asked.layers);
  const full = !allowed || explained ? explain(from.request, from.layers) : undefined;
  return {
    Decision: allowed ? 'Allow' : 'Deny',
    Reason: check.ownerState === undefined ? decision.reason : 'implicit-deny',
    Layers: full ? explainedLayers(full) : grantingLayers(decision),
    Message: allowed ? allowSentence(decision) : deniedSentence(check, organization, true),
    MissingContextKeys: [...(full?.missingContextKeys ?? [])],
  };
}

function explainedLayers({ layers }: Explanation): Answer['Layers'] {
  return layers.map((layer) => ({
    Layer: layer.level ? `${layer.layer}:${layer.level.id}` : layer.layer,
    Outcome: layer.outcome,
    Statements: [...layer.denies, ...layer.allows].map(showStatement),
  }));
}

/** What the decision itself knows: the statements it rests on, by the layer they stand in. */
function grantingLayers(decision: Decision): Answer['Layers'] {
  const given = decision.matched.filter((ref) => ref.policyArn === GIVEN_POLICY);
  const others = decision.matched.filter((ref) => ref.policyArn !== GIVEN_POLICY);
  return [
    ...(given.length > 0 ? [{ Layer: 'resource', Outcome: 'allow', Statements: given.map(showStatement) }] : []),
    ...(others.length > 0 || given.length === 0
      ? [{ Layer: decision.layer ?? 'identity', Outcome: 'allow', Statements: others.map(showStatement) }]
      : []),
  ];
}

function showStatement(ref: StatementRef) {
  return {
    PolicyArn: ref.policyArn,
    ...(ref.enterpriseProjectId !== undefined && { EnterpriseProjectId: ref.enterpriseProjectId }),
    ...(ref.version !== undefined && { Version: ref.version }),
    ...(ref.sid !== undefined && { Sid: ref.sid }),
    Index: ref.statementIndex,
    Line: ref.line,
  };
}

export function allowSentence(decision: Decision): string {
  if (decision.impliedBy === 'root-user') return 'allowed because the principal is the root user of the account';
  const [first] = decision.matched;
  if (!first) return 'allowed';
  const name = first.sid === undefined ? `statement ${first.statementIndex}` : `statement ${first.sid}`;
  return `allowed by ${name} of ${first.policyArn}`;
}

function unknownAction(action: string, nearest: string | undefined): Problem {
  const hint = nearest === undefined ? 'register the namespace with RegisterNamespace' : `did you mean ${nearest}`;
  return { ...wrong('Action', `action ${action} is not known`), hint };
}

/** Absence denies, and so does what cannot be known. */
function unknownFacts(resource: string): Problem {
  return {
    code: 'Unavailable',
    message: `denied: which project ${resource} is in and which tags it has cannot be told now`,
    hint: 'ask again; when it stays so, the service that owns the resource is away or holds a damaged row',
  };
}

function wrong(member: string, message: string, key?: string): Problem {
  const path = key === undefined ? [member] : [member, key];
  return { code: 'Validation', message, details: { issues: [{ path, rule: 'custom', message }] } };
}

/** The error of a question that cannot be answered. */
export function failure(call: Call<AnyOperation>, { code, message, hint, details }: Problem): ServiceError {
  return call.fail(code, message, { ...(hint !== undefined && { hint }), ...(details && { details }) });
}
