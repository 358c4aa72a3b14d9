/** ACME on PostgreSQL with two nodes of the service: what differs is in queries, locks, and who has seen a nonce. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { restoreApplied } from '../../../../platform/store/tables/restores.ts';
import { type PostgresServer, startPostgres } from '../../../../platform/store/testing/postgres-server.ts';
import { lookAfterOrders } from '../../jobs/acme/look-after-orders.ts';
import { AcmeClient } from '../../testing/acme-client.ts';
import { type PcaClient, PcaHarness } from '../../testing/harness.ts';
import { makeRoot, Workplace } from '../../testing/hierarchy.ts';

const openssl = new Workplace();
let postgres: PostgresServer;
let nodes: [PcaHarness, PcaHarness];
let admin: PcaClient;
let CertificateAuthorityArn: string;

beforeAll(async () => {
  postgres = await startPostgres();
  const url = await postgres.database();
  const first = await PcaHarness.open({ url });
  nodes = [first, await PcaHarness.open({ url, hsm: first.kms.hsm })];
  [admin] = nodes.map((node) => node.user('admin')) as [PcaClient, PcaClient];
  CertificateAuthorityArn = await makeRoot(admin);
}, 60_000);
afterAll(async () => {
  openssl.close();
  for (const node of nodes.toReversed()) await node.close();
  await postgres.stop();
});

const csr = (name: string) => openssl.csr('/', `DNS:${name}`).toString('base64url');

/** One client, and how it speaks to either node. */
async function opened() {
  const { Directory } = await admin.CreateAcmeDirectory({
    CertificateAuthorityArn,
    Zones: ['example.com'],
    PreapprovedZones: ['free.example.com'],
    ValidationNetworks: ['127.0.0.0/8'],
  });
  const about = { CertificateAuthorityArn, DirectoryId: Directory.DirectoryId };
  const [one, two] = nodes.map((node) => new AcmeClient(node.internal(), Directory.Path)) as [AcmeClient, AcmeClient];
  expect((await one.register(await admin.CreateAcmeExternalAccountKey(about))).status).toBe(201);
  two.key = one.key;
  two.account = one.account;
  return { about, one, two };
}

it('takes a nonce once, on whichever node it was made and used', { timeout: 60_000 }, async () => {
  const { one, two } = await opened();
  for (const [from, to] of [
    [one, two],
    [two, one],
    [one, one],
  ] as const) {
    const nonce = await from.freshNonce();
    expect((await to.get(one.account!, { nonce })).status).toBe(200);
    for (const again of [one, two]) expect((await again.get(one.account!, { nonce })).problem).toBe('badNonce');
  }
});

it('takes a nonce once when it comes to both nodes at the same moment', { timeout: 60_000 }, async () => {
  const { one, two } = await opened();
  for (let round = 0; round < 20; round++) {
    const nonce = await one.freshNonce();
    const sent = [one, two, one, two, two, one].map((node) => node.get(one.account!, { nonce }));
    const answers = await Promise.all(sent);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ problem }) => problem === 'badNonce')).toHaveLength(5);
  }
});

it('takes no nonce from before a restore, and those after it', { timeout: 60_000 }, async () => {
  const { one, two } = await opened();
  const [first] = nodes;
  const before = await one.freshNonce();
  await first.store.transaction((tx) => restoreApplied(tx, 'a restore', first.deps.clock.now()));
  for (const node of [one, two]) expect((await node.get(one.account!, { nonce: before })).problem).toBe('badNonce');
  for (const { kms } of nodes) kms.advance(1);
  const after = await one.freshNonce();
  expect((await two.get(one.account!, { nonce: after })).status).toBe(200);
});

it('changes nothing for clients while a restore is not declared', { timeout: 60_000 }, async () => {
  const { about, one } = await opened();
  const held = nodes[0].hold;
  held.reason = 'nobody has declared the restore';
  try {
    await expect(one.order('held.free.example.com')).rejects.toMatchObject({ code: 'Unavailable' });
    await expect(admin.DeleteAcmeDirectory(about)).rejects.toMatchObject({ code: 'FailedPrecondition' });
    expect((await admin.ListAcmeOrders(about)).Orders).toEqual([]);
  } finally {
    held.reason = undefined;
  }
  expect((await one.order('held.free.example.com')).json.status).toBe('ready');
});

it('goes with an order from one node to the other', { timeout: 60_000 }, async () => {
  const { about, one, two } = await opened();
  const name = 'a.free.example.com';
  const order = await one.order(name);
  expect(order.json.status).toBe('ready');
  const both = [one, two].map((node) => node.post(order.json.finalize, { csr: csr(name) }));
  const done = await Promise.all(both);
  expect(done.filter(({ status }) => status === 200)).toHaveLength(1);
  const { json } = await two.get(order.headers.location!);
  expect(json.status).toBe('valid');
  expect((await two.get(json.certificate)).text).toContain('BEGIN CERTIFICATE');
  const { Orders } = await admin.ListAcmeOrders(about);
  expect(Orders).toHaveLength(1);
  await lookAfterOrders.run(nodes[1].deps);
});

it('has room for so many open orders and no more, however they come', { timeout: 120_000 }, async () => {
  const { one, two } = await opened();
  const names = (at: number) => Array.from({ length: 100 }, (_, index) => `h${at}-${index}.example.com`);
  const sent = Array.from({ length: 8 }, (_, at) => (at % 2 === 0 ? one : two).order(...names(at)));
  const answers = await Promise.all(sent);
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
  expect(answers.filter(({ problem }) => problem === 'rateLimited')).toHaveLength(3);
});
