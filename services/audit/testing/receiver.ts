/**
 * An outside receiver of exports on this machine: HTTPS with a certificate of its own authority, which keeps what it was
 * sent and answers by script. Elasticsearch, collectors of OTLP and webhooks are outside parts: what is exact here is the
 * protocol.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { ensureInternalCa, type IssuedLeaf, issueLeaf } from '../../../platform/tls/internal-ca.ts';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  json?: unknown;
  /** The connection ends without an answer. */
  cut?: boolean;
  /** The answer comes when this is done. */
  after?: Promise<void>;
}

export interface Receiver {
  url: string;
  /** PEM of the authority that signed its certificate. */
  ca: string;
  received: Received[];
  answer: (request: Received) => Reply;
  /** Until `open`, connections are refused. */
  shut(): Promise<void>;
  open(): Promise<void>;
  stop(): Promise<void>;
}

/** An authority for tests, and certificates by it. */
export function testAuthority() {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-receiver-'));
  const ca = ensureInternalCa(folder, () => Date.now());
  rmSync(folder, { recursive: true, force: true });
  const leaf = (name: string, usage: 'server' | 'client'): IssuedLeaf =>
    issueLeaf(ca, {
      ...{ commonName: name, dnsNames: [name], days: 2, usages: [usage] },
      ipAddresses: usage === 'server' ? ['127.0.0.1'] : [],
    });
  return { ca: ca.certificatePem, leaf };
}

export async function startReceiver(answer: (request: Received) => Reply = () => ({})): Promise<Receiver> {
  const authority = testAuthority();
  const leaf = authority.leaf('receiver.example', 'server');
  const sockets = new Set<Duplex>();
  const received: Received[] = [];
  const server = createServer({ key: leaf.privateKeyPem, cert: leaf.certificatePem }, async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const request = { path: incoming.url ?? '', headers: incoming.headers, body: Buffer.concat(chunks) };
    received.push(request);
    const reply = receiver.answer(request);
    await reply.after;
    if (reply.cut) {
      incoming.socket.destroy();
      return;
    }
    outgoing.writeHead(reply.status ?? 200, reply.headers);
    outgoing.end(reply.json === undefined ? '' : JSON.stringify(reply.json));
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  let port = 0;
  const open = () =>
    new Promise<void>((done) => {
      server.listen(port, '127.0.0.1', () => {
        ({ port } = server.address() as AddressInfo);
        done();
      });
    });
  const shut = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      for (const socket of sockets) socket.destroy();
    });
  const receiver: Receiver = { url: '', ca: authority.ca, received, answer, shut, open, stop: shut };
  await open();
  receiver.url = `https://127.0.0.1:${port}/in`;
  return receiver;
}
