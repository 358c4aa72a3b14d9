/** Each way to prove a name, against servers that say what they should not. */

import { createHash } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AcmeProblem } from '../../../domain/acme/problem.ts';
import { Workplace } from '../../../testing/hierarchy.ts';
import { Names } from './addresses.ts';
import { checkTls } from './tls-alpn-01.ts';

const LOOPBACK = ['127.0.0.0/8', '::1/128'];
type Records = Record<string, { A?: string[]; TXT?: string[]; CNAME?: string }>;

let records: Records = {};
/** How often somebody asked for the addresses of a name. */
const asked = new Map<string, number>();
let names: Socket;
let port: number;

/** A name server that knows what the test tells it, over the wire. */
beforeAll(async () => {
  names = createSocket('udp4');
  names.on('message', (query, from) => names.send(answered(query), from.port, from.address));
  await new Promise<void>((done) => names.bind(0, '127.0.0.1', done));
  port = names.address().port;
});

afterAll(() => names.close());

const TYPES = { A: 1, CNAME: 5, TXT: 16 } as const;

function answered(query: Buffer): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (; query[at] !== 0; at += 1 + (query[at] as number))
    labels.push(query.toString('latin1', at + 1, at + 1 + (query[at] as number)));
  const name = labels.join('.').toLowerCase();
  const type = query.readUInt16BE(at + 1);
  const known = records[name];
  if (type === TYPES.A) asked.set(name, (asked.get(name) ?? 0) + 1);
  const rows: Buffer[] = [];
  const row = (kind: number, data: Buffer) => {
    const head = Buffer.from('c00c00000001000000000000', 'hex');
    head.writeUInt16BE(kind, 2);
    head.writeUInt16BE(data.length, 10);
    rows.push(Buffer.concat([head, data]));
  };
  const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  if (type === TYPES.A) for (const one of known?.A ?? []) row(TYPES.A, Buffer.from(one.split('.').map(Number)));
  if (type === TYPES.TXT) for (const one of known?.TXT ?? []) row(TYPES.TXT, text(one));
  if (type === TYPES.CNAME && known?.CNAME)
    row(TYPES.CNAME, Buffer.concat([...known.CNAME.split('.').map(text), Buffer.from([0])]));
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(known ? 0x8180 : 0x8183, 2);
  head.writeUInt16BE(rows.length, 6);
  head.writeUInt16BE(0, 10);
  return Buffer.concat([head, query.subarray(12, at + 5), ...rows]);
}

const resolver = (networks: string[] = LOOPBACK) => new Names({ resolvers: [{ host: '127.0.0.1', port }], networks });
const problemOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: AcmeProblem) => error.type,
  );

describe('the address of a name', () => {
  it('is looked up once', async () => {
    records = { 'one.test': { A: ['127.0.0.1'] } };
    asked.clear();
    expect(await resolver().addressOf('one.test', LOOPBACK)).toBe('127.0.0.1');
    expect(asked.get('one.test')).toBe(1);
  });

  it.each([
    ['loopback, unless the installation allows it', ['127.0.0.1'], [], LOOPBACK],
    ['loopback, unless the directory allows it', ['127.0.0.1'], LOOPBACK, ['10.0.0.0/8']],
    ['anything, when the directory allows nothing', ['10.0.0.1'], [], []],
    ['the metadata service', ['169.254.169.254'], [], ['10.0.0.0/8']],
    ['one allowed address with one that is not', ['10.0.0.1', '127.0.0.1'], [], ['10.0.0.0/8']],
  ])('is never %s', async (_what, A, installation, directory) => {
    records = { 'n.test': { A } };
    expect(await problemOf(resolver(installation).addressOf('n.test', directory))).toBe('connection');
  });

  it('may be missing', async () => {
    records = {};
    expect(await problemOf(resolver().addressOf('none.test', LOOPBACK))).toBe('dns');
  });

  it.each(['169.254.169.254', '::ffff:127.0.0.1', '0.0.0.0', '::'])('%s is checked like a name', async (address) => {
    expect(await problemOf(resolver([]).addressOf(address, ['0.0.0.0/0', '::/0']))).toBe('connection');
  });
});

describe('texts of a name', () => {
  it('are found along aliases, and not for ever', async () => {
    records = { 'a.test': { CNAME: 'b.test' }, 'b.test': { TXT: ['one', 'two'] }, 'x.test': { CNAME: 'x.test' } };
    expect((await resolver().texts('a.test')).sort()).toEqual(['one', 'two']);
    expect(await problemOf(resolver().texts('x.test'))).toBe('dns');
    expect(await resolver().texts('none.test')).toEqual([]);
  });
});

describe('tls-alpn-01', () => {
  const openssl = new Workplace();
  const key = openssl.key();
  const KEY_AUTHORIZATION = 'token.thumbprint';
  let server: Server;
  afterAll(() => openssl.close());

  const extension = (text: string, critical = true) =>
    `1.3.6.1.5.5.7.1.31=${critical ? 'critical,' : ''}DER:0420${createHash('sha256').update(text).digest('hex')}`;

  function certificate(name: string, ...extensions: string[]): string {
    const out = openssl.file('');
    const san = ['-addext', `subjectAltName=${name}`];
    const more = extensions.flatMap((one) => ['-addext', one]);
    openssl.openssl('req', '-x509', '-new', '-key', openssl.file(key), '-subj', '/CN=x', ...san, ...more, '-out', out);
    return readFileSync(out, 'utf8');
  }

  async function check(cert: string, protocols = ['acme-tls/1']): Promise<string | undefined> {
    records = { 't.test': { A: ['127.0.0.1'] } };
    server = createServer({ key, cert, ALPNProtocols: protocols });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const ports = { http: 1, tls: (server.address() as AddressInfo).port };
    const looking = { names: resolver(), networks: LOOPBACK, ports, signal: AbortSignal.timeout(5_000) };
    try {
      return await problemOf(checkTls(looking, 't.test', KEY_AUTHORIZATION));
    } finally {
      server.close();
    }
  }

  it('is proven by the certificate that says so', async () => {
    expect(await check(certificate('DNS:t.test', extension(KEY_AUTHORIZATION)))).toBeUndefined();
  });

  it.each([
    ['another key authorization', 'DNS:t.test', [extension('other')], 'incorrectResponse'],
    ['no extension', 'DNS:t.test', [], 'unauthorized'],
    ['an extension that is not critical', 'DNS:t.test', [extension(KEY_AUTHORIZATION, false)], 'unauthorized'],
    ['another name', 'DNS:u.test', [extension(KEY_AUTHORIZATION)], 'unauthorized'],
    ['two names', 'DNS:t.test,DNS:u.test', [extension(KEY_AUTHORIZATION)], 'unauthorized'],
  ])('is not proven by a certificate with %s', async (_what, name, extensions, problem) => {
    expect(await check(certificate(name, ...extensions))).toBe(problem);
  });

  it('is not proven by a server that speaks something else, or by none', async () => {
    const cert = certificate('DNS:t.test', extension(KEY_AUTHORIZATION));
    expect(await check(cert, ['http/1.1'])).toBe('tls');
    records = { 't.test': { A: ['127.0.0.1'] } };
    const looking = {
      names: resolver(),
      networks: LOOPBACK,
      ports: { http: 1, tls: 1 },
      signal: AbortSignal.timeout(5_000),
    };
    expect(await problemOf(checkTls(looking, 't.test', KEY_AUTHORIZATION))).toBe('tls');
  });
});
