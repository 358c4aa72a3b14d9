/** How many orders an account has open, and how many names that are still to be proven. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MAX_OPEN_ACME_ORDERS_PER_ACCOUNT } from '../../domain/limits.ts';
import { AcmeClient } from '../../testing/acme-client.ts';
import { type PcaClient, PcaHarness } from '../../testing/harness.ts';
import { makeRoot, Workplace } from '../../testing/hierarchy.ts';

const HOUR_MS = 3_600_000;
const openssl = new Workplace();
let pca: PcaHarness;
let admin: PcaClient;
let about: { CertificateAuthorityArn: string; DirectoryId: string };
let path: string;

beforeAll(async () => {
  pca = await PcaHarness.open();
  admin = pca.user('admin');
  const CertificateAuthorityArn = await makeRoot(admin);
  const rules = { Zones: ['example.com'], PreapprovedZones: ['free.example.com'], ValidationNetworks: ['127.0.0.0/8'] };
  const { Directory } = await admin.CreateAcmeDirectory({ CertificateAuthorityArn, ...rules });
  about = { CertificateAuthorityArn, DirectoryId: Directory.DirectoryId };
  path = Directory.Path;
});
afterAll(async () => {
  openssl.close();
  await pca.close();
});

async function opened(): Promise<AcmeClient> {
  const client = new AcmeClient(pca.internal(), path);
  await client.register(await admin.CreateAcmeExternalAccountKey(about));
  return client;
}
const names = (count: number) => Array.from({ length: count }, (_, at) => `h${at}.example.com`);

it('limits names that are still to be proven, until they are given up', { timeout: 60_000 }, async () => {
  const client = await opened();
  const orders = [];
  for (let at = 0; at < 5; at++) orders.push(await client.order(...names(100)));
  expect(orders.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
  const refused = await client.order('one.example.com');
  expect([refused.status, refused.problem, refused.headers['retry-after']]).toEqual([429, 'rateLimited', '3600']);
  expect(refused.json.detail).toContain('500 names');
  // What needs no proof is no burden, and others are not held up.
  expect((await client.order('a.free.example.com')).status).toBe(201);
  expect((await (await opened()).order('one.example.com')).status).toBe(201);
  await client.post(orders[0]!.json.authorizations[0], { status: 'deactivated' });
  expect((await client.order('one.example.com')).status).toBe(201);
});

it('limits open orders, until they are finished or their time is over', { timeout: 120_000 }, async () => {
  const client = await opened();
  const name = 'a.free.example.com';
  const first = await client.order(name);
  for (let count = 1; count < MAX_OPEN_ACME_ORDERS_PER_ACCOUNT; count++) {
    if (count === 150) pca.kms.advance(HOUR_MS + 1000);
    expect((await client.order(name)).status).toBe(201);
  }
  pca.kms.advance(HOUR_MS + 1000);
  const refused = await client.order(name);
  expect([refused.status, refused.problem]).toEqual([429, 'rateLimited']);
  expect(refused.json.detail).toContain('open orders');
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  const csr = openssl.csr('/', `DNS:${name}`).toString('base64url');
  expect((await client.post(first.json.finalize, { csr })).json.status).toBe('valid');
  expect((await client.order(name)).status).toBe(201);
  expect((await client.order(name)).problem).toBe('rateLimited');
  pca.kms.advance(24 * HOUR_MS);
  expect((await client.order(name)).status).toBe(201);
});

it('waits no longer than until the oldest order ends by itself', { timeout: 120_000 }, async () => {
  const client = await opened();
  for (let at = 0; at < 5; at++) await client.order(...names(100));
  pca.kms.advance(24 * HOUR_MS - 60_000);
  const refused = await client.order('one.example.com');
  const wait = Number(refused.headers['retry-after']);
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(60);
  pca.kms.advance(wait * 1000);
  expect((await client.order('one.example.com')).status).toBe(201);
});
