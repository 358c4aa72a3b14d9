import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServiceError } from '../../../../platform/contract/error.ts';
import { writeNameConstraints } from '../../domain/x509/name-constraints.ts';
import { lookAfterOrders } from '../../jobs/acme/look-after-orders.ts';
import { AcmeClient, publicJwk } from '../../testing/acme-client.ts';
import type { PcaClient } from '../../testing/harness.ts';
import { PcaHarness, document as written } from '../../testing/harness.ts';
import { makeRoot, makeSubordinate, refused, template, Workplace } from '../../testing/hierarchy.ts';

const RUNS = Number(process.env.PARAPET_MUTATIONS ?? 3_000);

let pca: PcaHarness;
let admin: PcaClient;
let issuer: string;
let openssl: Workplace;
let web: Server;
let files: Map<string, string>;
let redirect: string | undefined;

beforeAll(async () => {
  web = createServer((request, response) => {
    if (redirect !== undefined) {
      response.writeHead(302, { location: redirect });
      redirect = undefined;
      response.end();
      return;
    }
    const found = files.get(request.url ?? '');
    response.writeHead(found === undefined ? 404 : 200);
    response.end(found);
  });
  await new Promise<void>((done) => web.listen(0, '127.0.0.1', done));
  const { port } = web.address() as AddressInfo;
  const acme = { networks: ['127.0.0.0/8'], resolvers: [], ports: { http: port, tls: 1 } };
  pca = await PcaHarness.open({ acme });
  admin = pca.user('admin');
  issuer = await makeRoot(admin, 'acme root');
  openssl = new Workplace();
});

beforeEach(() => {
  files = new Map();
  redirect = undefined;
});

afterAll(async () => {
  await pca.close();
  web.close();
  openssl.close();
});

/** An identity policy. */
const document = (statements: object[]): object => JSON.parse(written(...statements));

type Rules = Partial<Parameters<PcaClient['CreateAcmeDirectory']>[0]>;

async function makeDirectory(rules: Rules = {}) {
  const { Directory } = await admin.CreateAcmeDirectory({
    CertificateAuthorityArn: issuer,
    Zones: ['example.com'],
    PreapprovedZones: ['free.example.com'],
    AddressRanges: ['127.0.0.0/8'],
    ValidationNetworks: ['127.0.0.0/8'],
    ...rules,
  });
  const about = { CertificateAuthorityArn: Directory.CertificateAuthorityArn, DirectoryId: Directory.DirectoryId };
  return { about, Directory, client: () => new AcmeClient(pca.internal(), Directory.Path) };
}

type Made = Awaited<ReturnType<typeof makeDirectory>>;
const bindTo = (by: PcaClient, { about }: Made, more: object = {}) =>
  by.CreateAcmeExternalAccountKey({ ...about, ...more });

async function opened(made: Made, by: PcaClient = admin): Promise<AcmeClient> {
  const client = made.client();
  const answer = await client.register(await bindTo(by, made));
  expect(answer.status).toBe(201);
  return client;
}

const csr = (...names: string[]) =>
  openssl.csr('/', names.map((name) => `${/^[\d.]+$/.test(name) ? 'IP' : 'DNS'}:${name}`).join()).toString('base64url');

async function issued(client: AcmeClient, name = 'a.free.example.com') {
  const order = await client.order(name);
  expect(order.json.status).toBe('ready');
  const done = await client.post(order.json.finalize, { csr: csr(name) });
  expect(done.json.status).toBe('valid');
  const url = done.json.certificate as string;
  const { text } = await client.get(url);
  const pem = text.slice(0, text.indexOf('-----END')).replace(/-----.*-----|\s/g, '');
  return { order, url, der: Buffer.from(pem, 'base64') };
}

const certificates = async () => (await pca.store.read.selectFrom('certificate').select('serial').execute()).length;

async function settled(client: AcmeClient, url: string) {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await client.get(url);
    if (answer.json.status !== 'pending') return answer;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error('the authorization was not decided');
}

