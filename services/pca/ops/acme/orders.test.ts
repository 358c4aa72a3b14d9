/** Orders of ACME clients, from what is refused at once to the certificate. */
import { describe, expect, it, vi } from 'vitest';
import { ServiceError } from '../../../../platform/contract/error.ts';
import { writeNameConstraints } from '../../domain/x509/name-constraints.ts';
import { lookAfterOrders } from '../../jobs/acme/look-after-orders.ts';
import { acmeWorld, document } from '../../testing/acme-world.ts';
import { makeSubordinate, template } from '../../testing/hierarchy.ts';

const world = acmeWorld();
const { makeDirectory, opened, csr, issued, certificates, settled, identity } = world;

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
    world.files.set(
      `/.well-known/acme-challenge/${challenge.token}`,
      `${await client.keyAuthorization(challenge.token)}\n`,
    );
    world.redirect = 'http://127.0.0.1:80/.well-known/acme-challenge/'.concat(challenge.token);
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
    if (text !== undefined) world.files.set(`/.well-known/acme-challenge/${challenge.token}`, text);
    world.redirect = to;
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
    const own = world.openssl.csr('/', 'DNS:a.free.example.com', { key }).toString('base64url');
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
    const client = await opened(made, world.pca.user('limited', may('x.free.example.com')));
    const { json, headers } = await client.order('y.free.example.com');
    const denied = await client.post(json.finalize, { csr: csr('y.free.example.com') });
    expect([denied.status, denied.problem]).toEqual([403, 'unauthorized']);
    expect((await client.get(headers.location as string)).json.status).toBe('ready');
    world.pca.user('limited', may('*.free.example.com'));
    expect((await client.post(json.finalize, { csr: csr('y.free.example.com') })).json.status).toBe('valid');
    const record = (await world.pca.records()).filter(({ eventName }) => eventName === 'IssueCertificate').at(-1);
    expect(record).toMatchObject({ userIdentity: { arn: expect.stringContaining('limited') } });
  });

  it('gets no name that an authority above does not permit', async () => {
    const value = writeNameConstraints({ permitted: [{ kind: 'dns', value: 'example.com' }], excluded: [] });
    const CustomExtensions = [{ ObjectIdentifier: '2.5.29.30', Value: value.toString('base64'), Critical: true }];
    const CertificateAuthorityArn = await makeSubordinate(world.admin, world.issuer, 'constrained', {
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
      world.admin.UpdateCertificateAuthority({ CertificateAuthorityArn: world.issuer, Status });
    await status('DISABLED');
    const answer = await client.post(json.finalize, { csr: csr('a.free.example.com') });
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '60']);
    await status('ACTIVE');
    expect((await client.post(json.finalize, { csr: csr('a.free.example.com') })).json.status).toBe('valid');
  });

  it('that a process left while it was issued is finished by the job, with one certificate', async () => {
    const client = await opened(await makeDirectory());
    const { json, headers } = await client.order('a.free.example.com');
    const { IssueCertificate } = world.pca.deps.clients.pca;
    // The certificate is issued, and the answer is lost.
    world.pca.deps.clients.pca.IssueCertificate = async (...asked) => {
      await IssueCertificate(...asked);
      throw new ServiceError('Unavailable', 'the answer is lost');
    };
    const lost = await client.post(json.finalize, { csr: csr('a.free.example.com') });
    world.pca.deps.clients.pca.IssueCertificate = IssueCertificate;
    expect(lost.status).toBe(503);
    expect((await client.get(headers.location as string)).json.status).toBe('processing');
    const count = async () =>
      (await world.pca.records()).filter(({ eventName }) => eventName === 'CompleteAcmeOrder').length;
    const [before, serials] = [await count(), await certificates()];
    world.pca.kms.advance(61_000);
    await lookAfterOrders.run(world.pca.deps);
    expect((await client.get(headers.location as string)).json.status).toBe('valid');
    expect([await count(), await certificates()]).toEqual([before + 1, serials]);
  });

  it('that nobody could finish in time is invalid, and nothing is issued a second time', async () => {
    const client = await opened(await makeDirectory());
    const { json, headers } = await client.order('a.free.example.com');
    const { IssueCertificate } = world.pca.deps.clients.pca;
    world.pca.deps.clients.pca.IssueCertificate = async () => {
      throw new ServiceError('Unavailable', 'nobody answers');
    };
    await client.post(json.finalize, { csr: csr('a.free.example.com') });
    world.pca.deps.clients.pca.IssueCertificate = IssueCertificate;
    const serials = await certificates();
    world.pca.kms.advance(5 * 60_000);
    await lookAfterOrders.run(world.pca.deps);
    expect((await client.get(headers.location as string)).json.status).toBe('invalid');
    expect(await certificates()).toBe(serials);
  });

  it('whose validation a process left is validated by the job', async () => {
    const client = await opened(await makeDirectory());
    const order = await client.post(client.url('new-order'), { identifiers: [{ type: 'ip', value: '127.0.0.1' }] });
    const [authz] = order.json.authorizations;
    const { challenges } = (await client.get(authz)).json;
    const challenge = challenges.find(({ type }: { type: string }) => type === 'http-01');
    world.files.set(`/.well-known/acme-challenge/${challenge.token}`, await client.keyAuthorization(challenge.token));
    const { validator } = world.pca.deps.acme;
    const begin = vi.spyOn(validator, 'begin').mockImplementation(() => undefined);
    expect((await client.post(challenge.url, {})).json.status).toBe('processing');
    begin.mockRestore();
    world.pca.kms.advance(61_000);
    await lookAfterOrders.run(world.pca.deps);
    expect((await client.get(authz)).json.status).toBe('valid');
  });

  it('ends when its time is over, with a record', async () => {
    const client = await opened(await makeDirectory());
    const { headers } = await client.order('a.example.com');
    world.pca.kms.advance(25 * 3_600_000);
    await lookAfterOrders.run(world.pca.deps);
    expect((await client.get(headers.location as string)).json.status).toBe('invalid');
    expect((await world.pca.records()).some(({ eventName }) => eventName === 'EndAcmeOrder')).toBe(true);
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
    const { Orders } = await world.admin.ListAcmeOrders(made.about);
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
