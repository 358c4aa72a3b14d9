/** Certificates with keys that are made here, as programs use them: a TLS server from the file, openssl, GnuTLS. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { authenticator } from '../harness/authenticator.ts';
import type { Credentials } from '../harness/clients.ts';
import { runPage } from '../harness/page.ts';
import { allow, createAccount, createUser, uniqueName } from '../harness/people.ts';
import { native } from '../harness/signed.ts';

const server = inject('server');
const folder = mkdtempSync(join(tmpdir(), 'parapet-keys-'));
const running: Server[] = [];
afterAll(() => {
  for (const one of running) one.close();
  rmSync(folder, { recursive: true, force: true });
});

const PASSWORD = 'correct horse battery';
const Passphrase = Buffer.from(PASSWORD).toString('base64');

async function ask(operation: string, input: object, credentials?: Credentials): Promise<Record<string, string>> {
  const path = operation.startsWith('/') ? operation : `/v1/pca/${operation}`;
  const answer = await native(server, path, input as Record<string, unknown>, credentials ? { credentials } : {});
  if (answer.status !== 200) throw new Error(`${operation} answered ${answer.text}`);
  return (answer.text === '' ? {} : answer.json()) as Record<string, string>;
}

function file(content: string | Buffer): string {
  const path = join(folder, uniqueName('file'));
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

const openssl = (...args: string[]) =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

async function makeRoot(): Promise<{ arn: string; pem: string }> {
  const { CertificateAuthorityArn: arn } = await ask('create-certificate-authority', {
    CertificateAuthorityType: 'ROOT',
    CertificateAuthorityConfiguration: {
      KeyAlgorithm: 'EC_prime256v1',
      SigningAlgorithm: 'SHA256WITHECDSA',
      Subject: { CommonName: uniqueName('root') },
    },
  });
  const about = { CertificateAuthorityArn: arn };
  const { Csr } = await ask('get-certificate-authority-csr', about);
  const { CertificateArn } = await ask('issue-certificate', {
    ...about,
    Csr: Buffer.from(Csr!).toString('base64'),
    SigningAlgorithm: 'SHA256WITHECDSA',
    TemplateArn: 'arn:aws:acm-pca:::template/RootCACertificate/V1',
    Validity: { Type: 'YEARS', Value: 10 },
  });
  const { Certificate: pem } = await ask('get-certificate', { ...about, CertificateArn });
  await ask('import-certificate-authority-certificate', {
    ...about,
    Certificate: Buffer.from(pem!).toString('base64'),
  });
  return { arn: arn!, pem: pem! };
}

/** What a client that believes the root is told by a server that was started with the file. */
async function greeted(pfx: Buffer, ca: string): Promise<string> {
  const tls = createServer({ pfx, passphrase: PASSWORD }, (socket) => socket.end('hello'));
  running.push(tls);
  await new Promise<void>((listening) => tls.listen(0, '127.0.0.1', listening));
  const { port } = tls.address() as { port: number };
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost' });
    let said = '';
    socket.on('data', (data) => {
      said += String(data);
    });
    socket.on('end', () => resolve(`${said} ${socket.authorized}`));
    socket.on('error', reject);
  });
}

let root: { arn: string; pem: string };
beforeAll(async () => {
  root = await makeRoot();
});

const order = (more: object = {}) => ({
  CertificateAuthorityArn: root.arn,
  KeyAlgorithm: 'EC_prime256v1',
  Subject: { CommonName: 'localhost' },
  SubjectAlternativeNames: [{ DnsName: 'localhost' }],
  Validity: { Type: 'DAYS', Value: 90 },
  Passphrase,
  ...more,
});

