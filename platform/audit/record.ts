/**
 * The audit record (CloudTrail's names at the top, ours under `x`): one per request, written in the commit that the
 * answer waits for. Holds every input of the decision, so that it can be replayed against a proposed policy.
 */

import type { CheckResult } from '../authz/authorize.ts';
import type { Context } from '../authz/context.ts';
import type { Principal } from '../authz/principal.ts';
import type { ServiceError } from '../contract/error.ts';
import type { AnyOperation } from '../contract/operation.ts';
import { shapeTree } from '../contract/shape-tree.ts';
import type { AskedDecision, Caller, Origin } from '../runtime/call.ts';
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
 * The record as canonical JSON, with the writer's sequence number. It is written straight away, member after member in
 * canonical order (a test compares): building it as objects first costs several times as much.
 */
export function renderRecord(draft: RecordDraft, writer: Writer, wseq: number): string {
  const { operation, origin, error } = draft;
  const { audit, effect } = operation;
  const input = draft.input === undefined ? undefined : redactor(shapeTree(operation.input))(draft.input);
  // As in CloudTrail: what a read or a use answered is not part of its record.
  const answered = draft.output !== undefined && effect === 'write' && operation.output;
  const output = answered ? redactor(shapeTree(operation.output))(draft.output) : undefined;
  const decision = draft.checks && decisionOf(draft);
  return (
    `{"awsRegion":${quote(writer.region)}` +
    (error ? `,"errorCode":${quote(operation.errors[error.code]?.aws ?? error.code)}` : '') +
    (error ? `,"errorMessage":${quote(error.message)}` : '') +
    `,"eventCategory":"${audit.class === 'data' ? 'Data' : 'Management'}"` +
    `,"eventID":${quote(draft.eventId)}` +
    `,"eventName":${quote(operation.name)}` +
    `,"eventSource":${quote(audit.eventSource)}` +
    `,"eventTime":"${new Date(draft.now).toISOString()}"` +
    `,"eventType":"${origin.protocol === 'native' ? 'ParapetApiCall' : 'AwsApiCall'}"` +
    ',"eventVersion":"1.11"' +
    `,"managementEvent":${audit.class !== 'data'}` +
    `,"readOnly":${effect !== 'write'}` +
    `,"recipientAccountId":${quote(recordAccount(draft))}` +
    `,"requestID":${quote(origin.requestId)}` +
    (input === undefined ? '' : `,"requestParameters":${input}`) +
    (draft.resources.length > 0 ? `,"resources":${quote(draft.resources)}` : '') +
    (output === undefined ? '' : `,"responseElements":${output}`) +
    `,"sourceIPAddress":${quote(origin.sourceIp)}` +
    (origin.tls ? `,"tlsDetails":${tlsOf(origin.tls)}` : '') +
    `,"userAgent":${quote(origin.userAgent)}` +
    `,"userIdentity":${remembered(identities, draft.caller, identity)}` +
    `,"x":{"boot":${quote(writer.boot)}` +
    (decision === undefined ? '' : `,"decision":${decision}`) +
    `,"node":${quote(writer.node)},"schema":1,"wseq":${wseq}}}`
  );
}

const quote = JSON.stringify;

/** JSON of values that stay the same over many requests, as long as they live. */
function remembered<T extends object>(memory: WeakMap<T, string>, key: T, value: (of: T) => unknown): string {
  let json = memory.get(key);
  if (json === undefined) {
    json = quote(value(key));
    memory.set(key, json);
  }
  return json;
}

const identities = new WeakMap<Caller, string>();
const policies = new WeakMap<Principal, string>();

function tlsOf(tls: { cipher: string; host: string; version: string }): string {
  return `{"cipherSuite":${quote(tls.cipher)},"clientProvidedHostHeader":${quote(tls.host)},"tlsVersion":${quote(tls.version)}}`;
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

function decisionOf(draft: RecordDraft): string {
  const { asked, checks = [], context, principal } = draft;
  const effect = checks.every((c) => c.decision.effect === 'allow') ? 'allow' : 'deny';
  return (
    `{${asked ? `"asked":[${asked.map((a) => checkOf(a, undefined, a.principal)).join(',')}],` : ''}` +
    `"checks":[${checks.map((check) => checkOf(check, context, undefined)).join(',')}]` +
    (context ? `,"context":${contextOf(context, undefined)}` : '') +
    `,"effect":"${effect}"` +
    (principal ? `,${policiesOf(principal)}` : '') +
    '}'
  );
}

/** `about`: the decision is about somebody else than the caller, so who it is stands with it. */
function checkOf(
  { request, decision }: CheckResult,
  shared: Context | undefined,
  about: Principal | undefined,
): string {
  const { accountId, arn, uniqueId } = request.principal;
  return (
    `{"action":${quote(request.action)}` +
    `,"context":${contextOf(request.context, shared)}` +
    `,"effect":${quote(decision.effect)}` +
    (decision.layer === undefined ? '' : `,"layer":${quote(decision.layer)}`) +
    (about ? `,${policiesOf(about)}` : '') +
    (about
      ? `,"principal":{"accountId":${quote(accountId)},"arn":${quote(arn)},"principalId":${quote(uniqueId)}}`
      : '') +
    `,"reason":${quote(decision.reason)}` +
    `,"resource":${quote(request.resource)}` +
    (request.resourceAccount === undefined ? '' : `,"resourceAccount":${quote(request.resourceAccount)}`) +
    `,"statements":[${decision.matched.map(statementOf).join(',')}]}`
  );
}

function statementOf(match: CheckResult['decision']['matched'][number]): string {
  return (
    `{"index":${match.statementIndex},"policyArn":${quote(match.policyArn)}` +
    (match.sid === undefined ? '' : `,"sid":${quote(match.sid)}`) +
    `,"version":${quote(match.version)}}`
  );
}

function policiesOf(principal: Principal): string {
  const versions = remembered(policies, principal, (p) => p.policyVersions);
  return `"policies":${versions},"policyVersion":${principal.snapshot.Version}`;
}

/** Keys that stand in the context of the whole request are not repeated. */
function contextOf(context: ReadonlyMap<string, string | readonly string[]>, shared: Context | undefined): string {
  const keys: string[] = [];
  for (const key of context.keys()) if (!shared?.has(key)) keys.push(key);
  if (keys.length > 1) keys.sort();
  let out = '';
  for (const key of keys) out += `${out === '' ? '' : ','}${quote(key)}:${quote(context.get(key))}`;
  return `{${out}}`;
}
