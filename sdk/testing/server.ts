/** A real HTTP server on this machine that checks signatures with the product's verifier and answers by script. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseSigV4 } from '../../platform/authn/sigv4/parse.ts';
import { verifySigV4 } from '../../platform/authn/sigv4/verify.ts';

export const TEST_KEY = { accessKeyId: 'AKIAEXAMPLEEXAMPLE12', secretAccessKey: 'a-secret-of-the-tests' };
export const TEST_REGION = 'local-1';

export interface SeenRequest {
  method: string;
  target: string;
  headers: IncomingMessage['headers'];
  rawHeaders: string[];
  body: Buffer;
  signature: string | undefined;
  /** `ok`, or why the signature does not hold. */
  verified: string;
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  json?: unknown;
  /** Cut the connection in place of answering. */
  cut?: boolean;
  delayMs?: number;
}

export interface TestServer {
  endpoint: string;
  seen: SeenRequest[];
  /** Number of connections opened so far. */
  connections(): number;
  close(): Promise<void>;
}

/** `answer` sees each verified request in turn. */
export async function startServer(answer: (request: SeenRequest, index: number) => Reply): Promise<TestServer> {
  const seen: SeenRequest[] = [];
  const server = createServer(async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const request = inspect(incoming, Buffer.concat(chunks));
    seen.push(request);
    const reply = answer(request, seen.length - 1);
    if (reply.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, reply.delayMs));
    if (reply.cut) {
      incoming.socket.destroy();
      return;
    }
    const status = reply.status ?? 200;
    const type = status < 300 ? 'application/json' : 'application/problem+json';
    outgoing.writeHead(status, { 'content-type': type, 'x-request-id': `req-${seen.length}`, ...reply.headers });
    outgoing.end(reply.json === undefined ? '' : JSON.stringify(reply.json));
  });
  let connections = 0;
  server.on('connection', () => {
    connections++;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    seen,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function inspect(incoming: IncomingMessage, body: Buffer): SeenRequest {
  const method = incoming.method ?? '';
  const target = incoming.url ?? '';
  const signed = { method, rawTarget: target, rawHeaders: incoming.rawHeaders, body };
  const parsed = parseSigV4(signed);
  let verified = 'unsigned';
  if (parsed && !parsed.ok) verified = parsed.message;
  else if (parsed) {
    const result = verifySigV4(parsed, signed, TEST_KEY.secretAccessKey, {
      now: Date.now(),
      service: target.split('/')[2] ?? '',
      regions: new Set([TEST_REGION]),
    });
    verified = result.ok ? 'ok' : result.message;
  }
  return {
    method,
    target,
    headers: incoming.headers,
    rawHeaders: incoming.rawHeaders,
    body,
    signature: parsed?.ok ? parsed.signature : undefined,
    verified,
  };
}
