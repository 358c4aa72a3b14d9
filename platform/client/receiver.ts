/** The mTLS side of a service: turns envelopes of our own services into invocations. Nobody else gets past TLS. */
import { ServiceError } from '../contract/error.ts';
import type { AnyOperation } from '../contract/operation.ts';
import type { FrontRequest } from '../http/server.ts';
import type { WireAnswer } from '../http/wire.ts';
import { asServiceError } from '../runtime/errors.ts';
import { type Envelope, encodeReply, INTERNAL_PATH, lenientDecode, type Reply } from './http.ts';
import type { Execute } from './local.ts';

const PEERS: ReadonlySet<string> = new Set(['iam', 'kms', 'ccms', 'pca', 'org', 'audit', 'gateway']);

export function createReceiver(operations: readonly AnyOperation[], execute: Execute) {
  const byName = new Map(operations.map((operation) => [operation.name, operation]));
  return async (request: FrontRequest): Promise<WireAnswer | undefined> => {
    if (request.path !== INTERNAL_PATH || request.method !== 'POST') return undefined;
    return json(await serve(request));
  };

  async function serve(request: FrontRequest): Promise<Reply> {
    try {
      const peer = request.tls?.peerService;
      if (peer === undefined || !PEERS.has(peer))
        throw new ServiceError('AccessDenied', 'the peer is not one of our services');
      const envelope = JSON.parse(request.body.toString('utf8')) as Envelope;
      const operation = byName.get(envelope.operation);
      if (!operation) throw new ServiceError('NotFound', `there is no operation ${envelope.operation}`);
      // SECURITY: a service speaks for itself only; callers of other kinds were authenticated by the peer.
      if (envelope.caller.kind === 'service' && envelope.caller.principalId !== `service:${peer}`)
        throw new ServiceError('AccessDenied', 'the peer does not speak for this service');
      const { caller, origin, idempotencyToken, replayed, refusal } = envelope;
      const output = await execute({
        operation,
        caller,
        origin,
        input: lenientDecode(envelope.input),
        ...(idempotencyToken !== undefined && { idempotencyToken }),
        ...(replayed && { replayed }),
        ...(refusal && { refusal }),
      });
      return encodeReply({ operation }, output);
    } catch (thrown) {
      return { error: asServiceError(thrown).toWire() };
    }
  }
}

function json(reply: Reply): WireAnswer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(reply) };
}
