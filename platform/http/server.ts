import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { prepareResponse, refusalAnswer, refuseWhileReceiving, writeAnswer, writeRaw } from './listener/answer.ts';
import { type BodyBudget, readBody } from './listener/body.ts';
import { Connections } from './listener/connections.ts';
import { Exchange } from './listener/exchange.ts';
import { readHead } from './listener/head.ts';
import { listenError } from './listener/listen-error.ts';
import {
  DEFAULT_BUDGETS,
  type FrontAnswer,
  type FrontHandler,
  type ListenerBudgets,
  type ListenerOptions,
  type ListenerTls,
} from './listener/options.ts';
import { parserRefusal, type Refusal, refuse } from './listener/refusal.ts';
import { tlsSettings } from './listener/tls-settings.ts';

/**
 * The listener: TLS or plain HTTP/1.1, and every budget of a request before anybody looks at its meaning.
 *
 * Guarantees: handlers see complete requests only, inside all limits, with one reading; every answer, also to bytes
 * that are no request, carries a request id and the security headers; every request is answered or its connection
 * closed; after `stop` no request is begun and begun ones are finished. Refuses, and closes the connection after,
 * whatever two HTTP readers could understand differently. `X-Forwarded-*` headers are never believed here.
 */

export type { TlsFacts } from './listener/connections.ts';
export type { FrontRequest } from './listener/exchange.ts';
export { ListenError } from './listener/listen-error.ts';
export type {
  FrontAnswer,
  FrontFallback,
  FrontHandler,
  ListenerBudgets,
  ListenerOptions,
  ListenerTls,
} from './listener/options.ts';

export interface Listener {
  /** Starts to accept; answers the address in use. Throws `ListenError`. */
  start(): Promise<{ readonly host: string; readonly port: number }>;
  /**
   * Drains: accepts no connection, closes idle ones, finishes begun requests (their answers say `Connection: close`),
   * and after `graceMs` closes the rest. Answers how many requests were cut off.
   */
  stop(graceMs: number): Promise<{ readonly cut: number }>;
  /** Uses another certificate for new connections. */
  updateCertificate(certificate: Pick<ListenerTls, 'key' | 'certificate'>): void;
  readonly connections: number;
  readonly inFlight: number;
}

/** Makes a listener; it accepts nothing before `start`. */
export function createListener(options: ListenerOptions, handler: FrontHandler): Listener {
  return new HttpListener(options, handler);
}

class HttpListener implements Listener {
  private readonly options: ListenerOptions;
  private readonly handler: FrontHandler;
  private readonly budgets: ListenerBudgets;
  private readonly server: Server;
  private readonly sockets: Connections;
  private readonly exchanges = new Set<Exchange>();
  private readonly bodies: BodyBudget = { buffered: 0 };
  private draining = false;
  private sweeper: NodeJS.Timeout | undefined;

  constructor(options: ListenerOptions, handler: FrontHandler) {
    this.options = options;
    this.handler = handler;
    this.budgets = { ...DEFAULT_BUDGETS, ...options.budgets };
    this.sockets = new Connections(this.budgets.maxConnectionsPerSource, options.tls?.serviceAuthority);
    this.server = this.createServer();
  }

  get connections(): number {
    return this.sockets.size;
  }

  get inFlight(): number {
    return this.exchanges.size;
  }

