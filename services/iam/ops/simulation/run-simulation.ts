/**
 * Answers one page of a simulation: every action on every resource. A page ends early when it has cost enough, so that
 * no request keeps the process busy for long; the marker goes on where it ended.
 */
import { addOwner, addPlace, type Context } from '../../../../platform/authz/context.ts';
import { visibleTo } from '../../../../platform/authz/visible-organization.ts';
import type { AnyOperation, InputOf } from '../../../../platform/contract/operation.ts';
import type { Call } from '../../../../platform/runtime/call.ts';
import type { PrincipalFacts } from '../../../../policies/engine/index.ts';
import type { SimulateCustomPolicy } from '../../api/simulation.ts';
import type { IamDeps } from '../../deps.ts';
import { buildContext, type ContextInput, type SubjectFacts } from '../../domain/authorize-context.ts';
import { sourceOf } from '../../domain/policy-source.ts';
import { callerFromArn, ownerAccount } from '../../domain/simulated-caller.ts';
import {
  overall,
  policiesOf,
  type ResourceResult,
  type Simulation,
  type Simulator,
  simulatorOf,
} from '../../domain/simulation.ts';
import { openPage } from '../pages.ts';
import { reachOf } from '../projects/reach.ts';

export type Question = Omit<InputOf<typeof SimulateCustomPolicy>, 'PolicyInputList'>;
type SimulationCall = Call<AnyOperation>;

/** Statements that are looked at for one page; the explanation reads each statement of every layer. */
const MAX_STATEMENTS_PER_PAGE = 1_000_000;
const ACTION = /^[A-Za-z][A-Za-z0-9-]*:[A-Za-z0-9_-]+$/;
const RESOURCE = /^(?:\*|arn:[^:\n]*:[^:\n]*:[^:\n]*:[^:\n]*:[^\n]+)$/;

export function answerSimulation(deps: IamDeps, call: SimulationCall, question: Question, simulation: Simulation) {
  const actions = checkNames(call, 'ActionNames', question.ActionNames, ACTION);
  const given = question.ResourceArns ?? [];
  const resources = checkNames(call, 'ResourceArns', given.length > 0 ? given : ['*'], RESOURCE);
  const { Marker, MaxItems, ...filters } = question;
  const page = openPage(deps, call, { Marker, MaxItems }, filters);
  const first = page.range.after === undefined ? 0 : Number(page.range.after);
  const statements = policiesOf(simulation).reduce((sum, policy) => sum + policy.statements.length, 1);
  const affordable = Math.max(1, Math.floor(MAX_STATEMENTS_PER_PAGE / (statements * resources.length)));
  const last = Math.min(actions.length, first + Math.min(page.limit, affordable));
  const simulate = simulatorOf(simulation);
  return {
    EvaluationResults: actions.slice(first, last).map((action) => evaluationResult(call, simulate, action, resources)),
    IsTruncated: last < actions.length,
    ...(last < actions.length && { Marker: deps.pages.seal(page.scope, String(last)) }),
  };
}

function evaluationResult(call: SimulationCall, simulate: Simulator, action: string, resources: readonly string[]) {
  const results = resources.map((resource) => {
    const result = simulate(action, resource);
    if (!result) throw call.fail('PolicyEvaluation', `action ${action} on ${resource} could not be evaluated`);
    return result;
  });
  const [only] = results as [ResourceResult];
  const one = results.length === 1;
  const named = !one || only.resource !== '*';
  const { allowedByOrganization } = only;
  return {
    EvalActionName: action,
    EvalResourceName: one ? only.resource : '*',
    EvalDecision: overall(results.map((result) => result.verdict)),
    ...(one ? reasonsOf(only) : { MatchedStatements: [] }),
    // As AWS: said of each resource where resources are named.
    MissingContextValues: named ? [] : [...only.missing],
    ...(allowedByOrganization !== undefined && {
      OrganizationsDecisionDetail: {
        AllowedByOrganizations: results.every((result) => result.allowedByOrganization !== false),
      },
    }),
    ResourceSpecificResults: named
      ? results.map((result) => ({
          EvalResourceName: result.resource,
          EvalResourceDecision: result.verdict,
          ...reasonsOf(result),
        }))
      : [],
  };
}

function reasonsOf({ statements, missing, details, allowedByBoundary }: ResourceResult) {
  return {
    MatchedStatements: statements.map(sourceOf),
    MissingContextValues: [...missing],
    ...(details && { EvalDecisionDetails: details }),
    ...(allowedByBoundary !== undefined && {
      PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: allowedByBoundary },
    }),
  };
}

/** Unknown actions are simulated like known ones: policies may be written for services of others. */
function checkNames(
  call: SimulationCall,
  member: string,
  names: readonly string[],
  pattern: RegExp,
): readonly string[] {
  const wrong = names.find((name) => !pattern.test(name));
  if (wrong === undefined) return names;
  const hint =
    member === 'ActionNames' ? 'write service:Name, without wildcards' : 'write an ARN of six segments, or *';
  throw call.fail('InvalidInput', `${member} holds ${wrong}, which names nothing`, { hint });
}

/** What the request says about itself, else what the platform knows. */
export function contextOf(
  deps: IamDeps,
  call: SimulationCall,
  subject: SubjectFacts | undefined,
  question: Question,
): Simulation['context'] {
  const given: Record<string, ContextInput[string]> = {};
  for (const entry of question.ContextEntries ?? []) {
    const { ContextKeyName, ContextKeyValues = [], ContextKeyType = 'string' } = entry;
    if (ContextKeyName === undefined)
      throw call.fail('InvalidInput', 'an entry of ContextEntries has no ContextKeyName');
    if (Object.hasOwn(given, ContextKeyName))
      throw call.fail('InvalidInput', `context key ${ContextKeyName} is given twice`);
    const isList = ContextKeyType.endsWith('List') || ContextKeyValues.length !== 1;
    given[ContextKeyName] = isList ? ContextKeyValues : (ContextKeyValues[0] as string);
  }
  const environment = { now: call.now, region: deps.settings.region };
  return (owner, action, resource) => {
    const places = placesOf(call, subject?.accountId, owner);
    const built = buildContext(subject, { places, ...reachOf(action, resource) }, given, environment, 'believed');
    if (!built.ok) throw call.fail('InvalidInput', built.message);
    return built.context;
  };
}

function placesOf(
  { caller, organization }: SimulationCall,
  principalAccount: string | undefined,
  owner: string | undefined,
): Context {
  const places: Context = new Map();
  const visible = visibleTo(caller.accountId, organization);
  if (principalAccount !== undefined) addPlace(places, 'aws:principal', principalAccount, visible);
  if (owner !== undefined) addOwner(places, owner, visible);
  return places;
}

/** Undefined: nobody is named. */
export function callerOf(call: SimulationCall, question: Question): PrincipalFacts | undefined {
  if (question.CallerArn === undefined) return undefined;
  const caller = callerFromArn(question.CallerArn);
  if (!caller) {
    throw call.fail('InvalidInput', `CallerArn ${question.CallerArn} is not the ARN of a user or a session`, {
      hint: 'name a user, the root user of an account, or a session of a role',
    });
  }
  return caller;
}

export function ownerOf(call: SimulationCall, question: Question): string | undefined {
  if (question.ResourceOwner === undefined) return undefined;
  const owner = ownerAccount(question.ResourceOwner);
  if (owner === undefined) {
    throw call.fail('InvalidInput', `ResourceOwner ${question.ResourceOwner} is not the ARN of an account`, {
      hint: 'write arn:aws:iam::123456789012:root',
    });
  }
  return owner;
}
