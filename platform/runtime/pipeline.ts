/**
 * The one path of a request through a service: validate, resolve, authorize, run, record, answer.
 *
 * Guarantees: nothing runs before it was authorized; a change and its record are one commit; nothing is answered
 * before the record is durable (a record that cannot be written turns the answer into `Unavailable`); an error that is
 * not a `ServiceError` never leaves with its text. Refuses: operations without a handler, callers without identity,
 * internal operations for anybody but our own services.
 */
import type { RecordDraft } from '../audit/record.ts';
import type { Recorder } from '../audit/recorder.ts';
import { callerRefusal } from '../authz/account-state.ts';
import { accessDenied, authorize, type CheckResult, isAllowed } from '../authz/authorize.ts';
import { globalContext } from '../authz/context.ts';
import type { PrincipalDirectory } from '../authz/directory.ts';
import { observe } from '../authz/guardrails.ts';
import type { OrganizationView } from '../authz/organization.ts';
import type { Principal } from '../authz/principal.ts';
import { type OrganizationFacts, visibleTo } from '../authz/visible-organization.ts';
import { type ErrorDetails, PLATFORM_CODES, type PlatformCode, ServiceError } from '../contract/error.ts';
import type { AnyOperation } from '../contract/operation.ts';
import { checkInput } from '../contract/validation.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { type AnyTransaction, type Store, StoreError } from '../store/index.ts';
import {
  type AskedDecision,
  type BoundHandler,
  type Call,
  type Caller,
  type Change,
  type Invocation,
  isChange,
} from './call.ts';
import type { Clock } from './clock.ts';
import { asServiceError } from './errors.ts';
import { Idempotency } from './idempotency.ts';
import type { Ids } from './ids.ts';

export interface PipelineOptions<Deps> {
  service: string;
  region: string;
  handlers: readonly BoundHandler<Deps>[];
  deps: Deps;
  // biome-ignore lint/suspicious/noExplicitAny: the pipeline uses the platform's own tables only
  store: Store<any>;
  recorder: Recorder;
  directory: PrincipalDirectory;
  organization: OrganizationView;
  clock: Clock;
  ids: Ids;
  log: Logger;
  metrics: Metrics;
  /** 32 bytes: hashes of requests that are remembered with their answers are made under it. */
  requestKey: Buffer;
  /** Absent in tests of a service alone. */
  hold?: { readonly reason: string | undefined };
}

interface Meters {
  ok: { inc(): void };
  latency: { observe(seconds: number): void };
}

export class Pipeline<Deps> {
  private readonly handlers = new Map<AnyOperation, BoundHandler<Deps>['handler']>();
  private readonly metersOf = new Map<AnyOperation, Meters>();
  private readonly options: PipelineOptions<Deps>;

  constructor(options: PipelineOptions<Deps>) {
    this.options = options;
    for (const { operation, handler } of options.handlers) this.handlers.set(operation, handler);
  }

  /** Answers the neutral output; throws `ServiceError` only. */
  execute = async (invocation: Invocation): Promise<unknown> => {
    const { metrics, clock, service } = this.options;
    const operation = invocation.operation;
    const draft: RecordDraft = {
      eventId: this.options.ids.uuidv7(),
      operation,
      caller: invocation.caller,
      origin: invocation.origin,
      now: clock.now(),
      resources: [],
    };
    try {
      const output = await this.run(invocation, draft);
      this.meters(operation).ok.inc();
      return output;
    } catch (thrown) {
      const error = await this.refuse(thrown, draft);
      metrics.requests.inc({ service, operation: operation.name, outcome: error.code });
      throw error;
    } finally {
      this.meters(operation).latency.observe((clock.now() - draft.now) / 1000);
    }
  };

  /** Label look-ups are paid once per operation, not per request. */
  private meters(operation: AnyOperation): Meters {
    let meters = this.metersOf.get(operation);
    if (!meters) {
      const labels = { service: this.options.service, operation: operation.name };
      const { requests, latency } = this.options.metrics;
      meters = { ok: requests.labels({ ...labels, outcome: 'ok' }), latency: latency.labels(labels) };
      this.metersOf.set(operation, meters);
    }
    return meters;
  }

