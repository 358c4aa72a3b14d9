import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureInternalCa, issueLeaf } from './internal-ca.ts';
import { ensureLeaf, listenerLeaf, serviceLeaf } from './leaf-file.ts';
import { peerServiceOf, serviceNameOf } from './peer-service.ts';

const DAY = 86_400_000;
const START = Date.now();
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
let folder: string;
let time: number;
const now = () => time;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'parapet-ca-')), 'tls');
  time = START;
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('internal CA', () => {
  it('makes a self-signed P-256 authority that may sign leaves only', () => {
    const { certificate } = ensureInternalCa(folder, now);
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(Date.parse(certificate.validTo)).toBeGreaterThan(START + 3600 * DAY);
  });

  it('keeps key and certificate to its user and leaves no other file', () => {
    ensureInternalCa(folder, now);
    expect(modeOf(folder)).toBe(0o700);
    expect(readdirSync(folder).sort()).toEqual(['ca.cert.pem', 'ca.key.pem']);
    for (const file of readdirSync(folder)) expect(modeOf(join(folder, file))).toBe(0o600);
  });

  it('is the same authority after a restart', () => {
    const first = ensureInternalCa(folder, now);
    expect(ensureInternalCa(folder, now).certificatePem).toBe(first.certificatePem);
  });

  it('completes what a crash between key and certificate left', () => {
    const first = ensureInternalCa(folder, now);
    rmSync(join(folder, 'ca.cert.pem'));
    const second = ensureInternalCa(folder, now);
    expect(second.certificate.publicKey.equals(first.certificate.publicKey)).toBe(true);
  });

  it.each<[string, () => void, RegExp]>([
    ['a lost key', () => rmSync(join(folder, 'ca.key.pem')), /has lost its key/],
    ['a key that others can read', () => chmodSync(join(folder, 'ca.key.pem'), 0o640), /can be read by other users/],
    ['a damaged key', () => writeFileSync(join(folder, 'ca.key.pem'), 'x'), /is not a private key/],
    ['a damaged certificate', () => writeFileSync(join(folder, 'ca.cert.pem'), 'x'), /is not a certificate/],
    ['a folder that others can write', () => chmodSync(folder, 0o770), /can be written by other users/],
    [
      'an expired authority',
      () => {
        time = START + 3651 * DAY;
      },
      /has expired/,
    ],
  ])('refuses %s and changes nothing', (_title, damage, message) => {
    ensureInternalCa(folder, now);
    damage();
    const before = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
    expect(() => ensureInternalCa(folder, now)).toThrow(message);
    expect(readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'))).toEqual(before);
  });

  it('refuses a certificate of another key', () => {
    ensureInternalCa(folder, now);
    const other = join(folder, '..', 'other');
    ensureInternalCa(other, now);
    writeFileSync(join(folder, 'ca.cert.pem'), readFileSync(join(other, 'ca.cert.pem')));
    expect(() => ensureInternalCa(folder, now)).toThrow(/is not of its key/);
  });
});

describe('leaf certificates', () => {
  it('carry the names, usages and dates that were asked for', () => {
    const ca = ensureInternalCa(folder, now);
    const { certificatePem } = issueLeaf(ca, {
      commonName: 'parapet',
      dnsNames: ['localhost', 'Parapet.Example'],
      ipAddresses: ['127.0.0.1', '::1', '10.1.2.3'],
      usages: ['server', 'client'],
      days: 90,
      uriNames: ['spiffe://parapet/service/kms'],
    });
    const leaf = new X509Certificate(certificatePem);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkIssued(ca.certificate)).toBe(true);
    expect(leaf.verify(ca.certificate.publicKey)).toBe(true);
    expect(leaf.checkHost('parapet.example')).toBe('parapet.example');
    for (const address of ['127.0.0.1', '::1', '10.1.2.3']) expect(leaf.checkIP(address)).toBe(address);
    expect(leaf.checkHost('evil.example')).toBeUndefined();
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(Math.abs(Date.parse(leaf.validTo) - (START + 90 * DAY))).toBeLessThan(1000);
    expect(serviceNameOf(leaf, ca.certificate)).toBe('kms');
  });

  it('have different serial numbers and keys', () => {
    const ca = ensureInternalCa(folder, now);
    const [a, b] = [0, 1].map(() => new X509Certificate(issueLeaf(ca, listenerLeaf(undefined)).certificatePem)) as [
      X509Certificate,
      X509Certificate,
    ];
    expect(a.serialNumber).not.toBe(b.serialNumber);
    expect(a.publicKey.equals(b.publicKey)).toBe(false);
  });

  it('never outlive the authority', () => {
    const ca = ensureInternalCa(folder, now);
    time = START + 3640 * DAY;
    const leaf = new X509Certificate(issueLeaf(ca, listenerLeaf(undefined)).certificatePem);
    expect(leaf.validTo).toBe(ca.certificate.validTo);
  });

  it.each([
    { dnsNames: ['a b'] },
    { dnsNames: ['a, DNS:evil'] },
    { dnsNames: [''] },
    { dnsNames: ['-a.example'] },
    { dnsNames: ['127.0.0.1'] },
    { dnsNames: [`${'a'.repeat(64)}.example`] },
    { dnsNames: ['b\u00fccher.example'] },
    { ipAddresses: ['127.1'] },
    { ipAddresses: ['localhost'] },
    { uriNames: ['spiffe://parapet/service/kms, URI:spiffe://parapet/service/iam'] },
    { commonName: '' },
    { commonName: 'x'.repeat(65) },
  ])('refuse the names %j', (names) => {
    const ca = ensureInternalCa(folder, now);
    expect(() => issueLeaf(ca, { ...listenerLeaf(undefined), ...names })).toThrow(TypeError);
  });

  it('are kept until a third of their life remains, then issued again', () => {
    const ca = ensureInternalCa(folder, now);
    const first = ensureLeaf(ca, 'listener', listenerLeaf('parapet.example'));
    time = START + 59 * DAY;
    expect(ensureLeaf(ca, 'listener', listenerLeaf('parapet.example')).certificate).toBe(first.certificate);
    time = START + 61 * DAY;
    const second = ensureLeaf(ca, 'listener', listenerLeaf('parapet.example'));
    expect(second.certificate).not.toBe(first.certificate);
    expect(second.renewAtMs).toBeGreaterThan(time);
    expect(modeOf(join(folder, 'listener.pem'))).toBe(0o600);
  });

  it('are issued again when the configured host changes, the file is damaged or the authority is another', () => {
    const ca = ensureInternalCa(folder, now);
    const first = ensureLeaf(ca, 'listener', listenerLeaf('10.0.0.7'));
    expect(ensureLeaf(ca, 'listener', listenerLeaf('10.0.0.7')).certificate).toBe(first.certificate);
    const second = ensureLeaf(ca, 'listener', listenerLeaf('2001:db8::7'));
    expect(second.certificate).not.toBe(first.certificate);
    expect(ensureLeaf(ca, 'listener', listenerLeaf('2001:db8::7')).certificate).toBe(second.certificate);
    writeFileSync(join(folder, 'listener.pem'), 'damaged');
    const third = ensureLeaf(ca, 'listener', listenerLeaf('2001:db8::7'));
    rmSync(join(folder, 'ca.key.pem'));
    rmSync(join(folder, 'ca.cert.pem'));
    const other = ensureInternalCa(folder, now);
    const fourth = ensureLeaf(other, 'listener', listenerLeaf('2001:db8::7'));
    expect(fourth.certificate).not.toBe(third.certificate);
    expect(new X509Certificate(fourth.certificate).verify(other.certificate.publicKey)).toBe(true);
  });
});

