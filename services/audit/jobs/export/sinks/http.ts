/** POST to a receiver over TLS. Nothing is followed elsewhere, and of the answer no more is kept than what is asked for. */
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { isIP } from 'node:net';
import type { AllowedNetworks } from '../../../../../platform/net/allowed-networks.ts';
import type { Secrets } from '../../../domain/export/destination.ts';
import { addressOf, type TlsSettings, tlsOptions } from './connection.ts';
import { asFailure, SinkFailure } from './sink.ts';

const TIMEOUT_MS = 30_000;
const MAX_ANSWER = 16 * 1024 * 1024;
const REFUSED: ReadonlySet<number> = new Set([400, 413, 422]);

/** The receiver read what it was sent and does not want it; whatever else it says is about itself, or about who we are. */
export function isRefusal(status: number): boolean {
  return REFUSED.has(status);
}

export interface HttpDestination extends TlsSettings {
  Url: string;
}

export class HttpReceiver {
  private readonly agent: Agent;
  private readonly url: URL;
  private readonly host: string;
  private readonly destination: HttpDestination;
  private readonly secrets: Secrets;
  private readonly networks: AllowedNetworks;

  constructor(destination: HttpDestination, secrets: Secrets, networks: AllowedNetworks) {
    this.url = new URL(destination.Url);
    this.host = this.url.hostname.replace(/^\[|\]$/g, '');
    this.destination = destination;
    this.secrets = secrets;
    this.networks = networks;
    this.agent = new Agent({ keepAlive: true, maxSockets: 1 });
  }

  /** The answer, which said that it was successful. @param path appended to that of the URL */
  async post(body: Buffer, headers: Record<string, string>, signal: AbortSignal, path = ''): Promise<Buffer> {
    const address = await addressOf(this.networks, this.host);
    const { Authorization } = this.secrets;
    const answer = await this.exchange(
      address,
      path,
      body,
      {
        ...headers,
        host: this.url.host,
        'content-length': String(body.length),
        'user-agent': 'parapet-audit-export',
        ...(Authorization !== undefined && { authorization: Authorization }),
      },
      signal,
    );
    const { status, retryAfterMs } = answer;
    if (status >= 200 && status < 300) return answer.body;
    throw new SinkFailure(isRefusal(status) ? 'refused' : 'away', `it answered with status ${status}`, retryAfterMs);
  }

  private exchange(
    address: string,
    path: string,
    body: Buffer,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<{ status: number; retryAfterMs: number; body: Buffer }> {
    const { url, agent, destination, secrets } = this;
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          ...tlsOptions(this.host, destination, secrets),
          ...{ agent, signal, headers, method: 'POST', host: address, family: isIP(address) },
          port: url.port === '' ? 443 : Number(url.port),
          path: `${url.pathname.replace(/\/$/, '')}${path}` || '/',
        },
        (incoming) =>
          collect(incoming).then(
            (bytes) =>
              resolve({
                status: incoming.statusCode ?? 0,
                retryAfterMs: retryAfter(incoming.headers['retry-after']),
                body: bytes,
              }),
            (error) => reject(asFailure(error)),
          ),
      );
      // From the beginning to the end: one that sends a byte now and then is as slow.
      const timer = setTimeout(() => outgoing.destroy(late()), TIMEOUT_MS);
      outgoing.on('close', () => clearTimeout(timer));
      outgoing.on('error', (error) => reject(asFailure(error)));
      outgoing.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

const late = () => new SinkFailure('away', `it did not answer within ${TIMEOUT_MS / 1000} seconds`);

/** In seconds; a date is left aside. */
function retryAfter(header: string | undefined): number {
  return /^\d{1,6}$/.test(header ?? '') ? Number(header) * 1000 : 0;
}

async function collect(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER) throw new SinkFailure('away', 'its answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
