/** Against servers that are not what they should be. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outsideHttps, outsideUrl } from './https.ts';

const folder = mkdtempSync(join(tmpdir(), 'outside-https-'));
let server: Server;
let trust: string;
let url: string;

beforeAll(async () => {
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const name = ['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...name, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  trust = readFileSync(cert, 'utf8');
  server = createServer({ key: readFileSync(key), cert: trust }, (request, response) => {
    if (request.url === '/long') return void response.end(Buffer.alloc(600_000, 'x'));
    if (request.url === '/broken') {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      return void setImmediate(() => response.destroy());
    }
    if (request.url === '/elsewhere') return void response.writeHead(302, { location: 'http://127.0.0.1/' }).end();
    response.setHeader('replay-nonce', request.url === '/nonce' ? 'not a nonce!' : 'abc');
    response.setHeader(
      'retry-after',
      request.url === '/date' ? new Date(Date.now() + 60_000).toUTCString() : '999999999',
    );
    response.setHeader('content-type', 'Application/JSON; charset=utf-8');
    response.end('{}');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const here = outsideHttps(['127.0.0.0/8'], Date.now);
const get = (path: string, send = here, anchor: string | undefined = trust) =>
  send(`${url}${path}`, { method: 'GET' }, anchor);

describe('a request to a CA outside', () => {
  it('is answered, with what a client of ACME needs', async () => {
    const answer = await get('/');
    expect(answer).toMatchObject({ status: 200, mediaType: 'application/json', nonce: 'abc' });
    // Nobody has us wait for longer than a week.
    expect(answer.retryAfterMs).toBe(7 * 86_400_000);
    const dated = (await get('/date')).retryAfterMs as number;
    expect(dated).toBeGreaterThan(50_000);
    expect(dated).toBeLessThanOrEqual(60_000);
    expect((await get('/nonce')).nonce).toBeUndefined();
  });

  it('goes nowhere that the installation does not allow', async () => {
    await expect(get('/', outsideHttps([], Date.now))).rejects.toMatchObject({ kind: 'address-refused' });
    await expect(get('/', outsideHttps(['192.0.2.0/24'], Date.now))).rejects.toMatchObject({ kind: 'address-refused' });
    const named = outsideHttps([], Date.now)('https://localhost/directory', { method: 'GET' }, undefined);
    await expect(named).rejects.toMatchObject({ kind: 'address-refused' });
  });

  it('believes only the authorities it is told', async () => {
    await expect(here(`${url}/`, { method: 'GET' }, undefined)).rejects.toMatchObject({ kind: 'untrusted' });
  });

  it('reads no more than it has to, follows nothing, and says when nobody is there', async () => {
    await expect(get('/long')).rejects.toMatchObject({ kind: 'unreachable' });
    await expect(get('/broken')).rejects.toMatchObject({ kind: 'unreachable' });
    expect((await get('/elsewhere')).status).toBe(302);
    const nobody = here('https://127.0.0.1:1/', { method: 'GET' }, undefined);
    await expect(nobody).rejects.toMatchObject({ kind: 'unreachable' });
    const nowhere = here('https://nowhere.invalid/', { method: 'GET' }, undefined);
    await expect(nowhere).rejects.toMatchObject({ kind: 'unreachable' });
  });

  it.each([
    'http://ca.example/',
    'https://user@ca.example/',
    'https://u:p@ca.example/',
    'file:///etc/passwd',
    'ca',
    '',
  ])('is not made to %s', (text) => {
    expect(() => outsideUrl(text)).toThrow('no https URL');
  });
});
