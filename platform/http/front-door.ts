/**
 * The way in for everybody: find the operation, establish the caller, hand the invocation to the service, encode the
 * answer. There is one front door for all wires; in one process its transport is local, as a gateway it is mTLS.
 *
 * A caller that cannot be established, and an input that cannot be read, are refused by the service itself (`refusal`),
 * so that the attempt is recorded.
 */

import type { Authenticated, Authenticator } from '../authn/authenticator.ts';
import type { Transport } from '../client/transport.ts';
import { ServiceError } from '../contract/error.ts';
import type { AnyOperation } from '../contract/operation.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Caller, Invocation } from '../runtime/call.ts';
import { asServiceError } from '../runtime/errors.ts';
import type { RequestLimits } from './request-limits.ts';
import type { FrontRequest } from './server.ts';
import type { Wire, WireAnswer, WireCall } from './wire.ts';

export interface FrontDoorOptions {
  wires: readonly Wire[];
  transport: Transport;
  authenticator: Authenticator;
  limits: RequestLimits;
  /** Credentials were used. `accessKeyId`: of a signature; `service`: the area of the operation; `at`: milliseconds. */
  onUse?(caller: Caller, accessKeyId: string | undefined, service: string, at: number): void;
  log: Logger;
  metrics: Metrics;
}

const ANONYMOUS: Caller = { kind: 'anonymous', arn: 'anonymous', accountId: '', principalId: 'anonymous' };
const MAX_TOKEN = 128;
const TWIN_MS = 2_000;

export class FrontDoor {
  private readonly options: FrontDoorOptions;

  constructor(options: FrontDoorOptions) {
    this.options = options;
  }

  /** Undefined: the request is of no wire (health, documents, console). */
  handle = async (request: FrontRequest): Promise<WireAnswer | undefined> => {
    let call: WireCall | undefined;
    for (const wire of this.options.wires) {
      call = wire.match(request);
      if (call) break;
    }
    if (!call) return undefined;
    try {
      const output = await this.serve(request, call);
      return call.answer(output);
    } catch (thrown) {
      const error = asServiceError(thrown);
      if (error.code === 'Internal')
        this.options.log.error({ requestId: request.requestId, err: thrown }, error.message);
      const answer = call.failure(error);
      const wait = error.details.retryAfterSeconds;
      if (wait !== undefined) {
        answer.headers['retry-after'] = String(Math.max(1, Math.ceil(wait)));
        answer.headers['x-amz-retry-after'] = String(Math.ceil(wait * 1000));
      }
      return answer;
    }
  };

  private async serve(request: FrontRequest, call: WireCall): Promise<unknown> {
    const { authenticator, limits, metrics } = this.options;
    const operation = call.operation;
    limits.checkSource(request.remoteAddress);
    let who: Authenticated | undefined;
    let refusal: ServiceError | undefined;
    try {
      // The signature is checked before anything is said about operations, so that scanning teaches nothing.
      who = await authenticator.authenticate(request, request.headers.get('authorization'), call.signingNames);
    } catch (thrown) {
      refusal = asServiceError(thrown);
      if (refusal.code !== 'Unauthenticated') throw refusal;
      limits.countRefusal(request.remoteAddress);
      metrics.refused.inc({ reason: refusal.details.wireCode ?? 'Unauthenticated' });
    }
    if (!operation) {
      if (refusal) throw refusal;
      metrics.refused.inc({ reason: 'UnknownOperation' });
      throw new ServiceError('NotFound', `there is no operation at ${request.method} ${request.path.slice(0, 200)}`, {
        hint: 'GET /openapi.json lists every operation',
        details: { wireCode: 'UnknownOperation' },
      });
    }
    // Requests without any credentials, and only those, may go to an operation that needs none.
    if (operation.authz === 'public' && refusal?.details.wireCode === 'MissingAuthenticationToken') {
      const origin = originOf(request, call);
      return this.options.transport.invoke({ operation, caller: ANONYMOUS, origin, input: call.input() });
    }
    if (refusal || !who) {
      return this.options.transport.invoke({
        operation,
        caller: ANONYMOUS,
        origin: originOf(request, call),
        input: undefined,
        refusal: (refusal as ServiceError).toWire(),
      });
    }
    limits.checkPrincipal(who.caller);
    this.options.onUse?.(who.caller, who.signature?.accessKeyId, operation.area, request.receivedAt);
    const invocation: Invocation = { operation, caller: who.caller, origin: originOf(request, call), input: undefined };
    try {
      invocation.input = call.input();
      if (operation.effect === 'write') this.guardWrite(request, operation, who, invocation);
    } catch (thrown) {
      // Whoever sends what cannot be read, or a signature twice, is in the record like everybody else.
      invocation.refusal = asServiceError(thrown).toWire();
      invocation.input = undefined;
    }
    return this.options.transport.invoke(invocation);
  }

  /** Writes: the idempotency token, and no second use of a signature. */
  private guardWrite(request: FrontRequest, operation: AnyOperation, who: Authenticated, invocation: Invocation): void {
    // SDKs send the same invocation id with every attempt of one call.
    const token = request.headers.get('idempotency-key') ?? request.headers.get('amz-sdk-invocation-id');
    if (token !== undefined) {
      if (token.length === 0 || token.length > MAX_TOKEN)
        throw new ServiceError('Validation', `the idempotency token must have 1 to ${MAX_TOKEN} characters`);
      invocation.idempotencyToken = token;
    }
    if (!who.signature || this.options.authenticator.firstUse(who.signature)) return;
    if (token === undefined) {
      throw new ServiceError('Unauthenticated', `the signature of this ${operation.name} request was used before`, {
        hint: 'sign every request anew; equal requests of one second share a signature unless an idempotency-key header tells them apart',
        details: { wireCode: 'SignatureDoesNotMatch' },
      });
    }
    // Signatures have whole seconds, and botocore leaves its invocation id unsigned: two equal calls of one second
    // differ only in it. Such a twin is let in while its second lasts; whoever captured a request comes later.
    if (Math.abs(request.receivedAt - who.signature.at) < TWIN_MS) return;
    invocation.replayed = true;
  }
}

function originOf(request: FrontRequest, call: WireCall): Invocation['origin'] {
  return {
    requestId: request.requestId,
    sourceIp: request.remoteAddress,
    userAgent: (request.headers.get('user-agent') ?? '').slice(0, 512),
    receivedAt: request.receivedAt,
    protocol: call.protocol,
    ...(request.tls && {
      tls: {
        version: request.tls.protocol,
        cipher: request.tls.cipher,
        host: (request.headers.get('host') ?? '').slice(0, 255),
      },
    }),
  };
}
