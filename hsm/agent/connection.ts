/**
 * The client's side of one socket: pipelined requests, one write per tick, bounded number in flight. When the socket
 * ends, every request in flight fails with `unavailable` (whether the agent acted on it is unknown, and harmless:
 * the agent stores nothing).
 */
import { connect, type Socket } from 'node:net';
import { HsmError } from '../port.ts';
import {
  decodeError,
  encodeFrame,
  type Frame,
  FrameReader,
  joinAndWipe,
  OP,
  PROTOCOL_VERSION,
  STATUS_OK,
  u32,
} from './wire.ts';

const MAX_IN_FLIGHT = 1024;
/**
 * The agent answers or refuses within its deadline of 2 s, and opens a slow token in a few. Generating a large RSA key may
 * take longer, so whoever waits asks for the status as well: an agent that does not answer that is a hung driver.
 */
const SILENCE_MS = 20_000;

interface Pending {
  resolve: (fields: Buffer[]) => void;
  reject: (error: HsmError) => void;
}

export class AgentConnection {
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  readonly #watchdog: NodeJS.Timeout;
  #outgoing: Buffer[] = [];
  #nextId = 1;
  #heard = true;
  #ended = false;

  private constructor(socket: Socket, onEnd: (hung: boolean) => void) {
    this.#socket = socket;
    const reader = new FrameReader();
    socket.on('data', (chunk) => {
      this.#heard = true;
      try {
        reader.feed(chunk, (frame) => this.#settle(frame));
      } catch {
        socket.destroy();
      }
    });
    socket.on('error', () => {});
    let hung = false;
    socket.on('close', () => {
      this.#ended = true;
      clearInterval(this.#watchdog);
      const lost = [...this.#pending.values()];
      this.#pending.clear();
      for (const { reject } of lost) reject(new HsmError('unavailable', 'connection to the HSM agent is lost'));
      onEnd(hung);
    });
    this.#watchdog = setInterval(() => {
      hung = this.#pending.size > 0 && !this.#heard;
      this.#heard = this.#pending.size === 0;
      if (hung) socket.destroy();
      else if (this.#pending.size > 0) this.request(OP.status, []).catch(() => {});
    }, SILENCE_MS / 2).unref();
  }

  /**
   * Connects and greets; rejects when nobody listens or the agent speaks another protocol. `onEnd` tells of the end of
   * a connection that was handed out, and of an agent that hangs.
   */
  static async open(socketPath: string, onEnd: (hung: boolean) => void): Promise<AgentConnection> {
    const socket = connect(socketPath);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    let greeted = false;
    const connection = new AgentConnection(socket, (hung) => {
      if (greeted || hung) onEnd(hung);
    });
    await connection.request(OP.hello, [u32(PROTOCOL_VERSION)]);
    greeted = true;
    return connection;
  }

  /** Sends one request; answers the reply's fields in buffers of the caller's own. */
  request(op: number, fields: readonly Buffer[]): Promise<Buffer[]> {
    return new Promise((resolve, reject) => {
      if (this.#ended) throw new HsmError('unavailable', 'connection to the HSM agent is lost');
      if (this.#pending.size >= MAX_IN_FLIGHT) throw new HsmError('overloaded', 'too many HSM requests are in flight');
      const id = this.#nextId;
      this.#nextId = id === 0xffff_ffff ? 1 : id + 1;
      const frame = encodeFrame(id, op, fields);
      this.#pending.set(id, { resolve, reject });
      if (this.#outgoing.push(frame) === 1) setImmediate(() => this.#flush());
    });
  }

  /** Says goodbye for good and closes; resolves when the socket is closed. */
  async close(): Promise<void> {
    if (this.#ended) return;
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    await this.request(OP.release, []).catch(() => {});
    this.#socket.end();
    setTimeout(() => this.#socket.destroy(), 500).unref();
    await closed;
  }

  #flush(): void {
    const frames = this.#outgoing;
    this.#outgoing = [];
    if (this.#ended) return;
    const out = joinAndWipe(frames);
    this.#socket.write(out, () => out.fill(0));
  }

  #settle(frame: Frame): void {
    const pending = this.#pending.get(frame.id);
    this.#pending.delete(frame.id);
    if (pending === undefined) return;
    if (frame.op !== STATUS_OK) {
      pending.reject(decodeError(frame));
      return;
    }
    const fields = frame.fields.map((field) => {
      const own = Buffer.alloc(field.length);
      field.copy(own);
      return own;
    });
    frame.bytes.fill(0);
    pending.resolve(fields);
  }
}
