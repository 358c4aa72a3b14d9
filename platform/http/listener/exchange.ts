import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connection, TlsFacts } from './connections.ts';
import type { Head } from './head.ts';

/** A request as handlers see it. It also serves as the input of signature verification. */
export interface FrontRequest {
  readonly method: string;
  /** Origin form as received. */
  readonly rawTarget: string;
  /** Decoded once. */
  readonly path: string;
  /** Raw, without `?`. */
  readonly query: string;
  readonly rawHeaders: readonly string[];
  readonly headerNames: readonly string[];
  /** Lower-cased names; repeated headers joined by `, `. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  readonly remoteAddress: string;
  readonly tls: TlsFacts | undefined;
  readonly requestId: string;
  /** Milliseconds. */
  readonly receivedAt: number;
  /** Aborts when the caller went away or the time for the answer is over. */
  readonly signal: AbortSignal;
}

const NO_BODY = Buffer.alloc(0);

/** One request with its answer. Headers and signal are made only for handlers that ask for them. */
export class Exchange implements FrontRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly connection: Connection;
  readonly requestId: string;
  readonly receivedAt: number;
  method = '';
  rawTarget = '';
  path = '';
  query = '';
  rawHeaders: readonly string[] = [];
  headerNames: readonly string[] = [];
  body: Buffer = NO_BODY;
  /** Bytes counted against the budget of all bodies. */
  buffered = 0;
  /** When the answer is overdue; infinite until the body is there. */
  overdueAt = Number.POSITIVE_INFINITY;
  /** An answer was begun, or never will be. */
  done = false;
  private headerMap: Map<string, string> | undefined;
  private controller: AbortController | undefined;
  private aborted = false;

  constructor(
    req: IncomingMessage,
    res: ServerResponse,
    connection: Connection,
    requestId: string,
    receivedAt: number,
  ) {
    this.req = req;
    this.res = res;
    this.connection = connection;
    this.requestId = requestId;
    this.receivedAt = receivedAt;
  }

  accept(head: Head): void {
    this.method = this.req.method as string;
    this.rawTarget = head.rawTarget;
    this.path = head.path;
    this.query = head.query;
    this.rawHeaders = this.req.rawHeaders;
    this.headerNames = head.headerNames;
  }

  get remoteAddress(): string {
    return this.connection.remoteAddress;
  }

  get tls(): TlsFacts | undefined {
    return this.connection.tls;
  }

  get headers(): ReadonlyMap<string, string> {
    if (this.headerMap === undefined) {
      const map = new Map<string, string>();
      for (let i = 0; i < this.headerNames.length; i++) {
        const name = this.headerNames[i] as string;
        const value = this.rawHeaders[2 * i + 1] as string;
        const earlier = map.get(name);
        map.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
      }
      this.headerMap = map;
    }
    return this.headerMap;
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.aborted) this.controller.abort();
    }
    return this.controller.signal;
  }

  abort(): void {
    this.aborted = true;
    this.controller?.abort();
  }
}
