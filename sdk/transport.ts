/**
 * One HTTP exchange over kept-alive connections. Guarantees: an answer is complete or it is an error; certificates
 * are always checked. Refuses plain http to any host but this one, because requests carry secrets.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { ParapetError } from './error.ts';

interface HttpRequest {
  method: string;
  target: string;
  /** Alternating name and value, sent exactly like this: they are signed. */
  rawHeaders: readonly string[];
  body?: Buffer;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface HttpTransport {
  /** Value of the host header. */
  readonly host: string;
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Closes idle connections. */
  close(): void;
}

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const MAX_SOCKETS = 64;

/** `ca`: PEM certificates trusted in place of those of the system. Throws `ParapetError` for an unusable endpoint. */
export function httpTransport(endpoint: string, ca?: string | Buffer): HttpTransport {
  const url = parseEndpoint(endpoint);
  const secure = url.protocol === 'https:';
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, maxSockets: MAX_SOCKETS, ...(ca !== undefined && { ca }) })
    : new HttpAgent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  const hostname = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  const open = secure ? httpsRequest : httpRequest;

  const send = (message: HttpRequest): Promise<HttpAnswer> =>
    new Promise((resolve, reject) => {
      const outgoing = open({
        agent,
        host: hostname,
        port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
        method: message.method,
        path: message.target,
        headers: message.rawHeaders,
        ...(message.signal && { signal: message.signal }),
      });
      const fail = (cause: unknown) => reject(connectionError(cause, url.origin, message.signal));
      const deadline = setTimeout(() => outgoing.destroy(timedOut(url.origin, message.timeoutMs)), message.timeoutMs);
      outgoing.once('close', () => clearTimeout(deadline));
      outgoing.once('error', fail);
      outgoing.once('response', (incoming) => {
        const chunks: Buffer[] = [];
        let size = 0;
        incoming.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER_BYTES)
            outgoing.destroy(new ParapetError('UnreadableAnswer', 'the answer is too large'));
          else chunks.push(chunk);
        });
        incoming.once('error', fail);
        incoming.once('end', () => {
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) });
        });
      });
      outgoing.end(message.body);
    });

  return { host: url.host, send, close: () => agent.destroy() };
}

function parseEndpoint(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const fail = (message: string, hint: string) => new ParapetError('Validation', message, { hint });
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw fail('the endpoint is not an http or https address', 'use a form like https://127.0.0.1:8443');
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw fail('the endpoint holds more than scheme, host and port', 'use a form like https://127.0.0.1:8443');
  }
  if (url.protocol === 'http:' && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)) {
    throw fail(
      `the endpoint ${url.origin} is not encrypted`,
      'use https; plain http is accepted for this machine only',
    );
  }
  return url;
}

function timedOut(origin: string, timeoutMs: number): ParapetError {
  return new ParapetError('Timeout', `${origin} did not answer within ${timeoutMs} ms`, {
    hint: 'look at GET /readyz of the server, or allow more time',
  });
}

function connectionError(cause: unknown, origin: string, signal: AbortSignal | undefined): ParapetError {
  if (cause instanceof ParapetError) return cause;
  if (signal?.aborted) return new ParapetError('Aborted', 'the request was aborted by the caller', { cause });
  const code = String((cause as { code?: unknown } | undefined)?.code ?? '');
  if (isCertificateError(code)) {
    return new ParapetError('Untrusted', `the certificate of ${origin} is not trusted (${code})`, {
      hint: 'trust the CA of the server, bootstrap/ca.pem of its data folder: option `ca`, or AWS_CA_BUNDLE',
      cause,
    });
  }
  return new ParapetError('Unreachable', `${origin} cannot be reached${code === '' ? '' : ` (${code})`}`, {
    hint: 'check that the server runs and that the endpoint is right',
    cause,
  });
}

function isCertificateError(code: string): boolean {
  return code.includes('CERT') || code.includes('ISSUER') || code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';
}
