import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { peerServiceOf } from '../../tls/peer-service.ts';
import { createConcurrencyLimit } from '../limits/concurrency.ts';
import { plainAddress, sourceKey } from '../limits/source-key.ts';
import type { Exchange } from './exchange.ts';

export interface TlsFacts {
  /** For example `TLSv1.3`. */
  readonly protocol: string;
  readonly cipher: string;
  /** Service name of an mTLS peer with a certificate of the internal authority. */
  readonly peerService?: string;
}

/** What is known of one connection, found out once. */
export interface Connection {
  readonly remoteAddress: string;
  readonly tls: TlsFacts | undefined;
  /** Requests received so far. */
  requests: number;
  /** Requests received and not yet answered. */
  inFlight: number;
  /** The request whose body is being read. */
  reading: Exchange | undefined;
  /** Nothing more is read from here: close when the last answer is out. */
  closing: boolean;
}

/** All sockets of a listener: facts per connection, limit per source, and what is left to close. */
export class Connections {
  private readonly facts = new WeakMap<Socket, Connection>();
  /** Accepted sockets, also those still in their TLS handshake. */
  private readonly accepted = new Set<Socket>();
  private readonly perSource;
  private readonly authority: X509Certificate | undefined;

  constructor(maxPerSource: number, serviceAuthority: X509Certificate | undefined) {
    this.perSource = createConcurrencyLimit(maxPerSource);
    this.authority = serviceAuthority;
  }

  /** For every accepted TCP connection; false: the source holds too many, and the socket is destroyed. */
  admit(socket: Socket): boolean {
    const source = sourceKey(plainAddress(socket.remoteAddress));
    if (!this.perSource.acquire(source)) {
      socket.destroy();
      return false;
    }
    this.accepted.add(socket);
    socket.once('close', () => {
      this.accepted.delete(socket);
      this.perSource.release(source);
    });
    return true;
  }

  /** Facts of the socket that carries HTTP (the TLS socket, where there is one). */
  of(socket: Socket): Connection {
    let connection = this.facts.get(socket);
    if (connection === undefined) {
      connection = {
        remoteAddress: plainAddress(socket.remoteAddress),
        tls: socket instanceof TLSSocket ? this.tlsFacts(socket) : undefined,
        requests: 0,
        inFlight: 0,
        reading: undefined,
        closing: false,
      };
      this.facts.set(socket, connection);
    }
    return connection;
  }

  get size(): number {
    return this.accepted.size;
  }

  /** Closes what is left, answered or not. */
  destroyAll(): void {
    for (const socket of this.accepted) socket.destroy();
  }

  private tlsFacts(socket: TLSSocket): TlsFacts {
    const protocol = socket.getProtocol() ?? 'unknown';
    const cipher = socket.getCipher().standardName;
    const peerService = this.authority === undefined ? undefined : peerServiceOf(socket, this.authority);
    return peerService === undefined ? { protocol, cipher } : { protocol, cipher, peerService };
  }
}
