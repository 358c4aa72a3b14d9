import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../platform/contract/operation.ts';
import { boxes } from '../../sdk/testing/fixture.ts';
import { startServer, TEST_KEY, TEST_REGION, type TestServer } from '../../sdk/testing/server.ts';
import { curlCommand, quote } from './curl.ts';

const run = promisify(execFile);
const version = /^curl (\d+)\.(\d+)/.exec(spawnSync('curl', ['--version'], { encoding: 'utf8' }).stdout ?? '');
const [major, minor] = [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)];
/** Since 7.86 curl signs all its headers and the query. */
const signs = major > 7 || (major === 7 && minor >= 86);

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const settings = (endpoint: string) => ({ endpoint, region: TEST_REGION, accessKey: TEST_KEY });
const environment = {
  PATH: process.env.PATH ?? '',
  AWS_ACCESS_KEY_ID: TEST_KEY.accessKeyId,
  AWS_SECRET_ACCESS_KEY: TEST_KEY.secretAccessKey,
  AWS_SESSION_TOKEN: 'token-of-the-session',
  PARAPET_TOKEN: 'a.b.c',
};

describe('curlCommand', () => {
  const hostile = `'; touch /tmp/x; echo "$HOME" \`id\` \\`;

  it.skipIf(!signs).each([
    ['a POST', boxes.CreateBox, { Description: hostile, Spec: 'SMALL' }],
    ['a POST without members', boxes.CreateBox, {}],
    ['a GET with a query', boxes.ListBoxes, { Marker: 'a+b/c=', Limit: 3, Specs: ['A', 'B'] }],
    ['a GET with a path member', boxes.GetBox, { BoxId: 'box-1' }],
  ] as const)(
    `prints what a shell can run and the server accepts: %s${signs ? '' : ' (skipped: curl 7.86 or later is not installed)'}`,
    async (_, operation, input) => {
      server = await startServer(() => ({ json: { done: true } }));
      const { stdout } = await run(
        'sh',
        ['-c', curlCommand(operation as AnyOperation, input, settings(server.endpoint))],
        { env: environment },
      );
      expect(JSON.parse(stdout)).toEqual({ done: true });
      expect(server.seen).toHaveLength(1);
      expect(server.seen[0]).toMatchObject({ verified: 'ok', method: operation.rest.method });
      if (operation.rest.method === 'POST') expect(JSON.parse(String(server.seen[0]?.body))).toEqual(input);
    },
  );

  it.skipIf(!signs)(
    `signs a session token${signs ? '' : ' (skipped: curl 7.86 or later is not installed)'}`,
    async () => {
      server = await startServer(() => ({ json: {} }));
      const accessKey = { ...TEST_KEY, sessionToken: 'token-of-the-session' };
      const command = curlCommand(boxes.CreateBox, {}, { ...settings(server.endpoint), accessKey });
      await run('sh', ['-c', command], { env: environment });
      expect(server.seen[0]).toMatchObject({ verified: 'ok' });
      expect(server.seen[0]?.headers['x-amz-security-token']).toBe('token-of-the-session');
    },
  );

  it('names the variables of the credentials and never holds their values', () => {
    const accessKey = { ...TEST_KEY, sessionToken: 'canary-session' };
    const signed = curlCommand(
      boxes.CreateBox,
      {},
      { ...settings('https://cp.example'), accessKey, caFile: '/a b/ca.pem' },
    );
    expect(signed).toContain('"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"');
    expect(signed).toContain('"X-Amz-Security-Token: $AWS_SESSION_TOKEN"');
    expect(signed).toContain("--cacert '/a b/ca.pem'");
    const bearer = curlCommand(
      boxes.CreateBox,
      {},
      { endpoint: 'https://cp.example', region: 'r', token: 'canary-token' },
    );
    expect(bearer).toContain('"Authorization: Bearer $PARAPET_TOKEN"');
    expect(bearer).not.toContain('aws-sigv4');
    for (const text of [signed, bearer]) expect(text).not.toMatch(/canary|a-secret-of-the-tests|AKIA/);
  });

  it('gives a write an idempotency key, so that the line can be repeated', () => {
    expect(curlCommand(boxes.CreateBox, {}, settings('https://h'))).toMatch(/'Idempotency-Key: [0-9a-f-]{36}'/);
    expect(curlCommand(boxes.Seal, {}, settings('https://h'))).not.toContain('Idempotency-Key');
  });
});

describe('quote', () => {
  it.each([
    ['a', 'a'],
    ['a b', "'a b'"],
    ["it's", "'it'\\''s'"],
    ['', "''"],
    ['$x', "'$x'"],
    ['*', "'*'"],
    ['~', "'~'"],
  ])('writes %j as %s', (text, expected) => {
    expect(quote(text)).toBe(expected);
  });
});
