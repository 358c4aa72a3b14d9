/**
 * Classes C01, C03 and C06: one target, read twice. Whoever checks a signature and whoever finds the operation see the same
 * bytes: no other spelling of a target is served under the signature of the first, and no denied operation by any spelling.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { exchange } from '../../platform/http/listener/testing.ts';
import { createUser, type Person } from '../harness/people.ts';
import { sign } from '../harness/signed.ts';
import { SPELLINGS, TARGET } from './target-spellings.ts';

const server = inject('server');
const front = { port: server.port, ca: readFileSync(server.caPath, 'utf8') };
const BODY = '{}';
const CLOSED_MS = 10_000;

let denied: Person;
beforeAll(async () => {
  denied = await createUser(server, {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: 'kms:ListKeys', Resource: '*' },
    ],
  });
});

/** `signed`: the target in the signature; `sent`: the one in the request. */
async function ask(signed: string, sent: string, person?: Person): Promise<number> {
  const headers = sign(server, {
    path: signed,
    body: BODY,
    headers: { 'content-type': 'application/json' },
    ...(person && { credentials: person.credentials }),
  });
  const lines = Object.entries({ ...headers, connection: 'close', 'content-length': String(BODY.length) });
  const head = [`POST ${sent} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)];
  const { text } = await exchange(front, [...head, '', BODY].join('\r\n'), CLOSED_MS);
  const codes = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code));
  expect(codes, text).toHaveLength(1);
  return codes[0] as number;
}

it('the target itself is served, and denied to whom it is denied', async () => {
  expect(await ask(TARGET, TARGET)).toBe(200);
  await expect.poll(() => ask(TARGET, TARGET, denied), { timeout: 5_000 }).toBe(403);
});

describe('another spelling', () => {
  it.concurrent.each(SPELLINGS)('%s is not served under the signature of the first', async (spelling) => {
    const status = await ask(TARGET, spelling);
    expect([400, 401, 404, 405]).toContain(status);
  });

  it.concurrent.each(SPELLINGS)('%s is not served to whom it is denied', async (spelling) => {
    const status = await ask(spelling, spelling, denied);
    expect([400, 401, 403, 404, 405]).toContain(status);
  });
});
