/**
 * ACME (RFC 8555) on the public listener: carries requests below /acme/ to pca and its answers back. Knows HTTP and
 * nothing of accounts: signatures are checked where the account is, so nothing that stands between could act for one.
 */
import { type Client, serviceCaller } from '../../platform/client/transport.ts';
import type { RequestLimits } from '../../platform/http/request-limits.ts';
import type { FrontAnswer, FrontRequest } from '../../platform/http/server.ts';
import type { Origin } from '../../platform/runtime/call.ts';
import { asServiceError } from '../../platform/runtime/errors.ts';
import type { pcaOperations } from '../../services/pca/api/index.ts';

export type AcmeClient = Pick<Client<typeof pcaOperations>, 'AnswerAcmeRequest'>;

export const ACME_PATH = '/acme/';
const MAX_BODY_BYTES = 65_536;
const MAX_TARGET = 2048;
const METHODS = ['GET', 'HEAD', 'POST'] as const;

export interface AcmeOptions {
  pca: AcmeClient;
  limits: RequestLimits;
  /** Of the installation, as they stand in a Host header; empty: every one. */
  hosts: readonly string[];
  onError(error: unknown, requestId: string): void;
}

/** For requests below `ACME_PATH`. */
export function createAcmeHandler({ pca, limits, hosts, onError }: AcmeOptions) {
  const known = new Set(hosts);
  return async (request: FrontRequest): Promise<FrontAnswer> => {
    const Method = METHODS.find((method) => method === request.method);
    if (!Method) return problem(405, 'malformed', 'the method is none of ACME', { allow: METHODS.join(', ') });
    if (request.body.length > MAX_BODY_BYTES || request.rawTarget.length > MAX_TARGET)
      return problem(413, 'malformed', 'the request is too long');
    const host = (request.headers.get('host') ?? '').toLowerCase().replace(/:443$/, '');
    // SECURITY: what a client signed for another server, which passes it on, carries that one's name.
    if (known.size > 0 && !known.has(host))
      return problem(421, 'unauthorized', 'the ACME server is not asked under this host');
    try {
      limits.checkSource(request.remoteAddress);
      const answer = await pca.AnswerAcmeRequest(
        {
          Method,
          Base: `https://${request.headers.get('host') ?? ''}`,
          Target: request.rawTarget,
          ContentType: (request.headers.get('content-type') ?? '').slice(0, 256),
          Body: request.body,
        },
        { caller: serviceCaller('gateway'), origin: originOf(request) },
      );
      if (answer.Status === 401) limits.countRefusal(request.remoteAddress);
      const headers = Object.fromEntries(answer.Headers.map(({ Name, Value }) => [Name, Value]));
      return { status: answer.Status, headers, body: answer.Body };
    } catch (thrown) {
      return refused(thrown, request);
    }
  };

  function refused(thrown: unknown, { requestId }: FrontRequest): FrontAnswer {
    const error = asServiceError(thrown);
    const wait = { 'retry-after': String(Math.max(1, Math.ceil(error.details.retryAfterSeconds ?? 5))) };
    if (error.code === 'TooManyRequests') return problem(429, 'rateLimited', error.message, wait);
    onError(thrown, requestId);
    if (error.code === 'Unavailable') return problem(503, 'serverInternal', 'the server cannot answer now', wait);
    return problem(500, 'serverInternal', 'the request failed');
  }
}

function originOf(request: FrontRequest): Origin {
  const { requestId, remoteAddress: sourceIp, headers, receivedAt, tls } = request;
  const host = (headers.get('host') ?? '').slice(0, 255);
  return {
    requestId,
    sourceIp,
    userAgent: (headers.get('user-agent') ?? '').slice(0, 512),
    receivedAt,
    protocol: 'native',
    ...(tls && { tls: { version: tls.protocol, cipher: tls.cipher, host } }),
  };
}

function problem(status: number, type: string, detail: string, headers: Record<string, string> = {}): FrontAnswer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify({ type: `urn:ietf:params:acme:error:${type}`, detail, status }),
  };
}
