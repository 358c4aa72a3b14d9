/** OCSP over HTTP (RFC 6960 A, RFC 5019): the request in the body, or in base64 at the end of the path. */
import { createHash } from 'node:crypto';
import { ServiceError } from '../../platform/contract/error.ts';
import type { FrontAnswer, FrontRequest } from '../../platform/http/server.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { PkiClient } from './handler.ts';
import { answerFile, fileHeaders, notAllowed, notFound } from './http-file.ts';

const RESPONDER = /^\/ocsp\/([0-9a-f-]{36})(?:\/(.*))?$/;
const REQUEST_TYPE = 'application/ocsp-request';
const RESPONSE_TYPE = 'application/ocsp-response';
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** RFC 5019 5: clients send no more than 255 by GET; some count the hashes of two algorithms. */
const MAX_ENCODED = 1_024;
/** A revocation is answered at once to whoever asks here; caches may be this much behind. */
const FRESH_SECONDS = 300;
const MALFORMED = Buffer.from('30030a0101', 'hex');
/** The records do not verify, or do not agree: it is in the log, and clients are told nothing else. */
const INTERNAL_ERROR = Buffer.from('30030a0102', 'hex');
const TRY_LATER = Buffer.from('30030a0103', 'hex');

export function isOcsp(path: string): boolean {
  return path.startsWith('/ocsp/');
}

export async function answerOcsp(pca: PkiClient, clock: Clock, request: FrontRequest): Promise<FrontAnswer> {
  const { method, path, headers, body } = request;
  const [, AuthorityId, encoded] = RESPONDER.exec(path) ?? [];
  if (AuthorityId === undefined) return notFound();
  if (method === 'POST') {
    if (mediaType(headers.get('content-type')) !== REQUEST_TYPE)
      return { status: 415, headers: { 'content-type': 'text/plain' }, body: `the body is ${REQUEST_TYPE}\n` };
    return ask(AuthorityId, body);
  }
  if (method !== 'GET' && method !== 'HEAD') return notAllowed('GET, HEAD, POST');
  const bytes = decoded(encoded ?? '');
  return bytes ? ask(AuthorityId, bytes) : plain(MALFORMED);

  async function ask(id: string, Request: Buffer): Promise<FrontAnswer> {
    try {
      const { Response, ThisUpdate, NextUpdate } = await pca.AnswerOcspRequest({ AuthorityId: id, Request });
      if (ThisUpdate === undefined || NextUpdate === undefined) return plain(Response);
      const remaining = Math.max(0, Math.floor((NextUpdate - clock.now()) / 2000));
      const file = {
        mediaType: RESPONSE_TYPE,
        tag: createHash('sha256').update(Response).digest('hex'),
        modifiedAt: ThisUpdate,
        freshSeconds: Math.min(FRESH_SECONDS, remaining),
        expiresAt: NextUpdate,
      };
      // A POST is answered in full, whatever validators it names.
      if (method === 'POST') return { status: 200, headers: fileHeaders(file), body: Response };
      return answerFile(request, { ...file, bytes: Response });
    } catch (error) {
      // Clients know what to do with an answer of the protocol, and not with one of HTTP.
      if (error instanceof ServiceError && error.code === 'Unavailable') return plain(TRY_LATER);
      if (error instanceof ServiceError && error.code === 'Internal') return plain(INTERNAL_ERROR);
      throw error;
    }
  }
}

/** Not for caches: see the listener's own headers. */
function plain(body: Buffer): FrontAnswer {
  return { status: 200, headers: { 'content-type': RESPONSE_TYPE }, body };
}

function mediaType(header: string | undefined): string {
  return (header ?? '').split(';')[0]!.trim().toLowerCase();
}

function decoded(encoded: string): Buffer | undefined {
  if (encoded === '' || encoded.length > MAX_ENCODED) return undefined;
  let text: string;
  try {
    text = decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
  return BASE64.test(text) && text.length % 4 === 0 ? Buffer.from(text, 'base64') : undefined;
}