  private async run(invocation: Invocation, draft: RecordDraft): Promise<unknown> {
    const { operation, caller } = invocation;
    const { deps, directory } = this.options;
    const handler = this.handlers.get(operation);
    if (!handler) throw new ServiceError('Internal', `operation ${operation.name} has no handler`);
    if (invocation.refusal) throw ServiceError.fromWire(invocation.refusal);
    requireForwarding(invocation);

    const checked = checkInput(operation.input, invocation.input);
    if (!checked.ok) {
      const count = checked.issues.length;
      throw new ServiceError('Validation', `${count} member${count === 1 ? '' : 's'} of the input cannot be accepted`, {
        details: { issues: checked.issues },
      });
    }
    const input = checked.value as Record<string, unknown>;
    draft.input = input;

    let principal: Principal | undefined;
    if (operation.authz === 'internal') {
      if (caller.kind !== 'service') throw new ServiceError('AccessDenied', `${operation.name} is internal`);
    } else if (caller.kind === 'anonymous') {
      if (operation.authz !== 'public') throw new ServiceError('Unauthenticated', 'the request carries no credentials');
    } else if (caller.kind === 'service') {
      // SECURITY: there are no policies to judge it by.
      throw new ServiceError('AccessDenied', `services ask for ${operation.name} on behalf of callers only`);
    } else {
      const found = directory.of(caller);
      principal = found instanceof Promise ? await found : found;
      if (!principal) throw gone(caller);
      draft.principal = principal;
    }

    if (operation.authz !== 'internal') {
      // Taken once: the request is judged wholly before or wholly after a change of the organization.
      const found = this.options.organization.snapshot();
      draft.organization = found instanceof Promise ? await found : found;
      const refusal = callerRefusal(caller, principal, draft.organization, draft.eventId);
      if (refusal) throw refusal;
    }

    const call = createCall(invocation, draft, (check) =>
      this.observed(check, draft.organization && visibleTo(caller.accountId, draft.organization)),
    );
    const resolving = handler.resolve(call, input, deps);
    const resolved = resolving instanceof Promise ? await resolving : resolving;

    if (typeof operation.authz === 'object') {
      const { organization } = call;
      const { action } = operation.authz;
      draft.context = globalContext(caller, principal, invocation.origin, draft.now, this.options.region, organization);
      const result = authorize(caller, principal, action, resolved.targets, draft.context, organization);
      draft.checks = result.checks;
      if (!result.allowed) throw accessDenied(result, caller, draft.eventId, organization);
      draft.checks = result.checks.map((check) => this.observed(check, draft.organization));
    }
    this.refuseHeld(operation);
    // An answer that is remembered is given before anything is looked at: the first request may have changed it.
    const memory = this.memoryOf(invocation, draft);
    const earlier = await memory?.recall();
    if (earlier) {
      draft.output = earlier.output;
      await this.options.recorder.append(draft);
      return earlier.output;
    }
    if (resolved.absent) throw resolved.absent;

    const running = handler.run(call, input, resolved.state, deps);
    const outcome = running instanceof Promise ? await running : running;
    if (isChange(outcome)) {
      return this.commit(invocation, draft, outcome, memory).catch(async (error) => {
        await outcome.failed?.(error);
        throw error;
      });
    }
    if (operation.effect === 'write') throw new ServiceError('Internal', `${operation.name} returned no change`);
    draft.output = outcome;
    if (operation.authz !== 'internal') await this.options.recorder.append(draft);
    return outcome;
  }

  /** Nothing is changed while the installation is an earlier state of itself that nobody has answered for. */
  private refuseHeld({ effect, authz, whileHeld }: AnyOperation): void {
    const reason = this.options.hold?.reason;
    if (reason === undefined || whileHeld === 'served') return;
    // A protocol of its own, whose clients know what it means that a server cannot answer now.
    if (whileHeld === 'refused') throw new ServiceError('Unavailable', `nothing can be changed: ${reason}`);
    if (effect !== 'write' || authz === 'internal') return;
    throw new ServiceError('FailedPrecondition', `nothing can be changed: ${reason}`, {
      hint: 'if it is meant to be so: parapet audit declare-restore --reason ...',
      details: { wireCode: 'RestoreNotDeclared' },
    });
  }

  /** The check with what guardrails that are only observed would have denied, counted. */
  private observed<Check extends CheckResult>(check: Check, organization: OrganizationFacts | undefined): Check {
    if (!organization || !isAllowed(check)) return check;
    const observed = observe(check.request, organization);
    if (observed.length === 0) return check;
    for (const { policyId } of observed) this.options.metrics.observed.inc({ policy: policyId });
    return { ...check, observed };
  }

  private memoryOf(invocation: Invocation, draft: RecordDraft): Idempotency | undefined {
    const { idempotencyToken, operation, caller } = invocation;
    if (idempotencyToken === undefined || operation.effect !== 'write') return undefined;
    return new Idempotency(
      operation,
      caller.accountId,
      caller.principalId,
      idempotencyToken,
      draft,
      this.options.store,
      this.options.requestKey,
    );
  }

