/** Names that clients prove before they order (RFC 8555 7.4.1). */
import { expect, it } from 'vitest';
import { lookAfterOrders } from '../../jobs/acme/look-after-orders.ts';
import type { AcmeClient } from '../../testing/acme-client.ts';
import { acmeWorld } from '../../testing/acme-world.ts';

const HOUR_MS = 3_600_000;
const world = acmeWorld();
const { makeDirectory, opened, csr, settled } = world;
/** The web server is there for this one. */
const ADDRESS = { type: 'ip', value: '127.0.0.1' };

const ask = (client: AcmeClient, identifier: object) => client.post(client.url('new-authz'), { identifier });
const order = (client: AcmeClient, ...identifiers: object[]) => client.post(client.url('new-order'), { identifiers });

async function prove(client: AcmeClient, identifier = ADDRESS) {
  const asked = await ask(client, identifier);
  const { url, token } = asked.json.challenges.find(({ type }: { type: string }) => type === 'http-01');
  world.files.set(`/.well-known/acme-challenge/${token}`, await client.keyAuthorization(token));
  await client.post(url, {});
  const location = asked.headers.location as string;
  return { location, ended: await settled(client, location) };
}

it('are offered in the directory, asked for by name, and pending until they are proven', async () => {
  const made = await makeDirectory();
  const client = await opened(made);
  const { json } = await client.send('GET', `https://acme.example.com${made.Directory.Path}`);
  expect(json.newAuthz).toBe(client.url('new-authz'));
  const asked = await ask(client, { type: 'dns', value: 'A.example.com' });
  expect(asked).toMatchObject({
    status: 201,
    headers: { 'retry-after': '2', location: expect.stringContaining('/authz/') },
    json: { status: 'pending', identifier: { type: 'dns', value: 'a.example.com' } },
  });
  expect(asked.json.challenges.map(({ type }: { type: string }) => type)).toEqual(['http-01', 'tls-alpn-01', 'dns-01']);
  expect((await client.get(asked.headers.location!)).json).toEqual(asked.json);
  const free = await ask(client, { type: 'dns', value: 'a.free.example.com' });
  expect(free).toMatchObject({ status: 201, json: { status: 'valid', challenges: [] } });
});

it.each([
  ['of another zone', { type: 'dns', value: 'a.example.org' }, 'rejectedIdentifier', 'zones'],
  ['that are wildcards', { type: 'dns', value: '*.example.com' }, 'rejectedIdentifier', 'wildcards'],
  ['that are no names', { type: 'dns', value: 'bad_name.example.com' }, 'rejectedIdentifier', ''],
  ['of other networks', { type: 'ip', value: '192.0.2.1' }, 'rejectedIdentifier', 'addresses'],
  ['of another kind', { type: 'email', value: 'a@example.com' }, 'unsupportedIdentifier', ''],
  ['without a value', { type: 'dns' }, 'malformed', ''],
])('%s are refused, and nothing is stored', async (_title, identifier, problem, detail) => {
  const made = await makeDirectory({ AllowWildcards: true });
  const client = await opened(made);
  const rows = () => world.pca.store.read.selectFrom('acme_order').select('order_id').execute();
  const before = await rows();
  const refused = await ask(client, identifier);
  expect(refused.problem).toBe(problem);
  expect(refused.json.detail).toContain(detail);
  expect(await rows()).toEqual(before);
});

it('are refused where the directory could not look', async () => {
  const client = await opened(await makeDirectory({ ValidationNetworks: [] }));
  const refused = await ask(client, ADDRESS);
  expect([refused.problem, refused.json.detail]).toEqual([
    'rejectedIdentifier',
    expect.stringContaining('cannot validate'),
  ]);
  // By DNS it could.
  expect((await ask(client, { type: 'dns', value: 'a.example.com' })).status).toBe(201);
});