describe.each(['RSA_2048', 'RSA_4096', 'EC_prime256v1', 'EC_secp384r1', 'EC_secp521r1'])(
  'a certificate with a key of %s',
  (KeyAlgorithm) => {
    it('serves a client from its PKCS #12 file, and again from the export', { timeout: 60_000 }, async () => {
      const issued = await ask('issue-certificate-with-key', order({ KeyAlgorithm, KeepKey: true }));
      const store = Buffer.from(issued.PrivateKey!, 'base64');
      expect(await greeted(store, root.pem)).toBe('hello true');
      const about = { CertificateAuthorityArn: root.arn, CertificateArn: issued.CertificateArn };
      const exported = await ask('export-private-key', { ...about, Passphrase });
      expect(await greeted(Buffer.from(exported.PrivateKey!, 'base64'), root.pem)).toBe('hello true');
      const key = openssl('pkcs12', '-in', file(store), '-passin', `pass:${PASSWORD}`, '-nocerts', '-nodes');
      const publicKey = openssl('pkey', '-in', file(key), '-pubout');
      expect(publicKey).toBe(openssl('x509', '-in', file(issued.Certificate!), '-noout', '-pubkey'));
      const info = ['--inder', '--p12-info', '--infile', file(store), '--password', PASSWORD];
      const said = execFileSync('certtool', info, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
      expect(said.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
      const plain = await ask('export-private-key', { ...about, KeyFormat: 'PEM' });
      const pem = file(Buffer.from(plain.PrivateKey!, 'base64'));
      expect(openssl('pkey', '-in', pem, '-pubout')).toBe(publicKey);
      expect(openssl('pkey', '-in', pem, '-noout', '-check')).toContain('valid');
    });
  },
);

describe('a key that is kept', () => {
  let about: { CertificateAuthorityArn: string; CertificateArn: string };
  it('is answered again for the same token, and the certificate is not made twice', async () => {
    const asked = order({ KeepKey: true, IdempotencyToken: uniqueName('token').slice(0, 36) });
    const first = await ask('issue-certificate-with-key', asked);
    const second = await ask('issue-certificate-with-key', asked);
    expect(second.CertificateArn).toBe(first.CertificateArn);
    expect(await greeted(Buffer.from(second.PrivateKey!, 'base64'), root.pem)).toBe('hello true');
    about = { CertificateAuthorityArn: root.arn, CertificateArn: first.CertificateArn! };
  });

  it('goes out to somebody with a second factor only, where a policy says so', async () => {
    const condition = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } };
    const person = await createUser(server, allow('acm-pca:ExportPrivateKey', '*', condition));
    const made = await native(server, '/v1/iam/create-virtual-mfa-device', { VirtualMFADeviceName: person.name });
    const device = made.json().VirtualMFADevice as { SerialNumber: string; Base32StringSeed: string };
    const code = authenticator(Buffer.from(device.Base32StringSeed, 'base64').toString('latin1'));
    const { SerialNumber } = device;
    await ask('/v1/iam/enable-mfa-device', {
      UserName: person.name,
      SerialNumber,
      AuthenticationCode1: code(-1),
      AuthenticationCode2: code(0),
    });
    const asked = { ...about, Passphrase };
    const without = await native(server, '/v1/pca/export-private-key', asked, { credentials: person.credentials });
    expect(without.status).toBe(403);
    expect(without.text).not.toContain('PrivateKey":');
    const login = await native(
      server,
      '/v1/sts/get-session-token',
      { SerialNumber, TokenCode: code(1) },
      {
        credentials: person.credentials,
      },
    );
    const keys = login.json().Credentials as { AccessKeyId: string; SecretAccessKey: string; SessionToken: string };
    const session = {
      accessKeyId: keys.AccessKeyId,
      secretAccessKey: keys.SecretAccessKey,
      sessionToken: keys.SessionToken,
    };
    const exported = await ask('export-private-key', asked, session);
    expect(await greeted(Buffer.from(exported.PrivateKey!, 'base64'), root.pem)).toBe('hello true');
  });

  it('is not there for another account', async () => {
    const { credentials } = await createAccount(server);
    for (const operation of ['export-private-key', 'delete-certificate-key']) {
      const input = operation === 'export-private-key' ? { ...about, Passphrase } : about;
      const real = await native(server, `/v1/pca/${operation}`, input, { credentials });
      const none = { ...input, CertificateAuthorityArn: root.arn.replace(/.{12}$/, '000000000000') };
      const missing = await native(server, `/v1/pca/${operation}`, none, { credentials });
      expect([real.status, missing.status]).toEqual([403, 403]);
    }
  });

  it('is exported and deleted by a page that can be pasted', { timeout: 240_000 }, async () => {
    const page = mkdtempSync(join(tmpdir(), 'parapet-keys-page-'));
    try {
      const path = 'docs/how-to/export-a-certificate-with-its-key.md';
      const { shown, printed, ...ran } = await runPage(server, path, page);
      expect(ran).toEqual({ code: 0, stderr: '' });
      expect(printed).toEqual(shown);
    } finally {
      rmSync(page, { recursive: true, force: true });
    }
  });
});
