import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchange } from './listener/testing.ts';
import { createListener, type FrontRequest, type Listener } from './server.ts';

const seen: FrontRequest[] = [];
let listener: Listener;
let port: number;
let ids = 0;

beforeAll(async () => {
  listener = createListener(
    {
      host: '127.0.0.1',
      port: 0,
      now: () => Date.now(),
      newId: () => `id-${++ids}`,
      budgets: {
        headersTimeoutMs: 400,
        requestTimeoutMs: 600,
        keepAliveTimeoutMs: 300,
        sweepIntervalMs: 50,
        maxBodyBytes: 1024,
      },
    },
    (request) => {
      seen.push(request);
      return { status: 200, headers: { 'content-type': 'text/plain' }, body: request.body };
    },
  );
  ({ port } = await listener.start());
});
afterAll(async () => {
  await listener.stop(100);
});

const CRLF = '\r\n';
const head = (line: string, ...headers: string[]) => [line, ...headers, '', ''].join(CRLF);
const get = (target: string, ...headers: string[]) => head(`GET ${target} HTTP/1.1`, 'Host: a.test', ...headers);
const post = (body: string, ...headers: string[]) => head('POST / HTTP/1.1', 'Host: a.test', ...headers) + body;
const chunked = (body: string) => post(body, 'Transfer-Encoding: chunked');
const many = (count: number) => Array.from({ length: count }, (_, i) => `X-${i}: 1`);

type Case = readonly [string, string, number];

/** To proxies that write `_` as `-` these are headers that say where a request ends, or who sends it. */
const LOOK_ALIKES = [
  ...['Transfer_Encoding', 'content_length', 'Content_Type', 'content_encoding'],
  ...['X_Amz_Date', 'X-Amz_Target', 'x_amz_security_token', 'Idempotency_Key'],
];

