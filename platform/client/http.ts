/**
 * The callee in another process, over mTLS. The envelope carries caller and origin as the front door established
 * them; the receiver trusts them because the peer's certificate names one of our own services.
 */
import { Agent, request } from 'node:https';
import { ServiceError } from '../contract/error.ts';
import type { AnyOperation, ServiceName } from '../contract/operation.ts';
import type { Invocation } from '../runtime/call.ts';
import { type Reply, result, seal } from './envelope.ts';
import type { Transport } from './transport.ts';

export const INTERNAL_PATH = '/internal/invoke';

export interface PeerTls {
  ca: string | Buffer;
  cert: string | Buffer;
  key: string | Buffer;
}

const DEADLINE_MS = 10_000;
/** Half of what a receiver waits before it closes a connection: no request goes into one that is being closed. */
export const IDLE_MS = 2_500;
/** The largest reply is the view of an organization: 50,000 accounts and thousands of guardrails. */
const MAX_REPLY = 128 * 1024 * 1024;

export class HttpTransport implements Transport {
  private readonly agent: Agent;
  private readonly addresses: Readonly<Record<string, { host: string; port: number }>>;

  constructor(addresses: Readonly<Record<string, { host: string; port: number }>>, tls: PeerTls) {
    this.addresses = addresses;
    this.agent = new Agent({ keepAlive: true, maxSockets: 64, timeout: IDLE_MS, ...tls, minVersion: 'TLSv1.3' });
  }

  async invoke(invocation: Invocation): Promise<unknown> {
    const { operation } = invocation;
    return result(await this.post(operation, JSON.stringify(seal(invocation))), operation);
  }

  close(): void {
    this.agent.destroy();
  }

  private post({ service, longestWaitMs = 0 }: AnyOperation, body: string): Promise<Reply> {
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
          timeout: DEADLINE_MS + longestWaitMs,
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

function unreachable(service: ServiceName, cause: unknown): ServiceError {
  return new ServiceError('Unavailable', `service ${service} cannot be reached`, {
    hint: 'check that the service runs and try again',
    details: { retryAfterSeconds: 1 },
    cause,
  });
}
