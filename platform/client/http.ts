/**
 * The callee in another process, over mTLS. The envelope carries caller and origin as the front door established
 * them; the receiver trusts them because the peer's certificate names one of our own services.
 */
import { Agent, request } from 'node:https';
import { decoder, encoder } from '../contract/codec.ts';
import { ServiceError, type WireError } from '../contract/error.ts';
import type { ServiceName } from '../contract/operation.ts';
import { shapeTree } from '../contract/shape-tree.ts';
import type { Caller, Invocation, Origin } from '../runtime/call.ts';
import type { Transport } from './transport.ts';

export const INTERNAL_PATH = '/internal/invoke';

/** What crosses between our processes: JSON, input and output in the native dialect. */
export interface Envelope {
  operation: string;
  caller: Caller;
  origin: Origin;
  input: unknown;
  idempotencyToken?: string;
  replayed?: boolean;
  refusal?: WireError;
}

export type Reply = { output: unknown } | { error: WireError };

export interface PeerTls {
  ca: string | Buffer;
  cert: string | Buffer;
  key: string | Buffer;
}

const DEADLINE_MS = 10_000;
const MAX_REPLY = 16 * 1024 * 1024;

export class HttpTransport implements Transport {
  private readonly agent: Agent;
  private readonly addresses: Readonly<Record<string, { host: string; port: number }>>;

  constructor(addresses: Readonly<Record<string, { host: string; port: number }>>, tls: PeerTls) {
    this.addresses = addresses;
    this.agent = new Agent({ keepAlive: true, maxSockets: 64, ...tls, minVersion: 'TLSv1.3' });
  }

  async invoke(invocation: Invocation): Promise<unknown> {
    const { operation } = invocation;
    const envelope: Envelope = {
      operation: operation.name,
      caller: invocation.caller,
      origin: invocation.origin,
      input: encodeInput(invocation),
      ...(invocation.idempotencyToken !== undefined && { idempotencyToken: invocation.idempotencyToken }),
      ...(invocation.replayed && { replayed: true }),
      ...(invocation.refusal && { refusal: invocation.refusal }),
    };
    const reply = await this.post(operation.service, JSON.stringify(envelope));
    if ('error' in reply) throw ServiceError.fromWire(reply.error);
    return operation.output ? decoder(shapeTree(operation.output), 'native')(reply.output) : undefined;
  }

  close(): void {
    this.agent.destroy();
  }

  private post(service: ServiceName, body: string): Promise<Reply> {
    const address = this.addresses[service];
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown) => reject(unreachable(service, cause));
      if (!address) return fail(undefined);
      const outgoing = request(
        {
          agent: this.agent,
          host: address.host,
          port: address.port,
          method: 'POST',
          path: INTERNAL_PATH,
          timeout: DEADLINE_MS,
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
          checkServerIdentity: (_host, certificate) => checkService(service, certificate.subjectaltname),
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          let size = 0;
          incoming.on('data', (chunk: Buffer) => {
            size += chunk.length;
            if (size > MAX_REPLY) outgoing.destroy(new Error('reply too large'));
            else chunks.push(chunk);
          });
          incoming.on('error', fail);
          incoming.on('end', () => {
            try {
              const reply = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Reply;
              if (incoming.statusCode === 200) resolve(reply);
              else fail(new Error(`status ${incoming.statusCode}`));
            } catch (error) {
              fail(error);
            }
          });
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error('deadline passed')));
      outgoing.on('error', fail);
      outgoing.end(body);
    });
  }
}

/** The certificate must name the service, not the host: addresses move, names do not. */
function checkService(service: ServiceName, names: string | undefined): Error | undefined {
  const wanted = `URI:spiffe://parapet/service/${service}`;
  return names?.split(', ').includes(wanted) ? undefined : new Error(`the peer is not service ${service}`);
}

/** Inputs that are not yet validated may hold anything; what cannot be encoded travels as it is. */
function encodeInput(invocation: Invocation): unknown {
  if (typeof invocation.input !== 'object' || invocation.input === null) return invocation.input ?? null;
  return lenientEncode(invocation.input);
}

// A caller's own object that looks like one of our marks is wrapped, so that no input can pass for a blob.
const marked = (record: object): boolean => '$blob' in record || '$object' in record;

function lenientEncode(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return { $blob: value.toString('base64') };
  if (Array.isArray(value)) return value.map(lenientEncode);
  if (typeof value !== 'object' || value === null) return value;
  const record = mapValues(value, lenientEncode);
  return marked(value) ? { $object: record } : record;
}

/** The receiver's side of `lenientEncode`. */
export function lenientDecode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lenientDecode);
  if (typeof value !== 'object' || value === null) return value;
  const record = value as { $blob?: unknown; $object?: unknown };
  if (typeof record.$blob === 'string') return Buffer.from(record.$blob, 'base64');
  return mapValues(
    typeof record.$object === 'object' && record.$object !== null ? record.$object : value,
    lenientDecode,
  );
}

function mapValues(value: object, convert: (item: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, convert(item)]));
}

function unreachable(service: ServiceName, cause: unknown): ServiceError {
  return new ServiceError('Unavailable', `service ${service} cannot be reached`, {
    hint: 'check that the service runs and try again',
    details: { retryAfterSeconds: 1 },
    cause,
  });
}

/** Encodes what `HttpTransport` decodes. */
export function encodeReply(invocation: Pick<Invocation, 'operation'>, output: unknown): Reply {
  const shape = invocation.operation.output && shapeTree(invocation.operation.output);
  return { output: shape ? encoder(shape, 'native')(output) : null };
}