describe('a directory', () => {
  it('is found, changed, listed and deleted', async () => {
    const { about, Directory, client } = await makeDirectory();
    expect((await admin.DescribeAcmeDirectory(about)).Directory).toEqual(Directory);
    const { Directory: changed } = await admin.UpdateAcmeDirectory({ ...about, ValidityDays: 7 });
    expect(changed).toEqual({ ...Directory, ValidityDays: 7 });
    const first = await admin.ListAcmeDirectories({ CertificateAuthorityArn: issuer, MaxResults: 1 });
    expect(first.Directories).toHaveLength(1);
    const index = await client().send('GET', client().url('directory'));
    expect(index.json.meta).toEqual({ externalAccountRequired: true });
    await admin.DeleteAcmeDirectory(about);
    await expect(admin.DescribeAcmeDirectory(about)).rejects.toMatchObject(refused('NotFound'));
    expect((await client().send('GET', client().url('directory'))).status).toBe(404);
  });

  it.each([
    [{ Zones: [], AddressRanges: [] }, 'for no names'],
    [
      { TemplateArn: 'arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen0/V1' },
      'not for certificates of hosts',
    ],
    [{ TemplateArn: 'arn:aws:acm-pca:::template/Nothing/V1' }, 'no template'],
    [{ ValidationNetworks: ['10.0.0.0/99'] }, 'no CIDR range'],
    [{ ExternalAccountRequired: false }, 'act for somebody'],
    [{ PrincipalArn: 'arn:aws:iam::111122223333:group/g' }, 'no user or role'],
  ] as [Rules, string][])('refuses %o', async (rules, words) => {
    await expect(makeDirectory(rules)).rejects.toMatchObject(refused('InvalidArgs', words));
  });

  it('is of its account and its authority only', async () => {
    const { about } = await makeDirectory();
    const stranger = pca.user('stranger', undefined, '210987654321');
    await expect(stranger.DescribeAcmeDirectory(about)).rejects.toMatchObject(refused('AccessDenied'));
    const other = await makeRoot(admin, 'other root');
    const elsewhere = { ...about, CertificateAuthorityArn: other };
    await expect(admin.DescribeAcmeDirectory(elsewhere)).rejects.toMatchObject(refused('NotFound'));
  });
});

