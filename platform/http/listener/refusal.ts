/** A request that is refused before any handler sees it. */
export interface Refusal {
  readonly status: number;
  /** Stable code for clients and metrics. */
  readonly code: string;
  /** One clause that holds nothing the caller sent. */
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

export function refuse(status: number, code: string, message: string): Refusal {
  return { status, code, message };
}

/** Body of a refusal: a problem document that AWS JSON clients can read too (they look for `__type`). */
export function refusalBody(refusal: Refusal, requestId: string): string {
  return JSON.stringify({
    type: `urn:parapet:error:${refusal.code}`,
    title: refusal.code,
    status: refusal.status,
    detail: refusal.message,
    code: refusal.code,
    requestId,
    __type: refusal.code,
    message: refusal.message,
  });
}

export const REFUSAL_TYPE = 'application/problem+json';

/** What to answer when the parser gave up; undefined when the connection itself is broken and nobody reads. */
export function parserRefusal(error: NodeJS.ErrnoException): Refusal | undefined {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return refuse(431, 'HeadersTooLarge', 'request headers are too large');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return refuse(413, 'RequestTooLarge', 'chunk extensions are too large');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return refuse(408, 'RequestTimeout', 'request did not arrive in time');
    default:
      return error.code?.startsWith('HPE_')
        ? refuse(400, 'InvalidRequest', 'request is not valid HTTP/1.1')
        : undefined;
  }
}
