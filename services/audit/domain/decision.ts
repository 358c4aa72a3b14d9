/** The decision as its record tells it. Tolerates records of older writers: what is not there is left out. */

export interface DecisionCheckView {
  Action: string;
  Resource: string;
  ResourceAccount?: string;
  Effect: 'allow' | 'deny';
  Reason: string;
  Layer?: string;
  Level?: LevelView;
  OwnerState?: string;
  Statements: StatementView[];
  ResourceLevels?: BoundLevelView[];
  Context: Record<string, unknown>;
}

interface StatementView {
  PolicyArn: string;
  /** Set: a grant in this enterprise project. */
  EnterpriseProjectId?: string;
  Version?: string;
  Sid?: string;
  Index: number;
}

interface LevelView {
  Id: string;
  Name: string;
}

interface BoundLevelView {
  Id: string;
  Policies: string[];
}

type Json = Record<string, unknown>;

/** Undefined when the text is not a record. Members as `GetDecision` answers them. */
export function decisionView(record: string) {
  const root = object(parse(record));
  const eventId = text(root.eventID);
  if (eventId === undefined) return undefined;
  const decision = object(object(root.x).decision);
  const caller = principal(object(root.userIdentity));
  const asked = list(decision.asked).map(askedDecision);
  const [only] = asked.length === 1 ? asked : [];
  return {
    DecisionId: eventId,
    EventId: eventId,
    Time: Date.parse(text(root.eventTime) ?? '') || 0,
    EventSource: text(root.eventSource) ?? '',
    EventName: text(root.eventName) ?? '',
    ...optional('RequestId', text(root.requestID)),
    ...(only ? subjectView(only, caller) : callerView(decision, caller)),
    ...optional('Organization', organization(decision.organization)),
    ...(asked.length > 0 && { Asked: asked }),
    ...optional('ErrorCode', text(root.errorCode)),
    ...optional('Message', text(root.errorMessage)),
    ...optional('RequestParameters', root.requestParameters),
    ...optional('ResponseElements', root.responseElements),
  };
}

/** May the caller do what was requested? */
function callerView(decision: Json, caller: ReturnType<typeof principal>) {
  const checks = list(decision.checks).map(check);
  // The check that decided: the one that was denied, else the first.
  const deciding = checks.find((c) => c.Effect === 'deny') ?? checks[0];
  const effect: 'allow' | 'deny' | 'none' =
    decision.effect === 'allow' || decision.effect === 'deny' ? decision.effect : 'none';
  return {
    Principal: caller,
    ...(deciding && { Action: deciding.Action, Resource: deciding.Resource, Reason: deciding.Reason }),
    ...optional('Layer', deciding?.Layer),
    ...optional('Level', deciding?.Level),
    Effect: effect,
    Context: object(decision.context),
    Checks: checks,
    ...policies(decision),
    ...optional('Observed', observed(decision.observed)),
  };
}

/** May the subject of the question do what was asked about? */
function subjectView(asked: ReturnType<typeof askedDecision>, caller: ReturnType<typeof principal>) {
  const { Principal, Policies, PolicyVersion, Observed, ...only } = asked;
  return {
    ...optional('Observed', Observed),
    Principal,
    AskedBy: caller,
    Action: only.Action,
    Resource: only.Resource,
    Reason: only.Reason,
    ...optional('Layer', only.Layer),
    ...optional('Level', only.Level),
    Effect: only.Effect,
    Context: only.Context,
    Checks: [only],
    Policies,
    ...optional('PolicyVersion', PolicyVersion),
  };
}

export function askedDecision(value: unknown) {
  const item = object(value);
  const subject = object(item.principal);
  const type = subjectType(text(subject.arn) ?? '');
  return {
    ...check(item),
    Principal: principal({ ...subject, type }),
    ...policies(item),
    ...optional('Observed', observed(item.observed)),
  };
}

/** A question is recorded with the ARN of its subject alone. */
function subjectType(arn: string): string {
  if (arn.endsWith(':root')) return 'Root';
  if (arn.includes(':federated-user/')) return 'FederatedUser';
  return arn.includes(':role/') || arn.includes(':assumed-role/') ? 'AssumedRole' : 'IAMUser';
}

export function policies(decision: Json): { Policies: string[]; PolicyVersion?: number } {
  return {
    Policies: list(decision.policies).flatMap((policy) => text(policy) ?? []),
    ...optional('PolicyVersion', typeof decision.policyVersion === 'number' ? decision.policyVersion : undefined),
  };
}

export function principal(identity: Json) {
  const session = object(identity.sessionContext);
  return {
    Type: text(identity.type) ?? 'Unknown',
    ...optional('Arn', text(identity.arn)),
    ...optional('AccountId', text(identity.accountId)),
    ...optional('PrincipalId', text(identity.principalId)),
    ...optional('UserName', text(identity.userName)),
    ...optional('AccessKeyId', text(identity.accessKeyId)),
    ...optional('SessionId', text(session.sessionId)),
    ...optional('SessionIssuer', text(object(session.sessionIssuer).arn)),
    ...optional('SourceIdentity', text(session.sourceIdentity)),
  };
}

export function check(value: unknown): DecisionCheckView {
  const item = object(value);
  return {
    Action: text(item.action) ?? '',
    Resource: text(item.resource) ?? '',
    ...optional('ResourceAccount', text(item.resourceAccount)),
    Effect: item.effect === 'allow' ? 'allow' : 'deny',
    Reason: text(item.reason) ?? '',
    ...optional('Layer', text(item.layer)),
    ...optional('Level', item.level === undefined ? undefined : level(item.level)),
    ...optional('OwnerState', text(item.ownerState)),
    Statements: list(item.statements).map(statement),
    ...optional('ResourceLevels', item.rcp === undefined ? undefined : list(item.rcp).map(boundLevel)),
    Context: object(item.context),
  };
}

function statement(value: unknown): StatementView {
  const item = object(value);
  return {
    PolicyArn: text(item.policyArn) ?? '',
    ...optional('EnterpriseProjectId', text(item.enterpriseProjectId)),
    ...optional('Version', text(item.version)),
    ...optional('Sid', text(item.sid)),
    Index: typeof item.index === 'number' ? item.index : 0,
  };
}

function level(value: unknown): LevelView {
  const item = object(value);
  return { Id: text(item.id) ?? '', Name: text(item.name) ?? '' };
}

export function boundLevel(value: unknown): BoundLevelView {
  const item = object(value);
  return { Id: text(item.id) ?? '', Policies: list(item.policies).flatMap((policy) => text(policy) ?? []) };
}

/** What the request was judged by; the levels are those of the caller. */
function organization(value: unknown) {
  const item = object(value);
  const id = text(item.id);
  if (id === undefined) return undefined;
  return {
    Id: id,
    Revision: typeof item.revision === 'number' ? item.revision : 0,
    Levels: list(item.scp).map(boundLevel),
  };
}

/** What guardrails that are only observed would have denied. */
function observed(value: unknown) {
  if (value === undefined) return undefined;
  return list(value).map((denial) => {
    const item = object(denial);
    return {
      Layer: text(item.layer) ?? '',
      Level: level(item.level),
      PolicyId: text(item.policyId) ?? '',
      Statement: statement(item.statement),
    };
  });
}

export function optional<Name extends string, Value>(name: Name, value: Value | undefined): { [K in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [K in Name]?: Value };
}

export function parse(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

export function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
