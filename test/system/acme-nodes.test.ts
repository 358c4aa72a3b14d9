/**
 * Two nodes of pca behind two gateways, on one PostgreSQL: what one has given out the other takes, once. What a client
 * signs is for the address it speaks to, so that the gateways are one address to it, as behind a balancer.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../platform/store/testing/private-server.ts';
import { type AcmeCarrier, AcmeClient } from '../../services/pca/testing/acme-client.ts';
import { askPca, makeIssuer, overHttps } from '../harness/acme.ts';
import { eventually } from '../harness/clients.ts';
import { type Running, root, startParapet } from '../harness/server.ts';

let server: Running;
let endpoint: string;
const others: ChildProcess[] = [];
let output = '';

beforeAll(async () => {
  server = await startParapet({ shape: 'micro', engine: 'postgres' });
  endpoint = await startSecond();
}, 120_000);
afterAll(async () => {
  for (const child of others) child.kill('SIGKILL');
  await server?.stop();
});

/** Another pca and another gateway of the same installation; the address of that gateway. */
async function startSecond(): Promise<string> {
  const [listen, pki, pca, gateway] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const moved: Record<string, number> = { pca, gateway };
  const services = server.services.split(',').map((entry) => {
    const [name = ''] = entry.split('=');
    return moved[name] === undefined ? entry : `${name}=127.0.0.1:${moved[name]}`;
  });
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    PARAPET_DATA: server.dataFolder,
    PARAPET_LISTEN: `127.0.0.1:${listen}`,
    PARAPET_PKI_LISTEN: `127.0.0.1:${pki}`,
    PARAPET_SERVICES: services.join(),
    PARAPET_DATABASE: server.databaseUrl ?? '',
  };
  for (const name of ['pca', 'gateway']) {
    const child = spawn(process.execPath, ['dist/bin/service.js', name], { cwd: root, env });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    others.push(child);
  }
  const address = `https://127.0.0.1:${listen}`;
  await eventually(async () => {
    if (others.some(({ exitCode }) => exitCode !== null)) throw new Error(output);
    const { Status } = await overHttps({ ...server, endpoint: address })
      .AnswerAcmeRequest({ Method: 'GET', Base: '', Target: '/readyz', ContentType: '', Body: Buffer.alloc(0) })
      .catch(() => ({ Status: 0 }));
    return Status === 200;
  }, 60_000);
  return address;
}

it('takes a nonce once, whichever gateway gave it and whichever gets it', async () => {
  const { arn } = await makeIssuer(server, 'ACME nodes');
  const about = { CertificateAuthorityArn: arn };
  const { Directory } = await askPca<{ Directory: { DirectoryId: string; Path: string } }>(
    server,
    'create-acme-directory',
    { ...about, Zones: ['example.test'], PreapprovedZones: ['example.test'] },
  );
  const key = await askPca(server, 'create-acme-external-account-key', {
    ...about,
    DirectoryId: Directory.DirectoryId,
  });
  const one = overHttps(server);
  const two = overHttps({ ...server, endpoint }, server.endpoint);
  const client = (carrier: AcmeCarrier) => new AcmeClient(carrier, Directory.Path, server.endpoint);
  const [first, second] = [client(one), client(two)];
  expect((await first.register(key as unknown as Parameters<AcmeClient['register']>[0])).status).toBe(201);
  second.key = first.key;
  second.account = first.account;
  for (const [from, to] of [
    [first, second],
    [second, first],
  ] as const)
    for (let round = 0; round < 5; round++) {
      const nonce = await from.freshNonce();
      const sent = await Promise.all([to, from, to].map((node) => node.get(first.account!, { nonce })));
      expect(sent.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(sent.filter(({ problem }) => problem === 'badNonce')).toHaveLength(2);
      for (const node of [from, to]) expect((await node.get(first.account!, { nonce })).problem).toBe('badNonce');
    }
});
