import { afterEach, describe, expect, expectTypeOf, it } from 'vitest';
import { ParapetError } from './error.ts';
import type { Attempt } from './exchange.ts';
import { createClientFor, type ParapetOptions } from './parapet.ts';
import { areas } from './testing/fixture.ts';
import { type Reply, type SeenRequest, startServer, TEST_KEY, type TestServer } from './testing/server.ts';

const open: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

async function clientOf(answer: (request: SeenRequest, index: number) => Reply, options: Partial<ParapetOptions> = {}) {
  const server: TestServer = await startServer(answer);
  const client = createClientFor(areas, { endpoint: server.endpoint, credentials: TEST_KEY, ...options });
  open.push(client, server);
  return { client, server };
}

const created = { json: { BoxId: 'box-1', CreationDate: '2026-01-02T03:04:05.678Z' } };
const problem = (code: string, more: object = {}) => ({ code, title: code, detail: `${code} happened`, ...more });
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('expected an error'),
    (error: unknown) => error as ParapetError,
  );

describe('a call', () => {
  it('is signed so that the server accepts it, and carries native JSON', async () => {
    const { client, server } = await clientOf(() => ({
      json: { Sealed: 'AQID', BoxArn: 'arn:aws:boxes:local-1:111122223333:box/1' },
    }));
    const output = await client.boxes.seal({
      BoxId: 'box-1',
      Plaintext: Buffer.from('hello'),
      Context: { app: 'shop' },
    });
    expect(output.Sealed).toEqual(Buffer.from([1, 2, 3]));
    const [request] = server.seen;
    expect(request).toMatchObject({ method: 'POST', target: '/v1/boxes/seal', verified: 'ok' });
    expect(JSON.parse(String(request?.body))).toEqual({
      BoxId: 'box-1',
      Plaintext: 'aGVsbG8=',
      Context: { app: 'shop' },
    });
  });

  it('is typed from the declaration', async () => {
    const { client } = await clientOf(() => created);
    expectTypeOf(client.boxes.seal).parameter(0).toHaveProperty('Plaintext').toEqualTypeOf<Buffer>();
    expectTypeOf(client.boxes.createBox).returns.resolves.toEqualTypeOf<{ BoxId: string; CreationDate: number }>();
    expectTypeOf(client.boxes.listBoxes).toBeCallableWith();
    // @ts-expect-error a required member is missing
    expect((await failureOf(client.boxes.seal({ BoxId: 'box-1' }))).issues).toEqual([
      { pointer: '/Plaintext', message: 'must be present', rule: 'required' },
    ]);
  });

  it('writes timestamps as RFC 3339 and reads them as milliseconds', async () => {
    const { client, server } = await clientOf(() => created);
    const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
    const output = await client.boxes.createBox({ OpensAt: at });
    expect(output.CreationDate).toBe(at);
    expect(JSON.parse(String(server.seen[0]?.body))).toEqual({ OpensAt: '2026-01-02T03:04:05.678Z' });
  });

  it('answers undefined where the operation has no output', async () => {
    const { client } = await clientOf(() => ({ json: {} }));
    expect(await client.boxes.dropBox({ BoxId: 'box-1' })).toBeUndefined();
  });

  it('signs the query and the path of a GET', async () => {
    const { client, server } = await clientOf(() => ({ json: { Boxes: [], Truncated: false, BoxId: 'x', Tags: [] } }));
    await client.boxes.listBoxes({ Marker: 'a+b/c=', Limit: 3, Specs: ['A', 'B'] });
    await client.boxes.getBox({ BoxId: 'a b/ü' });
    expect(server.seen.map((request) => request.verified)).toEqual(['ok', 'ok']);
    expect(server.seen.map((request) => request.method)).toEqual(['GET', 'GET']);
  });

  it('sends and signs a session token', async () => {
    const credentials = { ...TEST_KEY, sessionToken: 'token-of-the-session' };
    const { client, server } = await clientOf(() => created, { credentials });
    await client.boxes.createBox({});
    expect(server.seen[0]).toMatchObject({ verified: 'ok' });
    expect(server.seen[0]?.headers['x-amz-security-token']).toBe('token-of-the-session');
  });

  it('sends a bearer token unsigned', async () => {
    const { client, server } = await clientOf(() => created, { credentials: { bearer: 'a.b.c' } });
    await client.boxes.createBox({});
    expect(server.seen[0]?.headers.authorization).toBe('Bearer a.b.c');
  });

  it('asks a credentials function before every attempt', async () => {
    let asked = 0;
    const credentials = async () => ({ bearer: `token-${++asked}` });
    const { client, server } = await clientOf(
      (_, i) => (i === 0 ? { status: 503, json: problem('Unavailable') } : created),
      {
        credentials,
      },
    );
    await client.boxes.createBox({});
    expect(server.seen.map((request) => request.headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('reuses one connection', async () => {
    const { client, server } = await clientOf(() => created);
    for (let i = 0; i < 5; i++) await client.boxes.createBox({});
    expect(server.seen).toHaveLength(5);
    expect(server.connections()).toBe(1);
  });

  it('has another signature each time, so that equal requests are no replay', async () => {
    const { client, server } = await clientOf(() => created, { now: () => Date.now() });
    await Promise.all([client.boxes.createBox({}), client.boxes.createBox({}), client.boxes.createBox({})]);
    expect(new Set(server.seen.map((request) => request.signature)).size).toBe(3);
  });
});

describe('repeats', () => {
  it('carry the same idempotency key and another signature', async () => {
    const { client, server } = await clientOf((_, i) =>
      i < 2 ? { status: 503, json: problem('Unavailable') } : created,
    );
    await client.boxes.createBox({});
    expect(server.seen.map((request) => request.verified)).toEqual(['ok', 'ok', 'ok']);
    expect(new Set(server.seen.map((request) => request.headers['idempotency-key'])).size).toBe(1);
    expect(server.seen[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(server.seen.map((request) => request.signature)).size).toBe(3);
  });

  it('use the key of the caller', async () => {
    const { client, server } = await clientOf(() => created);
    await client.boxes.createBox({}, { idempotencyKey: 'mine' });
    expect(server.seen[0]?.headers['idempotency-key']).toBe('mine');
  });

  it('are sent for reads without a key', async () => {
    const { client, server } = await clientOf((_, i) =>
      i === 0
        ? { status: 429, json: problem('TooManyRequests'), headers: { 'retry-after': '0' } }
        : { json: { BoxId: 'x', Tags: [] } },
    );
    await client.boxes.getBox({ BoxId: 'x' });
    expect(server.seen).toHaveLength(2);
    expect(server.seen[0]?.headers['idempotency-key']).toBeUndefined();
  });

  it('follow a connection that was cut before the answer', async () => {
    const { client, server } = await clientOf((_, i) => (i === 0 ? { cut: true } : created));
    await client.boxes.createBox({});
    expect(server.seen).toHaveLength(2);
  });

  it('wait at least as long as the server asks', async () => {
    const attempts: Attempt[] = [];
    const { client } = await clientOf(
      (_, i) => (i === 0 ? { status: 503, headers: { 'retry-after': '0.3' }, json: problem('Unavailable') } : created),
      { onAttempt: (attempt) => attempts.push(attempt) },
    );
    await client.boxes.createBox({});
    expect(attempts.map((attempt) => attempt.outcome)).toEqual([503, 200]);
    expect(attempts[0]?.retryInMs).toBeGreaterThanOrEqual(300);
    expect(attempts[1]).toMatchObject({ operation: 'CreateBox', attempt: 2, requestId: 'req-2' });
  });

  it('end with the last error', async () => {
    const { client, server } = await clientOf(() => ({ status: 503, json: problem('Unavailable') }), {
      retry: { maxAttempts: 2 },
    });
    expect(await failureOf(client.boxes.createBox({}))).toMatchObject({ code: 'Unavailable', status: 503 });
    expect(server.seen).toHaveLength(2);
  });
});

describe('an error', () => {
  it('carries what the server said', async () => {
    const body = problem('AccessDenied', { hint: 'look', decisionId: 'd-1', requestId: 'r-1' });
    const { client } = await clientOf(() => ({ status: 403, json: body }));
    const error = await failureOf(client.boxes.createBox({}));
    expect(error).toBeInstanceOf(ParapetError);
    expect(error).toMatchObject({
      code: 'AccessDenied',
      status: 403,
      message: 'AccessDenied happened',
      hint: 'look',
      requestId: 'r-1',
      decisionId: 'd-1',
    });
  });

  it('lists the broken members and the findings of a policy', async () => {
    const issues = [{ pointer: '/Size', rule: 'maximum', message: 'must be at most 100', expected: 100 }];
    const findings = [
      { code: 'UnknownAction', message: 'no such action', pointer: '/Statement/0', line: 3, column: 5 },
    ];
    const { client } = await clientOf(() => ({ status: 400, json: problem('Validation', { issues, findings }) }));
    const error = await failureOf(client.boxes.createBox({}));
    expect(error.issues).toEqual([{ pointer: '/Size', rule: 'maximum', message: 'must be at most 100' }]);
    expect(error.findings).toEqual(findings);
  });

  it('says so when something else than the server answers', async () => {
    const { client } = await clientOf(() => ({
      status: 404,
      headers: { 'content-type': 'text/html' },
      json: '<html>',
    }));
    expect(await failureOf(client.boxes.createBox({}))).toMatchObject({ code: 'UnreadableAnswer', status: 404 });
  });

  it('is raised before anything is sent when the input is broken', async () => {
    const { client, server } = await clientOf(() => created);
    const error = await failureOf(client.boxes.createBox({ Size: 1000, Sealed: 'yes' } as never));
    expect(error).toMatchObject({ code: 'Validation', status: 0 });
    expect(error.issues.map((issue) => issue.pointer)).toEqual(['/Sealed', '/Size']);
    expect(server.seen).toHaveLength(0);
  });

  it('never shows a secret member', async () => {
    const { client } = await clientOf(() => created);
    const error = await failureOf(client.boxes.seal({ BoxId: 'b', Plaintext: 'canary-in-clear' } as never));
    expect(error.issues).toHaveLength(1);
    expect(JSON.stringify([error, error.message, error.issues])).not.toContain('canary');
  });

  it('tells a server that cannot be reached from one that is too slow', async () => {
    const retry = { maxAttempts: 1 };
    const { client } = await clientOf(() => ({ delayMs: 500, ...created }), { timeoutMs: 50, retry });
    expect(await failureOf(client.boxes.createBox({}))).toMatchObject({ code: 'Timeout', status: 0 });
    const nowhere = createClientFor(areas, { endpoint: 'http://127.0.0.1:9', retry });
    expect(await failureOf(nowhere.boxes.createBox({}))).toMatchObject({ code: 'Unreachable', status: 0 });
  });

  it('is Aborted when the caller gives up', async () => {
    const { client } = await clientOf(() => ({ delayMs: 500, ...created }));
    const signal = AbortSignal.timeout(30);
    expect(await failureOf(client.boxes.createBox({}, { signal }))).toMatchObject({ code: 'Aborted' });
  });
});

describe('paginate', () => {
  it('asks for the pages one after the other, as they are consumed', async () => {
    const page = (i: number) => ({
      json: { Boxes: [{ BoxId: `box-${i}` }], Truncated: i < 2, ...(i < 2 && { NextMarker: `m${i}` }) },
    });
    const { client, server } = await clientOf((_, i) => page(i));
    const ids: string[] = [];
    for await (const { Boxes } of client.boxes.paginate.listBoxes({ Limit: 1 })) {
      ids.push(...Boxes.map((box) => box.BoxId));
      expect(server.seen).toHaveLength(ids.length);
    }
    expect(ids).toEqual(['box-0', 'box-1', 'box-2']);
    expect(server.seen.map((request) => request.target)).toEqual([
      '/v1/boxes/boxes?Limit=1',
      '/v1/boxes/boxes?Limit=1&Marker=m0',
      '/v1/boxes/boxes?Limit=1&Marker=m1',
    ]);
  });

  it('stops with an error when the server repeats a token', async () => {
    const { client, server } = await clientOf(() => ({ json: { Boxes: [], Truncated: true, NextMarker: 'same' } }));
    const all = (async () => {
      for await (const _ of client.boxes.paginate.listBoxes()) void _;
    })();
    expect(await failureOf(all)).toMatchObject({ code: 'UnreadableAnswer' });
    expect(server.seen).toHaveLength(2);
  });

  it('refuses an operation that is not a list', async () => {
    const { client } = await clientOf(() => created);
    await expect(client.boxes.paginate.getBox({ BoxId: 'x' }).next()).rejects.toThrow('does not answer in pages');
  });
});

describe('the endpoint', () => {
  it.each([
    'ftp://host',
    'host:8443',
    'https://host/path',
    'https://user:pw@host',
    'http://example.com',
    'http://127.0.0.1.example.com',
  ])('is refused when it is %s', (endpoint) => {
    expect(() => createClientFor(areas, { endpoint })).toThrow(ParapetError);
  });

  it.each(['https://example.com', 'https://[::1]:8443', 'http://localhost:1', 'http://127.0.0.1:1'])(
    'may be %s',
    (endpoint) => {
      expect(createClientFor(areas, { endpoint })).toHaveProperty('boxes');
    },
  );
});
