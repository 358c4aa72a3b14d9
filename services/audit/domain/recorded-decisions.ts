/**
 * The decisions of one record, one by one: what the caller was checked for, and what was asked about others. Tolerates
 * records of older writers, as `decisionView` does.
 */
import {
  askedDecision,
  boundLevel,
  check,
  list,
  object,
  optional,
  parse,
  policies,
  principal,
  text,
} from './decision.ts';

interface BoundLevel {
  Id: string;
  Policies: string[];
}

/** The policies that bound a decision. */
export interface RecordedStack {
  /** Of the principal. */
  AccountId: string;
  Policies: string[];
  PrincipalLevels?: BoundLevel[];
  ResourceLevels?: BoundLevel[] | undefined;
}

/** None when the text is no record, or the policies were not asked. */
export function recordedDecisions(record: string) {
  const root = object(parse(record));
  const EventId = text(root.eventID);
  const decision = object(object(root.x).decision);
  if (EventId === undefined) return [];
  const scp = object(decision.organization).scp;
  const event = { EventId, EventName: text(root.eventName) ?? '' };
  // The subjects of Authorize are of the caller's account, so the same levels bind them.
  const levels = optional('PrincipalLevels', scp === undefined ? undefined : list(scp).map(boundLevel));
  const bound = (
    { AccountId = '' }: { AccountId?: string },
    Policies: string[],
    ResourceLevels: RecordedStack['ResourceLevels'],
  ): RecordedStack => ({
    AccountId,
    Policies,
    ...levels,
    ...optional('ResourceLevels', ResourceLevels),
  });
  const identity = object(root.userIdentity);
  const caller = principal(identity);
  const issuer = issuerOf(identity);
  const { Policies } = policies(decision);
  const shared = object(decision.context);
  const checks = list(decision.checks).map((item) => {
    const { ResourceLevels, ...question } = check(item);
    return {
      ...event,
      ...question,
      Context: { ...shared, ...question.Context },
      Principal: caller,
      ...optional('Issuer', issuer),
      Asked: false,
      stack: bound(caller, Policies, ResourceLevels),
    };
  });
  const asked = list(decision.asked).map((item) => {
    const { Observed: _, PolicyVersion: __, Policies: own, ResourceLevels, ...question } = askedDecision(item);
    return {
      ...event,
      ...question,
      // Who asks about itself does so within its session.
      ...optional('Issuer', question.Principal.Arn === caller.Arn ? issuer : undefined),
      Asked: true,
      ...optional('Given', givenWith(object(root.requestParameters), question)),
      stack: bound(question.Principal, own, ResourceLevels),
    };
  });
  return [...checks, ...asked];
}

/** Each different stack once, in the order of appearance. */
export class Stacks {
  readonly list: RecordedStack[] = [];
  private readonly places = new Map<string, number>();

  placeOf(stack: RecordedStack): number {
    const key = JSON.stringify([
      stack.AccountId,
      stack.Policies,
      stack.PrincipalLevels ?? null,
      stack.ResourceLevels ?? null,
    ]);
    const known = this.places.get(key);
    if (known !== undefined) return known;
    this.places.set(key, this.list.length);
    return this.list.push(stack) - 1;
  }
}

function issuerOf(identity: Record<string, unknown>): { Arn: string; PrincipalId: string } | undefined {
  const issuer = object(object(identity.sessionContext).sessionIssuer);
  const arn = text(issuer.arn);
  return arn === undefined ? undefined : { Arn: arn, PrincipalId: text(issuer.principalId) ?? '' };
}

interface Question {
  Action: string;
  Resource: string;
  Principal: { Arn?: string | undefined };
}

/** The policy that was given with a question. Undefined where several questions of a batch look the same and differ. */
function givenWith(parameters: Record<string, unknown>, question: Question): { ResourcePolicy?: string } | undefined {
  const items = Array.isArray(parameters.Items) ? parameters.Items.map(object) : [parameters];
  const alike = items.filter(
    (item) =>
      item.Action === question.Action &&
      item.Resource === question.Resource &&
      (item.Principal === undefined || item.Principal === question.Principal.Arn),
  );
  const policies = new Set(alike.map((item) => text(item.ResourcePolicy)));
  if (policies.size !== 1) return undefined;
  const [policy] = policies;
  return policy === undefined ? {} : { ResourcePolicy: policy };
}
