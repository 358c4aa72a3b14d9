/**
 * Two thousand connections that take their time: nothing after the connection, nothing after the handshake, handshakes,
 * headers and bodies byte by byte (spec 4.4). Everybody else is served, the slow ones are closed, the memory comes back.
 */
import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_BUDGETS } from '../../platform/http/listener/options.ts';
import { eventually, raw } from '../harness/clients.ts';
import { type Running, startParapet } from '../harness/server.ts';
import { native } from '../harness/signed.ts';

const SOCKETS = 2_000;
const BYTE_EVERY_MS = 1_000;
const REQUESTS = 50;
const REQUEST_EVERY_MS = 250;
/** For nine of ten ordinary requests; the hundred handshakes a second that the attack makes are work for the test too. */
const ANSWER_MS = 2_000;
/** Between a limit and the moment the test sees it enforced. */
const SLACK_MS = 10_000;
/** The test and the server each need one per connection. */
const FILE_DESCRIPTORS = SOCKETS + 500;
/** Garbage that was not collected yet, and pages that the allocator keeps. */
const HEAP_SLACK_MIB = 48;
const RESIDENT_SLACK_MIB = 128;

const { handshakeTimeoutMs, headersTimeoutMs, requestTimeoutMs, maxConnectionsPerSource } = DEFAULT_BUDGETS;
const HEAD = 'POST /v1/kms/list-keys HTTP/1.1\r\nHost: localhost\r\n';

interface Kind {
  /** False: the handshake is never made, or never finished. */
  tls: boolean;
  /** Sent at once. */
  begin: string;
  /** Sent after it byte by byte, again and again; empty: nothing. */
  drip: string;
  limitMs: number;
}

const KINDS: Readonly<Record<string, Kind>> = {
  'no handshake': { tls: false, begin: '', drip: '', limitMs: handshakeTimeoutMs },
  // The head of a record of 512 bytes, of which the ClientHello never comes.
  'a slow handshake': { tls: false, begin: '\x16\x03\x01\x02\x00\x01', drip: '\0', limitMs: handshakeTimeoutMs },
  'nothing after the handshake': { tls: true, begin: '', drip: '', limitMs: headersTimeoutMs },
  'a slow request line': { tls: true, begin: '', drip: `GET /${'a'.repeat(200)}`, limitMs: headersTimeoutMs },
  'slow headers': { tls: true, begin: HEAD, drip: 'X-Slow: 1\r\n', limitMs: headersTimeoutMs },
  'a slow body': { tls: true, begin: `${HEAD}Content-Length: 100000\r\n\r\n`, drip: ' ', limitMs: requestTimeoutMs },
  'slow chunks': {
    tls: true,
    begin: `${HEAD}Transfer-Encoding: chunked\r\n\r\n`,
    drip: '1\r\n \r\n',
    limitMs: requestTimeoutMs,
  },
};

/** Holds connections that are slow on purpose, and opens another one for each that the server closes. */
class SlowClients {
  private readonly server: Running;
  private readonly open = new Set<Socket>();
  private again = true;
  /** Of each connection that was closed: by how much it outlived the limit of its kind. */
  readonly closures: { kind: string; lateMs: number }[] = [];

  constructor(server: Running) {
    this.server = server;
  }

  get held(): number {
    return this.open.size;
  }

  /** From as many addresses as it takes, each with as many connections as it may have. */
  async connect(): Promise<void> {
    const names = Object.keys(KINDS);
    const addresses = SOCKETS / maxConnectionsPerSource;
    for (let i = 0; i < SOCKETS; i++) {
      this.add(names[i % names.length] as string, `127.0.1.${1 + (i % addresses)}`);
      // Handshakes are work for both sides: not all of them in one moment.
      if (i % 50 === 49) await eventually(async () => this.held + this.closures.length > i, 60_000);
    }
  }

  /** Opens no more and waits until the server has closed every one. */
  async closed(): Promise<void> {
    this.again = false;
    await eventually(async () => this.held === 0, requestTimeoutMs + SLACK_MS);
  }

  destroy(): void {
    this.again = false;
    for (const socket of this.open) socket.destroy();
  }

