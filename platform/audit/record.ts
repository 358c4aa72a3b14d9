/**
 * The audit record (CloudTrail's names at the top, ours under `x`): one per request, written in the commit that the
 * answer waits for. Holds every input of the decision, so that it can be replayed against a proposed policy.
 */

import type { StatementRef } from '../../policies/engine/index.ts';
import { type CheckResult, isAllowed } from '../authz/authorize.ts';
import type { Context } from '../authz/context.ts';
import type { OrganizationSnapshot } from '../authz/organization-snapshot.ts';
import type { Principal } from '../authz/principal.ts';
import { PROJECT_KEY } from '../contract/enterprise-project.ts';
import type { ServiceError } from '../contract/error.ts';
import type { AnyOperation } from '../contract/operation.ts';
import { label, quote } from '../contract/quote.ts';
import { servicePrincipal } from '../contract/service-names.ts';
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
  return (
    `{"awsRegion":${quote(writer.region)}` +
    member('errorCode', error && (operation.errors[error.code]?.aws ?? error.code)) +
    member('errorMessage', error?.message) +
    member('eventCategory', audit.class === 'data' ? 'Data' : 'Management') +
    member('eventID', draft.eventId) +
    member('eventName', operation.name) +
    member('eventSource', audit.eventSource) +
    member('eventTime', new Date(draft.now).toISOString()) +
    member('eventType', origin.protocol === 'native' ? 'ParapetApiCall' : 'AwsApiCall') +
    ',"eventVersion":"1.11"' +
    member('managementEvent', audit.class !== 'data') +
    member('readOnly', effect !== 'write') +
    member('recipientAccountId', recordAccount(draft)) +
    member('requestID', origin.requestId) +
    written('requestParameters', input) +
    written('resources', resourcesOf(draft.resources)) +
    written('responseElements', output) +
    member('sourceIPAddress', origin.sourceIp) +
    written('tlsDetails', origin.tls && tlsOf(origin.tls)) +
    member('userAgent', origin.userAgent) +
    written('userIdentity', identityOf(draft.caller, draft.principal, origin)) +
    `,"x":{"boot":${quote(writer.boot)}` +
    written('decision', draft.checks && decisionOf(draft)) +
    member('enterpriseProject', projectOf(draft)) +
    member('node', writer.node) +
    `,"schema":1,"wseq":${wseq}}}`
  );
}

const PROJECT_CONTEXT_KEY = PROJECT_KEY.toLowerCase();

/** A member after others. What is undefined is left out: JSON has no such value. */
function member(name: string, value: unknown): string {
  return value === undefined ? '' : `,"${name}":${quote(value)}`;
}

/** The same for a value that is JSON already. */
function written(name: string, json: string | undefined): string {
  return json === undefined ? '' : `,"${name}":${json}`;
}

function resourcesOf(resources: readonly TouchedResource[]): string | undefined {
  if (resources.length === 0) return undefined;
  const items = resources.map(
    ({ ARN, accountId, type }) => `{"ARN":${quote(ARN)},"accountId":${quote(accountId)},"type":${quote(type)}}`,
  );
  return `[${items.join(',')}]`;
}

/** JSON of values that stay the same over many requests, as long as they live. */
function remembered<T extends object>(memory: WeakMap<T, string>, key: T, value: (of: T) => unknown): string {
  let json = memory.get(key);
  if (json === undefined) {
    json = quote(value(key));
    memory.set(key, json);
  }
  return json;
}

const policies = new WeakMap<Principal, string>();

function tlsOf(tls: { cipher: string; host: string; version: string }): string {
  const host = member('clientProvidedHostHeader', tls.host);
  return `{"cipherSuite":${quote(tls.cipher)}${host}${member('tlsVersion', tls.version)}}`;
}

/** The account whose record this is: the owner of the resource, else the caller's. */
export function recordAccount(draft: RecordDraft): string {
  const owner = draft.checks?.[0]?.request.resourceAccount;
  // A denied request for another account's resource stays in the caller's record: it is not known to exist.
  if (draft.error) return draft.caller.accountId;
  // Whoever claims a root user is nobody yet: the record belongs to the account that was claimed.
  if (draft.caller.kind === 'anonymous') return draft.resources[0]?.accountId ?? '';
  return owner || draft.caller.accountId;
}

/** Of the resource the request is about; absent where there is none. */
function projectOf({ checks }: RecordDraft): string | undefined {
  const project = checks?.[0]?.request.context.get(PROJECT_CONTEXT_KEY);
  return typeof project === 'string' ? project : undefined;
}

const IDENTITY_TYPES: Readonly<Record<Caller['kind'], string>> = {
  root: 'Root',
  user: 'IAMUser',
  role: 'AssumedRole',
  federated: 'FederatedUser',
  service: 'AWSService',
  anonymous: 'Anonymous',
};

interface KnownIdentity {
  principal: Principal | undefined;
  via: Origin['via'];
  json: string;
}

