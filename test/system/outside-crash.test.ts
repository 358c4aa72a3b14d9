/**
 * Kill -9 of the server while certificates are ordered from a CA outside: after the next start every order that was
 * acknowledged comes to its end, with one certificate for each. How many kills: PARAPET_OUTSIDE_KILLS.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askPca, type NamesServer, startNames } from '../harness/acme.ts';
import { eventually } from '../harness/clients.ts';
import { type Pebble, startPebble } from '../harness/pebble.ts';
import { type Running, type Shape, startParapet } from '../harness/server.ts';

const KILLS = Number(process.env.PARAPET_OUTSIDE_KILLS ?? 3);
const ORDERS = 4;
/** An order is held for half a minute by a process that is not there any more. */
const RECOVERED_MS = 90_000;

interface Order {
  OrderId: string;
  CertificateId: string;
  Status: string;
}

describe.each<[Shape, 'sqlite' | 'postgres']>([
  ['mono', 'sqlite'],
  ['micro', 'postgres'],
])('kill -9 in orders at a CA outside, %s on %s', (shape, engine) => {
  let server: Running;
  let names: NamesServer;
  let pebble: Pebble;
  let about: { OutsideAuthorityArn: string };

  beforeAll(async () => {
    server = await startParapet({ shape, engine });
    names = await startNames(server);
    pebble = await startPebble({ httpPort: Number(new URL(server.pkiUrl).port), dnsPort: server.acme.dnsPort });
    const { OutsideAuthority } = await askPca<{ OutsideAuthority: { Arn: string } }>(
      server,
      'create-outside-authority',
      {
        DirectoryUrl: pebble.directoryUrl,
        TermsOfServiceAgreed: true,
        TrustBundle: pebble.tlsRoot + (await pebble.issuingRoot()),
      },
    );
    about = { OutsideAuthorityArn: OutsideAuthority.Arn };
  }, 90_000);
  afterAll(async () => {
    names?.stop();
    await pebble?.stop();
    await server?.stop();
  });

  const orders = async () => (await askPca<{ Orders: Order[] }>(server, 'list-outside-orders', about)).Orders;

  it(
    'leaves no order behind',
    async () => {
      const acknowledged: Order[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        for (let nth = 0; nth < ORDERS; nth++) {
          const input = { ...about, Names: [`kill-${kill}-${nth}.example.test`] };
          acknowledged.push((await askPca<{ Order: Order }>(server, 'request-outside-certificate', input)).Order);
        }
        // Somewhere between the first request to the CA and the last download.
        await new Promise((done) => setTimeout(done, Math.random() * 6_000));
        await server.kill();
        await server.start();
        // The gateway is there before every service is.
        const isThere = () => orders().then(Boolean, () => false);
        await eventually(isThere, 30_000);
      }
      let left: Order[] = [];
      for (const end = Date.now() + RECOVERED_MS; Date.now() < end; ) {
        left = (await orders()).filter(({ Status }) => Status !== 'issued');
        if (left.length === 0) break;
        await new Promise((done) => setTimeout(done, 500));
      }
      expect(left).toEqual([]);
      const ids = (await orders()).map(({ OrderId }) => OrderId);
      expect(ids.sort()).toEqual(acknowledged.map(({ OrderId }) => OrderId).sort());
      const { Certificates } = await askPca<{ Certificates: { CertificateId: string; Version: number }[] }>(
        server,
        'list-outside-certificates',
        about,
      );
      const made = acknowledged.map(({ CertificateId }) => CertificateId).sort();
      expect(Certificates.map(({ CertificateId }) => CertificateId).sort()).toEqual(made);
      expect(Certificates.every(({ Version }) => Version === 1)).toBe(true);
    },
    RECOVERED_MS + KILLS * 60_000,
  );
});