/** Every case: the bytes, and the one status they must get. All must close the connection and reach no handler. */
const CASES: readonly Case[] = [
  // lengths and framing
  ['content-length and chunked', post('0\r\n\r\n', 'Content-Length: 5', 'Transfer-Encoding: chunked'), 400],
  ['chunked and content-length', post('0\r\n\r\n', 'Transfer-Encoding: chunked', 'Content-Length: 5'), 400],
  ['two equal content-lengths', post('abc', 'Content-Length: 3', 'Content-Length: 3'), 400],
  ['two different content-lengths', post('abc', 'Content-Length: 3', 'Content-Length: 4'), 400],
  ['a list of content-lengths', post('abc', 'Content-Length: 3, 3'), 400],
  ['a signed content-length', post('abc', 'Content-Length: +3'), 400],
  ['a negative content-length', post('abc', 'Content-Length: -3'), 400],
  ['a hex content-length', post('abc', 'Content-Length: 0x3'), 400],
  ['a content-length with a blank', post('abc', 'Content-Length: 3 3'), 400],
  ['an empty content-length', post('abc', 'Content-Length: '), 400],
  ['a content-length over 2^64', post('abc', 'Content-Length: 99999999999999999999'), 400],
  ['transfer-encoding identity', post('abc', 'Transfer-Encoding: identity'), 400],
  ['transfer-encoding xchunked', post('0\r\n\r\n', 'Transfer-Encoding: xchunked'), 400],
  ['transfer-encoding gzip, chunked', post('0\r\n\r\n', 'Transfer-Encoding: gzip, chunked'), 400],
  ['transfer-encoding chunked, identity', post('0\r\n\r\n', 'Transfer-Encoding: chunked, identity'), 400],
  ['transfer-encoding twice', post('0\r\n\r\n', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'), 400],
  ['transfer-encoding behind a vertical tab', post('0\r\n\r\n', 'Transfer-Encoding:\x0bchunked'), 400],
  ['transfer-encoding in quotes', post('0\r\n\r\n', 'Transfer-Encoding: "chunked"'), 400],
  ['a blank before the colon', post('0\r\n\r\n', 'Transfer-Encoding : chunked'), 400],
  ['a chunk size that is no number', chunked('zz\r\nabc\r\n0\r\n\r\n'), 400],
  ['a negative chunk size', chunked('-1\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk size over 2^64', chunked('fffffffffffffffff\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk size with 0x', chunked('0x3\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk size with a blank', chunked('3 \r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk longer than its size', chunked('2\r\nabc\r\n0\r\n\r\n'), 400],
  ['bare line feeds between chunks', chunked('3\nabc\n0\n\n'), 400],
  ['a body on GET', `${get('/', 'Content-Length: 3')}abc`, 400],
  ['a chunked body on HEAD', `${head('HEAD / HTTP/1.1', 'Host: a.test', 'Transfer-Encoding: chunked')}0\r\n\r\n`, 400],
  // lines
  ['bare line feeds everywhere', 'GET / HTTP/1.1\nHost: a.test\n\n', 400],
  ['a bare line feed after the request line', 'GET / HTTP/1.1\nHost: a.test\r\n\r\n', 400],
  ['a bare line feed after a header', 'GET / HTTP/1.1\r\nHost: a.test\nX: 1\r\n\r\n', 400],
  ['a bare line feed at the end', 'GET / HTTP/1.1\r\nHost: a.test\r\n\n', 400],
  ['a bare carriage return', 'GET / HTTP/1.1\r\nHost: a.test\rX: 1\r\n\r\n', 400],
  ['a folded header', 'GET / HTTP/1.1\r\nHost: a.test\r\nX: 1\r\n 2\r\n\r\n', 400],
  ['a header folded by a tab', 'GET / HTTP/1.1\r\nHost: a.test\r\nX: 1\r\n\t2\r\n\r\n', 400],
  ['a folded first header', 'GET / HTTP/1.1\r\n Host: a.test\r\n\r\n', 400],
  ['NUL in a header', get('/', 'X: a\0b'), 400],
  ['a control character in a header', get('/', 'X: a\x01b'), 400],
  ['a header without a name', get('/', ': x'), 400],
  ['a header without a colon', get('/', 'X'), 400],
  ['a blank in a header name', get('/', 'X Y: 1'), 400],
  ['a tab after the method', 'GET\t/ HTTP/1.1\r\nHost: a.test\r\n\r\n', 400],
  ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['binary noise', '\x00\x01\x02\x03\xff\xfe\r\n\r\n', 400],
  // versions, methods
  ['HTTP/0.9', 'GET /\r\n\r\n', 400],
  ['HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a.test\r\n\r\n', 400],
  ['HTTP/1.2', 'GET / HTTP/1.2\r\nHost: a.test\r\n\r\n', 400],
  ['HTTP/2.0', 'GET / HTTP/2.0\r\nHost: a.test\r\n\r\n', 400],
  ['an unknown method', 'FOO / HTTP/1.1\r\nHost: a.test\r\n\r\n', 400],
  ['a method in lower case', 'get / HTTP/1.1\r\nHost: a.test\r\n\r\n', 400],
  ['TRACE', head('TRACE / HTTP/1.1', 'Host: a.test'), 405],
  ['PROPFIND', head('PROPFIND / HTTP/1.1', 'Host: a.test'), 405],
  ['CONNECT', head('CONNECT a.test:443 HTTP/1.1', 'Host: a.test'), 400],
  // host
  ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['two hosts', get('/', 'Host: b.test'), 400],
  ['two equal hosts', get('/', 'host: a.test'), 400],
  ['an empty host', 'GET / HTTP/1.1\r\nHost: \r\n\r\n', 400],
  ['a host with a user', 'GET / HTTP/1.1\r\nHost: a@b.test\r\n\r\n', 400],
  ['a host with a path', 'GET / HTTP/1.1\r\nHost: a.test/x\r\n\r\n', 400],
  ['a list of hosts', 'GET / HTTP/1.1\r\nHost: a.test, b.test\r\n\r\n', 400],
  ['another host in the target', get('http://b.test/'), 400],
  ['another port in the target', get('http://a.test:81/'), 400],
  ['a user in the target', get('http://x@a.test/'), 400],
  ['another scheme in the target', get('ftp://a.test/'), 400],
  ['an asterisk target', head('OPTIONS * HTTP/1.1', 'Host: a.test'), 400],
  // target
  ['an encoded slash', get('/a%2fb'), 400],
  ['an encoded slash in upper case', get('/a%2Fb'), 400],
  ['an encoded backslash', get('/a%5cb'), 400],
  ['a backslash', get('/a\\b'), 400],
  ['an encoded NUL', get('/a%00'), 400],
  ['an encoded line feed', get('/a%0aSet-Cookie:x'), 400],
  ['an encoded DEL', get('/a%7f'), 400],
  ['a dot-dot segment', get('/a/../b'), 400],
  ['a dot-dot segment at the end', get('/a/..'), 400],
  ['an encoded dot-dot segment', get('/a/%2e%2e/b'), 400],
  ['a half encoded dot-dot segment', get('/a/.%2E/b'), 400],
  ['a dot segment', get('/./a'), 400],
  ['a double slash', get('//a'), 400],
  ['a double slash inside', get('/a//b'), 400],
  ['a double slash of an authority', get('http://a.test//b'), 400],
  ['a fragment', get('/a#b'), 400],
  ['a broken escape', get('/%zz'), 400],
  ['a cut escape', get('/%2'), 400],
  ['latin1 in the escape', get('/%e9'), 400],
  ['overlong UTF-8 in the escape', get('/%c0%af'), 400],
  ['a surrogate in the escape', get('/%ed%a0%80'), 400],
  ['raw UTF-8', get('/\xc3\xa9'), 400],
  ['a fragment in the query', get('/?a#b'), 400],
  ['an encoded NUL in the query', get('/?a=%00'), 400],
  ['a broken escape in the query', get('/?a=%g1'), 400],
  ['a target over 8 KiB', get(`/${'a'.repeat(8192)}`), 414],
  // sizes
  ['headers over 16 KiB', get('/', `X: ${'a'.repeat(17_000)}`), 431],
  ['a header name over 16 KiB', get('/', `${'a'.repeat(17_000)}: 1`), 431],
  ['101 headers', get('/', ...many(100)), 431],
  ['2,000 headers', get('/', ...many(1900)), 431],
  ['a declared body over the limit', post('', 'Content-Length: 1025'), 413],
  ['a declared body of 100 GB', post('', 'Content-Length: 100000000000'), 413],
  ['a chunked body over the limit', chunked(`${`100\r\n${'a'.repeat(256)}\r\n`}`.repeat(5)), 413],
  ['one chunk over the limit', chunked(`1000\r\n${'a'.repeat(4096)}\r\n`), 413],
  ['large chunk extensions', chunked(`3;${'a'.repeat(17_000)}\r\nabc\r\n0\r\n\r\n`), 413],
  ['large trailers', chunked(`3\r\nabc\r\n0\r\nX: ${'a'.repeat(17_000)}\r\n\r\n`), 431],
  // types, expectations, single headers
  ['gzip', post('abc', 'Content-Length: 3', 'Content-Encoding: gzip'), 415],
  ['identity, gzip', post('abc', 'Content-Length: 3', 'Content-Encoding: identity, gzip'), 415],
  ['deflate on an empty body', post('', 'Content-Length: 0', 'Content-Encoding: deflate'), 415],
  ['application/xml', post('<a/>', 'Content-Length: 4', 'Content-Type: application/xml'), 415],
  ['text/xml with a charset', post('<a/>', 'Content-Length: 4', 'Content-Type: Text/XML; charset=utf-8'), 415],
  ['soap', post('<a/>', 'Content-Length: 4', 'Content-Type: application/soap+xml'), 415],
  [
    'two content types',
    post('abc', 'Content-Length: 3', 'Content-Type: text/plain', 'Content-Type: application/json'),
    400,
  ],
  ['an unknown expectation', post('abc', 'Content-Length: 3', 'Expect: 200-maybe'), 417],
  ['an expectation beside the known one', post('abc', 'Content-Length: 3', 'Expect: 100-continue, x'), 417],
  ['two expectations', post('abc', 'Content-Length: 3', 'Expect: 100-continue', 'Expect: 100-continue'), 400],
  ...LOOK_ALIKES.map((name): Case => [`${name} as a header`, post('0\r\n\r\n', `${name}: chunked`), 400]),
  ['two authorizations', get('/', 'Authorization: Bearer a', 'authorization: Bearer b'), 400],
  ['two operation headers', get('/', 'X-Amz-Target: a.B', 'x-amz-target: a.C'), 400],
  ['__proto__ as a header', get('/', '__proto__: x'), 400],
  ['constructor as a header', get('/', 'Constructor: x'), 400],
  ['prototype as a header', get('/', 'prototype: x'), 400],
  // time
  ['a request line that never ends', 'GET / HT', 408],
  ['headers that never end', 'GET / HTTP/1.1\r\nHost: a.test\r\nX: ', 408],
  ['a body that never ends', post('ab', 'Content-Length: 3'), 408],
  ['chunks that never end', chunked('2\r\nab\r\n'), 408],
];

describe('raw attacks on the listener', () => {
  it('lists at least 60 cases', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(60);
  });

  it.concurrent.each(CASES)('refuses %s', async (_title, bytes, status) => {
    const result = await exchange({ port }, bytes);
    expect({ status: result.status, closed: result.closed }).toEqual({ status, closed: true });
    expect(result.headers.get('connection')).toBe('close');
    expect(result.headers.get('x-amzn-requestid')).toMatch(/^id-\d+$/);
    expect(result.headers.get('x-request-id')).toBe(result.headers.get('x-amzn-requestid'));
    expect(result.headers.get('x-content-type-options')).toBe('nosniff');
    expect(result.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(result.headers.get('strict-transport-security')).toContain('max-age=');
    expect(result.text.match(/HTTP\/1\.1 /g)?.length).toBe(1);
  });

  it('let no refused request reach the handler', () => {
    expect(seen.map((request) => request.rawTarget)).toEqual([]);
  });

  it('takes only the first of two requests when the first is refused', async () => {
    const result = await exchange({ port }, get('/%2f') + get('/second'));
    expect(result.status).toBe(400);
    expect(seen.length).toBe(0);
  });

  it('answers the good request first when garbage follows it', async () => {
    const result = await exchange({ port }, `${get('/good')}GARBAGE\r\n\r\n`);
    expect(result.status).toBe(200);
    expect(result.closed).toBe(true);
    expect(seen.splice(0).map((request) => request.path)).toEqual(['/good']);
  });

  it('closes a connection that says nothing', async () => {
    const result = await exchange({ port }, '');
    expect(result.closed).toBe(true);
  });

  it('closes a slow sender after the header timeout, however steadily it drips', async () => {
    const started = performance.now();
    const drip = ['GET / HTTP/1.1\r\nHost: a.test\r\n', ...Array(40).fill('X: 1\r\n')];
    const socket = await import('./listener/testing.ts').then((testing) => testing.open({ port }));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const timer = setInterval(() => socket.writable && socket.write(drip.shift() ?? 'Y: 1\r\n'), 50);
    await closed;
    clearInterval(timer);
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(performance.now() - started).toBeLessThan(2500);
  });

  it('serves others at once while many slow senders hold connections', async () => {
    const { open } = await import('./listener/testing.ts');
    const slow = await Promise.all(Array.from({ length: 100 }, () => open({ port })));
    for (const socket of slow) socket.on('error', () => undefined).write('GET / HTTP/1.1\r\nX: ');
    const started = performance.now();
    const result = await exchange({ port }, get('/', 'Connection: close'));
    expect(result.status).toBe(200);
    expect(performance.now() - started).toBeLessThan(3000);
    for (const socket of slow) socket.destroy();
    seen.length = 0;
  });

  it('lets at most the configured number of requests wait on one connection', async () => {
    const gate = createListener(
      { host: '127.0.0.1', port: 0, now: () => Date.now(), newId: () => 'id', budgets: { maxPipelined: 4 } },
      () => new Promise(() => undefined),
    );
    const address = await gate.start();
    const pending = exchange({ port: address.port }, get('/').repeat(50), 400);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(gate.inFlight).toBeLessThanOrEqual(5);
    await pending;
    await gate.stop(0);
  });
});
