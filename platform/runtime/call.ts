/**
 * What a handler sees of one request, and how handlers are bound to declarations. A handler is two functions:
 * `resolve` finds what the request is about (and is all that happens before authorization), `run` does it.
 */

import type { PolicySet } from '../../policies/engine/index.ts';
import type { CheckResult } from '../authz/authorize.ts';
import type { OrganizationSnapshot } from '../authz/organization-snapshot.ts';
import type { Principal } from '../authz/principal.ts';
import type { ErrorDetails, ServiceError, WireError } from '../contract/error.ts';
import type { AnyOperation, ErrorCodeOf, InputOf, OutputOf, ServiceName } from '../contract/operation.ts';
import type { AnyTransaction } from '../store/index.ts';

/** Who asks. Established by the front door (or by mTLS for our own services), never by the request body. */
export interface Caller {
  /** role: a session of a role; federated: a session of GetFederationToken. */
  kind: 'root' | 'user' | 'role' | 'federated' | 'service' | 'anonymous';
  /** Of a role or federated session: the session's own (`arn:aws:sts::A:assumed-role/Role/session`). */
  arn: string;
  accountId: string;
  /** Unique id: AIDA..., the account id of the root user, `AROA...:session`, `account:name` of a federated user. */
  principalId: string;
  /** Unique id of the role or user whose policies a role or federated session has; absent for all others. */
  entityId?: string;
  userName?: string;
  accessKeyId?: string;
  session?: SessionFacts;
}

export interface SessionFacts {
  /** Names the session where it is kept: the temporary access key id, or the id of a bearer token. */
  id: string;
  /** When the session was issued, milliseconds. */
  issuedAt: number;
  expiresAt: number;
  /** When the second factor was checked; absent: it was not. */
  mfaAt?: number;
}

export interface Origin {
  requestId: string;
  sourceIp: string;
  userAgent: string;
  receivedAt: number;
  protocol: 'native' | 'aws' | 'internal';
  tls?: { version: string; cipher: string; host: string };
  /** The service of ours that asks on behalf of the caller. Set by its client, never by what came from outside. */
  via?: ServiceName;
  /** Of a request with `via`: the resource for which that service asks (`aws:SourceArn`). */
  sourceArn?: string;
}

/** One request on its way to a service, the same in one process and across processes. */
export interface Invocation {
  operation: AnyOperation;
  caller: Caller;
  origin: Origin;
  /** Neutral values, not yet validated. */
  input: unknown;
  idempotencyToken?: string;
  /** The signature was seen before: only the remembered answer of the same idempotency token may be given. */
  replayed?: boolean;
  /** Set when the front door refused the caller: the service records it and answers it. */
  refusal?: WireError;
}

/** One question to the policy engine. */
export interface AuthorizationTarget {
  /** Default: the declared action. */
  action?: string;
  /** ARN, or `*` for operations without a resource. */
  resource: string;
  /** Account that owns the resource; default: the caller's. */
  accountId?: string;
  /** Enterprise project of the resource, or the one it is to be made in; default: `projectUnlessTold`. */
  project?: string;
  /** What is asked for reaches beyond that project: see the declaration. */
  beyondProject?: boolean;
  /** Condition keys of the request, names as documented (`kms:EncryptionContext:app`). */
  context?: readonly (readonly [key: string, value: string | readonly string[]])[];
  resourceTags?: Readonly<Record<string, string>>;
  requestTags?: Readonly<Record<string, string>>;
  /** The resource's own policy. */
  policy?: PolicySet;
  /** Allows what the policies are silent about, whoever owns the resource, and never against a deny. */
  grants?: PolicySet;
  /** Grants count only within the permissions boundary of the caller (secrets; for keys AWS does not ask it). */
  boundaryLimitsGrants?: boolean;
  /** explicit: an identity policy counts only where the resource policy delegates to the account (KMS keys). */
  trust?: 'normal' | 'explicit';
}

export interface Resolved<State> {
  targets: readonly AuthorizationTarget[];
  state: State;
  /** Thrown after authorization succeeded: a denied caller never learns that something is missing. */
  absent?: ServiceError;
}

/** A change of state: runs in the transaction that also writes the audit record. May be retried: keep it pure. */
export interface Change<Output> {
  readonly commit: (tx: AnyTransaction) => Promise<Output>;
  /** After the commit, before the answer: cache invalidation and the like. */
  readonly after?: () => void;
  /** When nothing was written, before the error is answered: taking back what was done elsewhere, and the like. */
  readonly failed?: (error: unknown) => Promise<void>;
}

export interface Call<Op extends AnyOperation> {
  readonly operation: Op;
  readonly caller: Caller;
  readonly origin: Origin;
  /** Id of the audit record and of the decision of this call. */
  readonly eventId: string;
  readonly now: number;
  /** As validated: for what is the same in every operation that has the member. */
  readonly input: Readonly<Record<string, unknown>>;
  /** What the whole call is judged by, whatever changes meanwhile. Internal operations have none: reading it throws. */
  readonly organization: OrganizationSnapshot;
  /** `throw call.fail(...)`. */
  fail(code: ErrorCodeOf<Op>, message: string, options?: { hint?: string; details?: ErrorDetails }): ServiceError;
  /** Adds a resource to the audit record, once. */
  touches(arn: string, type: string, accountId: string): void;
  /** Adds decisions made for others (Authorize) to the record, with all they rested on, so that they can be replayed. */
  decided?(decisions: readonly AskedDecision[]): void;
}

/** A decision about somebody other than the caller. */
export interface AskedDecision extends CheckResult {
  principal: Principal;
}

export interface Handler<Op extends AnyOperation, Deps, State> {
  resolve(call: Call<Op>, input: InputOf<Op>, deps: Deps): Resolved<State> | Promise<Resolved<State>>;
  run(
    call: Call<Op>,
    input: InputOf<Op>,
    state: State,
    deps: Deps,
  ): OutputOf<Op> | Change<OutputOf<Op>> | Promise<OutputOf<Op> | Change<OutputOf<Op>>>;
}

// biome-ignore lint/suspicious/noExplicitAny: the erased form that registries hold
export type BoundHandler<Deps> = { operation: AnyOperation; handler: Handler<any, Deps, any> };

/** Binds handlers of one service: `const implement = implementFor<KmsDeps>()`. */
export function implementFor<Deps>() {
  return <Op extends AnyOperation, State>(operation: Op, handler: Handler<Op, Deps, State>): BoundHandler<Deps> => ({
    operation,
    handler,
  });
}

const CHANGE = Symbol('change');

export function change<Output>(
  commit: (tx: AnyTransaction) => Promise<Output>,
  after?: () => void,
  failed?: (error: unknown) => Promise<void>,
): Change<Output> {
  return Object.assign({ commit, ...(after && { after }), ...(failed && { failed }) }, { [CHANGE]: true });
}

export function isChange(value: unknown): value is Change<unknown> {
  return typeof value === 'object' && value !== null && CHANGE in value;
}

/** The caller itself is the subject; there is nothing to look up and no resource. */
export function noResource(): Resolved<undefined> {
  return { targets: [{ resource: '*' }], state: undefined };
}
