import { createHash, timingSafeEqual } from 'node:crypto';
import {
  canonicalHeaders,
  canonicalParameters,
  canonicalPath,
  deriveSigningKey,
  hmac,
  joinCanonicalQuery,
  sha256Hex,
  stringToSign,
  UNSIGNED_PAYLOAD,
} from './canonical.ts';
import { type ParsedSignature, type SignedHttpRequest, type SigV4Failure, sigV4Failure } from './types.ts';

/**
 * Verifies a parsed signature over the raw bytes of the request.
 *
 * Guarantees: an `ok` answer means method, path, query, every signed header and the body are what the holder of the
 * secret signed, for this service, one of our regions, inside the clock window. Refuses with data, never by throwing.
 * The comparison is constant-time over 32 bytes; an unknown access key costs the same work as a wrong signature.
 */

export interface SigV4Options {
  /** Current time in milliseconds. */
  readonly now: number;
  /** Signing name of the service the request was routed to. */
  readonly service: string;
  /** Regions this installation answers for. */
  readonly regions: ReadonlySet<string>;
  /** Half width of the clock window in seconds: 300 by default, 900 at most. */
  readonly clockWindowSeconds?: number;
  /** Longest validity accepted for a presigned request, in seconds (default 604800). */
  readonly maxExpiresSeconds?: number;
  /** Accept `x-amz-content-sha256: UNSIGNED-PAYLOAD`; only ever over TLS. Default false. */
  readonly allowUnsignedPayload?: boolean;
  /** The session token was not part of the signature (see the parse option of the same purpose). Default false. */
  readonly allowUnsignedSessionToken?: boolean;
  /** Resolve dot segments and repeated slashes before signing (default true, as every service except S3). */
  readonly normalizePath?: boolean;
  /** Put the canonical request and the string to sign into a mismatch answer. Default false. */
  readonly debug?: boolean;
}

export interface SigV4Ok {
  readonly ok: true;
  /** Hex SHA-256 of the body, or undefined when the payload was not signed. */
  readonly payloadHash: string | undefined;
}

/** Services with one global endpoint, whose clients sign with us-east-1 when no endpoint is configured. */
const GLOBAL_SERVICES: ReadonlySet<string> = new Set(['iam', 'sts', 'organizations']);
const GLOBAL_REGION = 'us-east-1';
const DEFAULT_WINDOW_SECONDS = 300;
const MAX_WINDOW_SECONDS = 900;
const ZERO_KEY = Buffer.alloc(32);
const NOBODY_KEY = createHash('sha256').update('key of no access key').digest();

/**
 * Checks what needs neither key nor body: scope date, service, region, clock, expiry. Callers run it before they look
 * up the access key; `verifySigV4` runs it again.
 */
export function checkSigV4Scope(parsed: ParsedSignature, options: SigV4Options): SigV4Failure | undefined {
  if (!parsed.amzDate.startsWith(parsed.date)) {
    return mismatch(`credential date ${parsed.date} is not the date of the request ${parsed.amzDate}`);
  }
  if (parsed.service !== options.service) {
    return mismatch(`credential is scoped to service ${parsed.service}, not to ${options.service}`);
  }
  const globalRegion = parsed.region === GLOBAL_REGION && GLOBAL_SERVICES.has(options.service);
  if (!globalRegion && !options.regions.has(parsed.region)) {
    return mismatch(`credential is scoped to region ${parsed.region}, which is not served here`);
  }
  const windowMs = 1000 * Math.min(options.clockWindowSeconds ?? DEFAULT_WINDOW_SECONDS, MAX_WINDOW_SECONDS);
  const age = options.now - parsed.timestampMs;
  // Negated comparisons: a clock that gives NaN refuses.
  if (!(age >= -windowMs))
    return mismatch(`signature is not yet current: request date ${parsed.amzDate} is in the future`);
  if (parsed.expiresSeconds === undefined) {
    if (!(age <= windowMs)) return mismatch(`signature expired: request date ${parsed.amzDate} is too old`);
    return undefined;
  }
  if (options.maxExpiresSeconds !== undefined && parsed.expiresSeconds > options.maxExpiresSeconds) {
    return sigV4Failure('IncompleteSignature', `X-Amz-Expires is greater than ${options.maxExpiresSeconds}`);
  }
  if (!(age <= parsed.expiresSeconds * 1000)) return sigV4Failure('RequestExpired', 'presigned request has expired');
  return undefined;
}

