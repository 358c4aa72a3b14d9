import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { defineOperation } from '../contract/operation.ts';
import { structure } from '../contract/shape.ts';
import { HttpTransport, IDLE_MS } from './http.ts';
import { createClient } from './transport.ts';

const Nothing = defineOperation({
  name: 'Nothing',
  service: 'kms',
  doc: 'Answers nothing.',
  input: structure({}),
  output: structure({}),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
});

/** Receivers close connections that were idle for five seconds: a request on its way into one that is being closed is lost. */
it('gives an idle connection up before its receiver does', { timeout: 20_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-http-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const name = ['-subj', '/CN=kms', '-addext', 'subjectAltName=URI:spiffe://parapet/service/kms'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...name, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const tls = { key: readFileSync(key), cert: readFileSync(cert), ca: readFileSync(cert) };
  let connections = 0;
  let closed = () => {};
  const gone = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const server = createServer({ ...tls, keepAliveTimeout: 60_000 }, (_request, response) => {
    response.end(JSON.stringify({ output: {} }));
  });
  server.on('secureConnection', (socket) => {
    connections++;
    socket.on('close', closed);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const transport = new HttpTransport({ kms: { host: '127.0.0.1', port } }, tls);
  const client = createClient({ Nothing }, transport, { service: 'iam', now: () => 0, newId: () => 'id' });
  try {
    await client.Nothing({});
    await client.Nothing({});
    expect(connections).toBe(1);
    const idleSince = performance.now();
    await gone;
    expect(performance.now() - idleSince).toBeGreaterThan(IDLE_MS / 2);
    await client.Nothing({});
    expect(connections).toBe(2);
  } finally {
    transport.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