describe('an account', () => {
  it('is bound by a key that no command line takes for an option', async () => {
    const { random } = pca.deps.hsm;
    const drawn = [Buffer.alloc(32, 0xfb), Buffer.alloc(32, 0xf8), Buffer.alloc(32, 0x0f)];
    pca.deps.hsm.random = async () => drawn.shift()!;
    try {
      const { MacKey } = await bindTo(admin, await makeDirectory());
      expect(MacKey).toBe(Buffer.alloc(32, 0x0f).toString('base64url'));
    } finally {
      pca.deps.hsm.random = random;
    }
  });

  it('is bound by a key, once', async () => {
    const made = await makeDirectory();
    const key = await bindTo(admin, made);
    const client = made.client();
    expect((await client.register(key)).status).toBe(201);
    expect((await made.client().register(key)).problem).toBe('unauthorized');
    const { Keys } = await admin.ListAcmeExternalAccountKeys(made.about);
    expect(Keys).toMatchObject([{ State: 'used', AcmeAccountId: client.account?.split('/').at(-1) }]);
    const records = (await pca.records()).filter(({ eventName }) => eventName === 'CreateAcmeAccount');
    expect(records.at(-1)).toMatchObject({ userIdentity: { arn: Keys[0]?.PrincipalArn } });
    expect(JSON.stringify(await pca.records())).not.toContain(key.MacKey);
  });

  it('is found again by its key, whatever binding is given', async () => {
    const client = await opened(await makeDirectory());
    const again = await client.post(client.url('new-account'), { onlyReturnExisting: true }, { kid: null });
    expect([again.status, again.headers.location]).toEqual([200, client.account]);
  });

  it.each(['no binding', 'expired', 'revoked', 'another secret', 'another key', 'another url', 'unknown'])(
    'is not opened with a binding that is %s',
    async (what) => {
      const made = await makeDirectory();
      const client = made.client();
      const { Key, MacKey } = await bindTo(admin, made, { ExpiresInDays: 1 });
      const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
      if (what === 'revoked')
        await admin.RevokeAcmeExternalAccountKey({ ...made.about, ExternalAccountKeyId: Key.ExternalAccountKeyId });
      const mac = what === 'another secret' ? Buffer.alloc(32, 1).toString('base64url') : MacKey;
      const id = what === 'unknown' ? crypto.randomUUID() : Key.ExternalAccountKeyId;
      const more = {
        ...(what === 'another key' && { key: other }),
        ...(what === 'another url' && { url: client.url('new-order') }),
      };
      const externalAccountBinding = what === 'no binding' ? undefined : client.binding(id, mac, more);
      if (what === 'expired') pca.kms.advance(2 * 86_400_000);
      const answer = await client.post(client.url('new-account'), { externalAccountBinding }, { kid: null });
      const malformed = what.startsWith('another k') || what === 'another url';
      expect(answer.problem).toBe(
        what === 'no binding' ? 'externalAccountRequired' : malformed ? 'malformed' : 'unauthorized',
      );
    },
  );

  it('asks for nothing when it is deactivated, by its client or by us', async () => {
    const made = await makeDirectory();
    const [one, two] = [await opened(made), await opened(made)];
    expect((await one.post(one.account as string, { status: 'deactivated' })).json.status).toBe('deactivated');
    await admin.DeactivateAcmeAccount({
      ...made.about,
      AcmeAccountId: (two.account as string).split('/').at(-1) as string,
    });
    for (const client of [one, two]) expect((await client.order('a.free.example.com')).problem).toBe('unauthorized');
  });

  it('changes its contacts, and takes only mail addresses', async () => {
    const client = await opened(await makeDirectory());
    const change = (contact: string[]) => client.post(client.account as string, { contact });
    expect((await change(['mailto:b@example.com'])).json.contact).toEqual(['mailto:b@example.com']);
    expect((await change(['tel:123'])).problem).toBe('unsupportedContact');
    expect((await change(['mailto:a@b,c@d'])).problem).toBe('invalidContact');
  });

  it('changes its key: the old one is of no use any more', async () => {
    const client = await opened(await makeDirectory());
    const next = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const url = client.url('key-change');
    const old = client.key;
    const payload = { account: client.account, oldKey: publicJwk(old) };
    const inner = client.jws(url, payload, { key: next, kid: null });
    delete inner.nonce;
    expect((await client.post(url, inner)).status).toBe(200);
    expect((await client.order('a.free.example.com')).problem).toBe('unauthorized');
    client.key = next;
    expect((await client.order('a.free.example.com')).status).toBe(201);
    const wrong = client.jws(url, payload, { key: old, kid: null });
    expect((await client.post(url, wrong)).problem).toBe('malformed');
  });

  it('without a binding acts for the principal of the directory', async () => {
    pca.user('robot', document([{ Effect: 'Allow', Action: 'acm-pca:IssueCertificate', Resource: '*' }]));
    const PrincipalArn = pca.kms.call('robot').caller.arn;
    const client = (await makeDirectory({ ExternalAccountRequired: false, PrincipalArn })).client();
    expect((await client.register()).status).toBe(201);
    await issued(client);
    const record = (await pca.records()).filter(({ eventName }) => eventName === 'IssueCertificate').at(-1);
    expect(record).toMatchObject({ userIdentity: { arn: PrincipalArn } });
  });

  it('of a user who is gone is neither opened nor gets certificates', async () => {
    const made = await makeDirectory();
    const leaver = pca.user('leaver');
    const [key, client] = [await bindTo(leaver, made), await opened(made, leaver)];
    const { json, headers } = await client.order('a.free.example.com');
    pca.endUser('leaver');
    expect((await made.client().register(key)).problem).toBe('unauthorized');
    const answer = await client.post(json.finalize, { csr: csr('a.free.example.com') });
    expect([answer.status, answer.problem]).toEqual([403, 'unauthorized']);
    expect((await client.get(headers.location as string)).json.status).toBe('ready');
  });

  it('is bound to somebody else only by who may', async () => {
    const made = await makeDirectory();
    const PrincipalArn = pca.kms.call('admin').caller.arn;
    const allow = (...Action: string[]) => document([{ Effect: 'Allow', Action, Resource: '*' }]);
    const clerk = pca.user('clerk', allow('acm-pca:CreateAcmeExternalAccountKey'));
    await expect(bindTo(clerk, made, { PrincipalArn })).rejects.toMatchObject(refused('AccessDenied'));
    const chief = pca.user('chief', allow('acm-pca:CreateAcmeExternalAccountKey', 'acm-pca:BindAcmePrincipal'));
    expect((await bindTo(chief, made, { PrincipalArn })).Key.PrincipalArn).toBe(PrincipalArn);
  });
});

