/** Puts the parts of a client together for a given table of operations. */
import { systemClock } from '../platform/runtime/clock.ts';
import { type AreaClients, bindAreas, type Operations } from './client.ts';
import { type Attempt, type Credentials, createExchange, type Exchange } from './exchange.ts';
import { DEFAULT_RETRY, type RetryPolicy } from './retry.ts';
import { httpTransport } from './transport.ts';

export interface ParapetOptions {
  /** `https://host:port` of the API listener. */
  endpoint: string;
  /** Absent: requests are sent unsigned, which only a few operations accept. */
  credentials?: Credentials | (() => Promise<Credentials>);
  /** Region in the signature, default `local-1`. */
  region?: string;
  /** PEM of the CA that signed the certificate of the server, default: the CAs of the system. */
  ca?: string | Buffer;
  retry?: Partial<RetryPolicy>;
  /** For one attempt, default 30 seconds. */
  timeoutMs?: number;
  /** Appended to the user agent. */
  userAgent?: string;
  now?: () => number;
  onAttempt?: (attempt: Attempt) => void;
}

export interface Connection {
  /** One operation in native JSON, for callers that work from the table of operations. */
  exchange: Exchange;
  /** Closes idle connections; the client can still be used. */
  close(): void;
}

export type ParapetFor<Areas extends Record<string, Operations>> = AreaClients<Areas> & Connection;

const VERSION = '0.1.0';
const TIMEOUT_MS = 30_000;

export function connect(options: ParapetOptions): Connection {
  const transport = httpTransport(options.endpoint, options.ca);
  const exchange = createExchange({
    transport,
    credentials: options.credentials,
    region: options.region ?? 'local-1',
    retry: { ...DEFAULT_RETRY, ...options.retry },
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    userAgent: `parapet-sdk/${VERSION}${options.userAgent === undefined ? '' : ` ${options.userAgent}`}`,
    now: options.now ?? systemClock.now,
    onAttempt: options.onAttempt,
  });
  return { exchange, close: () => transport.close() };
}

/** A client for the given areas; throws `ParapetError` for an unusable endpoint. */
export function createClientFor<Areas extends Record<string, Operations>>(
  areas: Areas,
  options: ParapetOptions,
): ParapetFor<Areas> {
  const connection = connect(options);
  return { ...bindAreas(areas, connection.exchange), ...connection };
}
