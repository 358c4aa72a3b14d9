/**
 * certbot gets a certificate of the private CA for the shop, and nginx serves it. Clients that look for revocation, openssl
 * by lists and GnuTLS by OCSP, accept it; once certbot has revoked it they do not.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../platform/store/testing/private-server.ts';
import { startNames } from '../test/harness/acme.ts';
import { eventually, type Ran, run } from '../test/harness/clients.ts';
import { setUpAuthority } from './authority.ts';
import type { Administrator } from './landing-zone.ts';
import { startNginx } from './nginx.ts';
import { must, printed, type Story } from './story.ts';
import type { Shop } from './web-application.ts';

const NAME = 'www.retail.example';
const TOOL_MS = 300_000;
/** A list says within a minute what was revoked. */
const LISTED_MS = 60_000;

export const certificate = (owner: Administrator, shop: Shop) => async (story: Story) => {
  const { server, folder, step } = story;
  const names = await startNames(server);
  story.atEnd(() => names.stop());
  const authority = await setUpAuthority(story, owner, 'retail.example');
  step(
    'a private CA in the account of shared services: a root and one for servers, keys in the HSM; and an ACME directory',
  );

  const nginx = startNginx(server.acme.httpPort);
  story.atEnd(() => nginx.stop());
  const home = join(folder, 'certbot');
  const at = ['config', 'work', 'logs'].flatMap((name) => [`--${name}-dir`, join(home, name)]);
  const certbot = (verb: string, ...words: string[]) => {
    const command = [verb, ...at, '--non-interactive', '--server', authority.directoryUrl, ...words];
    return printed(run('certbot', command, { HOME: home, REQUESTS_CA_BUNDLE: server.caPath }, TOOL_MS), 'certbot');
  };
  const { id, mac } = authority.accountKey;
  const contact = ['--agree-tos', '--email', 'web@retail.example', '--no-eff-email'];
  await certbot('register', ...contact, '--eab-kid', id, '--eab-hmac-key', mac);
  await certbot('certonly', '--webroot', '--webroot-path', nginx.webroot, '--key-type', 'ecdsa', '-d', NAME);
  const live = (name: string) => join(home, 'config/live', NAME, name);
  const port = await freePort();
  nginx.serveTls({ port, chain: live('fullchain.pem'), key: live('privkey.pem'), behind: shop.url });
  step(`certbot proved that it has ${NAME} and got a certificate; nginx serves the shop with it`);

  const root = join(folder, 'root.pem');
  writeFileSync(root, authority.rootPem);
  const client = clientsOf(root, port);
  await eventually(async () => (await client.page()).stdout.includes('12 umbrellas'), TOOL_MS);
  await eventually(async () => says(await client.lists(), 'Verification: OK'), LISTED_MS);
  const good = await client.ocsp();
  must(good.code === 0 && says(good, 'The certificate is trusted'), good.stdout + good.stderr);
  step('openssl, which fetches the list of revoked certificates, and GnuTLS, which asks by OCSP, accept it');

  // Whoever says that a key is known shows that he has it.
  const known = ['--cert-path', live('cert.pem'), '--key-path', live('privkey.pem'), '--reason', 'keycompromise'];
  await certbot('revoke', ...known, '--no-delete-after-revoke');
  const from = performance.now();
  await eventually(async () => says(await client.ocsp(), 'revoked'), LISTED_MS);
  const byOcsp = performance.now() - from;
  await eventually(async () => says(await client.lists(), 'certificate revoked'), LISTED_MS);
  const byList = performance.now() - from;
  step(`revoked by certbot: refused by OCSP after ${seconds(byOcsp)}, by the list after ${seconds(byList)}`);
  return { shown: `nginx with a certificate by certbot, refused ${seconds(byList)} after it was revoked` };
};

function clientsOf(root: string, port: number) {
  const address = `127.0.0.1:${port}`;
  return {
    page: () =>
      run('curl', ['-sS', '--cacert', root, '--resolve', `${NAME}:${port}:127.0.0.1`, `https://${NAME}:${port}/`]),
    lists: () =>
      withoutInput(
        ...['openssl', 's_client', '-connect', address, '-servername', NAME, '-verify_hostname', NAME, '-CAfile', root],
        ...['-crl_check', '-crl_download', '-verify_return_error', '-brief'],
      ),
    ocsp: () =>
      withoutInput(
        ...['gnutls-cli', '--port', `${port}`, '--sni-hostname', NAME, '--verify-hostname', NAME],
        ...['--x509cafile', root, '--ocsp', '127.0.0.1'],
      ),
  };
}

/** They talk to the server until their input ends. */
function withoutInput(...words: string[]): Promise<Ran> {
  return run('sh', ['-c', '"$@" < /dev/null', 'sh', ...words]);
}

const says = ({ stdout, stderr }: Ran, text: string) => `${stdout}${stderr}`.includes(text);
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
