/**
 * Serves one agent's socket. Requests of all connections are queued and worked off in order, in short slices, so that
 * the loop stays alive to read, probe the token and refuse: a full queue and a passed deadline are `overloaded`, said at
 * once. Slow requests (RSA signatures and the like) have a queue of their own, a few of which run at a time, mostly in
 * the thread pool; they never hold up the others. Answers of a slice leave in one write per connection. Buffers that
 * carried requests or answers are wiped.
 */
import { chmodSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { HsmError } from '../port.ts';
import { JobQueue } from './job-queue.ts';
import type { AgentState } from './operation.ts';
import { laneOf, runOperation } from './service.ts';
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
/** Slow requests that run at a time: threads of the pool. */
const SLOW_AT_ONCE = 4;

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
  readonly #quick = new JobQueue<Job>();
  readonly #slow = new JobQueue<Job>();
  #slowRunning = 0;
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
    const waiting = this.#quick.length + this.#slow.length;
    if (waiting >= this.#options.queueLimit || this.#queuedBytes + frame.bytes.length > QUEUE_BYTES) {
      this.counters.overloaded += 1;
      connection.replies.push(encodeError(frame.id, new HsmError('overloaded', 'queue of the HSM agent is full')));
      frame.bytes.fill(0);
      this.#flush(connection);
      return;
    }
    this.#queuedBytes += frame.bytes.length;
    const queue = laneOf(frame.op, frame.fields) === 'slow' ? this.#slow : this.#quick;
    queue.push({ connection, frame, arrivedAt: this.#options.now() });
    this.#schedule();
  }

  #schedule(): void {
    const work = this.#quick.length > 0 || (this.#slow.length > 0 && this.#slowRunning < SLOW_AT_ONCE);
    if (this.#scheduled || !this.#started || !work) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#slice();
    });
  }

  #slice(): void {
    const { now } = this.#options;
    const answered = new Set<Connection>();
    // One slow request a slice: those that hold the loop while they run must not do so one after the other.
    if (this.#slow.length > 0 && this.#slowRunning < SLOW_AT_ONCE) {
      this.#slowRunning += 1;
      this.#take(this.#slow, answered, () => {
        this.#slowRunning -= 1;
      });
    }
    const end = now() + SLICE_MS;
    for (let time = now(); this.#quick.length > 0 && time < end; time = now()) this.#take(this.#quick, answered);
    for (const connection of answered) this.#flush(connection);
    this.#schedule();
  }

  /** Answers the next request of a queue; at once, or later when it runs elsewhere. */
  #take(queue: JobQueue<Job>, answered: Set<Connection>, ended: () => void = () => {}): void {
    const { connection, frame, arrivedAt } = queue.shift()!;
    this.#queuedBytes -= frame.bytes.length;
    const finish = () => {
      frame.bytes.fill(0);
      ended();
    };
    if (connection.socket.destroyed) {
      finish();
      return;
    }
    const late = this.#options.now() - arrivedAt > this.#options.deadlineMs;
    const running = this.#answer(connection, frame, late);
    if (running === undefined) {
      answered.add(connection);
      finish();
      return;
    }
    void running.then(() => {
      finish();
      this.#flush(connection);
      this.#schedule();
    });
  }

  /** Adds the answer to the replies of the connection; a promise, which never rejects, when that takes longer. */
  #answer(connection: Connection, frame: Frame, late: boolean): Promise<void> | undefined {
    try {
      if (late) throw new HsmError('overloaded', 'deadline of the request passed before the token had time');
      const fields = this.#run(connection, frame);
      if (!(fields instanceof Promise)) return this.#reply(connection, frame, fields);
      return fields
        .then((later) => this.#reply(connection, frame, later))
        .catch((error: unknown) => this.#refuse(connection, frame, error));
    } catch (error) {
      return this.#refuse(connection, frame, error);
    }
  }

  #reply(connection: Connection, frame: Frame, fields: Buffer[]): undefined {
    connection.replies.push(encodeFrame(frame.id, STATUS_OK, fields));
    this.counters.operations += 1;
    for (const field of fields) field.fill(0);
  }

  #refuse(connection: Connection, frame: Frame, error: unknown): undefined {
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

  #run(connection: Connection, frame: Frame): Buffer[] | Promise<Buffer[]> {
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
