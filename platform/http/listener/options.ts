import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FrontRequest } from './exchange.ts';

/** What a handler answers. Header names are in lower case; content-length is added. */
export interface FrontAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

/** Answers a request, or declines it with undefined: then the fallback gets it. */
export type FrontHandler = (request: FrontRequest) => FrontAnswer | undefined | Promise<FrontAnswer | undefined>;

/** Receives declined requests. The stream is already read: the body is `request.body`. */
export type FrontFallback = (req: IncomingMessage, res: ServerResponse, request: FrontRequest) => void;

export interface ListenerTls {
  /** PEM. */
  readonly key: string;
  /** PEM, leaf first. */
  readonly certificate: string;
  /** PEM certificates that client certificates may chain to; absent: no client certificate is asked for. */
  readonly clientAuthorities?: readonly string[];
  /** Close connections without an accepted client certificate. */
  readonly requireClientCertificate?: boolean;
  /** The internal authority: only its certificates give a peer a service name. */
  readonly serviceAuthority?: X509Certificate;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Absent: plain HTTP, for a loopback or a trusted proxy. */
  readonly tls?: ListenerTls;
  /** Milliseconds. */
  readonly now: () => number;
  /** A new request id: printable ASCII without blanks. */
  readonly newId: () => string;
  /**
   * For what is the same for everybody who asks: HTTP/1.0 is spoken, too, and handlers get the path as it was sent, with
   * nothing decoded. Never for requests that are authenticated.
   */
  readonly open?: true;
  readonly fallback?: FrontFallback;
  /** Told about handlers that throw; the caller gets a bare InternalFailure. */
  readonly onError?: (error: unknown, requestId: string) => void;
  /** Told about every refusal, for metrics. */
  readonly onRefusal?: (code: string) => void;
  readonly budgets?: Partial<ListenerBudgets>;
}

/** Limits of audit-reliability-security 4.4, and two that bound memory and time as a whole. */
export interface ListenerBudgets {
  readonly maxHeaderBytes: number;
  readonly maxHeaders: number;
  readonly maxTargetBytes: number;
  readonly maxBodyBytes: number;
  /** Bodies held at one time, over all requests. */
  readonly maxBufferedBytes: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  /** From the last byte of the request to the answer. */
  readonly handlerTimeoutMs: number;
  readonly maxRequestsPerSocket: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerSource: number;
  /** Requests of one connection that wait for their answer (pipelining). */
  readonly maxPipelined: number;
  /** How often timeouts are looked at. */
  readonly sweepIntervalMs: number;
}

export const DEFAULT_BUDGETS: ListenerBudgets = {
  maxHeaderBytes: 16 * 1024,
  maxHeaders: 100,
  maxTargetBytes: 8 * 1024,
  maxBodyBytes: 1024 * 1024,
  maxBufferedBytes: 256 * 1024 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 5_000,
  handshakeTimeoutMs: 10_000,
  handlerTimeoutMs: 30_000,
  maxRequestsPerSocket: 1_000,
  maxConnections: 4_096,
  maxConnectionsPerSource: 200,
  maxPipelined: 16,
  sweepIntervalMs: 1_000,
};