it('are taken over by orders of the account, as long as they are valid', async () => {
  const made = await makeDirectory();
  const [client, other] = [await opened(made), await opened(made)];
  expect((await order(client, ADDRESS)).json.status).toBe('pending');
  const { ended } = await prove(client);
  expect(ended.json.status).toBe('valid');
  world.pca.kms.advance(HOUR_MS);
  const ready = await order(client, ADDRESS);
  expect(ready.json).toMatchObject({ status: 'ready', expires: ended.json.expires });
  const [authz] = ready.json.authorizations;
  expect((await client.get(authz)).json).toMatchObject({ status: 'valid', challenges: [{ type: 'http-01' }] });
  const both = await order(client, ADDRESS, { type: 'dns', value: 'b.example.com' });
  expect(both.json.status).toBe('pending');
  // Whoever has not proven the name has to.
  expect((await order(other, ADDRESS)).json.status).toBe('pending');
  expect((await client.post(ready.json.finalize, { csr: csr('127.0.0.1') })).json.status).toBe('valid');
  // Ten minutes before the end it is of no use any more.
  world.pca.kms.advance(23 * HOUR_MS - 10 * 60_000);
  expect((await order(client, ADDRESS)).json.status).toBe('pending');
  const { eventName } = (await world.pca.records()).find((one) => one.eventName === 'CreateAcmeAuthorization') ?? {};
  expect(eventName).toBeDefined();
});

it('are given up by their account, and end with their time', async () => {
  const made = await makeDirectory();
  const [client, other] = [await opened(made), await opened(made)];
  const { location } = await prove(client);
  expect((await other.post(location, { status: 'deactivated' })).status).toBe(404);
  expect((await client.post(location, { status: 'deactivated' })).json.status).toBe('deactivated');
  expect((await order(client, ADDRESS)).json.status).toBe('pending');
  const late = await ask(client, { type: 'dns', value: 'late.example.com' });
  world.pca.kms.advance(24 * HOUR_MS + 1_000);
  expect((await client.get(late.headers.location!)).json.status).toBe('expired');
  await lookAfterOrders.run(world.pca.deps);
  const events = (await world.pca.records()).map(({ eventName }) => eventName);
  expect(events).toContain('EndAcmeAuthorization');
});

it('are no orders: nothing is finalized or listed, by the client or by us', async () => {
  const made = await makeDirectory();
  const client = await opened(made);
  const { location } = await prove(client);
  const id = location.split('/').at(-2) as string;
  expect((await client.get(client.url('order', id))).status).toBe(404);
  const finalized = await client.post(client.url('order', id, 'finalize'), { csr: csr('127.0.0.1') });
  expect(finalized.status).toBe(404);
  expect((await client.get(`${client.account}/orders`)).json.orders).toEqual([]);
  expect((await world.admin.ListAcmeOrders(made.about)).Orders).toEqual([]);
});

it('are limited together with the names of orders', async () => {
  const client = await opened(await makeDirectory());
  const names = (of: number) => Array.from({ length: 100 }, (_, at) => `h${at}.o${of}.example.com`);
  for (let of = 0; of < 4; of++) expect((await client.order(...names(of))).status).toBe(201);
  const answers = [];
  for (const value of [...names(4), 'one-more.example.com']) answers.push(await ask(client, { type: 'dns', value }));
  expect(answers.map(({ status }) => status)).toEqual([...Array(100).fill(201), 429]);
  expect(answers.at(-1)?.problem).toBe('rateLimited');
}, 60_000);

it('are of no use when somebody wrote them into the database', async () => {
  const made = await makeDirectory();
  const [client, other] = [await opened(made), await opened(made)];
  const { location } = await prove(client);
  const thief = other.account!.split('/').at(-1)!;
  await world.pca.tamper((db) =>
    db
      .updateTable('acme_order')
      .set({ acme_account_id: thief })
      .where('order_id', '=', location.split('/').at(-2)!)
      .execute(),
  );
  expect((await order(other, ADDRESS)).status).toBe(500);
});
