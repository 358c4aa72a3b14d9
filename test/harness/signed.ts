/** Requests signed by our own signer, for tests that need control over every byte. */
import { randomUUID } from 'node:crypto';
import type { Agent } from 'node:https';
import { signHeaders } from '../../platform/authn/sigv4/sign.ts';
import { adminCredentials, type Credentials, type RawAnswer, raw } from './clients.ts';
import type { SharedServer } from './shared.ts';

type Target = Pick<SharedServer, 'endpoint' | 'caPath' | 'admin'>;

export interface SignedOptions {
  method?: string;
  path?: string;
  body?: string | Buffer;
  headers?: Record<string, string>;
  service?: string;
  credentials?: Credentials;
  region?: string;
  /** A keep-alive agent; default: a connection per request. */
  agent?: Agent;
  /** Milliseconds; default now. */
  at?: number;
}

/** The headers of a signed request, so that a test can change something before it sends it. */
export function sign(server: Target, options: SignedOptions, without: string[] = []): Record<string, string> {
  // Like the SDKs: equal requests of one second differ by their invocation id.
  const headers: Record<string, string> = {
    host: new URL(server.endpoint).host,
    'amz-sdk-invocation-id': randomUUID(),
    ...options.headers,
  };
  for (const name of without) delete headers[name];
  const signed = signHeaders(
    {
      method: options.method ?? 'POST',
      rawTarget: options.path ?? '/',
      rawHeaders: Object.entries(headers).flat(),
      body: Buffer.from(options.body ?? ''),
    },
    options.credentials ?? adminCredentials(server),
    {
      region: options.region ?? server.admin.region,
      service: options.service ?? 'parapet',
      now: options.at ?? Date.now(),
    },
  );
  for (let i = 0; i < signed.addedHeaders.length; i += 2)
    headers[(signed.addedHeaders[i] as string).toLowerCase()] = signed.addedHeaders[i + 1] as string;
  return headers;
}

export function send(server: Target, options: SignedOptions): Promise<RawAnswer> {
  return raw(server, {
    method: options.method ?? 'POST',
    path: options.path ?? '/',
    headers: sign(server, options),
    ...(options.body !== undefined && { body: options.body }),
    ...(options.agent && { agent: options.agent }),
  });
}

/** The native API: `POST /v1/<path>` with a JSON body. */
export function native(
  server: Target,
  path: string,
  input: object = {},
  options: Omit<SignedOptions, 'path' | 'body'> = {},
): Promise<RawAnswer> {
  if (options.method === 'GET') return send(server, { ...options, path });
  return send(server, {
    ...options,
    path,
    body: JSON.stringify(input),
    headers: { 'content-type': 'application/json', ...options.headers },
  });
}

/** AWS JSON 1.1. */
export function json11(
  server: Target,
  target: string,
  input: object,
  options: Omit<SignedOptions, 'path'> = {},
): Promise<RawAnswer> {
  return send(server, {
    service: 'kms',
    ...options,
    body: options.body ?? JSON.stringify(input),
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target, ...options.headers },
  });
}

/** AWS Query. */
export function query(
  server: Target,
  service: 'iam' | 'sts',
  parameters: Record<string, string>,
  options: Omit<SignedOptions, 'path'> = {},
): Promise<RawAnswer> {
  const version = service === 'iam' ? '2010-05-08' : '2011-06-15';
  return send(server, {
    service,
    ...options,
    body: new URLSearchParams({ Version: version, ...parameters }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...options.headers },
  });
}