describe.skipIf(!hasOpenssl)('OpenSSL (skipped when openssl is not installed)', () => {
  it('verifies the chain for server and client use', () => {
    const ca = ensureInternalCa(folder, now);
    const leaf = ensureLeaf(ca, 'kms', serviceLeaf('kms'));
    const path = join(folder, 'leaf.cert.pem');
    writeFileSync(path, leaf.certificate);
    for (const purpose of ['sslserver', 'sslclient']) {
      const args = ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', join(folder, 'ca.cert.pem'), path];
      expect(execFileSync('openssl', args, { encoding: 'utf8' })).toContain('OK');
    }
    const text = execFileSync('openssl', ['x509', '-in', path, '-noout', '-text'], { encoding: 'utf8' });
    expect(text).toContain('URI:spiffe://parapet/service/kms');
    expect(text).toContain('ecdsa-with-SHA256');
  });
});

describe('mTLS', () => {
  async function peerSeenBy(
    clientCa: string,
    name: string,
  ): Promise<{ service: string | undefined; authorized: boolean }> {
    const ca = ensureInternalCa(folder, now);
    const own = ensureLeaf(ca, 'iam', serviceLeaf('iam'));
    const foreign = ensureInternalCa(clientCa, now);
    const client = ensureLeaf(foreign, name, serviceLeaf(name));
    const server = createServer({
      key: own.key,
      cert: own.certificate,
      // Both authorities are trusted by TLS: the name must still be given by ours only.
      ca: [ca.certificatePem, foreign.certificatePem],
      requestCert: true,
      rejectUnauthorized: false,
    });
    const seen = new Promise<{ service: string | undefined; authorized: boolean }>((resolve) => {
      server.on('secureConnection', (socket) => {
        resolve({ service: peerServiceOf(socket, ca.certificate), authorized: socket.authorized });
        socket.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const socket: TLSSocket = connect({
      port: (server.address() as AddressInfo).port,
      host: '127.0.0.1',
      ca: ca.certificatePem,
      key: client.key,
      cert: client.certificate,
    });
    await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    const result = await seen;
    socket.destroy();
    server.close();
    return result;
  }

  it('names the service of a peer with a certificate of ours', async () => {
    expect(await peerSeenBy(folder, 'kms')).toEqual({ service: 'kms', authorized: true });
  });

  it('gives no service name to a peer that another trusted authority vouches for', async () => {
    expect(await peerSeenBy(join(folder, '..', 'foreign'), 'kms')).toEqual({ service: undefined, authorized: true });
  });
});
