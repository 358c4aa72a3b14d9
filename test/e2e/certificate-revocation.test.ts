/**
 * Revocation as clients see it: lists over plain HTTP and OCSP, judged by openssl, GnuTLS and curl, for certificates that
 * the AWS CLI and the native API made.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { freePort } from '../../platform/store/testing/private-server.ts';
import { aws, run } from '../harness/clients.ts';
import { runPage } from '../harness/page.ts';
import { uniqueName } from '../harness/people.ts';
import { native } from '../harness/signed.ts';

const server = inject('server');
const folder = mkdtempSync(join(tmpdir(), 'parapet-crl-'));
const tls: ChildProcess[] = [];
afterAll(() => {
  for (const child of tls) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** What users wait for at most until a list says what was revoked. */
const PUBLISHED_MS = 60_000;
const template = (name: string) => `arn:aws:acm-pca:::template/${name}/V1`;

async function ask<Answer = Record<string, unknown>>(
  operation: string,
  input: Record<string, unknown>,
): Promise<Answer> {
  const answer = await native(server, `/v1/pca/${operation}`, input);
  if (answer.status !== 200) throw new Error(`${operation} answered ${answer.text}`);
  return (answer.text === '' ? {} : answer.json()) as Answer;
}

function file(content: string | Buffer): string {
  const path = join(folder, uniqueName('file'));
  writeFileSync(path, content);
  return path;
}

const openssl = (...args: string[]) =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
/** Both outputs, whatever the end. */
function tried(command: string, ...args: string[]): string {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', input: '' });
  return `${stdout}${stderr}`;
}

const OCSP = { OcspConfiguration: { Enabled: true } };
const base64 = (text: string) => Buffer.from(text).toString('base64');

async function authority(type: 'ROOT' | 'SUBORDINATE', CommonName: string, RevocationConfiguration: object) {
  const { CertificateAuthorityArn } = await ask<{ CertificateAuthorityArn: string }>('create-certificate-authority', {
    CertificateAuthorityType: type,
    CertificateAuthorityConfiguration: {
      KeyAlgorithm: 'EC_prime256v1',
      SigningAlgorithm: 'SHA256WITHECDSA',
      Subject: { CommonName },
    },
    RevocationConfiguration,
  });
  return CertificateAuthorityArn;
}

interface Issued {
  Certificate: string;
  CertificateChain?: string;
}

async function issue(CertificateAuthorityArn: string, csr: string, more: object = {}): Promise<Issued> {
  const about = { CertificateAuthorityArn };
  const { CertificateArn } = await ask('issue-certificate', {
    ...about,
    Csr: base64(csr),
    SigningAlgorithm: 'SHA256WITHECDSA',
    Validity: { Type: 'DAYS', Value: 90 },
    ...more,
  });
  return ask<Issued>('get-certificate', { ...about, CertificateArn });
}

async function activate(CertificateAuthorityArn: string, above: string, name: string, years: number): Promise<Issued> {
  const about = { CertificateAuthorityArn };
  const { Csr } = await ask<{ Csr: string }>('get-certificate-authority-csr', about);
  const more = { TemplateArn: template(name), Validity: { Type: 'YEARS', Value: years } };
  const issued = await issue(above, Csr, more);
  const chain = issued.CertificateChain && { CertificateChain: base64(issued.CertificateChain) };
  await ask('import-certificate-authority-certificate', {
    ...about,
    Certificate: base64(issued.Certificate),
    ...chain,
  });
  return issued;
}

interface Leaf {
  key: string;
  certificate: string;
  chain: string;
  serial: string;
  crlUri: string;
  ocspUri: string;
}

let root: string;
let issuing: string;
let rootFile: string;
let issuingFile: string;

async function leaf(): Promise<Leaf> {
  const key = join(folder, uniqueName('key'));
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key);
  const names = 'subjectAltName=DNS:localhost';
  const csr = openssl('req', '-new', '-key', key, '-subj', '/CN=localhost', '-addext', names);
  const issued = await issue(issuing, csr);
  const certificate = file(issued.Certificate);
  const serial = openssl('x509', '-in', certificate, '-noout', '-serial').replace('serial=', '').toLowerCase();
  const text = openssl('x509', '-in', certificate, '-noout', '-text');
  return {
    ...{ key, certificate, serial, chain: file(issued.CertificateChain ?? '') },
    crlUri: /CRL Distribution Points:[\s\S]*?URI:(\S+)/.exec(text)![1]!,
    ocspUri: /OCSP - URI:(\S+)/.exec(text)![1]!,
  };
}

const status = (serial: string) =>
  ask<{ Status: string; Listed: boolean }>('get-revocation-status', {
    CertificateAuthorityArn: issuing,
    CertificateSerial: serial,
  });

