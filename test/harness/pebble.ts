/** Pebble, the test CA of Let's Encrypt: a CA outside, for tests. It forgets everything when it ends. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../platform/store/testing/private-server.ts';

export interface Pebble {
  directoryUrl: string;
  /** PEM of the authority that its TLS certificate comes from. */
  tlsRoot: string;
  /** Of the authority that its certificates come from, another one after each start; with the one above, PEM. */
  issuingRoot(): Promise<string>;
  /** Whether it revoked a certificate, by its serial number. */
  isRevoked(serial: string): Promise<boolean>;
  /** kill -9. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface PebbleOptions {
  /** Where port 80 of every name is. */
  httpPort: number;
  /** Of the name server that it asks. */
  dnsPort: number;
  /** Keys of external accounts, base64url, by id: when there are some, an account needs one. */
  bindings?: Record<string, string>;
}

export async function startPebble({ httpPort, dnsPort, bindings }: PebbleOptions): Promise<Pebble> {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-pebble-'));
  const tlsRoot = makeTls(folder);
  const [port, managementPort] = [await freePort(), await freePort()];
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${managementPort}`,
    certificate: join(folder, 'tls.pem'),
    privateKey: join(folder, 'tls.key'),
    httpPort,
    tlsPort: 1,
    ocspResponderURL: '',
    externalAccountBindingRequired: bindings !== undefined,
    ...(bindings && { externalAccountMACKeys: bindings }),
  };
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ pebble }));
  let child: ChildProcess | undefined;
  const manage = (path: string) => get(`https://127.0.0.1:${managementPort}${path}`, tlsRoot);
  const instance: Pebble = {
    directoryUrl: `https://127.0.0.1:${port}/dir`,
    tlsRoot,
    issuingRoot: async () => (await manage('/roots/0')).body,
    async isRevoked(serial) {
      const { status, body } = await manage(`/cert-status-by-serial/${serial}`);
      if (status !== 200) throw new Error(`pebble answered ${status} ${body}`);
      return (JSON.parse(body) as { Status: string }).Status === 'Revoked';
    },
    async kill() {
      const ended = new Promise((done) => child?.once('exit', done));
      if (child?.exitCode !== null || !child.kill('SIGKILL')) return;
      await ended;
    },
    async start() {
      // Without the pause before it asks, and asking every time; it refuses one good nonce of twenty, as it does unless
      // told otherwise.
      const env = { PATH: process.env.PATH ?? '', PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '0' };
      child = spawn('pebble', ['-config', config, '-dnsserver', `127.0.0.1:${dnsPort}`], { env, stdio: 'ignore' });
      await answers(instance.directoryUrl, tlsRoot);
    },
    async stop() {
      await instance.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await instance.start();
  return instance;
}

/** A certificate for 127.0.0.1 and the authority it comes from, whose PEM is answered. */
function makeTls(folder: string): string {
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-subj',
    '/CN=TLS of pebble',
    '-days',
    '2',
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
  );
  openssl('req', ...key, '-subj', '/CN=127.0.0.1', '-keyout', at('tls.key'), '-out', at('tls.csr'));
  writeFileSync(at('ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  const issuer = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2'];
  openssl('x509', '-req', '-in', at('tls.csr'), ...issuer, '-extfile', at('ext'), '-out', at('tls.pem'));
  return readFileSync(at('ca.pem'), 'utf8');
}

function get(url: string, ca: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { ca, agent: false }, async (incoming) => {
      let body = '';
      for await (const piece of incoming) body += piece;
      resolve({ status: incoming.statusCode ?? 0, body });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

async function answers(url: string, ca: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      if ((await get(url, ca)).status === 200) return;
    } catch (error) {
      if (attempt >= 100) throw error;
    }
    await new Promise((done) => setTimeout(done, 100));
  }
}