describe('a request', () => {
  it('has a nonce that nobody used', async () => {
    const client = await opened(await makeDirectory());
    const nonce = await client.freshNonce();
    expect((await client.get(client.account as string, { nonce })).status).toBe(200);
    const again = await client.get(client.account as string, { nonce });
    expect([again.problem, again.headers['replay-nonce']]).toEqual(['badNonce', expect.any(String)]);
    expect((await client.get(client.account as string, { nonce: 'AAAA' })).problem).toBe('badNonce');
    const other = await makeDirectory();
    const foreign = await other.client().freshNonce();
    expect((await client.get(client.account as string, { nonce: foreign })).problem).toBe('badNonce');
    const old = await client.freshNonce();
    pca.kms.advance(2 * 3_600_000);
    expect((await client.get(client.account as string, { nonce: old })).problem).toBe('badNonce');
  });

  it('is answered once, however many come with its nonce at once', async () => {
    const client = await opened(await makeDirectory());
    const nonce = await client.freshNonce();
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => client.get(client.account as string, { nonce })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it.each([
    ['another url', { url: 'https://acme.example.com/other' }, 'unauthorized'],
    ['another media type', { contentType: 'application/json' }, 'malformed'],
    ['key and account', { header: { jwk: {} } }, 'malformed'],
    ['no key', { header: { kid: undefined } }, 'malformed'],
    ['an account of nobody', { kid: 'https://acme.example.com/acme/x' }, 'accountDoesNotExist'],
    ['another algorithm', { header: { alg: 'HS256' } }, 'badSignatureAlgorithm'],
    ['no algorithm', { header: { alg: 'none' } }, 'badSignatureAlgorithm'],
    ['a critical header', { header: { crit: ['exp'] } }, 'malformed'],
    ['the key of another', { key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }, 'unauthorized'],
    ['no JSON', { body: Buffer.from('{') }, 'malformed'],
    ['a member twice', { body: Buffer.from('{"payload":"","payload":""}') }, 'malformed'],
  ])('with %s is refused', async (_what, spoken, problem) => {
    const client = await opened(await makeDirectory());
    expect((await client.get(client.account as string, spoken)).problem).toBe(problem);
  });

  it('about what another account has is about nothing', async () => {
    const made = await makeDirectory();
    const [mine, other] = [await opened(made), await opened(made)];
    const { order, url } = await issued(mine);
    for (const there of [order.headers.location as string, order.json.authorizations[0], url])
      expect((await other.get(there)).status).toBe(404);
    expect((await other.post(order.json.finalize, { csr: csr('a.free.example.com') })).status).toBe(404);
    expect((await other.get(mine.account as string)).problem).toBe('unauthorized');
    expect((await other.get(`${mine.account}/orders`)).problem).toBe('unauthorized');
  });

  it('that was changed anywhere is refused, and never a fault of ours', async () => {
    const client = await opened(await makeDirectory());
    const faults: unknown[] = [];
    const resources = [
      'new-account',
      'new-order',
      'revoke-cert',
      'key-change',
      'account/x',
      'order/x/finalize',
      'chall/x/0/y',
    ];
    const hostile = fc.oneof(fc.json(), fc.string(), fc.constantFrom('{}', '[]', 'null', '{"__proto__":1}'));
    const property = fc.asyncProperty(
      fc.constantFrom(...resources),
      fc.record({ at: fc.nat(4_000), to: fc.uint8Array({ minLength: 1, maxLength: 4 }), cut: fc.boolean() }),
      hostile,
      fc.boolean(),
      async (resource, change, text, isMutation) => {
        const url = client.url(resource);
        // Its signature is right, and what it says is not.
        const nonce = await client.freshNonce();
        const good = client.jws(url, {}, { nonce, header: isMutation ? {} : { x: text } });
        if (!isMutation) good.payload = Buffer.from(text).toString('base64url');
        const bytes = Buffer.from(JSON.stringify(good));
        if (isMutation) Buffer.from(change.to).copy(bytes, change.at % bytes.length);
        const body = change.cut ? bytes.subarray(0, change.at % bytes.length) : bytes;
        const answer = await client.post(url, undefined, { nonce, body });
        if (answer.status < 400 || answer.status >= 500) faults.push([resource, body.toString('latin1'), answer.text]);
      },
    );
    await fc.assert(property, { numRuns: RUNS });
    expect(faults).toEqual([]);
  }, 3_600_000);

  it('with a payload of anything is refused, and never a fault of ours', async () => {
    const client = await opened(await makeDirectory());
    const order = await client.order('b.free.example.com');
    const targets = [
      client.url('new-order'),
      client.account as string,
      order.json.finalize,
      client.url('revoke-cert'),
      client.url('key-change'),
      order.json.authorizations[0],
    ];
    const members = fc.constantFrom(
      ...['identifiers', 'csr', 'certificate', 'reason', 'status', 'contact', 'replaces', 'protected', 'payload'],
    );
    const payload = fc.oneof(fc.jsonValue(), fc.dictionary(members, fc.jsonValue()));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...targets), payload, async (url, value) => {
        const answer = await client.post(url, value);
        expect(answer.status).toBeLessThan(500);
      }),
      { numRuns: Math.ceil(RUNS / 10) },
    );
  }, 3_600_000);
});