/** Of callers as they came last: the same credentials come again and again. */
const identities = new WeakMap<Caller, KnownIdentity>();

function identityOf(caller: Caller, principal: Principal | undefined, origin: Origin): string {
  const { via } = origin;
  const known = identities.get(caller);
  if (known && known.principal === principal && known.via === via) return known.json;
  const json = quote(identity(caller, principal, origin));
  identities.set(caller, { principal, via, json });
  return json;
}

function identity(caller: Caller, principal: Principal | undefined, { via }: Origin): Record<string, unknown> {
  if (caller.kind === 'anonymous') return { type: 'Anonymous' };
  return {
    accessKeyId: caller.accessKeyId,
    accountId: caller.accountId,
    arn: caller.arn,
    invokedBy: via && servicePrincipal(via),
    principalId: caller.principalId,
    sessionContext: caller.session && {
      attributes: {
        creationDate: new Date(caller.session.issuedAt).toISOString(),
        mfaAuthenticated: caller.session.mfaAt === undefined ? 'false' : 'true',
      },
      sessionId: caller.session.id,
      sessionIssuer: principal && caller.entityId !== undefined ? issuer(principal) : undefined,
      sourceIdentity: principal?.session?.snapshot.SourceIdentity,
    },
    type: IDENTITY_TYPES[caller.kind],
    userName: caller.userName,
  };
}

/** The role or user that a session has its permissions from. */
function issuer({ snapshot }: Principal): Record<string, unknown> {
  return {
    accountId: snapshot.AccountId,
    arn: snapshot.Arn,
    principalId: snapshot.PrincipalId,
    type: snapshot.Kind === 'role' ? 'Role' : 'IAMUser',
    userName: snapshot.RoleName ?? snapshot.UserName,
  };
}

function decisionOf(draft: RecordDraft): string {
  const { asked, checks = [], context, principal } = draft;
  const about = asked && `"asked":[${asked.map((a) => checkOf(a, undefined, a.principal)).join(',')}],`;
  return (
    `{${about ?? ''}"checks":[${checks.map((check) => checkOf(check, context, undefined)).join(',')}]` +
    written('context', context && contextOf(context, undefined)) +
    member('effect', checks.every(isAllowed) ? 'allow' : 'deny') +
    written('observed', observedOf(checks)) +
    written('organization', organizationOf(draft.organization, checks[0])) +
    policiesOf(principal) +
    member('session', principal && sessionOf(draft.caller, principal)) +
    '}'
  );
}

function sessionOf(caller: Caller, { session, snapshot }: Principal): Record<string, unknown> | undefined {
  return session && { arn: caller.arn, entityArn: snapshot.Arn, id: session.snapshot.SessionId };
}

/** `about`: the decision is about somebody else than the caller, so who it is stands with it. */
function checkOf(check: CheckResult, shared: Context | undefined, about: Principal | undefined): string {
  const { request, decision, guardrails, ownerState } = check;
  const { level } = decision;
  const { accountId, arn, uniqueId } = request.principal;
  return (
    `{"action":${quote(request.action)}` +
    written('context', contextOf(request.context, shared)) +
    member('effect', isAllowed(check) ? 'allow' : 'deny') +
    member('layer', ownerState === undefined ? decision.layer : undefined) +
    member('level', level && { id: level.id, name: level.name }) +
    written('observed', about && observedOf([check])) +
    member('ownerState', ownerState) +
    policiesOf(about) +
    member('principal', about && { accountId, arn, principalId: uniqueId }) +
    written('rcp', levelsOf(guardrails?.rcp)) +
    member('reason', ownerState === undefined ? decision.reason : 'owner-state') +
    member('resource', request.resource) +
    member('resourceAccount', request.resourceAccount) +
    `,"statements":[${decision.matched.map(statementOf).join(',')}]}`
  );
}

function statementOf(match: StatementRef): string {
  const policy = member('policyArn', match.policyArn);
  const grant =
    match.enterpriseProjectId === undefined ? '' : `"enterpriseProjectId":${quote(match.enterpriseProjectId)},`;
  return `{${grant}"index":${match.statementIndex}${policy}${member('sid', match.sid)}${member('version', match.version)}}`;
}

function policiesOf(principal: Principal | undefined): string {
  if (!principal) return '';
  const versions = remembered(policies, principal, (p) => p.policyVersions);
  return `,"policies":${versions},"policyVersion":${principal.snapshot.Version}`;
}

/** Keys that stand in the context of the whole request are not repeated. */
function contextOf(context: ReadonlyMap<string, string | readonly string[]>, shared: Context | undefined): string {
  const keys: string[] = [];
  for (const key of context.keys()) if (!shared?.has(key)) keys.push(key);
  if (keys.length > 1) keys.sort();
  let out = '';
  for (const key of keys) out += `${out === '' ? '' : ','}${label(key)}${quote(context.get(key))}`;
  return `{${out}}`;
}
