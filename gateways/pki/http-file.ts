/** Files as HTTP answers: validators, freshness and conditional requests (RFC 9110 13, RFC 9111). */
import type { FrontAnswer, FrontRequest } from '../../platform/http/server.ts';

export interface HttpFile {
  bytes: Buffer;
  mediaType: string;
  /** Strong: other bytes have another one. */
  tag: string;
  modifiedAt: number;
  freshSeconds: number;
  expiresAt: number;
}

export function fileHeaders(file: Omit<HttpFile, 'bytes'>): Record<string, string> {
  return {
    'content-type': file.mediaType,
    etag: `"${file.tag}"`,
    'last-modified': new Date(file.modifiedAt).toUTCString(),
    expires: new Date(file.expiresAt).toUTCString(),
    'cache-control': `public, max-age=${file.freshSeconds}, no-transform, must-revalidate`,
  };
}

export function answerFile(request: FrontRequest, file: HttpFile): FrontAnswer {
  const headers = fileHeaders(file);
  if (isKnown(request, file)) return { status: 304, headers, body: '' };
  return { status: 200, headers, body: file.bytes };
}

/** If-None-Match decides alone when it is there (RFC 9110 13.2.2). */
function isKnown({ headers }: FrontRequest, { tag, modifiedAt }: HttpFile): boolean {
  const tags = headers.get('if-none-match');
  if (tags !== undefined) {
    return tags.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === `"${tag}"`);
  }
  const since = Date.parse(headers.get('if-modified-since') ?? '');
  return !Number.isNaN(since) && Math.floor(modifiedAt / 1000) * 1000 <= since;
}

const TEXT = { 'content-type': 'text/plain; charset=utf-8' };

export function notFound(): FrontAnswer {
  return { status: 404, headers: TEXT, body: 'there is nothing here\n' };
}

export function notAllowed(allow: string): FrontAnswer {
  return { status: 405, headers: { ...TEXT, allow }, body: `use ${allow}\n` };
}

export function unavailable(): FrontAnswer {
  return { status: 503, headers: { ...TEXT, 'retry-after': '5' }, body: 'try again in some seconds\n' };
}
