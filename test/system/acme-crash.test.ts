/**
 * Kill -9 while names of ACME orders are validated and certificates are issued for others: their clients go on after the
 * next start, every order ends with a certificate, and none with two. The number of kills: PARAPET_KILLS.
 */
import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AcmeClient } from '../../services/pca/testing/acme-client.ts';
import { askPca, makeIssuer, type NamesServer, overHttps, startNames } from '../harness/acme.ts';
import { eventually } from '../harness/clients.ts';
import { type Running, type Shape, startParapet } from '../harness/server.ts';

/** What a process left is taken up by a job after a minute. */
const KILLS = Math.ceil(Number(process.env.PARAPET_KILLS ?? 50) / 50);
const EACH = 6;
const TAKEN_UP_MS = 180_000;

describe.each<[Shape, 'sqlite' | 'postgres']>([
  ['mono', 'sqlite'],
  ['micro', 'postgres'],
])('kill -9 under ACME orders, %s on %s', (shape, engine) => {
  let server: Running;
  let names: NamesServer;
  let web: Server;
  let client: AcmeClient;
  let arn: string;
  const files = new Map<string, string>();
  /** Names whose file was asked for, and not given. */
  const waiting = new Set<string>();
  let isStalled = false;

  beforeAll(async () => {
    server = await startParapet({ shape, engine });
    names = await startNames(server);
    web = createServer((request, response) => {
      if (isStalled) waiting.add(String(request.headers.host));
      else response.end(files.get(request.url ?? '') ?? '');
    });
    await new Promise<void>((done) => web.listen(server.acme.httpPort, '127.0.0.1', done));
    ({ arn } = await makeIssuer(server, 'ACME crash'));
    const about = { CertificateAuthorityArn: arn };
    const { Directory } = await askPca<{ Directory: { DirectoryId: string; Path: string } }>(
      server,
      'create-acme-directory',
      {
        ...about,
        Zones: ['example.test'],
        PreapprovedZones: ['free.example.test'],
        ValidationNetworks: ['127.0.0.0/8'],
      },
    );
    client = new AcmeClient(overHttps(server), Directory.Path, server.endpoint);
    const inDirectory = { ...about, DirectoryId: Directory.DirectoryId };
    const key = await askPca(server, 'create-acme-external-account-key', inDirectory);
    expect((await client.register(key as unknown as Parameters<AcmeClient['register']>[0])).status).toBe(201);
  }, 120_000);
  afterAll(async () => {
    names?.stop();
    web?.closeAllConnections();
    web?.close();
    await server?.stop();
  });

  interface Ordered {
    name: string;
    url: string;
    finalize: string;
    authorization: string;
  }
  async function order(name: string): Promise<Ordered> {
    const { json, headers, status } = await client.order(name);
    expect(status).toBe(201);
    return { name, url: headers.location!, finalize: json.finalize, authorization: json.authorizations[0] };
  }
  async function beginValidation({ authorization }: Ordered): Promise<void> {
    const { challenges } = (await client.get(authorization)).json;
    const { url, token } = challenges.find(({ type }: { type: string }) => type === 'http-01');
    files.set(`/.well-known/acme-challenge/${token}`, await client.keyAuthorization(token));
    expect((await client.post(url, {})).status).toBe(200);
  }
  const csr = (name: string) => {
    const subject = ['-subj', '/', '-addext', `subjectAltName=DNS:${name}`];
    const key = [
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      '/dev/null',
    ];
    const out = execFileSync('openssl', [...key, ...subject, '-outform', 'DER'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return out.toString('base64url');
  };
  const finalize = ({ finalize: url, name }: Ordered) => client.post(url, { csr: csr(name) });

  /** What any client does: looks at its order, and does what comes next. */
  async function goOn(ordered: Ordered): Promise<Buffer> {
    const certificate = await eventually(async () => {
      const { json } = await client.get(ordered.url);
      expect(json.status, JSON.stringify(json)).not.toBe('invalid');
      if (json.status === 'ready') await finalize(ordered);
      return json.status === 'valid' ? (json.certificate as string) : undefined;
    }, TAKEN_UP_MS);
    return Buffer.from((await client.get(certificate)).text);
  }

  it(`ends every order with one certificate, after ${KILLS} kills`, {
    timeout: 120_000 + KILLS * 300_000,
  }, async () => {
    const ordered: Ordered[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      isStalled = true;
      waiting.clear();
      const ready: Ordered[] = [];
      const pending: Ordered[] = [];
      for (let at = 0; at < EACH; at++) {
        ready.push(await order(`k${kill}-${at}.free.example.test`));
        pending.push(await order(`k${kill}-${at}.example.test`));
      }
      for (const one of pending) await beginValidation(one);
      await eventually(async () => waiting.size === EACH, 30_000);
      const requests = ready.map((one) => [one.finalize, csr(one.name)] as const);
      const sent = requests.map(([url, request]) => client.post(url, { csr: request }));
      const cut = Promise.allSettled(sent);
      // One is done: the others are somewhere on their way.
      await Promise.race(sent);
      await server.kill();
      const before = (await cut).filter(({ status }) => status === 'fulfilled').length;
      expect(before).toBeLessThan(EACH);
      web.closeAllConnections();
      isStalled = false;
      await server.start();
      const states = await Promise.all(
        [...ready, ...pending].map(async ({ url }) => (await client.get(url)).json.status),
      );
      const from = Date.now();
      for (const one of [...ready, ...pending]) expect((await goOn(one)).toString()).toContain('BEGIN CERTIFICATE');
      console.log(
        `${shape}: ${before} of ${EACH} were answered before the kill; after it ${states.join()}; all valid in ${Date.now() - from} ms`,
      );
      ordered.push(...ready, ...pending);
    }
    const about = { CertificateAuthorityArn: arn };
    for (const { name } of ordered) {
      const { Certificates } = await askPca<{ Certificates: unknown[] }>(server, 'list-certificates', {
        ...about,
        Name: name,
      });
      expect(Certificates, name).toHaveLength(1);
    }
  });
});
