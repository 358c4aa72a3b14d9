import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { ensureInternalCa } from '../tls/internal-ca.ts';
import { ensureLeaf, listenerLeaf, serviceLeaf } from '../tls/leaf-file.ts';
import { exchange, open } from './listener/testing.ts';
import { createListener, type FrontHandler, type FrontRequest, type ListenerOptions } from './server.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const hasCurl = spawnSync('curl', ['--version']).status === 0;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const echo: FrontHandler = (request) => ({
  status: 200,
  headers: { 'content-type': 'text/plain' },
  body: request.body,
});

async function start(handler: FrontHandler, options: Partial<ListenerOptions> = {}) {
  let ids = 0;
  const listener = createListener(
    { host: '127.0.0.1', port: 0, now: () => 1_700_000_000_000, newId: () => `id-${++ids}`, ...options },
    handler,
  );
  const { port } = await listener.start();
  cleanups.push(() => listener.stop(0));
  return { listener, port };
}

function tlsFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-listener-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return ensureInternalCa(join(folder, 'tls'), () => Date.now());
}

const get = (path: string, ...headers: string[]) =>
  [`GET ${path} HTTP/1.1`, 'Host: a.test', ...headers, '', ''].join('\r\n');
const post = (body: string, ...headers: string[]) =>
  [
    `POST /p HTTP/1.1`,
    'Host: a.test',
    `Content-Length: ${Buffer.byteLength(body, 'latin1')}`,
    ...headers,
    '',
    body,
  ].join('\r\n');
