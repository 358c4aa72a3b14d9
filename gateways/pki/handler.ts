/**
 * What certificates point to, over plain HTTP: lists of revoked certificates, certificates of authorities, and OCSP by GET
 * and POST; and what proves our names to CAs outside. Knows HTTP and nothing of certificates; everything comes from pca, and is public. Answers may be kept by
 * caches, but never beyond what they say about themselves (RFC 5019 6).
 */
import { createHash } from 'node:crypto';
import type { Client } from '../../platform/client/transport.ts';
import { ServiceError } from '../../platform/contract/error.ts';
import type { FrontAnswer, FrontRequest } from '../../platform/http/server.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { pcaOperations } from '../../services/pca/api/index.ts';
import { answerFile, type HttpFile, notAllowed, notFound, unavailable } from './http-file.ts';
import { ListFiles } from './list-files.ts';
import { answerOcsp, isOcsp } from './ocsp.ts';

export type PkiClient = Pick<
  Client<typeof pcaOperations>,
  'GetRevocationListFile' | 'GetAuthorityFile' | 'AnswerOcspRequest' | 'GetOutsideProof'
>;

const AUTHORITY = /^\/ca\/([0-9a-f-]{36})\.cer$/;
/** Where a CA outside looks whether we have a name (RFC 8555 8.3). */
const PROOF = /^\/\.well-known\/acme-challenge\/([A-Za-z0-9_-]{22,256})$/;
const AUTHORITY_SECONDS = 3_600;

export function createPkiHandler(pca: PkiClient, clock: Clock) {
  const lists = new ListFiles(pca, clock);

  return async (request: FrontRequest): Promise<FrontAnswer> => {
    try {
      return await serve(request);
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'Unavailable') return unavailable();
      throw error;
    }
  };

  async function serve(request: FrontRequest): Promise<FrontAnswer> {
    const { method, path } = request;
    if (isOcsp(path)) return answerOcsp(pca, clock, request);
    if (method !== 'GET' && method !== 'HEAD') return notAllowed('GET, HEAD');
    const Token = PROOF.exec(path)?.[1];
    if (Token !== undefined) return proof(Token);
    const file = path.endsWith('.crl') ? await lists.find(path.slice(1)) : await authorityFile(path);
    return file ? answerFile(request, file) : notFound();
  }

  async function proof(Token: string): Promise<FrontAnswer> {
    const { KeyAuthorization } = await pca.GetOutsideProof({ Token });
    if (KeyAuthorization === undefined) return notFound();
    const headers = { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' };
    return { status: 200, headers, body: KeyAuthorization };
  }

  async function authorityFile(path: string): Promise<HttpFile | undefined> {
    const AuthorityId = AUTHORITY.exec(path)?.[1];
    if (AuthorityId === undefined) return undefined;
    const { Certificate, NotBefore } = await pca.GetAuthorityFile({ AuthorityId });
    if (!Certificate || NotBefore === undefined) return undefined;
    return {
      bytes: Certificate,
      mediaType: 'application/pkix-cert',
      tag: createHash('sha256').update(Certificate).digest('hex'),
      modifiedAt: NotBefore,
      freshSeconds: AUTHORITY_SECONDS,
      expiresAt: clock.now() + AUTHORITY_SECONDS * 1000,
    };
  }
}
