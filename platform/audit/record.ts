/**
 * The audit record (CloudTrail's names at the top, ours under `x`): one per request, written in the commit that the
 * answer waits for. Holds every input of the decision, so that it can be replayed against a proposed policy.
 */

import { type CheckResult, isAllowed } from '../authz/authorize.ts';
import type { Context } from '../authz/context.ts';
import type { OrganizationSnapshot } from '../authz/organization-snapshot.ts';
import type { Principal } from '../authz/principal.ts';
import type { ServiceError } from '../contract/error.ts';
import type { AnyOperation } from '../contract/operation.ts';
import { shapeTree } from '../contract/shape-tree.ts';
import type { AskedDecision, Caller, Origin } from '../runtime/call.ts';
import { levelsOf, observedOf, organizationOf } from './guardrails.ts';
import { redactor } from './redact.ts';

export interface TouchedResource {
  ARN: string;
  accountId: string;
  type: string;
}

/** What the pipeline has learned about a request so far. */
export interface RecordDraft {
  eventId: string;
  operation: AnyOperation;
  caller: Caller;
  origin: Origin;
  now: number;
  input?: unknown;
  output?: unknown;
  principal?: Principal | undefined;
  /** What the whole request is judged by. */
  organization?: OrganizationSnapshot;
  context?: Context;
  checks?: readonly CheckResult[];
  /** Decisions about others that the request asked for. */
  asked?: readonly AskedDecision[];
  resources: TouchedResource[];
  error?: ServiceError;
}

export interface Writer {
  node: string;
  boot: string;
  region: string;
}

/**
 * The record as canonical JSON, with the writer's sequence number. Members are written in the order of the canonical
 * form (a test compares), so that the fast native writer can be used; maps of the caller's are sorted.
 */
export function renderRecord(draft: RecordDraft, writer: Writer, wseq: number): string {
  const { operation, caller, origin } = draft;
  const input = operation.input ? redactor(shapeTree(operation.input)) : undefined;
  const output = operation.output ? redactor(shapeTree(operation.output)) : undefined;
  return JSON.stringify({
    awsRegion: writer.region,
    errorCode: draft.error ? (operation.errors[draft.error.code]?.aws ?? draft.error.code) : undefined,
    errorMessage: draft.error?.message,
    eventCategory: operation.audit.class === 'data' ? 'Data' : 'Management',
    eventID: draft.eventId,
    eventName: operation.name,
    eventSource: operation.audit.eventSource,
    eventTime: new Date(draft.now).toISOString(),
    eventType: origin.protocol === 'native' ? 'ParapetApiCall' : 'AwsApiCall',
    eventVersion: '1.11',
    managementEvent: operation.audit.class !== 'data',
    readOnly: operation.effect !== 'write',
    recipientAccountId: recordAccount(draft),
    requestID: origin.requestId,
    requestParameters: draft.input === undefined ? undefined : sorted(input?.(draft.input)),
    resources: draft.resources.length > 0 ? draft.resources : undefined,
    // As in CloudTrail: what a read or a use answered is not part of its record.
    responseElements:
      draft.output === undefined || operation.effect !== 'write' ? undefined : sorted(output?.(draft.output)),
    sourceIPAddress: origin.sourceIp,
    tlsDetails: origin.tls && {
      cipherSuite: origin.tls.cipher,
      clientProvidedHostHeader: origin.tls.host,
      tlsVersion: origin.tls.version,
    },
    userAgent: origin.userAgent,
    userIdentity: identity(caller),
    x: {
      boot: writer.boot,
      decision: draft.checks && decisionOf(draft),
      node: writer.node,
      schema: 1,
      wseq,
    },
  });
}

/** The account whose record this is: the owner of the resource, else the caller's. */
export function recordAccount(draft: RecordDraft): string {
  const owner = draft.checks?.[0]?.request.resourceAccount;
  // A denied request for another account's resource stays in the caller's record: it is not known to exist.
  if (draft.error || owner === undefined || owner === '') return draft.caller.accountId;
  return owner;
}

function identity(caller: Caller): Record<string, unknown> {
  if (caller.kind === 'anonymous') return { type: 'Anonymous' };
  return {
    accessKeyId: caller.accessKeyId,
    accountId: caller.accountId,
    arn: caller.arn,
    principalId: caller.principalId,
    sessionContext: caller.session && {
      attributes: {
        creationDate: new Date(caller.session.issuedAt).toISOString(),
        mfaAuthenticated: caller.session.mfaAt === undefined ? 'false' : 'true',
      },
    },
    type: caller.kind === 'root' ? 'Root' : caller.kind === 'service' ? 'AWSService' : 'IAMUser',
    userName: caller.userName,
  };
}

function decisionOf(draft: RecordDraft): Record<string, unknown> {
  const checks = draft.checks ?? [];
  return {
    asked: draft.asked?.map((asked) =>
      sorted({
        ...checkOf(asked, undefined),
        observed: observedOf([asked]),
        policies: asked.principal.policyVersions,
        policyVersion: asked.principal.snapshot.Version,
        principal: {
          accountId: asked.request.principal.accountId,
          arn: asked.request.principal.arn,
          principalId: asked.request.principal.uniqueId,
        },
      }),
    ),
    checks: checks.map((check) => checkOf(check, draft.context)),
    context: draft.context && Object.fromEntries([...draft.context].sort(byKey)),
    effect: checks.every(isAllowed) ? 'allow' : 'deny',
    observed: observedOf(checks),
    organization: organizationOf(draft.organization, checks[0]),
    policies: draft.principal?.policyVersions,
    policyVersion: draft.principal?.snapshot.Version,
  };
}

/** Keys that stand in the context of the whole request are not repeated. */
function checkOf(check: CheckResult, shared: Context | undefined): Record<string, unknown> {
  const { request, decision, ownerState } = check;
  return {
    action: request.action,
    context: Object.fromEntries([...request.context].filter(([key]) => !shared?.has(key)).sort(byKey)),
    effect: isAllowed(check) ? 'allow' : 'deny',
    layer: ownerState === undefined ? decision.layer : undefined,
    level: decision.level && { id: decision.level.id, name: decision.level.name },
    ownerState,
    rcp: levelsOf(check.guardrails?.rcp),
    reason: ownerState === undefined ? decision.reason : 'owner-state',
    resource: request.resource,
    resourceAccount: request.resourceAccount,
    statements: decision.matched.map((m) => ({
      index: m.statementIndex,
      policyArn: m.policyArn,
      sid: m.sid,
      version: m.version,
    })),
  };
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : a > b ? 1 : 0;

/** The value with the members of every structure in canonical order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => sorted(item ?? null));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(byKey)
      .map(([key, item]) => [key, sorted(item)]),
  );
}
