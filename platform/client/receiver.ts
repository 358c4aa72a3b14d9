/** The mTLS side of a service: turns envelopes of our own services into invocations. Nobody else gets past TLS. */
import { ServiceError } from '../contract/error.ts';
import type { AnyOperation } from '../contract/operation.ts';
import type { FrontRequest } from '../http/server.ts';
import type { WireAnswer } from '../http/wire.ts';
import { answer, type Envelope, type Reply } from './envelope.ts';
import { INTERNAL_PATH } from './http.ts';
import type { Execute } from './local.ts';

const PEERS: ReadonlySet<string> = new Set(['iam', 'kms', 'ccms', 'pca', 'org', 'audit', 'gateway']);

export function createReceiver(operations: readonly AnyOperation[], execute: Execute) {
  const byName = new Map(operations.map((operation) => [operation.name, operation]));
  return async (request: FrontRequest): Promise<WireAnswer | undefined> => {
    if (request.path !== INTERNAL_PATH || request.method !== 'POST') return undefined;
    return json(await serve(request));
  };

  async function serve(request: FrontRequest): Promise<Reply> {
    const peer = request.tls?.peerService;
    if (peer === undefined || !PEERS.has(peer)) return refused('the peer is not one of our services');
    const envelope = JSON.parse(request.body.toString('utf8')) as Envelope;
    if (!speaksFor(peer, envelope, byName.get(envelope.operation)))
      return refused('the peer does not speak for this caller');
    return answer(envelope, byName, execute);
  }
}

/**
 * SECURITY: a service speaks for itself in internal operations only, else on behalf of a caller under its own name.
 * Only the gateway, which authenticated them, passes on what callers ask themselves.
 */
function speaksFor(peer: string, { caller, origin }: Envelope, operation: AnyOperation | undefined): boolean {
  if (caller.kind === 'service') {
    const isInternal = operation === undefined || operation.authz === 'internal';
    return isInternal && caller.principalId === `service:${peer}` && origin.via === undefined;
  }
  return peer === 'gateway' ? origin.via === undefined : origin.via === peer;
}

function refused(message: string): Reply {
  return { error: new ServiceError('AccessDenied', message).toWire() };
}

function json(reply: Reply): WireAnswer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(reply) };
}