const until = async (condition: () => boolean) => {
  for (let i = 0; i < 300 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
};

describe('requests', () => {
  it('reach the handler with one reading of target, headers and body', async () => {
    let seen: FrontRequest | undefined;
    const { port } = await start((request) => {
      seen = request;
      return echo(request);
    });
    const bytes = post('a\x00\xff', 'X-Dup: 1', 'x-dup: 2', 'Connection: close').replace('/p', '/v1/a%20b?x=%2F&y');
    const result = await exchange({ port }, bytes);
    expect(result.body).toBe('a\x00\xff');
    expect(seen).toMatchObject({
      method: 'POST',
      rawTarget: '/v1/a%20b?x=%2F&y',
      path: '/v1/a b',
      query: 'x=%2F&y',
      remoteAddress: '127.0.0.1',
      tls: undefined,
      requestId: 'id-1',
      receivedAt: 1_700_000_000_000,
    });
    expect(seen?.headers.get('x-dup')).toBe('1, 2');
    expect(seen?.headers.get('toString')).toBeUndefined();
    expect(seen?.rawHeaders.filter((value) => /^x-dup$/i.test(value))).toEqual(['X-Dup', 'x-dup']);
    expect(seen?.headerNames).toContain('x-dup');
  });

  it('put a chunked body together, whatever its pieces', async () => {
    const { port } = await start(echo);
    const headers = get('/')
      .replace('GET', 'POST')
      .replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n');
    const result = await exchange({ port }, [headers, '3\r\nabc\r\n', '2\r\nd', 'e\r\n', '0\r\nX-Trailer: 1\r\n\r\n']);
    expect(result.body).toBe('abcde');
  });

  it('may have a body of exactly the limit', async () => {
    const { port } = await start((request) => ({ status: 200, headers: {}, body: String(request.body.length) }), {
      budgets: { maxBodyBytes: 5000 },
    });
    expect((await exchange({ port }, post('x'.repeat(5000), 'Connection: close'))).body).toBe('5000');
  });

  it('may use the absolute form of the same host', async () => {
    const { port } = await start((request) => ({ status: 200, headers: {}, body: request.rawTarget }));
    expect((await exchange({ port }, get('http://A.test/x?y', 'Connection: close'))).body).toBe('/x?y');
  });

  it('are told to continue only when they would be accepted', async () => {
    const { port } = await start(echo, { budgets: { maxBodyBytes: 10 } });
    const accepted = await exchange({ port }, post('abc', 'Expect: 100-continue', 'Connection: close'));
    expect(accepted.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    const refused = await exchange({ port }, post('x'.repeat(11), 'Expect: 100-continue').slice(0, -11));
    expect(refused.text).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('over the limit get their 413 although they keep sending', async () => {
    const { port } = await start(echo);
    const size = 3 * 1024 * 1024;
    const status = await new Promise((resolve, reject) => {
      const req = httpRequest({ port, method: 'POST', headers: { 'transfer-encoding': 'chunked' } }, (res) => {
        res.resume();
        resolve(res.statusCode);
      });
      req.on('error', reject);
      req.end(Buffer.alloc(size));
    });
    expect(status).toBe(413);
  });

  it('are refused with 503 while other bodies fill the memory set aside', async () => {
    const { port } = await start(echo, { budgets: { maxBufferedBytes: 1000 } });
    const holder = await open({ port });
    cleanups.push(() => holder.destroy());
    holder.write(post('x'.repeat(950)).slice(0, -1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const busy = await exchange({ port }, post('y'.repeat(100)));
    expect([busy.status, busy.headers.get('retry-after'), busy.headers.get('x-amz-retry-after')]).toEqual([
      503,
      '1',
      '1000',
    ]);
    holder.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await exchange({ port }, post('y'.repeat(100), 'Connection: close'))).status).toBe(200);
  });
});

describe('answers', () => {
  it('carry request id, security headers, date and length', async () => {
    const { port } = await start(() => ({ status: 201, headers: { 'content-type': 'text/plain' }, body: 'h\u00e9' }));
    const { headers, status } = await exchange({ port }, get('/', 'Connection: close'));
    expect(status).toBe(201);
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-amzn-requestid': 'id-1',
      'x-request-id': 'id-1',
      'strict-transport-security': 'max-age=31536000',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'content-length': '3',
      'content-type': 'text/plain',
    });
    expect(Date.parse(headers.get('date') as string)).toBeGreaterThan(0);
  });

  it('may replace a security header, and then have it once', async () => {
    const { port } = await start(() => ({ status: 200, headers: { 'cache-control': 'max-age=60' }, body: '' }));
    const { text } = await exchange({ port }, get('/', 'Connection: close'));
    expect(text.match(/cache-control/g)?.length).toBe(1);
    expect(text).toContain('cache-control: max-age=60');
  });

  it('of a handler that throws say nothing about why, and are told to onError', async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown, id: string) => errors.push([(error as Error).message, id]);
    const { port } = await start(
      (request) => {
        if (request.path === '/sync') throw new Error('secret reason');
        return Promise.reject(new Error('secret reason'));
      },
      { onError },
    );
    for (const path of ['/sync', '/async']) {
      const { status, text } = await exchange({ port }, get(path, 'Connection: close'));
      expect(status).toBe(500);
      expect(text).not.toContain('secret');
    }
    expect(errors).toEqual([
      ['secret reason', 'id-1'],
      ['secret reason', 'id-2'],
    ]);
  });

  it('with a header that cannot be written close the connection instead of hanging', async () => {
    const errors: unknown[] = [];
    const { port } = await start(() => ({ status: 200, headers: { 'x-bad': 'a\r\nb' }, body: '' }), {
      onError: (e) => errors.push(e),
    });
    const { closed, text } = await exchange({ port }, get('/'));
    expect([closed, text, errors.length]).toEqual([true, '', 1]);
  });

  it('to HEAD have no body', async () => {
    const { port } = await start(() => ({ status: 200, headers: {}, body: 'abc' }));
    const { body, headers } = await exchange({ port }, get('/', 'Connection: close').replace('GET', 'HEAD'));
    expect([body, headers.get('content-length')]).toEqual(['', '3']);
  });

  it('are 404 for a declined request without fallback, on a connection that stays', async () => {
    const { port } = await start(() => undefined);
    const { text } = await exchange({ port }, get('/') + get('/', 'Connection: close'));
    expect(text.match(/HTTP\/1\.1 404/g)?.length).toBe(2);
  });

  it('to pipelined requests come in order', async () => {
    const { port } = await start(async (request) => {
      await new Promise((resolve) => setTimeout(resolve, request.path === '/slow' ? 100 : 0));
      return { status: 200, headers: {}, body: request.path };
    });
    const { text } = await exchange({ port }, get('/slow') + get('/fast', 'Connection: close'));
    expect(text.indexOf('/slow')).toBeLessThan(text.indexOf('/fast'));
  });

  it('come before the deadline even when the handler never answers, and its signal aborts', async () => {
    let aborted = false;
    const { port } = await start(
      (request) => {
        request.signal.addEventListener('abort', () => {
          aborted = true;
        });
        return new Promise(() => undefined);
      },
      { budgets: { handlerTimeoutMs: 150, sweepIntervalMs: 30 } },
    );
    const { status, closed } = await exchange({ port }, get('/'));
    expect([status, closed, aborted]).toEqual([503, true, true]);
  });

  it('that come after the caller left are dropped, and the signal aborts', async () => {
    let signal: AbortSignal | undefined;
    const { port, listener } = await start(async (request) => {
      signal = request.signal;
      await until(() => request.signal.aborted);
      return echo(request);
    });
    const socket = await open({ port });
    socket.write(get('/'));
    await until(() => signal !== undefined);
    socket.destroy();
    await until(() => signal?.aborted === true);
    expect(signal?.aborted).toBe(true);
    await until(() => listener.inFlight === 0);
    expect(listener.inFlight).toBe(0);
  });
});

