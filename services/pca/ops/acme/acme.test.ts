/** The ACME server as its clients see it: directories, accounts, and requests whatever is in them. */
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { publicJwk } from '../../testing/acme-client.ts';
import { acmeWorld, document, type Rules } from '../../testing/acme-world.ts';
import { makeRoot, refused } from '../../testing/hierarchy.ts';

const RUNS = Number(process.env.PARAPET_MUTATIONS ?? 3_000);
const world = acmeWorld();
const { makeDirectory, bindTo, opened, csr, issued } = world;

describe('a directory', () => {
  it('is found, changed, listed and deleted', async () => {
    const { about, Directory, client } = await makeDirectory();
    expect((await world.admin.DescribeAcmeDirectory(about)).Directory).toEqual(Directory);
    const { Directory: changed } = await world.admin.UpdateAcmeDirectory({ ...about, ValidityDays: 7 });
    expect(changed).toEqual({ ...Directory, ValidityDays: 7 });
    const first = await world.admin.ListAcmeDirectories({ CertificateAuthorityArn: world.issuer, MaxResults: 1 });
    expect(first.Directories).toHaveLength(1);
    const index = await client().send('GET', client().url('directory'));
    expect(index.json.meta).toEqual({ externalAccountRequired: true });
    await world.admin.DeleteAcmeDirectory(about);
    await expect(world.admin.DescribeAcmeDirectory(about)).rejects.toMatchObject(refused('NotFound'));
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
    const stranger = world.pca.user('stranger', undefined, '210987654321');
    await expect(stranger.DescribeAcmeDirectory(about)).rejects.toMatchObject(refused('AccessDenied'));
    const other = await makeRoot(world.admin, 'other root');
    const elsewhere = { ...about, CertificateAuthorityArn: other };
    await expect(world.admin.DescribeAcmeDirectory(elsewhere)).rejects.toMatchObject(refused('NotFound'));
  });
});

describe('an account', () => {
  it('is bound by a key that no command line takes for an option', async () => {
    const { random } = world.pca.deps.hsm;
    const drawn = [Buffer.alloc(32, 0xfb), Buffer.alloc(32, 0xf8), Buffer.alloc(32, 0x0f)];
    world.pca.deps.hsm.random = async () => drawn.shift()!;
    try {
      const { MacKey } = await bindTo(world.admin, await makeDirectory());
      expect(MacKey).toBe(Buffer.alloc(32, 0x0f).toString('base64url'));
    } finally {
      world.pca.deps.hsm.random = random;
    }
  });

  it('is bound by a key, once', async () => {
    const made = await makeDirectory();
    const key = await bindTo(world.admin, made);
    const client = made.client();
    expect((await client.register(key)).status).toBe(201);
    expect((await made.client().register(key)).problem).toBe('unauthorized');
    const { Keys } = await world.admin.ListAcmeExternalAccountKeys(made.about);
    expect(Keys).toMatchObject([{ State: 'used', AcmeAccountId: client.account?.split('/').at(-1) }]);
    const records = (await world.pca.records()).filter(({ eventName }) => eventName === 'CreateAcmeAccount');
    expect(records.at(-1)).toMatchObject({ userIdentity: { arn: Keys[0]?.PrincipalArn } });
    expect(JSON.stringify(await world.pca.records())).not.toContain(key.MacKey);
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
      const { Key, MacKey } = await bindTo(world.admin, made, { ExpiresInDays: 1 });
      const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
      if (what === 'revoked')
        await world.admin.RevokeAcmeExternalAccountKey({
          ...made.about,
          ExternalAccountKeyId: Key.ExternalAccountKeyId,
        });
      const mac = what === 'another secret' ? Buffer.alloc(32, 1).toString('base64url') : MacKey;
      const id = what === 'unknown' ? crypto.randomUUID() : Key.ExternalAccountKeyId;
      const more = {
        ...(what === 'another key' && { key: other }),
        ...(what === 'another url' && { url: client.url('new-order') }),
      };
      const externalAccountBinding = what === 'no binding' ? undefined : client.binding(id, mac, more);
      if (what === 'expired') world.pca.kms.advance(2 * 86_400_000);
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
    await world.admin.DeactivateAcmeAccount({
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
    world.pca.user('robot', document([{ Effect: 'Allow', Action: 'acm-pca:IssueCertificate', Resource: '*' }]));
    const PrincipalArn = world.pca.kms.call('robot').caller.arn;
    const client = (await makeDirectory({ ExternalAccountRequired: false, PrincipalArn })).client();
    expect((await client.register()).status).toBe(201);
    await issued(client);
    const record = (await world.pca.records()).filter(({ eventName }) => eventName === 'IssueCertificate').at(-1);
    expect(record).toMatchObject({ userIdentity: { arn: PrincipalArn } });
  });

  it('of a user who is gone is neither opened nor gets certificates', async () => {
    const made = await makeDirectory();
    const leaver = world.pca.user('leaver');
    const [key, client] = [await bindTo(leaver, made), await opened(made, leaver)];
    const { json, headers } = await client.order('a.free.example.com');
    world.pca.endUser('leaver');
    expect((await made.client().register(key)).problem).toBe('unauthorized');
    const answer = await client.post(json.finalize, { csr: csr('a.free.example.com') });
    expect([answer.status, answer.problem]).toEqual([403, 'unauthorized']);
    expect((await client.get(headers.location as string)).json.status).toBe('ready');
  });

  it('is bound to somebody else only by who may', async () => {
    const made = await makeDirectory();
    const PrincipalArn = world.pca.kms.call('admin').caller.arn;
    const allow = (...Action: string[]) => document([{ Effect: 'Allow', Action, Resource: '*' }]);
    const clerk = world.pca.user('clerk', allow('acm-pca:CreateAcmeExternalAccountKey'));
    await expect(bindTo(clerk, made, { PrincipalArn })).rejects.toMatchObject(refused('AccessDenied'));
    const chief = world.pca.user('chief', allow('acm-pca:CreateAcmeExternalAccountKey', 'acm-pca:BindAcmePrincipal'));
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
    world.pca.kms.advance(2 * 3_600_000);
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
