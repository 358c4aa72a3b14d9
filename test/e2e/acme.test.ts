/** certbot and lego, unmodified, get, renew and revoke certificates in each way that ACME offers. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { askPca, makeIssuer, type NamesServer, startNames } from '../harness/acme.ts';
import { run } from '../harness/clients.ts';
import { runPage } from '../harness/page.ts';

const server = inject('server');
const folder = mkdtempSync(join(tmpdir(), 'parapet-acme-'));
const TOOL_MS = 120_000;

let names: NamesServer;
let issuer: { arn: string; pem: string };
let directory: { DirectoryId: string; Path: string };
let url: string;
const inDirectory = () => ({ CertificateAuthorityArn: issuer.arn, DirectoryId: directory.DirectoryId });

beforeAll(async () => {
  names = await startNames(server);
  issuer = await makeIssuer(server, 'ACME root');
  writeFileSync(join(folder, 'root.pem'), issuer.pem);
  ({ Directory: directory } = await askPca<{ Directory: typeof directory }>(server, 'create-acme-directory', {
    CertificateAuthorityArn: issuer.arn,
    Name: 'web',
    Zones: ['example.test'],
    AllowWildcards: true,
    ValidationNetworks: ['127.0.0.0/8'],
  }));
  url = server.endpoint + directory.Path;
});

afterAll(() => {
  names?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const newKey = async () =>
  askPca<{ Key: { ExternalAccountKeyId: string }; MacKey: string }>(
    server,
    'create-acme-external-account-key',
    inDirectory(),
  );

type Tool = (...args: string[]) => Promise<string>;

function tool(command: string, fixed: string[], env: Record<string, string> = {}): Tool {
  return async (...args) => {
    const all = { PATH: process.env.PATH ?? '', HOME: folder, ...env };
    const ran = await run(command, [...fixed, ...args], all, TOOL_MS);
    if (ran.code !== 0) throw new Error(`${command} ${args.join(' ')}: ${ran.stdout}\n${ran.stderr}`);
    return `${ran.stdout}${ran.stderr}`;
  };
}

const openssl = (...args: string[]) => execFileSync('openssl', args, { encoding: 'utf8' }).trim();
const serialOf = (path: string) =>
  openssl('x509', '-in', path, '-noout', '-serial').replace('serial=', '').toLowerCase();
const verified = (path: string, name: string) =>
  openssl('verify', '-x509_strict', '-CAfile', join(folder, 'root.pem'), '-verify_hostname', name, path);

async function isRevoked(CertificateSerial: string): Promise<boolean> {
  const about = { CertificateAuthorityArn: issuer.arn, CertificateSerial };
  const { Status } = await askPca<{ Status: string }>(server, 'get-revocation-status', about);
  return Status === 'REVOKED';
}

describe('certbot by http-01', () => {
  const home = join(folder, 'certbot');
  const fixed = [
    ...['--config-dir', join(home, 'config'), '--work-dir', join(home, 'work'), '--logs-dir', join(home, 'logs')],
    '--non-interactive',
  ];
  let certbot: Tool;
  const live = join(home, 'config/live/www.example.test');

  beforeAll(async () => {
    const { Key, MacKey } = await newKey();
    certbot = tool('certbot', fixed, { REQUESTS_CA_BUNDLE: server.caPath });
    const account = ['--server', url, '--agree-tos', '--email', 'web@example.test', '--no-eff-email'];
    await certbot('register', ...account, '--eab-kid', Key.ExternalAccountKeyId, '--eab-hmac-key', MacKey);
  });

  const standalone = ['--standalone', '--http-01-address', '127.0.0.1', '--http-01-port', String(server.acme.httpPort)];

  it('gets a certificate', async () => {
    const more = ['--key-type', 'ecdsa', '-d', 'www.example.test', '-d', 'example.test'];
    await certbot('certonly', '--server', url, ...standalone, ...more);
    expect(verified(join(live, 'cert.pem'), 'example.test')).toMatch(/: OK$/);
    expect(readFileSync(join(live, 'fullchain.pem'), 'utf8').match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  });

  it('renews it', async () => {
    const before = serialOf(join(live, 'cert.pem'));
    await certbot('renew', '--force-renewal', '--no-random-sleep-on-renew');
    expect(serialOf(join(live, 'cert.pem'))).not.toBe(before);
  });

  it('revokes it, by the account and by the key of the certificate', async () => {
    const byKey = serialOf(join(live, 'cert.pem'));
    const kept = join(folder, 'kept.pem');
    writeFileSync(kept, readFileSync(join(live, 'cert.pem')));
    const keyPath = join(folder, 'kept.key');
    writeFileSync(keyPath, readFileSync(join(live, 'privkey.pem')));
    await certbot('renew', '--force-renewal', '--no-random-sleep-on-renew');
    const byAccount = serialOf(join(live, 'cert.pem'));
    const about = ['--server', url, '--no-delete-after-revoke'];
    await certbot('revoke', ...about, '--cert-path', join(live, 'cert.pem'), '--reason', 'superseded');
    await certbot('revoke', ...about, '--cert-path', kept, '--key-path', keyPath, '--reason', 'keycompromise');
    expect([await isRevoked(byAccount), await isRevoked(byKey)]).toEqual([true, true]);
  });

  it('changes its contact and ends its account', async () => {
    await certbot('update_account', '--server', url, '--email', 'ops@example.test', '--no-eff-email');
    const { Accounts } = await askPca<{ Accounts: { Contacts: string[] }[] }>(
      server,
      'list-acme-accounts',
      inDirectory(),
    );
    expect(Accounts.map(({ Contacts }) => Contacts)).toContainEqual(['mailto:ops@example.test']);
    await certbot('unregister', '--server', url);
  });
});

describe('lego', () => {
  const path = join(folder, 'lego');
  let lego: Tool;
  const certificate = (name: string) => join(path, 'certificates', `${name}.crt`);

  beforeAll(async () => {
    const { Key, MacKey } = await newKey();
    const hook = join(folder, 'hook.sh');
    const told = `'{"host":"'"$2"'","value":"'"$3"'"}'`;
    const script = [
      '#!/bin/sh',
      'case "$1" in',
      `present) curl -sf -d ${told} ${names.management}/set-txt ;;`,
      `cleanup) curl -sf -d ${told} ${names.management}/clear-txt ;;`,
      'esac',
    ];
    writeFileSync(hook, `${script.join('\n')}\n`);
    chmodSync(hook, 0o755);
    const fixed = ['--server', url, '--path', path, '--email', 'lego@example.test', '--accept-tos'];
    const eab = ['--eab', '--kid', Key.ExternalAccountKeyId, '--hmac', MacKey];
    lego = tool('lego', [...fixed, ...eab], { LEGO_CA_CERTIFICATES: server.caPath, EXEC_PATH: hook });
  });

  const WAYS = [
    ['http-01', 'h.example.test', ['--http', '--http.port', `127.0.0.1:${server.acme.httpPort}`]],
    ['tls-alpn-01', 't.example.test', ['--tls', '--tls.port', `127.0.0.1:${server.acme.tlsPort}`]],
    [
      'dns-01, of a wildcard',
      '*.example.test',
      ['--dns', 'exec', '--dns.disable-cp', '--dns.resolvers', `127.0.0.1:${server.acme.dnsPort}`],
    ],
  ] as const;

  it.each(WAYS)('gets, renews and revokes by %s', async (_way, name, how) => {
    const file = certificate(name.replace('*', '_'));
    await lego('--domains', name, ...how, 'run');
    const first = serialOf(file);
    expect(verified(file, name.replace('*', 'anything'))).toMatch(/: OK$/);
    await lego('--domains', name, ...how, 'renew', '--days', '365', '--no-random-sleep');
    const second = serialOf(file);
    expect(second).not.toBe(first);
    await lego('--domains', name, ...how, 'revoke');
    expect([await isRevoked(first), await isRevoked(second)]).toEqual([false, true]);
  });
});

describe('the page about certbot', () => {
  it('works as it is written down', { timeout: 300_000 }, async () => {
    const page = mkdtempSync(join(tmpdir(), 'parapet-page-'));
    const more = { HTTP_PORT: String(server.acme.httpPort) };
    try {
      const path = 'docs/how-to/get-a-certificate-with-certbot.md';
      const { shown, printed, ...ran } = await runPage(server, path, page, more);
      expect(ran).toEqual({ code: 0, stderr: '' });
      expect(printed).toEqual(shown);
    } finally {
      rmSync(page, { recursive: true, force: true });
    }
  });
});