describe('the fallback', () => {
  it('gets declined requests with their body, under the same headers', async () => {
    const { port } = await start(() => undefined, {
      fallback: (req, res, request) => {
        res.setHeader('content-security-policy', "default-src 'self'");
        res.end(`${req.url} ${request.body.toString()}`);
      },
    });
    const { body, headers } = await exchange({ port }, post('abc', 'Connection: close'));
    expect(body).toContain('/p abc');
    expect(headers.get('x-amzn-requestid')).toBe('id-1');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe("default-src 'self'");
  });

  it('that throws closes the connection', async () => {
    const { port } = await start(() => undefined, {
      fallback: () => {
        throw new Error('broken');
      },
    });
    expect((await exchange({ port }, get('/'))).closed).toBe(true);
  });
});

describe('connections', () => {
  it('are limited per source and freed when they close', async () => {
    const { port, listener } = await start(echo, { budgets: { maxConnectionsPerSource: 3 } });
    const held = await Promise.all([open({ port }), open({ port }), open({ port })]);
    expect((await exchange({ port }, get('/'))).text).toBe('');
    held[0]?.destroy();
    await until(() => listener.connections === 2);
    expect((await exchange({ port }, get('/', 'Connection: close'))).status).toBe(200);
    for (const socket of held) socket.destroy();
  });

  it('end after the configured number of requests', async () => {
    const { port } = await start(echo, { budgets: { maxRequestsPerSocket: 2 } });
    const { text, closed } = await exchange({ port }, get('/1') + get('/2') + get('/3'));
    expect(text.match(/HTTP\/1\.1 200/g)?.length).toBe(2);
    expect(closed).toBe(true);
  });

  it('end when idle', async () => {
    const { port } = await start(echo, { budgets: { keepAliveTimeoutMs: 100 } });
    const { closed, status } = await exchange({ port }, get('/'));
    expect([status, closed]).toEqual([200, true]);
  });
});