/**
 * @param signingKey the derived 32-byte key, or the secret as text (then the key is derived here), or undefined for an
 *   unknown access key: the work is the same and the answer InvalidClientTokenId.
 */
export function verifySigV4(
  parsed: ParsedSignature,
  request: SignedHttpRequest,
  signingKey: Buffer | string | undefined,
  options: SigV4Options,
): SigV4Ok | SigV4Failure {
  const scopeFailure = checkSigV4Scope(parsed, options);
  if (scopeFailure !== undefined) return scopeFailure;

  const bodyHash = sha256Hex(request.body);
  let payloadHash = bodyHash;
  const declared = parsed.declaredPayloadHash;
  if (declared !== undefined && declared !== bodyHash) {
    if (declared.startsWith('STREAMING-')) return mismatch('streaming payload signatures are not supported');
    if (declared !== UNSIGNED_PAYLOAD) return mismatch('x-amz-content-sha256 is not the hash of the body');
    if (options.allowUnsignedPayload !== true) return mismatch('unsigned payload is not accepted');
    payloadHash = UNSIGNED_PAYLOAD;
  }

  const queryStart = request.rawTarget.indexOf('?');
  const path = canonicalPath(
    queryStart < 0 ? request.rawTarget : request.rawTarget.slice(0, queryStart),
    options.normalizePath ?? true,
  );
  let query = '';
  if (queryStart >= 0) {
    const parameters = canonicalParameters(request.rawTarget.slice(queryStart + 1));
    if (parameters === undefined) return sigV4Failure('IncompleteSignature', 'query is not percent-encoded correctly');
    query = joinCanonicalQuery(parameters, omittedParameters(parsed, options));
  }
  const headers = canonicalHeaders(parsed.signedHeaders, parsed.headerNames, request.rawHeaders);
  if ('missing' in headers) return mismatch('a signed header is missing from the request');
  const canonicalRequest = `${request.method}\n${path}\n${query}\n${headers.text}\n${parsed.signedHeadersText}\n${payloadHash}`;
  const scope = parsed.credential.slice(parsed.accessKeyId.length + 1);
  const toSign = stringToSign(parsed.amzDate, scope, canonicalRequest);

  const derived = typeof signingKey === 'string';
  const key = derived
    ? deriveSigningKey(signingKey, parsed.date, parsed.region, parsed.service)
    : (signingKey ?? NOBODY_KEY);
  const expected = hmac(key, toSign);
  // SECURITY: both sides are exactly 32 bytes (the parser accepts 64 hex digits only), compared in constant time.
  const equal = timingSafeEqual(expected, Buffer.from(parsed.signature, 'hex'));
  // SECURITY: a key zeroed by the cache is a key everybody knows. Also asked of nobody's key: the work is the same.
  const zeroed = key.length !== ZERO_KEY.length || timingSafeEqual(key, ZERO_KEY);
  const usable = signingKey !== undefined && !zeroed;
  if (derived) key.fill(0);
  if (equal && usable) return { ok: true, payloadHash: payloadHash === bodyHash ? bodyHash : undefined };
  if (signingKey === undefined) return sigV4Failure('InvalidClientTokenId', 'access key id is unknown or inactive');
  const failure = mismatch('signature does not match the request');
  return options.debug === true ? { ...failure, debug: { canonicalRequest, stringToSign: toSign } } : failure;
}

function mismatch(message: string): SigV4Failure {
  return sigV4Failure('SignatureDoesNotMatch', message);
}

const OMIT_NOTHING: readonly string[] = [];
const OMIT_SIGNATURE: readonly string[] = ['X-Amz-Signature'];
const OMIT_SIGNATURE_AND_TOKEN: readonly string[] = ['X-Amz-Signature', 'X-Amz-Security-Token'];

function omittedParameters(parsed: ParsedSignature, options: SigV4Options): readonly string[] {
  if (parsed.form === 'header') return OMIT_NOTHING;
  return options.allowUnsignedSessionToken === true ? OMIT_SIGNATURE_AND_TOKEN : OMIT_SIGNATURE;
}