/** Revokes by the AWS CLI, waits for the list; answers how long that took. */
async function revoke({ serial }: Leaf, reason = 'SUPERSEDED'): Promise<number> {
  const about = ['--certificate-authority-arn', issuing, '--certificate-serial', serial];
  const ran = await aws(server, ['acm-pca', 'revoke-certificate', ...about, '--revocation-reason', reason]);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  const began = Date.now();
  while (!(await status(serial)).Listed) {
    expect(Date.now() - began).toBeLessThan(PUBLISHED_MS);
    await new Promise((done) => setTimeout(done, 200));
  }
  return Date.now() - began;
}

async function listsOf(CertificateAuthorityArn: string): Promise<Buffer[]> {
  const { RevocationLists } = await ask<{ RevocationLists: { Uri: string; Number?: number }[] }>(
    'list-revocation-lists',
    {
      CertificateAuthorityArn,
    },
  );
  return Promise.all(
    RevocationLists.map(async ({ Uri }) => {
      const answer = await fetch(Uri);
      expect(answer.status, Uri).toBe(200);
      expect(answer.headers.get('content-type')).toBe('application/pkix-crl');
      return Buffer.from(await answer.arrayBuffer());
    }),
  );
}

const pem = (list: Buffer) => openssl('crl', '-inform', 'DER', '-in', file(list));

/** Every list of both authorities, fetched now. */
async function listFile(): Promise<string> {
  const lists = [...(await listsOf(root)), ...(await listsOf(issuing))];
  return file(lists.map((list) => `${pem(list)}\n`).join(''));
}

beforeAll(async () => {
  const lists = { CrlConfiguration: { Enabled: true }, ...OCSP };
  root = await authority('ROOT', 'Revoking root', lists);
  rootFile = file((await activate(root, root, 'RootCACertificate', 10)).Certificate);
  const sharded = { CrlConfiguration: { Enabled: true, CrlType: 'PARTITIONED' }, ...OCSP };
  issuing = await authority('SUBORDINATE', 'Revoking issuer', sharded);
  issuingFile = file((await activate(issuing, root, 'SubordinateCACertificate_PathLen0', 5)).Certificate);
  for (const arn of [root, issuing]) {
    const made = async () =>
      (await ask<{ RevocationLists: { Number?: number }[] }>('list-revocation-lists', { CertificateAuthorityArn: arn }))
        .RevocationLists;
    for (let tries = 0; (await made()).some(({ Number: number }) => number === undefined); tries++) {
      expect(tries).toBeLessThan(150);
      await new Promise((done) => setTimeout(done, 200));
    }
  }
}, 120_000);

describe('openssl verify', () => {
  it('believes the lists of all levels', { timeout: 120_000 }, async () => {
    const [one, other] = [await leaf(), await leaf()];
    const verify = (lists: string, certificate: string) =>
      tried(
        'openssl',
        ...['verify', '-x509_strict', '-crl_check_all', '-CAfile', rootFile, '-untrusted', one.chain],
        ...['-CRLfile', lists, certificate],
      );
    expect(verify(await listFile(), one.certificate)).toMatch(/: OK\n$/);
    expect(await revoke(one)).toBeLessThan(PUBLISHED_MS);
    const after = await listFile();
    expect(verify(after, one.certificate)).toContain('certificate revoked');
    expect(verify(after, other.certificate)).toMatch(/: OK\n$/);
    // As a client without lists of its own: by the place in the certificate.
    const download = (certificate: string) =>
      tried(
        'openssl',
        'verify',
        '-crl_check',
        '-crl_download',
        '-CAfile',
        rootFile,
        '-untrusted',
        one.chain,
        certificate,
      );
    expect(download(one.certificate)).toContain('certificate revoked');
    expect(download(other.certificate)).toMatch(/: OK\n$/);
  });
});

describe('GnuTLS', () => {
  it('verifies lists and asks for answers', { timeout: 120_000 }, async () => {
    const one = await leaf();
    const list = file(pem(Buffer.from(await (await fetch(one.crlUri)).arrayBuffer())));
    const verified = tried('certtool', '--verify-crl', '--load-ca-certificate', issuingFile, '--infile', list);
    expect(verified).toContain('Verified');
    expect(verified).not.toContain('Not verified');
    const asked = () =>
      tried(
        'ocsptool',
        ...[`--ask=${one.ocspUri}`, '--load-cert', one.certificate, '--load-issuer', issuingFile],
        ...['--load-trust', issuingFile],
      );
    const before = asked();
    expect(before).toContain('Certificate Status: good');
    expect(before).toContain('Verifying OCSP Response: Success');
    await revoke(one);
    const after = asked();
    expect(after).toContain('Certificate Status: revoked');
    expect(after).toContain('Verifying OCSP Response: Success');
  });
});