  /** State, record and idempotency row in one transaction. */
  private async commit(
    invocation: Invocation,
    draft: RecordDraft,
    outcome: Change<unknown>,
    memory: Idempotency | undefined,
  ): Promise<unknown> {
    const { store, recorder } = this.options;
    let repeated = false;
    const result = await store.transaction(async (tx: AnyTransaction) => {
      const earlier = await memory?.claim(tx, draft.now);
      repeated = earlier !== undefined;
      if (!earlier && memory && invocation.replayed) {
        throw new ServiceError('Unauthenticated', 'the signature was used before', {
          hint: 'sign every request anew',
          details: { wireCode: 'SignatureDoesNotMatch' },
        });
      }
      const output = earlier ? earlier.output : await outcome.commit(tx);
      draft.output = output;
      if (invocation.operation.authz !== 'internal') await recorder.appendIn(tx, draft);
      if (!earlier) await memory?.complete(tx, output);
      return output;
    });
    if (!repeated) outcome.after?.();
    return result;
  }

  /** The error to answer, after its record is durable. */
  private async refuse(thrown: unknown, draft: RecordDraft): Promise<ServiceError> {
    const error = asServiceError(thrown);
    if (error.code === 'Internal' || error.code === 'Unavailable') {
      this.options.log.error(
        { requestId: draft.origin.requestId, operation: draft.operation.name, err: describe(thrown) },
        error.message,
      );
    }
    draft.error = error;
    delete draft.output;
    if (draft.operation.authz === 'internal') return error;
    try {
      await this.options.recorder.append(draft);
      return error;
    } catch (cause) {
      this.options.log.error({ requestId: draft.origin.requestId, err: describe(cause) }, 'audit record not written');
      return unrecorded(cause);
    }
  }
}

/** SECURITY: a service asks on behalf of callers only what is declared for it. */
function requireForwarding({ operation, caller, origin: { via } }: Invocation): void {
  if (via === undefined) return;
  const isSomebody = caller.kind !== 'service' && caller.kind !== 'anonymous';
  if (isSomebody && operation.authz !== 'internal' && operation.onBehalf?.includes(via)) return;
  throw new ServiceError('AccessDenied', `${operation.name} cannot be asked for by service ${via} on behalf of others`);
}

function gone(caller: Caller): ServiceError {
  if (!caller.session) {
    return new ServiceError('Unauthenticated', 'the principal of the credentials no longer exists', {
      details: { wireCode: 'InvalidClientTokenId' },
    });
  }
  return new ServiceError('Unauthenticated', 'the session has ended, or its principal no longer exists', {
    hint: 'obtain new credentials',
    details: { wireCode: 'ExpiredToken' },
  });
}

function unrecorded(cause: unknown): ServiceError {
  const full = cause instanceof StoreError && cause.code === 'disk-full';
  return new ServiceError(
    'Unavailable',
    full ? 'the audit record cannot be written because the disk is full' : 'the audit record cannot be written',
    {
      hint: full
        ? 'free space in the data folder, then try again'
        : 'check the database of the service, then try again',
      details: { retryAfterSeconds: 5, wireCode: 'AuditUnavailable' },
      cause,
    },
  );
}

function createCall(
  invocation: Invocation,
  draft: RecordDraft,
  observed: (decision: AskedDecision) => AskedDecision,
): Call<AnyOperation> {
  const operation = invocation.operation;
  return {
    operation,
    caller: invocation.caller,
    origin: invocation.origin,
    eventId: draft.eventId,
    now: draft.now,
    input: draft.input as Record<string, unknown>,
    get organization() {
      if (!draft.organization) throw new ServiceError('Internal', `${operation.name} knows no organization`);
      return draft.organization;
    },
    fail: (code: string, message: string, options: { hint?: string; details?: ErrorDetails } = {}) =>
      new ServiceError(code, message, {
        status: operation.errors[code]?.status ?? PLATFORM_CODES[code as PlatformCode],
        ...options,
      }),
    touches: (ARN, type, accountId) => {
      if (draft.resources.some((resource) => resource.ARN === ARN)) return;
      draft.resources.push({ ARN, accountId, type });
    },
    decided: (decisions) => {
      draft.asked = decisions.map(observed);
    },
  };
}

function describe(thrown: unknown): Record<string, unknown> {
  if (!(thrown instanceof Error)) return { name: 'unknown' };
  const cause = thrown.cause instanceof Error ? describe(thrown.cause) : undefined;
  return { name: thrown.name, code: (thrown as { code?: unknown }).code, stack: thrown.stack?.slice(0, 2000), cause };
}
