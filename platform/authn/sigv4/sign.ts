import {
  ALGORITHM,
  canonicalHeaders,
  canonicalParameters,
  canonicalPath,
  canonicalQueryComponent,
  deriveSigningKey,
  formatAmzDate,
  hmac,
  joinCanonicalQuery,
  SCOPE_END,
  sha256Hex,
  stringToSign,
  UNSIGNED_PAYLOAD,
} from './canonical.ts';

/**
 * Signs requests with Signature Version 4, in the header and in the presigned form. Pure: the time is an argument and
 * nothing is read from the environment. Throws a TypeError only for a request that no server could verify.
 */

export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface RequestToSign {
  readonly method: string;
  /** Origin-form target, already percent-encoded for the wire. */
  readonly rawTarget: string;
  /** Headers that will be sent, alternating name and value; `host` must be among them. */
  readonly rawHeaders: readonly string[];
  readonly body?: Buffer;
}

export interface SigningOptions {
  readonly region: string;
  readonly service: string;
  /** Time of signing in milliseconds. */
  readonly now: number;
  /** Add x-amz-content-sha256 with the hash of the body (default false). */
  readonly signBody?: boolean;
  /** Sign `UNSIGNED-PAYLOAD` instead of the hash (only for servers that allow it). */
  readonly unsignedPayload?: boolean;
  readonly normalizePath?: boolean;
  /** Send the session token but leave it out of the signature. */
  readonly omitSessionToken?: boolean;
}

export interface SignedParts {
  /** Headers to add to those of the request, alternating name and value (empty in the presigned form). */
  readonly addedHeaders: readonly string[];
  /** Target to send: unchanged in the header form, with the authentication parameters in the presigned form. */
  readonly rawTarget: string;
  readonly canonicalRequest: string;
  readonly stringToSign: string;
  readonly signature: string;
}

/** Headers that proxies and HTTP clients rewrite: signing them only breaks requests. */
const NEVER_SIGNED: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'x-amzn-trace-id',
]);

/** Signs into the Authorization header. */
export function signHeaders(
  request: RequestToSign,
  credentials: SigningCredentials,
  options: SigningOptions,
): SignedParts {
  const amzDate = formatAmzDate(options.now);
  const payloadHash = options.unsignedPayload ? UNSIGNED_PAYLOAD : sha256Hex(request.body ?? Buffer.alloc(0));
  const added = ['X-Amz-Date', amzDate];
  if (options.signBody || options.unsignedPayload) added.push('x-amz-content-sha256', payloadHash);
  const token = credentials.sessionToken;
  if (token !== undefined && !options.omitSessionToken) added.push('X-Amz-Security-Token', token);
  const all = [...request.rawHeaders, ...added];
  const { path, parameters } = splitTarget(request.rawTarget, options);
  const signed = finish(request.method, path, joinCanonicalQuery(parameters), all, payloadHash, credentials, options);
  if (token !== undefined && options.omitSessionToken) added.push('X-Amz-Security-Token', token);
  const scope = scopeOf(options);
  added.push(
    'Authorization',
    `${ALGORITHM} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signed.signedHeaders}, Signature=${signed.signature}`,
  );
  return { addedHeaders: added, rawTarget: request.rawTarget, ...signed };
}

/** Signs into the query. `expiresSeconds` is 1..604800. */
export function presign(
  request: RequestToSign,
  credentials: SigningCredentials,
  options: SigningOptions & { readonly expiresSeconds: number },
): SignedParts {
  const payloadHash = options.unsignedPayload ? UNSIGNED_PAYLOAD : sha256Hex(request.body ?? Buffer.alloc(0));
  const { path, parameters } = splitTarget(request.rawTarget, options);
  const added = [
    ['X-Amz-Algorithm', ALGORITHM],
    ['X-Amz-Credential', `${credentials.accessKeyId}/${scopeOf(options)}`],
    ['X-Amz-Date', formatAmzDate(options.now)],
    ['X-Amz-SignedHeaders', signableNames(request.rawHeaders).join(';')],
    ['X-Amz-Expires', String(options.expiresSeconds)],
  ].map(([name, value]) => encodedParameter(name as string, value as string));
  const token = credentials.sessionToken;
  const tokenParameter = token === undefined ? undefined : encodedParameter('X-Amz-Security-Token', token);
  if (tokenParameter !== undefined && !options.omitSessionToken) added.push(tokenParameter);
  const query = joinCanonicalQuery([...parameters, ...added]);
  const signed = finish(request.method, path, query, request.rawHeaders, payloadHash, credentials, options);
  if (tokenParameter !== undefined && options.omitSessionToken) added.push(tokenParameter);
  added.push({ name: 'X-Amz-Signature', value: signed.signature });
  const separator = request.rawTarget.includes('?') ? '&' : '?';
  const suffix = added.map((p) => `${p.name}=${p.value}`).join('&');
  return { addedHeaders: [], rawTarget: `${request.rawTarget}${separator}${suffix}`, ...signed };
}

/** Encodes text for a query the way signatures need it: everything but unreserved characters as %XX of UTF-8. */
export function encodeQueryText(text: string): string {
  // A percent sign in the text must itself be encoded, and a plus must not stay one.
  const bytes = Buffer.from(text, 'utf8').toString('latin1').replaceAll('%', '%25').replaceAll('+', '%2B');
  return canonicalQueryComponent(bytes) as string;
}

function encodedParameter(name: string, value: string) {
  return { name, value: encodeQueryText(value) };
}

function scopeOf(options: SigningOptions): string {
  return `${formatAmzDate(options.now).slice(0, 8)}/${options.region}/${options.service}/${SCOPE_END}`;
}

function splitTarget(rawTarget: string, options: SigningOptions) {
  const queryStart = rawTarget.indexOf('?');
  const parameters = queryStart < 0 ? [] : canonicalParameters(rawTarget.slice(queryStart + 1));
  if (parameters === undefined) throw new TypeError('query of the request to sign is not percent-encoded');
  const rawPath = queryStart < 0 ? rawTarget : rawTarget.slice(0, queryStart);
  return { path: canonicalPath(rawPath, options.normalizePath ?? true), parameters };
}

function signableNames(rawHeaders: readonly string[]): string[] {
  const names = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    if (!NEVER_SIGNED.has(name)) names.add(name);
  }
  if (!names.has('host')) throw new TypeError('request to sign has no host header');
  return [...names].sort();
}

function finish(
  method: string,
  path: string,
  query: string,
  rawHeaders: readonly string[],
  payloadHash: string,
  credentials: SigningCredentials,
  options: SigningOptions,
) {
  const names = signableNames(rawHeaders);
  const headerNames: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) headerNames.push((rawHeaders[i] as string).toLowerCase());
  const headers = canonicalHeaders(names, headerNames, rawHeaders) as { readonly text: string };
  const signedHeaders = names.join(';');
  const canonicalRequest = `${method}\n${path}\n${query}\n${headers.text}\n${signedHeaders}\n${payloadHash}`;
  const scope = scopeOf(options);
  const toSign = stringToSign(formatAmzDate(options.now), scope, canonicalRequest);
  const date = scope.slice(0, 8);
  const key = deriveSigningKey(credentials.secretAccessKey, date, options.region, options.service);
  const signature = hmac(key, toSign).toString('hex');
  key.fill(0);
  return { canonicalRequest, stringToSign: toSign, signature, signedHeaders };
}
