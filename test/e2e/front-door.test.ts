/** What the front door answers to requests that are not right, on both wires: a stable code and a sentence. */
import { describe, expect, inject, it } from 'vitest';
import { raw } from '../harness/clients.ts';
import { createUser } from '../harness/people.ts';
import { json11, native, query, send, sign } from '../harness/signed.ts';

const server = inject('server');

describe('health and descriptions', () => {
  it('is alive and ready, naming each dependency', async () => {
    expect((await raw(server, { path: '/healthz' })).json()).toEqual({ status: 'alive' });
    const ready = await raw(server, { path: '/readyz' });
    expect(ready.status).toBe(200);
    expect(Object.keys(ready.json().dependencies as object)).toContain('iam');
  });

  it('describes itself', async () => {
    const document = (await raw(server, { path: '/openapi.json' })).json();
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(Object.keys(document.paths as object)).toContain('/v1/kms/decrypt');
    const jwks = (await raw(server, { path: '/.well-known/jwks.json' })).json();
    expect((jwks.keys as unknown[]).length).toBeGreaterThan(0);
    expect((await raw(server, { path: '/metrics' })).text).toContain('parapet_requests_total');
  });

  it('gives every answer a request id and the security headers', async () => {
    for (const path of ['/healthz', '/nowhere', '/v1/kms/list-keys']) {
      const answer = await raw(server, { path });
      expect(answer.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
      expect(answer.headers['strict-transport-security']).toBeDefined();
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
    }
  });
});

describe('callers that cannot be established', () => {
  const wrong = () => ({ ...{ accessKeyId: server.admin.accessKeyId }, secretAccessKey: 'x'.repeat(40) });
  const unknown = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x'.repeat(40) };
  const FAR = 20 * 60_000;

  it.each([
    [
      'unsigned',
      () =>
        raw(server, {
          method: 'POST',
          headers: { 'x-amz-target': 'TrentService.ListKeys', 'content-type': 'application/x-amz-json-1.1' },
          body: '{}',
        }),
      'MissingAuthenticationTokenException',
    ],
    [
      'wrong secret',
      () => json11(server, 'TrentService.ListKeys', {}, { credentials: wrong() }),
      'InvalidSignatureException',
    ],
    [
      'unknown key',
      () => json11(server, 'TrentService.ListKeys', {}, { credentials: unknown }),
      'UnrecognizedClientException',
    ],
    [
      'too old',
      () => json11(server, 'TrentService.ListKeys', {}, { at: Date.now() - FAR }),
      'InvalidSignatureException',
    ],
    [
      'from the future',
      () => json11(server, 'TrentService.ListKeys', {}, { at: Date.now() + FAR }),
      'InvalidSignatureException',
    ],
    [
      'other service in the scope',
      () => json11(server, 'TrentService.ListKeys', {}, { service: 'sts' }),
      'InvalidSignatureException',
    ],
    [
      'other region in the scope',
      () => json11(server, 'TrentService.ListKeys', {}, { region: 'elsewhere-1' }),
      'InvalidSignatureException',
    ],
  ])('JSON wire: %s', async (_name, attempt, type) => {
    const answer = await attempt();
    expect(answer.status).toBe(400);
    expect(answer.json().__type).toBe(type);
    expect(answer.headers['x-amzn-errortype']).toBe(type);
  });

  it('Query wire: wrong secret is 403 SignatureDoesNotMatch', async () => {
    const answer = await query(server, 'sts', { Action: 'GetCallerIdentity' }, { credentials: wrong() });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('<Code>SignatureDoesNotMatch</Code>');
  });

  it('native wire: 401 with a hint', async () => {
    const answer = await raw(server, {
      method: 'POST',
      path: '/v1/kms/list-keys',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(401);
    expect(answer.json()).toMatchObject({ code: 'Unauthenticated', reason: 'MissingAuthenticationToken' });
    expect(answer.json().hint).toBeTruthy();
  });

  it('refuses a body changed after signing', async () => {
    const headers = sign(server, {
      body: '{"Limit":1}',
      service: 'kms',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.ListKeys' },
    });
    const answer = await raw(server, { method: 'POST', headers, body: '{"Limit":2}' });
    expect(answer.json().__type).toBe('InvalidSignatureException');
  });

  it('refuses the second use of the signature of a write, and lets a read be repeated', async () => {
    const write = { path: '/v1/kms/create-key', body: '{}', headers: { 'content-type': 'application/json' } };
    const headers = sign(server, { ...write, at: Date.now() - 30_000 });
    const send = (changed: Record<string, string>) =>
      raw(server, { method: 'POST', path: write.path, headers: { ...headers, ...changed }, body: write.body });
    const first = await send({});
    expect(first.status).toBe(200);
    // The same request again gets the same answer, not another key.
    expect((await send({})).json()).toEqual(first.json());
    const { 'amz-sdk-invocation-id': _id, ...unsigned } = sign(server, { ...write, at: Date.now() - 30_000 });
    expect((await raw(server, { method: 'POST', path: write.path, headers: unsigned, body: write.body })).status).toBe(
      401,
    );
    const bare = sign(server, { ...write, at: Date.now() - 31_000 }, ['amz-sdk-invocation-id']);
    const once = await raw(server, { method: 'POST', path: write.path, headers: bare, body: write.body });
    expect(once.status).toBe(200);
    const twice = await raw(server, { method: 'POST', path: write.path, headers: bare, body: write.body });
    expect(twice.status).toBe(401);
    expect(twice.json().detail).toContain('used before');
    // A new, unsigned invocation id does not make a captured request new.
    const dressed = await raw(server, {
      method: 'POST',
      path: write.path,
      headers: { ...bare, 'amz-sdk-invocation-id': 'other' },
      body: write.body,
    });
    expect(dressed.status).toBe(401);
    const read = { path: '/v1/kms/list-keys', body: '{}', headers: { 'content-type': 'application/json' } };
    const again = sign(server, read);
    for (let i = 0; i < 2; i++)
      expect((await raw(server, { method: 'POST', path: read.path, headers: again, body: read.body })).status).toBe(
        200,
      );
  });
});

describe('idempotency', () => {
  it('gives the first answer again under the same token, and refuses the token for another input', async () => {
    const headers = { 'idempotency-key': `token-${Date.now()}` };
    const first = await native(server, '/v1/kms/create-key', { Description: 'once' }, { headers });
    const second = await native(server, '/v1/kms/create-key', { Description: 'once' }, { headers });
    expect(second.json()).toEqual(first.json());
    const other = await native(server, '/v1/kms/create-key', { Description: 'twice' }, { headers });
    expect(other.status).toBe(409);
  });

  it('makes one key of parallel requests with one token', async () => {
    const headers = { 'idempotency-key': `parallel-${Date.now()}` };
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        native(server, '/v1/kms/create-key', { Description: 'race' }, { headers, at: Date.now() - i * 1000 }),
      ),
    );
    const ids = new Set(
      answers.filter((a) => a.status === 200).map((a) => (a.json().KeyMetadata as { KeyId: string }).KeyId),
    );
    expect(ids.size).toBe(1);
    for (const answer of answers) expect([200, 409]).toContain(answer.status);
  });
});

describe('inputs that are not right', () => {
  it.each([
    ['unknown member', { Surprise: 1 }, '/Surprise', 'unknown'],
    ['wrong type', { Limit: 'many' }, '/Limit', 'type'],
    ['out of range', { Limit: 5000 }, '/Limit', 'maximum'],
  ])('native: %s is named with its pointer', async (_name, input, pointer, rule) => {
    const answer = await native(server, '/v1/kms/list-keys', input);
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json().issues).toMatchObject([{ pointer, rule }]);
  });

  it('AWS: a broken constraint is named in the sentence of AWS', async () => {
    const answer = await json11(server, 'TrentService.ListKeys', { Limit: 5000 });
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({
      __type: 'ValidationException',
      message:
        "1 validation error detected: Value '5000' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 1000",
    });
  });

  it('AWS: unknown members are ignored, unsupported ones refused', async () => {
    expect((await json11(server, 'TrentService.ListKeys', { NewMember: 1 })).status).toBe(200);
    const answer = await json11(server, 'TrentService.CreateKey', { CustomKeyStoreId: 'cks-1' });
    expect(answer.json().__type).toBe('UnsupportedOperationException');
  });

  it.each([
    ['unknown operation, JSON', () => json11(server, 'TrentService.Explode', {}), 400, 'UnknownOperationException'],
    ['unknown service, JSON', () => json11(server, 'Nothing.Explode', {}), 400, 'UnknownOperationException'],
    ['unknown operation, Query', () => query(server, 'iam', { Action: 'Explode' }), 400, 'InvalidAction'],
    ['unknown operation, native', () => native(server, '/v1/kms/explode'), 404, 'NotFound'],
  ])('%s', async (_name, attempt, status, code) => {
    const answer = await attempt();
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(code);
  });

  it.each([
    ['too deep', `${'['.repeat(40)}${']'.repeat(40)}`],
    ['duplicate keys', '{"Limit":1,"Limit":2}'],
    ['prototype key', '{"__proto__":{"Limit":1}}'],
    ['not JSON', '{"Limit":'],
    ['not an object', '[1]'],
    ['trailing data', '{} {}'],
    ['number out of range', '{"Limit":1e400}'],
    ['unsafe integer', '{"Limit":9007199254740993}'],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['NUL', '{"Marker":"\u0000"}'],
    ['byte order mark', '\ufeff{}'],
  ])('JSON that is %s', async (_name, body) => {
    const answer = await json11(server, 'TrentService.ListKeys', {}, { body: body as string });
    expect(answer.status).toBe(400);
    expect(['SerializationException', 'ValidationException']).toContain(answer.json().__type);
    const own = await send(server, {
      path: '/v1/kms/list-keys',
      body: body as string,
      headers: { 'content-type': 'application/json' },
    });
    expect(own.status).toBe(400);
    expect(own.json().code).toBe('Validation');
  });

  it('refuses a body above 1 MiB with 413', async () => {
    const body = Buffer.alloc(1024 * 1024 + 1, 0x20);
    const answer = await send(server, {
      path: '/v1/kms/list-keys',
      body,
      headers: { 'content-type': 'application/json' },
    }).catch((e: Error) => e);
    if (!(answer instanceof Error)) expect(answer.status).toBe(413);
  });
});

describe('denials', () => {
  it('say who, what, on which resource and why, with a decision id that explains', async () => {
    const nobody = await createUser(server);
    const answer = await native(server, '/v1/kms/list-keys', {}, { credentials: nobody.credentials });
    expect(answer.status).toBe(403);
    expect(answer.json().detail).toBe(
      `User: ${nobody.arn} is not authorized to perform: kms:ListKeys on resource: * because no identity-based policy allows the kms:ListKeys action`,
    );
    const decision = await native(server, `/v1/authz/decisions/${answer.json().decisionId}`, {}, { method: 'GET' });
    expect(decision.status).toBe(200);
    expect(decision.text).toContain('kms:ListKeys');
  });

  it('are AccessDeniedException 400 on the JSON wire and AccessDenied 403 on the Query wire', async () => {
    const { credentials } = await createUser(server);
    const json = await json11(server, 'TrentService.ListKeys', {}, { credentials });
    expect([json.status, json.json().__type]).toEqual([400, 'AccessDeniedException']);
    const form = await query(server, 'iam', { Action: 'ListUsers' }, { credentials });
    expect(form.status).toBe(403);
    expect(form.text).toContain('<Code>AccessDenied</Code>');
  });
});
