/** An authority with ACME directories, and a web server where validations look, for the tests of one file. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { AcmeClient } from './acme-client.ts';
import { type PcaClient, PcaHarness, document as written } from './harness.ts';
import { makeRoot, Workplace } from './hierarchy.ts';

/** An identity policy. */
export const document = (statements: object[]): object => JSON.parse(written(...statements));

export type Rules = Partial<Parameters<PcaClient['CreateAcmeDirectory']>[0]>;

/** Opened before the tests of the file that calls it, closed behind them. */
export function acmeWorld() {
  const world = {
    pca: undefined as unknown as PcaHarness,
    admin: undefined as unknown as PcaClient,
    issuer: '',
    openssl: undefined as unknown as Workplace,
    /** What the web server has, by path. */
    files: new Map<string, string>(),
    /** Where it sends the next one who asks. */
    redirect: undefined as string | undefined,
    ...{ makeDirectory, bindTo, opened, csr, issued, certificates, settled, identity },
  };
  const web = createServer((request, response) => {
    if (world.redirect !== undefined) {
      response.writeHead(302, { location: world.redirect });
      world.redirect = undefined;
      response.end();
      return;
    }
    const found = world.files.get(request.url ?? '');
    response.writeHead(found === undefined ? 404 : 200);
    response.end(found);
  });

  beforeAll(async () => {
    await new Promise<void>((done) => web.listen(0, '127.0.0.1', done));
    const { port } = web.address() as AddressInfo;
    const acme = { networks: ['127.0.0.0/8'], resolvers: [], ports: { http: port, tls: 1 } };
    world.pca = await PcaHarness.open({ acme });
    world.admin = world.pca.user('admin');
    world.issuer = await makeRoot(world.admin, 'acme root');
    world.openssl = new Workplace();
  });
  beforeEach(() => {
    world.files = new Map();
    world.redirect = undefined;
  });
  afterAll(async () => {
    await world.pca.close();
    web.close();
    world.openssl.close();
  });
  return world;

  async function makeDirectory(rules: Rules = {}) {
    const { Directory } = await world.admin.CreateAcmeDirectory({
      CertificateAuthorityArn: world.issuer,
      Zones: ['example.com'],
      PreapprovedZones: ['free.example.com'],
      AddressRanges: ['127.0.0.0/8'],
      ValidationNetworks: ['127.0.0.0/8'],
      ...rules,
    });
    const about = { CertificateAuthorityArn: Directory.CertificateAuthorityArn, DirectoryId: Directory.DirectoryId };
    return { about, Directory, client: () => new AcmeClient(world.pca.internal(), Directory.Path) };
  }

  type Made = Awaited<ReturnType<typeof makeDirectory>>;
  function bindTo(by: PcaClient, { about }: Made, more: object = {}) {
    return by.CreateAcmeExternalAccountKey({ ...about, ...more });
  }

  /** A client with an account. */
  async function opened(made: Made, by: PcaClient = world.admin): Promise<AcmeClient> {
    const client = made.client();
    const answer = await client.register(await bindTo(by, made));
    expect(answer.status).toBe(201);
    return client;
  }

  function csr(...names: string[]): string {
    const written = names.map((name) => `${/^[\d.]+$/.test(name) ? 'IP' : 'DNS'}:${name}`).join();
    return world.openssl.csr('/', written).toString('base64url');
  }

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

  async function certificates(): Promise<number> {
    return (await world.pca.store.read.selectFrom('certificate').select('serial').execute()).length;
  }

  /** An authorization that was decided. */
  async function settled(client: AcmeClient, url: string) {
    for (let tries = 0; tries < 100; tries++) {
      const answer = await client.get(url);
      if (answer.json.status !== 'pending') return answer;
      await new Promise((done) => setTimeout(done, 20));
    }
    throw new Error('the authorization was not decided');
  }

  /** Key identifier of the issuer and serial number, as RFC 9773 names a certificate. */
  function identity(der: Buffer) {
    const text = world.openssl.openssl(
      'x509',
      '-inform',
      'DER',
      '-in',
      world.openssl.file(der),
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
}
