/**
 * Serves one agent's socket. Requests of all connections are queued and worked off in order, in short slices, so that
 * the loop stays alive to read, probe the token and refuse: a full queue and a passed deadline are `overloaded`, said at
 * once. Answers of a slice leave in one write per connection. Buffers that carried requests or answers are wiped.
 */
import { chmodSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { HsmError } from '../port.ts';
import { type AgentState, runOperation } from './service.ts';
import {
  encodeError,
  encodeFrame,
  type Frame,
  FrameReader,
  joinAndWipe,
  OP,
  PROTOCOL_VERSION,
  ProtocolError,
  readU32,
  STATUS_OK,
} from './wire.ts';

export interface AgentServerOptions {
  state: AgentState;
  /** Milliseconds. */
  now: () => number;
  /** Called when the last client has gone; `released` when it said it will not come back. */
  onIdle: (released: boolean) => void;
  onBusy: () => void;
  /** Requests waiting, of all connections. */
  queueLimit?: number;
  deadlineMs?: number;
}

/** Bytes waiting, of all connections: the queue limit alone would admit 4 GiB of largest frames. */
const QUEUE_BYTES = 64 * 1024 * 1024;
/** A slice ends after this long; one PKCS#11 call is 0.01 to 1 ms. */
const SLICE_MS = 5;

interface Connection {
  socket: Socket;
  greeted: boolean;
  released: boolean;
  replies: Buffer[];
}

interface Job {
  connection: Connection;
  frame: Frame;
  arrivedAt: number;
}

export class AgentServer {
  readonly #options: Required<AgentServerOptions>;
  readonly #connections = new Set<Connection>();
  readonly #server: Server;
  #queue: Job[] = [];
  #head = 0;
  #queuedBytes = 0;
  #scheduled = false;
  #started = false;
  readonly counters = { operations: 0, failures: 0, overloaded: 0 };

  constructor(options: AgentServerOptions) {
    this.#options = { queueLimit: 4096, deadlineMs: 2000, ...options };
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Binds; fails with EADDRINUSE when the path exists. Requests wait until `start`. */
  async listen(socketPath: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(socketPath, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    chmodSync(socketPath, 0o600);
  }

  start(): void {
    this.#started = true;
    this.#schedule();
  }

  close(): void {
    this.#server.close();
    for (const { socket } of this.#connections) socket.destroy();
  }

  get connections(): number {
    return this.#connections.size;
  }

  #accept(socket: Socket): void {
    const connection: Connection = { socket, greeted: false, released: false, replies: [] };
    const reader = new FrameReader();
    this.#connections.add(connection);
    this.#options.onBusy();
    socket.on('data', (chunk) => {
      try {
        reader.feed(chunk, (frame) => this.#enqueue(connection, frame));
      } catch {
        socket.destroy();
      }
    });
    // The client may have gone while its answer was being written: that is its business, `close` follows.
    socket.on('error', () => {});
    socket.on('drain', () => socket.resume());
    socket.on('close', () => {
      this.#connections.delete(connection);
      if (this.#connections.size === 0) this.#options.onIdle(connection.released);
    });
  }

  #enqueue(connection: Connection, frame: Frame): void {
    const waiting = this.#queue.length - this.#head;
    if (waiting >= this.#options.queueLimit || this.#queuedBytes + frame.bytes.length > QUEUE_BYTES) {
      this.counters.overloaded += 1;
      connection.replies.push(encodeError(frame.id, new HsmError('overloaded', 'queue of the HSM agent is full')));
      frame.bytes.fill(0);
      this.#flush(connection);
      return;
    }
    this.#queuedBytes += frame.bytes.length;
    this.#queue.push({ connection, frame, arrivedAt: this.#options.now() });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || !this.#started || this.#head === this.#queue.length) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#slice();
    });
  }

  #slice(): void {
    const { now, deadlineMs } = this.#options;
    const answered = new Set<Connection>();
    const end = now() + SLICE_MS;
    for (let time = now(); this.#head < this.#queue.length && time < end; time = now()) {
      const { connection, frame, arrivedAt } = this.#queue[this.#head]!;
      this.#head += 1;
      this.#queuedBytes -= frame.bytes.length;
      if (!connection.socket.destroyed) {
        this.#answer(connection, frame, time - arrivedAt > deadlineMs);
        answered.add(connection);
      }
      frame.bytes.fill(0);
    }
    if (this.#head === this.#queue.length || this.#head > 4096) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    for (const connection of answered) this.#flush(connection);
    this.#schedule();
  }

  #answer(connection: Connection, frame: Frame, late: boolean): void {
    try {
      if (late) throw new HsmError('overloaded', 'deadline of the request passed before the token had time');
      const fields = this.#run(connection, frame);
      connection.replies.push(encodeFrame(frame.id, STATUS_OK, fields));
      this.counters.operations += 1;
      for (const field of fields) field.fill(0);
    } catch (error) {
      this.counters.failures += 1;
      if (error instanceof ProtocolError) {
        connection.socket.destroy();
        return;
      }
      // A fault of ours is not described to the client, but it must not take the token's process down either.
      const told = error instanceof HsmError ? error : new HsmError('unavailable', 'HSM agent failed inside');
      if (told.code === 'overloaded') this.counters.overloaded += 1;
      connection.replies.push(encodeError(frame.id, told));
    }
  }

  #run(connection: Connection, frame: Frame): Buffer[] {
    if (!connection.greeted) {
      const [version] = frame.fields;
      if (frame.op !== OP.hello || version === undefined || readU32(version) !== PROTOCOL_VERSION) {
        throw new ProtocolError('client speaks another protocol');
      }
      connection.greeted = true;
      return [];
    }
    if (frame.op === OP.release) {
      connection.released = true;
      return [];
    }
    return runOperation(frame.op, frame.fields, this.#options.state);
  }

  #flush(connection: Connection): void {
    const { socket, replies } = connection;
    if (replies.length === 0 || socket.destroyed) return;
    connection.replies = [];
    const out = joinAndWipe(replies);
    // A client that does not read its answers gets no more questions in.
    if (!socket.write(out, () => out.fill(0))) socket.pause();
  }
}