describe('an order', () => {
  it('is refused with every name that the directory does not take', async () => {
    const client = await opened(await makeDirectory());
    const answer = await client.order('a.example.com', 'a.example.org', '*.example.com', 'bad_name.example.com');
    expect(answer.problem).toBe('rejectedIdentifier');
    expect(answer.json.subproblems.map((one: { identifier: { value: string } }) => one.identifier.value)).toEqual([
      'a.example.org',
      '*.example.com',
      'bad_name.example.com',
    ]);
    const address = (type: string, value: string) =>
      client.post(client.url('new-order'), { identifiers: [{ type, value }] });
    expect((await address('ip', '192.0.2.1')).problem).toBe('rejectedIdentifier');
    expect((await address('email', 'a@example.com')).problem).toBe('unsupportedIdentifier');
    expect((await address('ip', '127.0.0.9')).status).toBe(201);
  });

  it('is validated over HTTP, for the account of the challenge only', async () => {
    const client = await opened(await makeDirectory());
    const order = await client.post(client.url('new-order'), { identifiers: [{ type: 'ip', value: '127.0.0.1' }] });
    const [authz] = order.json.authorizations;
    const { challenges } = (await client.get(authz)).json;
    const challenge = challenges.find(({ type }: { type: string }) => type === 'http-01');
    expect((await client.post(order.json.finalize, { csr: csr('127.0.0.1') })).problem).toBe('orderNotReady');
    files.set(`/.well-known/acme-challenge/${challenge.token}`, `${await client.keyAuthorization(challenge.token)}\n`);
    redirect = 'http://127.0.0.1:80/.well-known/acme-challenge/'.concat(challenge.token);
    const begun = await client.post(challenge.url, {});
    expect(begun.headers.link).toContain(`<${authz}>;rel="up"`);
    expect((await settled(client, authz)).json.status).toBe('valid');
    const done = await client.post(order.json.finalize, { csr: csr('127.0.0.1') });
    expect(done.json.status).toBe('valid');
  });

  it.each([
    ['something else', 'wrong', undefined, 'incorrectResponse'],
    ['what is too long', 'x'.repeat(10_000), undefined, 'incorrectResponse'],
    ['nothing', undefined, undefined, 'unauthorized'],
    ['a way to an address that is not allowed', undefined, 'http://169.254.169.254/latest', 'connection'],
    ['a way to another port', undefined, 'http://127.0.0.1:22/', 'connection'],
    ['a way to a file', undefined, 'file:///etc/passwd', 'connection'],
    ['a way with a password', undefined, 'http://a:b@127.0.0.1/', 'connection'],
  ])('is invalid when the server has %s', async (_what, text, to, problem) => {
    const client = await opened(await makeDirectory());
    const order = await client.post(client.url('new-order'), { identifiers: [{ type: 'ip', value: '127.0.0.1' }] });
    const [authz] = order.json.authorizations;
    const { challenges } = (await client.get(authz)).json;
    const challenge = challenges.find(({ type }: { type: string }) => type === 'http-01');
    if (text !== undefined) files.set(`/.well-known/acme-challenge/${challenge.token}`, text);
    redirect = to;
    await client.post(challenge.url, {});
    const decided = (await settled(client, authz)).json;
    expect([decided.status, decided.challenges[0].error.type]).toEqual([
      'invalid',
      `urn:ietf:params:acme:error:${problem}`,
    ]);
    expect((await client.get(order.headers.location as string)).json.status).toBe('invalid');
    expect((await client.post(challenge.url, {})).json.status).toBe('invalid');
  });

  it('connects nowhere when the directory names no networks', async () => {
    const client = await opened(await makeDirectory({ ValidationNetworks: [] }));
    const { json } = await client.order('a.example.com');
    const { challenges } = (await client.get(json.authorizations[0])).json;
    expect(challenges.map(({ type }: { type: string }) => type)).toEqual(['dns-01']);
    const address = { identifiers: [{ type: 'ip', value: '127.0.0.1' }] };
    expect((await client.post(client.url('new-order'), address)).problem).toBe('rejectedIdentifier');
  });

  it('takes a request for exactly its names, with another key than that of the account', async () => {
    const client = await opened(await makeDirectory());
    const { json } = await client.order('a.free.example.com');
    const finalize = (request: string) => client.post(json.finalize, { csr: request });
    expect((await finalize(csr('a.free.example.com', 'b.free.example.com'))).problem).toBe('badCSR');
    expect((await finalize(csr('b.free.example.com'))).problem).toBe('badCSR');
    expect((await finalize('AAAA')).problem).toBe('badCSR');
    const key = client.key.export({ type: 'pkcs8', format: 'pem' }) as string;
    const own = openssl.csr('/', 'DNS:a.free.example.com', { key }).toString('base64url');
    expect((await finalize(own)).problem).toBe('badCSR');
    expect((await finalize(csr('a.free.example.com'))).json.status).toBe('valid');
    expect((await finalize(csr('a.free.example.com'))).problem).toBe('orderNotReady');
  });

  it('is decided as its principal, on what would be issued, and can be tried again', async () => {
    const may = (value: string) =>
      document([
        { Effect: 'Allow', Action: 'acm-pca:CreateAcmeExternalAccountKey', Resource: '*' },
        {
          Effect: 'Allow',
          Action: 'acm-pca:IssueCertificate',
          Resource: '*',
          Condition: { 'ForAllValues:StringLike': { 'acm-pca:SanDns': value } },
        },
      ]);
    const made = await makeDirectory();
    const client = await opened(made, pca.user('limited', may('x.free.example.com')));
    const { json, headers } = await client.order('y.free.example.com');
    const denied = await client.post(json.finalize, { csr: csr('y.free.example.com') });
    expect([denied.status, denied.problem]).toEqual([403, 'unauthorized']);
    expect((await client.get(headers.location as string)).json.status).toBe('ready');
    pca.user('limited', may('*.free.example.com'));
    expect((await client.post(json.finalize, { csr: csr('y.free.example.com') })).json.status).toBe('valid');
    const record = (await pca.records()).filter(({ eventName }) => eventName === 'IssueCertificate').at(-1);
    expect(record).toMatchObject({ userIdentity: { arn: expect.stringContaining('limited') } });
  });

  it('gets no name that an authority above does not permit', async () => {
    const value = writeNameConstraints({ permitted: [{ kind: 'dns', value: 'example.com' }], excluded: [] });
    const CustomExtensions = [{ ObjectIdentifier: '2.5.29.30', Value: value.toString('base64'), Critical: true }];
    const CertificateAuthorityArn = await makeSubordinate(admin, issuer, 'constrained', {
      TemplateArn: template('SubordinateCACertificate_PathLen0_APIPassthrough'),
      ApiPassthrough: { Extensions: { CustomExtensions } },
    });
    const zones = ['example.com', 'example.org'];
    const client = await opened(
      await makeDirectory({ CertificateAuthorityArn, Zones: zones, PreapprovedZones: zones }),
    );
    const finalized = async (name: string) => {
      const { json } = await client.order(name);
      return client.post(json.finalize, { csr: csr(name) });
    };
    const refusal = await finalized('a.example.org');
    expect([refusal.problem, refusal.json.detail]).toEqual(['badCSR', expect.stringContaining('lint 30')]);
    expect((await finalized('a.example.com')).json.status).toBe('valid');
  });

  it('gets nothing from an authority that is disabled', async () => {
    const client = await opened(await makeDirectory());
    const { json } = await client.order('a.free.example.com');
    const status = (Status: 'ACTIVE' | 'DISABLED') =>
      admin.UpdateCertificateAuthority({ CertificateAuthorityArn: issuer, Status });
    await status('DISABLED');
    const answer = await client.post(json.finalize, { csr: csr('a.free.example.com') });
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '60']);
    await status('ACTIVE');
    expect((await client.post(json.finalize, { csr: csr('a.free.example.com') })).json.status).toBe('valid');
  });

  it('that a process left while it was issued is finished by the job, with one certificate', async () => {
    const client = await opened(await makeDirectory());
    const { json, headers } = await client.order('a.free.example.com');
    const { IssueCertificate } = pca.deps.clients.pca;
    // The certificate is issued, and the answer is lost.
    pca.deps.clients.pca.IssueCertificate = async (...asked) => {
      await IssueCertificate(...asked);
      throw new ServiceError('Unavailable', 'the answer is lost');
    };
    const lost = await client.post(json.finalize, { csr: csr('a.free.example.com') });
    pca.deps.clients.pca.IssueCertificate = IssueCertificate;
    expect(lost.status).toBe(503);
    expect((await client.get(headers.location as string)).json.status).toBe('processing');
    const count = async () => (await pca.records()).filter(({ eventName }) => eventName === 'CompleteAcmeOrder').length;
    const [before, serials] = [await count(), await certificates()];
    pca.kms.advance(61_000);
    await lookAfterOrders.run(pca.deps);
    expect((await client.get(headers.location as string)).json.status).toBe('valid');
    expect([await count(), await certificates()]).toEqual([before + 1, serials]);
  });

  it('that nobody could finish in time is invalid, and nothing is issued a second time', async () => {
    const client = await opened(await makeDirectory());
    const { json, headers } = await client.order('a.free.example.com');
    const { IssueCertificate } = pca.deps.clients.pca;
    pca.deps.clients.pca.IssueCertificate = async () => {
      throw new ServiceError('Unavailable', 'nobody answers');
    };
    await client.post(json.finalize, { csr: csr('a.free.example.com') });
    pca.deps.clients.pca.IssueCertificate = IssueCertificate;
    const serials = await certificates();
    pca.kms.advance(5 * 60_000);
    await lookAfterOrders.run(pca.deps);
    expect((await client.get(headers.location as string)).json.status).toBe('invalid');
    expect(await certificates()).toBe(serials);
  });

  it('whose validation a process left is validated by the job', async () => {
    const client = await opened(await makeDirectory());
    const order = await client.post(client.url('new-order'), { identifiers: [{ type: 'ip', value: '127.0.0.1' }] });
    const [authz] = order.json.authorizations;
    const { challenges } = (await client.get(authz)).json;
    const challenge = challenges.find(({ type }: { type: string }) => type === 'http-01');
    files.set(`/.well-known/acme-challenge/${challenge.token}`, await client.keyAuthorization(challenge.token));
    const { validator } = pca.deps.acme;
    const begin = vi.spyOn(validator, 'begin').mockImplementation(() => undefined);
    expect((await client.post(challenge.url, {})).json.status).toBe('processing');
    begin.mockRestore();
    pca.kms.advance(61_000);
    await lookAfterOrders.run(pca.deps);
    expect((await client.get(authz)).json.status).toBe('valid');
  });

  it('ends when its time is over, with a record', async () => {
    const client = await opened(await makeDirectory());
    const { headers } = await client.order('a.example.com');
    pca.kms.advance(25 * 3_600_000);
    await lookAfterOrders.run(pca.deps);
    expect((await client.get(headers.location as string)).json.status).toBe('invalid');
    expect((await pca.records()).some(({ eventName }) => eventName === 'EndAcmeOrder')).toBe(true);
  });

  it('replaces a certificate once', async () => {
    const client = await opened(await makeDirectory());
    const { der } = await issued(client);
    const { keyId, serial } = identity(der);
    const replaces = `${keyId.toString('base64url')}.${serial.toString('base64url')}`;
    const info = await client.send('GET', client.url('renewal-info', replaces));
    expect(info.headers['retry-after']).toBe('21600');
    const { start, end } = info.json.suggestedWindow;
    expect(Date.parse(start)).toBeLessThan(Date.parse(end));
    const identifiers = [{ type: 'dns', value: 'a.free.example.com' }];
    const order = (value: string) => client.post(client.url('new-order'), { identifiers, replaces: value });
    expect((await order(replaces)).status).toBe(201);
    expect((await order(replaces)).problem).toBe('alreadyReplaced');
    expect((await order('AAAA.AAAA')).problem).toBe('malformed');
  });

  it('is listed for its account', async () => {
    const made = await makeDirectory();
    const client = await opened(made);
    const { headers } = await client.order('a.free.example.com');
    expect((await client.get(`${client.account}/orders`)).json.orders).toEqual([headers.location]);
    const { Orders } = await admin.ListAcmeOrders(made.about);
    expect(Orders).toMatchObject([{ Status: 'ready', Identifiers: ['dns:a.free.example.com'] }]);
  });

  it('waits when there are many', async () => {
    const client = await opened(await makeDirectory());
    const answers = [];
    for (let count = 0; count < 301; count++) answers.push(await client.order('a.free.example.com'));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(300);
    expect(answers.at(-1)?.problem).toBe('rateLimited');
  }, 60_000);
});

