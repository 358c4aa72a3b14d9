import { parseAmzDate } from './canonical.ts';
import {
  firstUnsigned,
  incomplete,
  isLowerHex64,
  lowerNames,
  readAuthorization,
  readCredential,
  readDateHeader,
  readQueryAuthentication,
  readQueryParts,
  readSignedHeaders,
} from './parse-parts.ts';
import type { ParsedSignature, SignedHttpRequest, SigV4Failure } from './types.ts';

/**
 * Reads the signature of a request without any key: cheap enough to run before the look-up of the access key.
 *
 * Guarantees that a parsed signature is complete and unambiguous: one place of authentication, one value for every
 * part, host and every x-amz-* header signed, expiry in range. Refuses everything else with IncompleteSignature.
 */

export interface SigV4ParseOptions {
  /** Shortest access key id taken for one. AWS documents 16..128 (default 16). */
  readonly accessKeyIdMinLength?: number;
  /** Accept a session token that was added after signing (some old clients); default false. */
  readonly allowUnsignedSessionToken?: boolean;
}

const MAX_SESSION_TOKEN = 8192;

/**
 * Parses the Authorization header or the presigned query.
 *
 * @returns the parsed signature; undefined when the request carries no AWS signature at all (another scheme or none);
 *   a failure when it carries a broken, doubled or unsupported one.
 */
export function parseSigV4(
  request: SignedHttpRequest,
  options: SigV4ParseOptions = {},
): ParsedSignature | undefined | SigV4Failure {
  const { rawHeaders, rawTarget } = request;
  const headerNames = request.headerNames ?? lowerNames(rawHeaders);
  let authorization: string | undefined;
  let host: string | undefined;
  let amzDate: string | undefined;
  let date: string | undefined;
  let token: string | undefined;
  let payloadHash: string | undefined;
  let doubled: string | undefined;
  for (let i = 0; i < headerNames.length; i++) {
    const name = headerNames[i] as string;
    const value = rawHeaders[2 * i + 1] as string;
    switch (name) {
      case 'authorization':
        if (authorization !== undefined) doubled = name;
        authorization = value;
        break;
      case 'host':
        if (host !== undefined) doubled = name;
        host = value;
        break;
      case 'x-amz-date':
        if (amzDate !== undefined) doubled = name;
        amzDate = value;
        break;
      case 'date':
        if (date !== undefined) doubled = name;
        date = value;
        break;
      case 'x-amz-security-token':
        if (token !== undefined) doubled = name;
        token = value;
        break;
      case 'x-amz-content-sha256':
        if (payloadHash !== undefined) doubled = name;
        payloadHash = value;
        break;
    }
  }

  const queryStart = rawTarget.indexOf('?');
  const query = queryStart < 0 ? undefined : readQueryAuthentication(rawTarget.slice(queryStart + 1));
  if (doubled === 'authorization') return incomplete('header authorization is present more than once');
  const inHeader = authorization?.startsWith('AWS4-') === true;
  if (!inHeader && query === undefined) return undefined;
  if (doubled !== undefined) return incomplete(`header ${doubled} is present more than once`);
  if (query !== undefined && 'ok' in query) return query;
  if (authorization !== undefined && query !== undefined) {
    return incomplete('request is signed both in the Authorization header and in the query');
  }
  if (rawTarget[0] !== '/') return incomplete('request target is not in origin form');

  const parts = inHeader
    ? readAuthorization(authorization as string)
    : readQueryParts(query as ReadonlyMap<string, string>);
  if ('ok' in parts) return parts;
  const scope = readCredential(parts.credential, options.accessKeyIdMinLength ?? 16);
  if ('ok' in scope) return scope;
  if (!isLowerHex64(parts.signature)) return incomplete('signature is not 64 lower-case hex digits');

  let sessionToken = token;
  if (parts.form === 'query') {
    if (amzDate !== undefined) return incomplete('date is present both in the query and in a header');
    if (token !== undefined && parts.sessionToken !== undefined) {
      return incomplete('session token is present both in the query and in a header');
    }
    sessionToken = parts.sessionToken ?? token;
    payloadHash ??= parts.payloadHash;
    amzDate = parts.amzDate;
  } else if (amzDate === undefined) {
    if (date === undefined) return incomplete('request has neither an x-amz-date nor a Date header');
    amzDate = readDateHeader(date);
  }
  const timestampMs = amzDate === undefined ? undefined : parseAmzDate(amzDate);
  if (timestampMs === undefined) return incomplete('request date is not in the form YYYYMMDDTHHMMSSZ');
  if (sessionToken !== undefined && (sessionToken === '' || sessionToken.length > MAX_SESSION_TOKEN)) {
    return incomplete('session token is empty or too long');
  }

  const signedHeaders = readSignedHeaders(parts.signedHeaders);
  if ('ok' in signedHeaders) return signedHeaders;
  const unsigned = firstUnsigned(headerNames, signedHeaders, options.allowUnsignedSessionToken === true);
  if (unsigned !== undefined) return incomplete(`header ${unsigned} is present but not signed`);

  return {
    ok: true,
    form: parts.form,
    ...scope,
    credential: parts.credential,
    amzDate: amzDate as string,
    timestampMs,
    signedHeaders,
    signedHeadersText: parts.signedHeaders,
    signature: parts.signature,
    sessionToken,
    expiresSeconds: parts.expiresSeconds,
    declaredPayloadHash: payloadHash,
    headerNames,
  };
}
