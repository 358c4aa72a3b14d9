/**
 * One call of an operation in native JSON: request, signature, repeats, answer. Guarantees: a write carries one
 * Idempotency-Key over all its repeats; every attempt is signed anew with a fresh time; an error is a `ParapetError`.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { signHeaders } from '../platform/authn/sigv4/sign.ts';
import type { AnyOperation } from '../platform/contract/operation.ts';
import { ParapetError } from './error.ts';
import { nativeRequest } from './native-request.ts';
import { readProblem, requestIdOf } from './problem.ts';
import { type RetryPolicy, retryDelay } from './retry.ts';
import type { HttpAnswer, HttpTransport } from './transport.ts';

export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** A session JWT. */
export interface BearerToken {
  bearer: string;
}

export type Credentials = AccessKey | BearerToken;

export interface CallOptions {
  /** Repeating a write with the same key within a day answers the first result; made by the client when absent. */
  idempotencyKey?: string;
  /** For one attempt, milliseconds. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** What happened to one attempt; holds no headers and no bodies. */
export interface Attempt {
  operation: string;
  method: string;
  target: string;
  attempt: number;
  /** HTTP status, or the error code when no answer came. */
  outcome: number | string;
  requestId: string | undefined;
  milliseconds: number;
  /** Set when the request is repeated. */
  retryInMs?: number;
}

export interface ExchangeOptions {
  transport: HttpTransport;
  /** A function is asked before every attempt, so that short-lived credentials can be renewed. */
  credentials: Credentials | (() => Promise<Credentials>) | undefined;
  region: string;
  retry: RetryPolicy;
  timeoutMs: number;
  userAgent: string;
  now: () => number;
  onAttempt?: ((attempt: Attempt) => void) | undefined;
}

/** Answers the native JSON output, undefined for operations without one. */
export type Exchange = (
  operation: AnyOperation,
  input: Readonly<Record<string, unknown>>,
  call?: CallOptions,
) => Promise<unknown>;

export function createExchange(options: ExchangeOptions): Exchange {
  return async (operation, input, call = {}) => {
    const request = nativeRequest(operation, input);
    const headers = [
      'Host',
      options.transport.host,
      'Accept',
      'application/json',
      'User-Agent',
      options.userAgent,
      // Fresh for every call: two equal requests within a second would otherwise have the same signature, and the
      // server takes the second one for a replay.
      'amz-sdk-invocation-id',
      randomUUID(),
    ];
    if (request.body) headers.push('Content-Type', 'application/json', 'Content-Length', String(request.body.length));
    if (operation.effect === 'write') headers.push('Idempotency-Key', call.idempotencyKey ?? randomUUID());

    for (let attempt = 1; ; attempt++) {
      const started = performance.now();
      const report = (outcome: number | string, requestId?: string, retryInMs?: number) =>
        options.onAttempt?.({
          operation: operation.name,
          method: request.method,
          target: request.target,
          attempt,
          outcome,
          requestId,
          milliseconds: Math.round(performance.now() - started),
          ...(retryInMs !== undefined && { retryInMs }),
        });
      const rawHeaders = [...headers, 'amz-sdk-request', `attempt=${attempt}; max=${options.retry.maxAttempts}`];
      const credentials = typeof options.credentials === 'function' ? await options.credentials() : options.credentials;
      rawHeaders.push(...authentication(credentials, operation, { ...request, rawHeaders }, options));
      try {
        const answer = await options.transport.send({
          ...request,
          rawHeaders,
          timeoutMs: call.timeoutMs ?? options.timeoutMs + (operation.longestWaitMs ?? 0),
          signal: call.signal,
        });
        if (answer.status >= 300 || answer.status < 200) throw readProblem(answer, options.now());
        report(answer.status, requestIdOf(answer));
        return readAnswer(answer);
      } catch (thrown) {
        const error = thrown as ParapetError;
        const wait = retryDelay(error, attempt, options.retry);
        report(error.status || error.code, error.requestId, wait);
        if (wait === undefined) throw error;
        await rest(wait, call.signal);
      }
    }
  };
}

function authentication(
  credentials: Credentials | undefined,
  operation: AnyOperation,
  request: { method: string; target: string; rawHeaders: string[]; body?: Buffer },
  options: ExchangeOptions,
): readonly string[] {
  if (credentials === undefined) return [];
  if ('bearer' in credentials) return ['Authorization', `Bearer ${credentials.bearer}`];
  const { target: rawTarget, ...signable } = request;
  return signHeaders({ ...signable, rawTarget }, credentials, {
    region: options.region,
    service: operation.area,
    now: options.now(),
    signBody: true,
  }).addedHeaders;
}

function readAnswer(answer: HttpAnswer): unknown {
  if (answer.body.length === 0) return undefined;
  try {
    return JSON.parse(answer.body.toString('utf8'));
  } catch (cause) {
    throw new ParapetError('UnreadableAnswer', 'the answer is not JSON', {
      hint: 'check that the endpoint is a Parapet server',
      requestId: requestIdOf(answer),
      cause,
    });
  }
}

async function rest(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await pause(milliseconds, undefined, signal ? { signal } : {});
  } catch (cause) {
    throw new ParapetError('Aborted', 'the request was aborted by the caller', { cause });
  }
}