  private add(kind: string, localAddress: string): void {
    const { tls, begin, drip, limitMs } = KINDS[kind] as Kind;
    const { port, ca } = this.server;
    const where = { port, host: '127.0.0.1', localAddress };
    let began = 0;
    let sent = 0;
    let dripping: NodeJS.Timeout | undefined;
    const next = () => socket.write(drip[sent++ % drip.length] as string, 'latin1');
    const ready = () => {
      this.open.add(socket);
      began = performance.now();
      if (begin) socket.write(begin, 'latin1');
      if (drip) dripping = setInterval(next, BYTE_EVERY_MS);
    };
    const socket: Socket = tls ? connectTls({ ...where, ca }, ready) : connectTcp(where, ready);
    // Writing into a connection that is being closed fails.
    socket.on('error', () => undefined).resume();
    socket.once('close', () => {
      clearInterval(dripping);
      if (this.open.delete(socket)) this.closures.push({ kind, lateMs: performance.now() - began - limitMs });
      if (this.again) setTimeout(() => this.again && this.add(kind, localAddress), 100);
    });
  }
}

/** What the server says of itself, and what the operating system says of it. */
async function usage(server: Running): Promise<{ sockets: number; heapMiB: number; residentMiB: number }> {
  const { text } = await raw(server, { path: '/metrics' });
  const metric = (name: string) => Number(text.split(`\nparapet_nodejs_${name} `)[1]?.split('\n', 1)[0]);
  const status = readFileSync(`/proc/${server.processes()[0]?.pid}/status`, 'utf8');
  return {
    sockets: metric('active_handles{type="Socket"}'),
    heapMiB: (metric('heap_size_used_bytes') + metric('external_memory_bytes')) / 2 ** 20,
    residentMiB: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 2 ** 10,
  };
}

async function ask(server: Running): Promise<{ status: number; ms: number }> {
  const from = performance.now();
  const { status } = await native(server, '/v1/kms/list-keys');
  return { status, ms: performance.now() - from };
}

describe('slow clients', () => {
  let server: Running;
  beforeAll(async () => {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    if (Number(limit) < FILE_DESCRIPTORS)
      throw new Error(`this test needs ${FILE_DESCRIPTORS} file descriptors and may open ${limit}: raise ulimit -n`);
    server = await startParapet();
  });
  afterAll(() => server?.stop());

  it('hold nobody up, are all closed in time, and leave no memory behind', async () => {
    // A process that has only just started still grows by itself.
    for (let i = 0; i < 1_000; i++) await ask(server);
    const before = await usage(server);
    const slow = new SlowClients(server);
    try {
      await slow.connect();
      const seen: { status: number; ms: number; held: number }[] = [];
      for (let i = 0; i < REQUESTS; i++) {
        const { held } = slow;
        seen.push({ ...(await ask(server)), held });
        await new Promise((resolve) => setTimeout(resolve, REQUEST_EVERY_MS));
      }
      expect(seen.filter(({ status }) => status !== 200)).toEqual([]);
      expect(seen.filter(({ ms }) => ms > ANSWER_MS).length).toBeLessThanOrEqual(REQUESTS / 10);
      // Some are on their way back at any moment.
      expect(Math.min(...seen.map(({ held }) => held))).toBeGreaterThan(SOCKETS / 2);
      expect(Math.max(...seen.map(({ held }) => held))).toBeGreaterThan(SOCKETS * 0.9);

      await slow.closed();
      expect(new Set(slow.closures.map(({ kind }) => kind))).toEqual(new Set(Object.keys(KINDS)));
      expect(slow.closures.filter(({ lateMs }) => lateMs > SLACK_MS)).toEqual([]);
      // Closed for being slow, not refused for something else.
      expect(slow.closures.filter(({ kind, lateMs }) => lateMs < -(KINDS[kind] as Kind).limitMs / 2)).toEqual([]);
    } finally {
      slow.destroy();
    }
    for (let i = 0; i < REQUESTS; i++) expect(await ask(server)).toMatchObject({ status: 200 });
    const after = await usage(server);
    expect(after.sockets).toBeLessThan(before.sockets + 10);
    expect(after.heapMiB).toBeLessThan(before.heapMiB + HEAP_SLACK_MIB);
    expect(after.residentMiB).toBeLessThan(before.residentMiB + RESIDENT_SLACK_MIB);
  });

  it('of one address get the connections of one address, and cost others none', async () => {
    const sockets = await Promise.all(
      Array.from({ length: maxConnectionsPerSource + 100 }, () => {
        const socket = connectTcp({ port: server.port, host: '127.0.0.1', localAddress: '127.0.2.1' });
        return new Promise<Socket>((resolve) =>
          socket.on('error', () => undefined).once('connect', () => resolve(socket)),
        );
      }),
    );
    const open = () => sockets.filter((socket) => !socket.resume().closed).length;
    await eventually(async () => open() === maxConnectionsPerSource);
    for (let i = 0; i < 10; i++) expect(await ask(server)).toMatchObject({ status: 200 });
    expect(open()).toBe(maxConnectionsPerSource);
    for (const socket of sockets) socket.destroy();
  });
});