  start(): Promise<{ readonly host: string; readonly port: number }> {
    const { host, port } = this.options;
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException) => reject(listenError(error, host, port));
      this.server.once('error', failed);
      this.server.listen({ host, port, backlog: 1024 }, () => {
        this.server.off('error', failed);
        this.sweeper = setInterval(() => this.sweep(), this.budgets.sweepIntervalMs);
        this.sweeper.unref();
        const address = this.server.address() as AddressInfo;
        resolve({ host: address.address, port: address.port });
      });
    });
  }

  async stop(graceMs: number): Promise<{ readonly cut: number }> {
    this.draining = true;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    const deadline = performance.now() + graceMs;
    while (this.exchanges.size > 0 && performance.now() < deadline) await pause(10);
    const cut = this.exchanges.size;
    for (const exchange of this.exchanges) exchange.abort();
    // Answers just finished may still be on their way through TLS; connections that never asked anything have no time.
    if (cut === 0 && this.sockets.size > 0) await Promise.race([closed, pause(50)]);
    this.sockets.destroyAll();
    clearInterval(this.sweeper);
    await closed;
    return { cut };
  }

  updateCertificate({ key, certificate }: Pick<ListenerTls, 'key' | 'certificate'>): void {
    const { tls } = this.options;
    if (tls === undefined || !('setSecureContext' in this.server)) throw new Error('listener has no tls');
    const server = this.server as Server & { setSecureContext(options: object): void };
    server.setSecureContext({ ...tlsSettings(tls), key, cert: certificate });
  }

  private createServer(): Server {
    const { budgets, options } = this;
    const settings = {
      insecureHTTPParser: false,
      maxHeaderSize: budgets.maxHeaderBytes,
      headersTimeout: budgets.headersTimeoutMs,
      requestTimeout: budgets.requestTimeoutMs,
      keepAliveTimeout: budgets.keepAliveTimeoutMs,
      connectionsCheckingInterval: budgets.sweepIntervalMs,
      // We check it ourselves, so that the refusal has a request id.
      requireHostHeader: false,
      noDelay: true,
    };
    const server =
      options.tls === undefined
        ? createHttpServer(settings)
        : createHttpsServer({ ...settings, ...tlsSettings(options.tls), handshakeTimeout: budgets.handshakeTimeoutMs });
    // The parser cuts silently at its own count: let it see one more than we accept.
    server.maxHeadersCount = budgets.maxHeaders + 1;
    server.maxConnections = budgets.maxConnections;
    // Also for peers that do not read their answer.
    server.timeout = 2 * Math.max(budgets.requestTimeoutMs, budgets.handlerTimeoutMs);
    server.on('connection', (socket: Socket) => {
      if (!this.sockets.admit(socket)) this.options.onRefusal?.('TooManyConnections');
    });
    server.on('request', (req, res) => this.receive(req, res, false));
    server.on('checkContinue', (req, res) => this.receive(req, res, true));
    server.on('checkExpectation', (req, res) => {
      this.refuse(this.begin(req, res), refuse(417, 'ExpectationFailed', 'expectation is not 100-continue'));
    });
    server.on('connect', (_req, socket) => {
      this.answerRaw(socket as Socket, refuse(400, 'InvalidRequest', 'method is not accepted'));
    });
    server.on('clientError', (error, socket) => this.parserGaveUp(error, socket as Socket));
    return server;
  }

  private begin(req: IncomingMessage, res: ServerResponse): Exchange {
    const connection = this.sockets.of(req.socket);
    const exchange = new Exchange(req, res, connection, this.options.newId(), this.options.now());
    connection.inFlight++;
    connection.reading = exchange;
    this.exchanges.add(exchange);
    res.on('close', () => this.finished(exchange));
    return exchange;
  }

  private receive(req: IncomingMessage, res: ServerResponse, expectsContinue: boolean): void {
    // What follows a refused request is not a request: no answer, the refusal closes the connection.
    if (this.sockets.of(req.socket).closing) return;
    const exchange = this.begin(req, res);
    if (++exchange.connection.requests >= this.budgets.maxRequestsPerSocket) exchange.connection.closing = true;
    const head = readHead(req, this.budgets, this.options.open);
    if ('status' in head) {
      this.refuse(exchange, head);
      return;
    }
    exchange.accept(head);
    if (exchange.connection.inFlight > this.budgets.maxPipelined) {
      this.refuse(exchange, refuse(400, 'InvalidRequest', 'connection has too many requests in flight'));
      return;
    }
    if (head.empty) {
      this.dispatch(exchange);
      return;
    }
    if (expectsContinue) res.writeContinue();
    readBody(
      exchange,
      this.budgets,
      this.bodies,
      () => this.dispatch(exchange),
      (refusal) => this.refuse(exchange, refusal),
    );
  }

  private dispatch(exchange: Exchange): void {
    exchange.connection.reading = undefined;
    exchange.overdueAt = performance.now() + this.budgets.handlerTimeoutMs;
    let answer: ReturnType<FrontHandler>;
    try {
      answer = this.handler(exchange);
    } catch (error) {
      this.failed(exchange, error);
      return;
    }
    if (answer instanceof Promise) {
      answer.then(
        (value) => this.settle(exchange, value),
        (error: unknown) => this.failed(exchange, error),
      );
    } else {
      this.settle(exchange, answer);
    }
  }

  private settle(exchange: Exchange, answer: FrontAnswer | undefined): void {
    if (exchange.done) return;
    const close = this.mustClose(exchange);
    if (answer === undefined) {
      const { fallback } = this.options;
      if (fallback === undefined) {
        this.settle(exchange, refusalAnswer(NOT_FOUND, exchange.requestId));
        return;
      }
      exchange.done = true;
      exchange.req.url = exchange.rawTarget;
      prepareResponse(exchange.res, exchange.requestId, close);
      try {
        fallback(exchange.req, exchange.res, exchange);
      } catch (error) {
        this.options.onError?.(error, exchange.requestId);
        exchange.res.destroy();
      }
      return;
    }
    exchange.done = true;
    try {
      writeAnswer(exchange.res, answer, exchange.requestId, close);
    } catch (error) {
      // A header that cannot be written: the answer is lost, the caller must not wait.
      this.options.onError?.(error, exchange.requestId);
      exchange.res.destroy();
    }
  }

  private failed(exchange: Exchange, error: unknown): void {
    this.options.onError?.(error, exchange.requestId);
    this.settle(exchange, refusalAnswer(refuse(500, 'InternalFailure', 'request failed'), exchange.requestId));
  }

  /** A refused request ends its connection, since what follows it may not be a request. */
  private refuse(exchange: Exchange, refusal: Refusal, receiving = !exchange.req.complete): void {
    if (exchange.done) return;
    exchange.done = true;
    this.options.onRefusal?.(refusal.code);
    const { connection, res, requestId } = exchange;
    if (connection.reading === exchange) connection.reading = undefined;
    connection.closing = true;
    const answer = refusalAnswer(refusal, requestId);
    if (receiving) refuseWhileReceiving(res, answer, requestId);
    else writeAnswer(res, answer, requestId, true);
  }

  /** The parser met bytes that are no HTTP, or a timeout passed. */
  private parserGaveUp(error: NodeJS.ErrnoException, socket: Socket): void {
    const refusal = parserRefusal(error);
    // Failed handshakes and broken connections: nobody reads an answer.
    if (refusal === undefined || !socket.writable) {
      socket.destroy();
      return;
    }
    const connection = this.sockets.of(socket);
    if (connection.reading !== undefined && !connection.reading.done) {
      this.refuse(connection.reading, refusal, false);
    } else if (connection.inFlight > 0) {
      // Earlier requests of the connection still wait for answers that must not be overtaken by this refusal.
      connection.closing = true;
    } else {
      this.answerRaw(socket, refusal);
    }
  }

  private answerRaw(socket: Socket, refusal: Refusal): void {
    this.options.onRefusal?.(refusal.code);
    writeRaw(socket, refusal, this.options.newId(), this.options.now());
  }

  private finished(exchange: Exchange): void {
    if (!this.exchanges.delete(exchange)) return;
    const { connection, req } = exchange;
    connection.inFlight--;
    if (connection.reading === exchange) connection.reading = undefined;
    this.bodies.buffered -= exchange.buffered;
    exchange.done = true;
    if (!exchange.res.writableFinished) exchange.abort();
    if ((connection.closing || this.draining) && connection.inFlight === 0) req.socket.destroySoon();
  }

  /** Node closes after an answer that says so: with others behind it, `finished` closes after the last instead. */
  private mustClose({ connection }: Exchange): boolean {
    return (this.draining || connection.closing) && connection.inFlight === 1;
  }

  /** Handlers that never answer must not hold their callers for ever. */
  private sweep(): void {
    const now = performance.now();
    for (const exchange of this.exchanges) {
      // Begun answers are watched by the idle timeout of their socket.
      if (exchange.done || now < exchange.overdueAt) continue;
      exchange.abort();
      this.refuse(exchange, refuse(503, 'ServiceUnavailable', 'request took too long'));
    }
  }
}

const NOT_FOUND = refuse(404, 'NotFound', 'nothing is at this target');

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