/** Key identifier of the issuer and serial number, as RFC 9773 names a certificate. */
function identity(der: Buffer) {
  const text = openssl.openssl(
    'x509',
    '-inform',
    'DER',
    '-in',
    openssl.file(der),
    '-noout',
    '-serial',
    '-ext',
    'authorityKeyIdentifier',
  );
  const serial = Buffer.from((/serial=([0-9A-F]+)/.exec(text) as RegExpExecArray)[1] as string, 'hex');
  const keyId = Buffer.from(
    ((/((?:[0-9A-F]{2}:){19}[0-9A-F]{2})/.exec(text) as RegExpExecArray)[1] as string).replaceAll(':', ''),
    'hex',
  );
  return { keyId, serial };
}

describe('a revocation', () => {
  it('is asked for by the account that ordered, without saying that the key leaked', async () => {
    const made = await makeDirectory();
    const [client, other] = [await opened(made), await opened(made)];
    const { der } = await issued(client);
    const revoke = (who: AcmeClient, reason: number, bytes = der) =>
      who.post(who.url('revoke-cert'), { certificate: bytes.toString('base64url'), reason });
    expect((await revoke(other, 4)).problem).toBe('unauthorized');
    expect((await revoke(client, 1)).problem).toBe('badRevocationReason');
    expect((await revoke(client, 6)).problem).toBe('badRevocationReason');
    expect((await revoke(client, 4, Buffer.from('3000', 'hex'))).problem).toBe('malformed');
    await other.order('b.free.example.com');
    expect((await revoke(other, 4)).problem).toBe('unauthorized');
    expect((await revoke(client, 4)).status).toBe(200);
    expect((await revoke(client, 4)).problem).toBe('alreadyRevoked');
    const { keyId, serial } = identity(der);
    const id = `${keyId.toString('base64url')}.${serial.toString('base64url')}`;
    const { json } = await client.send('GET', client.url('renewal-info', id));
    expect(Date.parse(json.suggestedWindow.end)).toBeLessThan(pca.kms.now);
  });

  it('is asked for by an account that has proven all its names', async () => {
    const made = await makeDirectory();
    const [client, other] = [await opened(made), await opened(made)];
    const certificate = (await issued(client)).der.toString('base64url');
    await other.order('a.free.example.com', 'c.free.example.com');
    expect((await other.post(other.url('revoke-cert'), { certificate })).status).toBe(200);
  });

  it('is asked for with the key of the certificate', async () => {
    const client = await opened(await makeDirectory());
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const { json } = await client.order('a.free.example.com');
    const pem = key.export({ type: 'pkcs8', format: 'pem' }) as string;
    const request = openssl.csr('/', 'DNS:a.free.example.com', { key: pem }).toString('base64url');
    const done = await client.post(json.finalize, { csr: request });
    const { text } = await client.get(done.json.certificate);
    const certificate = Buffer.from(text.slice(0, text.indexOf('-----END')).replace(/-----.*-----|\s/g, ''), 'base64');
    const revoke = (by: typeof key) =>
      client.post(
        client.url('revoke-cert'),
        { certificate: certificate.toString('base64url'), reason: 1 },
        { kid: null, key: by },
      );
    expect((await revoke(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)).problem).toBe('unauthorized');
    expect((await revoke(key)).status).toBe(200);
  });
});

describe('what somebody changed in the database', () => {
  it.each(['acme_directory', 'acme_account', 'acme_order'] as const)('%s', async (table) => {
    const client = await opened(await makeDirectory());
    const { json } = await client.order('a.free.example.com');
    await pca.tamper((db) => db.updateTable(table).set({ account_id: '210987654321' }).execute());
    const answer = await client.post(json.finalize, { csr: csr('a.free.example.com') }).catch((error) => error);
    expect(answer.status).toBe(500);
    await pca.tamper((db) => db.deleteFrom(table).execute());
  });
});