describe('the port', () => {
  it('in use is reported with code and address', async () => {
    const { port } = await start(echo);
    const second = createListener({ host: '127.0.0.1', port, now: () => 0, newId: () => 'id' }, echo);
    await expect(second.start()).rejects.toMatchObject({
      code: 'PortInUse',
      message: `port ${port} on 127.0.0.1 is in use by another process`,
    });
  });

  it('on an address of another machine is reported', async () => {
    const listener = createListener({ host: '192.0.2.1', port: 0, now: () => 0, newId: () => 'id' }, echo);
    await expect(listener.start()).rejects.toMatchObject({ code: 'AddressUnavailable' });
  });
});

describe('draining', () => {
  it('finishes begun requests, says close, refuses new connections and ends idle ones', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { port, listener } = await start(async (request) => {
      if (request.path === '/slow') await gate;
      return { status: 200, headers: {}, body: request.path };
    });
    const idle = await open({ port });
    const idleClosed = new Promise((resolve) => idle.once('close', resolve));
    idle.write(get('/'));
    await new Promise((resolve) => idle.once('data', resolve));
    const slow = exchange({ port }, get('/slow'));
    await until(() => listener.inFlight === 1);
    const stopped = listener.stop(3000);
    await idleClosed;
    await expect(open({ port })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    release();
    const result = await slow;
    expect([result.status, result.body, result.headers.get('connection')]).toEqual([200, '/slow', 'close']);
    expect(await stopped).toEqual({ cut: 0 });
  });

  it('finishes all pipelined requests of a connection', async () => {
    const { port, listener } = await start(async (request) => {
      await new Promise((resolve) => setTimeout(resolve, request.path === '/1' ? 150 : 50));
      return { status: 200, headers: {}, body: request.path };
    });
    const pending = exchange({ port }, get('/1') + get('/2') + get('/3'));
    await until(() => listener.inFlight === 3);
    expect(await listener.stop(3000)).toEqual({ cut: 0 });
    const { text, closed } = await pending;
    expect(text.match(/HTTP\/1\.1 200/g)?.length).toBe(3);
    expect([text.endsWith('/3'), closed]).toEqual([true, true]);
  });

  it('cuts what does not finish in time and says how much', async () => {
    const { port, listener } = await start(() => new Promise(() => undefined));
    const pending = exchange({ port }, get('/'));
    await until(() => listener.inFlight === 1);
    expect(await listener.stop(50)).toEqual({ cut: 1 });
    expect((await pending).closed).toBe(true);
  });

  it('ends quickly when connections were opened that never asked anything', async () => {
    const { port, listener } = await start(echo);
    const silent = await open({ port });
    silent.on('error', () => undefined);
    const started = performance.now();
    await listener.stop(5000);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('TLS', () => {
  it('serves, reports protocol and cipher, and refuses TLS 1.1 and plain HTTP', async () => {
    const ca = tlsFolder();
    const leaf = ensureLeaf(ca, 'listener', listenerLeaf(undefined));
    const { port } = await start((request) => ({ status: 200, headers: {}, body: JSON.stringify(request.tls) }), {
      tls: { key: leaf.key, certificate: leaf.certificate },
    });
    const result = await exchange({ port, ca: leaf.ca }, get('/', 'Connection: close'));
    expect(JSON.parse(result.body)).toEqual({ protocol: 'TLSv1.3', cipher: expect.stringMatching(/^TLS_/) });
    const refused = await exchange({ port, ca: leaf.ca }, 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n');
    expect([refused.status, refused.closed]).toEqual([400, true]);
    const old = await new Promise((resolve) => {
      const options = {
        port,
        host: '127.0.0.1',
        ca: leaf.ca,
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1.1',
        ciphers: 'DEFAULT:@SECLEVEL=0',
      } as const;
      connectTls(options, () => resolve('connected')).once('error', () => resolve('refused'));
    });
    expect(old).toBe('refused');
    const plain = await exchange({ port }, get('/'));
    expect([plain.text.includes('200 OK'), plain.closed]).toEqual([false, true]);
  });

  it('names the service of a peer with a certificate of the internal authority', async () => {
    const ca = tlsFolder();
    const leaf = ensureLeaf(ca, 'iam', serviceLeaf('iam'));
    const client = ensureLeaf(ca, 'kms', serviceLeaf('kms'));
    const { port } = await start(
      (request) => ({ status: 200, headers: {}, body: request.tls?.peerService ?? 'nobody' }),
      {
        tls: {
          key: leaf.key,
          certificate: leaf.certificate,
          clientAuthorities: [ca.certificatePem],
          serviceAuthority: ca.certificate,
        },
      },
    );
    const ask = (identity: object) =>
      new Promise((resolve, reject) => {
        const req = httpsRequest({ port, host: '127.0.0.1', ca: leaf.ca, agent: false, ...identity }, (res) => {
          res.on('data', (chunk: Buffer) => resolve(chunk.toString()));
        });
        req.on('error', reject).end();
      });
    expect(await ask({ key: client.key, cert: client.certificate })).toBe('kms');
    expect(await ask({})).toBe('nobody');
  });

  it('closes peers without a certificate where one is required', async () => {
    const ca = tlsFolder();
    const leaf = ensureLeaf(ca, 'iam', serviceLeaf('iam'));
    const { port } = await start(echo, {
      tls: {
        key: leaf.key,
        certificate: leaf.certificate,
        clientAuthorities: [ca.certificatePem],
        requireClientCertificate: true,
      },
    });
    const result = await exchange({ port, ca: leaf.ca }, get('/'));
    expect([result.text, result.closed]).toEqual(['', true]);
  });

  it('takes a renewed certificate without a restart', async () => {
    const ca = tlsFolder();
    const first = ensureLeaf(ca, 'a', listenerLeaf(undefined));
    const second = ensureLeaf(ca, 'b', listenerLeaf('parapet.test'));
    const { port, listener } = await start(echo, { tls: { key: first.key, certificate: first.certificate } });
    const names = async () => {
      const socket = (await open({ port, ca: ca.certificatePem })) as TLSSocket;
      const { subjectAltName } = socket.getPeerX509Certificate() as { subjectAltName: string };
      socket.destroy();
      return subjectAltName;
    };
    expect(await names()).not.toContain('parapet.test');
    listener.updateCertificate({ key: second.key, certificate: second.certificate });
    expect(await names()).toContain('parapet.test');
  });

  it.skipIf(!hasOpenssl || !hasCurl)(
    'satisfies openssl s_client and curl (skipped when one is not installed)',
    async () => {
      const ca = tlsFolder();
      const leaf = ensureLeaf(ca, 'listener', listenerLeaf(undefined));
      const { port } = await start(echo, { tls: { key: leaf.key, certificate: leaf.certificate } });
      const caFile = join(ca.folder, 'ca.cert.pem');
      writeFileSync(join(ca.folder, 'empty'), '');
      const run = promisify(execFile);
      const command = `openssl s_client -connect 127.0.0.1:${port} -CAfile ${caFile} -verify_return_error -verify_ip 127.0.0.1 -brief < ${ca.folder}/empty`;
      const { stderr, stdout } = await run('sh', ['-c', command]);
      expect(stderr + stdout).toContain('Verification: OK');
      const args = ['-sS', '--cacert', caFile, '--data-binary', 'hello', `https://localhost:${port}/`];
      expect((await run('curl', [...args, '--resolve', `localhost:${port}:127.0.0.1`])).stdout).toBe('hello');
    },
  );
});

describe('keep-alive clients', () => {
  it('can send hundreds of requests over one connection', async () => {
    const { port } = await start(echo);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    cleanups.push(() => agent.destroy());
    for (let i = 0; i < 300; i++) {
      const body = await new Promise<string>((resolve, reject) => {
        const req = httpRequest({ port, agent, method: 'POST' }, (res) => {
          let text = '';
          res.on('data', (chunk) => {
            text += chunk;
          });
          res.on('end', () => resolve(text));
        });
        req.on('error', reject).end(`body ${i}`);
      });
      expect(body).toBe(`body ${i}`);
    }
  });
});
