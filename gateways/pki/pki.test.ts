/** The PKI listener over real connections, in front of a pca that answers what a test says. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ServiceError } from '../../platform/contract/error.ts';
import { createListener, type Listener } from '../../platform/http/server.ts';
import { createPkiHandler, type PkiClient } from './handler.ts';

const ID = '11223344-1234-1122-2233-112233445566';
const THIS = Date.UTC(2026, 5, 1);
const HOUR = 3_600_000;
const PATH = `crl/${ID}/1.crl`;
const TOKEN = 'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ';
const REQUEST = Buffer.from('30030a01ff', 'hex');
const RESPONSE = Buffer.from('30030a0100', 'hex');

let listener: Listener;
let port: number;
let now = THIS;
let number = 1;
let isDown = false;
let asked: Record<string, unknown>[] = [];
let isCacheable = true;

const noted = <Output>(input: Record<string, unknown>, output: Output): Promise<Output> => {
  asked.push(input);
  if (isDown) return Promise.reject(new ServiceError('Unavailable', 'service pca cannot be reached'));
  return Promise.resolve(output);
};
const pca: PkiClient = {
  GetRevocationListFile: (input) => {
    if (input.Path !== PATH) return noted(input, {});
    const list = { Number: number, ThisUpdate: THIS, NextUpdate: THIS + 24 * HOUR, Sha256: String(number).repeat(64) };
    return noted(input, input.Known === number ? { Number: number } : { ...list, List: Buffer.from(`list ${number}`) });
  },
  GetAuthorityFile: (input) =>
    noted(input, input.AuthorityId === ID ? { Certificate: Buffer.from('certificate'), NotBefore: THIS } : {}),
  GetOutsideProof: (input) => noted(input, input.Token === TOKEN ? { KeyAuthorization: `${TOKEN}.thumbprint` } : {}),
  AnswerOcspRequest: (input) =>
    noted(input, { Response: RESPONSE, ...(isCacheable && { ThisUpdate: THIS, NextUpdate: THIS + 24 * HOUR }) }),
};

beforeAll(async () => {
  const options = { host: '127.0.0.1', port: 0, open: true as const, now: () => now, newId: () => 'id' };
  listener = createListener(
    { ...options, budgets: { maxBodyBytes: 10_240 } },
    createPkiHandler(pca, { now: () => now }),
  );
  port = (await listener.start()).port;
});
afterAll(() => listener.stop(0));
beforeEach(() => {
  now += 10_000;
  asked = [];
  isDown = false;
  isCacheable = true;
});

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

function ask(method: string, path: string, headers: Record<string, string> = {}, body?: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode!, headers: incoming.headers, body: Buffer.concat(chunks) }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

describe('a list', () => {
  it('has its media type, validators and a freshness that ends before it does', async () => {
    const { status, headers, body } = await ask('GET', `/${PATH}`);
    expect({ status, body: body.toString() }).toEqual({ status: 200, body: `list ${number}` });
    expect(headers).toMatchObject({
      'content-type': 'application/pkix-crl',
      etag: `"${String(number).repeat(64)}"`,
      'last-modified': new Date(THIS).toUTCString(),
      'cache-control': 'public, max-age=3600, no-transform, must-revalidate',
      expires: new Date(now + HOUR).toUTCString(),
    });
    now = THIS + 23 * HOUR;
    const late = await ask('GET', `/${PATH}`);
    expect(late.headers['cache-control']).toContain('max-age=1800,');
    now = THIS + 25 * HOUR;
    expect((await ask('GET', `/${PATH}`)).headers['cache-control']).toContain('max-age=0,');
    now = THIS + HOUR;
  });

  it('is not sent to whoever has it, nor by HEAD', async () => {
    const { headers } = await ask('GET', `/${PATH}`);
    const known: Record<string, string>[] = [
      { 'if-none-match': headers.etag as string },
      { 'if-none-match': `"x", W/${headers.etag as string}` },
      { 'if-none-match': '*' },
      { 'if-modified-since': new Date(THIS).toUTCString() },
    ];
    for (const one of known)
      expect(await ask('GET', `/${PATH}`, one)).toMatchObject({ status: 304, body: Buffer.alloc(0) });
    const unknown: Record<string, string>[] = [
      { 'if-none-match': '"x"' },
      { 'if-none-match': '"x"', 'if-modified-since': new Date(THIS).toUTCString() },
      { 'if-modified-since': new Date(THIS - 1000).toUTCString() },
      { 'if-modified-since': 'yesterday' },
    ];
    for (const one of unknown) expect((await ask('GET', `/${PATH}`, one)).status).toBe(200);
    const head = await ask('HEAD', `/${PATH}`);
    expect(head).toMatchObject({ status: 200, body: Buffer.alloc(0) });
    expect(head.headers['content-length']).toBe('6');
  });

  it('is asked for once a second, and sent by pca only when it is another one', async () => {
    for (let at = 0; at < 5; at++) await ask('GET', `/${PATH}`);
    expect(asked).toEqual([{ Path: PATH, Known: number }]);
    number++;
    now += 1_000;
    expect((await ask('GET', `/${PATH}`)).body.toString()).toBe(`list ${number}`);
  });

  it.each([
    ['GET', '/crl/none.crl', 404],
    ['GET', '/', 404],
    ['GET', `/ca/${ID}.crt`, 404],
    ['GET', '/ca/00000000-0000-0000-0000-000000000000.cer', 404],
    ['GET', `/${'a'.repeat(2000)}.crl`, 404],
    ['DELETE', `/${PATH}`, 405],
    ['GET', '/ocsp/none', 404],
    ['PUT', `/ocsp/${ID}`, 405],
    ['POST', `/ocsp/${ID}`, 415],
  ])('%s %s answers %i', async (method, path, status) => {
    expect((await ask(method, path)).status).toBe(status);
  });

  it('waits for pca', async () => {
    isDown = true;
    now += 10_000;
    const { status, headers } = await ask('GET', `/${PATH}`);
    expect({ status, retry: headers['retry-after'] }).toEqual({ status: 503, retry: '5' });
  });
});

it('the certificate of an authority is DER', async () => {
  const { headers, body } = await ask('GET', `/ca/${ID}.cer`);
  expect(headers['content-type']).toBe('application/pkix-cert');
  expect(body.toString()).toBe('certificate');
});

describe('OCSP', () => {
  const TYPE = { 'content-type': 'application/ocsp-request' };
  /** Its base64 has a slash and a plus. */
  const ODD = Buffer.from('fbefbeffffff', 'hex');

  it('is asked by POST', async () => {
    const { status, headers, body } = await ask('POST', `/ocsp/${ID}`, TYPE, REQUEST);
    expect({ status, body }).toEqual({ status: 200, body: RESPONSE });
    expect(headers).toMatchObject({
      'content-type': 'application/ocsp-response',
      'last-modified': new Date(THIS).toUTCString(),
      expires: new Date(THIS + 24 * HOUR).toUTCString(),
      'cache-control': 'public, max-age=300, no-transform, must-revalidate',
    });
    expect(asked).toEqual([{ AuthorityId: ID, Request: REQUEST }]);
  });

  it('is asked by GET, however the base64 is escaped', async () => {
    const text = ODD.toString('base64');
    expect(text).toBe('++++////');
    for (const path of [text, encodeURIComponent(text)])
      expect((await ask('GET', `/ocsp/${ID}/${path}`)).body).toEqual(RESPONSE);
    expect(asked.map(({ Request }) => (Request as Buffer).toString('hex'))).toEqual(
      [ODD, ODD].map((b) => b.toString('hex')),
    );
    const { headers } = await ask('GET', `/ocsp/${ID}/${text}`);
    expect((await ask('GET', `/ocsp/${ID}/${text}`, { 'if-none-match': headers.etag as string })).status).toBe(304);
  });

  it.each(['', '!!!!', 'abc', '%zz', 'a'.repeat(2000)])('answers malformedRequest to %j', async (path) => {
    const { body, headers } = await ask('GET', `/ocsp/${ID}/${path}`);
    expect(body.toString('hex')).toBe('30030a0101');
    expect(headers['cache-control']).toBe('no-store');
    expect(asked).toEqual([]);
  });

  it('keeps answers with a nonce out of caches, and answers tryLater while pca is away', async () => {
    isCacheable = false;
    expect((await ask('POST', `/ocsp/${ID}`, TYPE, REQUEST)).headers['cache-control']).toBe('no-store');
    isDown = true;
    expect((await ask('POST', `/ocsp/${ID}`, TYPE, REQUEST)).body.toString('hex')).toBe('30030a0103');
  });

  it('refuses a body that no request has', async () => {
    expect((await ask('POST', `/ocsp/${ID}`, TYPE, Buffer.alloc(10_241))).status).toBe(413);
  });

  it('is asked over HTTP/1.0 without a host', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => {
        const head = `POST /ocsp/${ID} HTTP/1.0\r\ncontent-type: ${TYPE['content-type']}\r\ncontent-length: 5\r\n\r\n`;
        socket.write(Buffer.concat([Buffer.from(head), REQUEST]));
      });
      let got = '';
      socket.on('data', (chunk) => (got += chunk.toString('latin1')));
      socket.on('end', () => resolve(got));
      socket.on('error', reject);
    });
    expect(text).toMatch(/^HTTP\/1\.\d 200 OK\r\n/);
    expect(text.endsWith(RESPONSE.toString('latin1'))).toBe(true);
  });
});

describe('proofs for CAs outside', () => {
  const at = (token: string) => `/.well-known/acme-challenge/${token}`;

  it('are answered as they are, and kept by nobody', async () => {
    const answer = await ask('GET', at(TOKEN));
    expect([answer.status, answer.body.toString()]).toEqual([200, `${TOKEN}.thumbprint`]);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it.each([at('a'.repeat(32)), at('short'), at(''), `${at(TOKEN)}/x`, at('%2e%2e')])(
    'are not there for %s',
    async (path) => {
      expect((await ask('GET', path)).status).toBe(404);
    },
  );

  it('are asked for later when pca is away', async () => {
    isDown = true;
    expect((await ask('GET', at(TOKEN))).status).toBe(503);
  });
});