describe('OCSP over HTTP', () => {
  it('is what openssl asks for by POST', async () => {
    const one = await leaf();
    const asked = () =>
      tried(
        'openssl',
        ...['ocsp', '-url', one.ocspUri, '-issuer', issuingFile, '-cert', one.certificate],
        ...['-CAfile', rootFile, '-verify_other', issuingFile, '-resp_text'],
      );
    const before = asked();
    expect(before).toContain('Response verify OK');
    expect(before).toContain(': good');
    expect(before).not.toContain('WARNING: no nonce in response');
    await revoke(one, 'KEY_COMPROMISE');
    const after = asked();
    expect(after).toContain('Response verify OK');
    expect(after).toContain(': revoked');
    expect(after).toContain('Reason: keyCompromise');
    const unknown = tried(
      'openssl',
      ...['ocsp', '-url', one.ocspUri, '-issuer', issuingFile, '-serial', '0x1234'],
      ...['-CAfile', rootFile, '-verify_other', issuingFile],
    );
    expect(unknown).toContain(': unknown');
  });

  it('is what others ask for by GET, and may be kept for a while', async () => {
    const one = await leaf();
    const request = join(folder, uniqueName('request'));
    openssl('ocsp', '-issuer', issuingFile, '-cert', one.certificate, '-no_nonce', '-reqout', request);
    const uri = `${one.ocspUri}/${encodeURIComponent(readFileSync(request).toString('base64'))}`;
    const answer = await fetch(uri);
    expect(answer.headers.get('content-type')).toBe('application/ocsp-response');
    expect(answer.headers.get('cache-control')).toMatch(/^public, max-age=300,/);
    const response = file(Buffer.from(await answer.arrayBuffer()));
    const printed = tried(
      'openssl',
      ...['ocsp', '-issuer', issuingFile, '-cert', one.certificate, '-respin', response, '-no_nonce'],
      ...['-CAfile', rootFile, '-verify_other', issuingFile],
    );
    expect(printed).toContain('Response verify OK');
    expect(printed).toContain(': good');
    const again = await fetch(uri, { headers: { 'if-none-match': answer.headers.get('etag')! } });
    expect(again.status).toBe(304);
  });
});

describe('a TLS server', () => {
  it('is accepted by clients that look for revocation, until it is revoked', { timeout: 120_000 }, async () => {
    const one = await leaf();
    const port = await freePort();
    const args = ['s_server', '-accept', `127.0.0.1:${port}`, '-cert', one.certificate, '-key', one.key];
    tls.push(spawn('openssl', [...args, '-cert_chain', one.chain, '-www', '-quiet'], { stdio: 'ignore' }));
    const curl = async (lists: string) =>
      run('curl', ['-sS', '--cacert', rootFile, '--crlfile', lists, '-o', '/dev/null', `https://localhost:${port}/`]);
    const client = () =>
      tried(
        'openssl',
        ...['s_client', '-connect', `localhost:${port}`, '-servername', 'localhost', '-CAfile', rootFile],
        ...['-crl_check', '-crl_download', '-verify_return_error', '-brief'],
      );
    let before = await curl(await listFile());
    for (let tries = 0; before.code === 7 && tries < 50; tries++) {
      await new Promise((done) => setTimeout(done, 100));
      before = await curl(await listFile());
    }
    expect(before).toMatchObject({ code: 0, stderr: '' });
    expect(client()).toContain('Verification: OK');
    await revoke(one);
    const after = await curl(await listFile());
    expect(after.code).toBe(60);
    expect(after.stderr).toContain('certificate revoked');
    expect(client()).toContain('certificate revoked');
  });
});

describe('the AWS CLI', () => {
  it('is told of what cannot be revoked in the words of AWS', async () => {
    const one = await leaf();
    await revoke(one);
    const refusal = async (arn: string, serial: string) =>
      (
        await aws(server, [
          ...['acm-pca', 'revoke-certificate', '--certificate-authority-arn', arn],
          ...['--certificate-serial', serial, '--revocation-reason', 'UNSPECIFIED'],
        ])
      ).stderr;
    expect(await refusal(issuing, one.serial)).toContain('RequestAlreadyProcessedException');
    expect(await refusal(issuing, '0102')).toContain('ResourceNotFoundException');
    const described = await ask<{ CertificateAuthority: { Serial: string } }>('describe-certificate-authority', {
      CertificateAuthorityArn: root,
    });
    expect(await refusal(root, described.CertificateAuthority.Serial)).toContain('InvalidRequestException');
  });
});

describe('the certificate of an authority', () => {
  it('is where certificates say, DER', async () => {
    const { certificate } = await leaf();
    const uri = /CA Issuers - URI:(\S+)/.exec(openssl('x509', '-in', certificate, '-noout', '-text'))![1]!;
    expect(uri.startsWith(server.pkiUrl)).toBe(true);
    const answer = await fetch(uri);
    expect(answer.headers.get('content-type')).toBe('application/pkix-cert');
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes).toEqual(execFileSync('openssl', ['x509', '-in', issuingFile, '-outform', 'DER']));
  });
});

describe('the page about revocation', () => {
  it('works as it is written down', { timeout: 300_000 }, async () => {
    const page = mkdtempSync(join(tmpdir(), 'parapet-page-'));
    try {
      const { shown, printed, ...ran } = await runPage(server, 'docs/how-to/revoke-a-certificate.md', page);
      expect(ran).toEqual({ code: 0, stderr: '' });
      expect(printed).toEqual(shown);
    } finally {
      rmSync(page, { recursive: true, force: true });
    }
  });
});
