/** Against pebble, as it is: orders from their beginning to their end, whatever happens in between. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createServer as createHttp, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type PostgresServer,
  postgresMissing,
  startPostgres,
} from '../../../../platform/store/testing/postgres-server.ts';
import { freePort } from '../../../../platform/store/testing/private-server.ts';
import { type NamesServer, startNames } from '../../../../test/harness/acme.ts';
import { type Pebble, startPebble } from '../../../../test/harness/pebble.ts';
import { readAnchors } from '../../domain/outside/check-certificate.ts';
import { readPem } from '../../domain/x509/pem.ts';
import { keptKey, withKey } from '../../ops/keys/sealed-keys.ts';
import { keptEntry } from '../../ops/outside/inventory.ts';
import { keyNameOf } from '../../ops/outside/order-rows.ts';
import { OTHER_ACCOUNT, type PcaClient, PcaHarness } from '../../testing/harness.ts';
import { carryOutOrders } from './carry-out-orders.ts';
import { renewCertificates } from './renew-certificates.ts';

const ACCOUNT = '111122223333';
const HELD_MS = 31_000;
const BINDINGS = { 'kid-1': 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W' };
/** In the place of an answer: the connection ends. */
const NOBODY = 'nobody is there';
const pem = (der: Buffer) =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{64}/g, '$&\n').trim()}\n-----END CERTIFICATE-----\n`;

describe.each([
  ['sqlite', undefined],
  ['postgres', postgresMissing()],
] as const)('certificates from outside on %s', { timeout: 60_000 }, (engine, missing) => {
  let postgres: PostgresServer | undefined;
  let pca: PcaHarness;
  let root: PcaClient;
  let names: NamesServer;
  let dnsPort: number;
  let web: Server;
  let pebble: Pebble;
  let about: { OutsideAuthorityArn: string };
  /** What the web servers of all names answer. */
  let answer: (token: string) => Promise<string | undefined>;

  beforeAll(async () => {
    if (missing) return;
    if (engine === 'postgres') postgres = await startPostgres();
    pca = await PcaHarness.open(postgres ? { url: await postgres.database() } : {});
    root = pca.user('root');
    dnsPort = await freePort();
    names = await startNames({ acme: { dnsPort, httpPort: 0, tlsPort: 0 } });
    web = createHttp(async (request, response) => {
      const found = await answer(request.url?.split('/').at(-1) ?? '');
      if (found === NOBODY) return request.socket.destroy();
      response.statusCode = found === undefined ? 404 : 200;
      response.end(found);
    });
    await new Promise<void>((done) => web.listen(0, '127.0.0.1', done));
    const httpPort = (web.address() as AddressInfo).port;
    pebble = await startPebble({ httpPort, dnsPort });
    about = await authorityOf(pebble);
  }, 90_000);

  afterAll(async () => {
    names?.stop();
    web?.close();
    await pebble?.stop();
    await pca?.close();
    await postgres?.stop();
  });

  beforeEach(() => {
    if (missing) return;
    at(Math.max(pca.kms.now, Date.now()));
    answer = async (Token) => (await pca.internal().GetOutsideProof({ Token })).KeyAuthorization;
  });

  const at = (moment: number) => pca.kms.advance(moment - pca.kms.now);

  const trusted = async (ca: Pebble) => ca.tlsRoot + (await ca.issuingRoot());

  async function authorityOf(ca: Pebble, more = {}) {
    const { OutsideAuthority } = await root.CreateOutsideAuthority({
      DirectoryUrl: ca.directoryUrl,
      Contacts: ['mailto:ops@example.test'],
      TermsOfServiceAgreed: true,
      TrustBundle: await trusted(ca),
      ...more,
    });
    return { OutsideAuthorityArn: OutsideAuthority.Arn };
  }

  const order = async (Names: string[], of = about) => (await root.RequestOutsideCertificate({ ...of, Names })).Order;

  const orderNow = async (OrderId: string, of = about) => (await root.DescribeOutsideOrder({ ...of, OrderId })).Order;
  const certificateNow = async (CertificateId: string, of = about) =>
    (await root.DescribeOutsideCertificate({ ...of, CertificateId })).Certificate;

  /** The time goes by, and the jobs run, until it is so. */
  async function until<T>(look: () => Promise<T>, isThere: (found: T) => boolean, tickMs = 2_500): Promise<T> {
    for (let turn = 0; turn < 60; turn++) {
      const found = await look();
      if (isThere(found)) return found;
      await carryOutOrders.run(pca.deps);
      await renewCertificates.run(pca.deps);
      pca.kms.advance(tickMs);
      await new Promise((done) => setTimeout(done, 30));
    }
    throw new Error(`still ${JSON.stringify(await look())}`);
  }

  const isOver = ({ Status }: { Status: string }) => ['issued', 'failed', 'cancelled'].includes(Status);
  const over = (OrderId: string, of = about, tickMs?: number) => until(() => orderNow(OrderId, of), isOver, tickMs);

  async function obtain(Names: string[], of = about) {
    const { OrderId, CertificateId } = await order(Names, of);
    expect(await over(OrderId, of)).toMatchObject({ Status: 'issued' });
    return certificateNow(CertificateId, of);
  }

  type Kept = Awaited<ReturnType<typeof certificateNow>>;
  const keyOf = ({ CertificateArn, Version }: Pick<Kept, 'CertificateArn' | 'Version'>) =>
    keptKey(pca.deps, { accountId: ACCOUNT, certificateArn: CertificateArn, version: Version });

  /** The key that was made for an order, for as long as it is one. */
  const orderKey = ({ OrderId: order_id, OutsideAuthorityArn }: { OrderId: string; OutsideAuthorityArn: string }) => {
    const outside_authority_id = OutsideAuthorityArn.split('/').at(-1)!;
    return keptKey(pca.deps, keyNameOf(pca.deps, { account_id: ACCOUNT, order_id, outside_authority_id }));
  };

  /** A TLS server with certificate and key out of the inventory, and what a client that trusts pebble sees there. */
  async function presented(of: Kept, servername: string): Promise<string> {
    const entry = (await keptEntry(pca.deps, of.CertificateId))!;
    const above = entry.chain === null ? [] : splitDer(entry.chain);
    const key = await withKey(pca.deps, (await keyOf(of))!, (pkcs8) =>
      createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' }),
    );
    const tls = createHttps({ key, cert: [entry.certificate, ...above].map(pem).join('') });
    await new Promise<void>((done) => tls.listen(0, '127.0.0.1', done));
    const { port } = tls.address() as AddressInfo;
    const ca = await pebble.issuingRoot();
    const socket = connect({ host: '127.0.0.1', port, servername, ca });
    await new Promise((done, failed) => socket.once('secureConnect', done).once('error', failed));
    const serial = new X509Certificate(socket.getPeerCertificate().raw).serialNumber.toLowerCase().replace(/^0+/, '');
    socket.destroy();
    tls.close();
    return serial;
  }

  const splitDer = (chain: Buffer): Buffer[] => {
    const length = 4 + chain.readUInt16BE(2);
    return length >= chain.length ? [chain] : [chain.subarray(0, length), ...splitDer(chain.subarray(length))];
  };

  it.skipIf(missing)('are got, and served with the key that was made for them', async () => {
    const got = await obtain(['www.example.test', 'example.test']);
    expect(got).toMatchObject({ State: 'active', Version: 1, KeyAlgorithm: 'EC_prime256v1' });
    expect(await presented(got, 'example.test')).toBe(got.SerialNumber.replace(/^0+/, ''));
    expect(await keptEntry(pca.deps, got.CertificateId)).toMatchObject({
      ...{ source: 'OUTSIDE', name: 'www.example.test', has_key: 1, state: 'ACTIVE', serial: got.SerialNumber },
    });
    const done = (await pca.records()).filter(
      ({ requestParameters }) =>
        (requestParameters as { CertificateArn?: string }).CertificateArn === got.CertificateArn,
    );
    expect(done.map(({ eventName }) => eventName)).toEqual([
      'PlaceOutsideOrder',
      'AnswerOutsideChallenge',
      'FinalizeOutsideOrder',
      'CompleteOutsideOrder',
    ]);
    expect(new Set(done.map(({ userIdentity }) => (userIdentity as { arn: string }).arn)).size).toBe(1);
    expect(JSON.stringify(done)).toContain(`${ACCOUNT}:root`);
    // Who follows what certificates look like is told where to look.
    expect(done.map(({ resources = [] }) => resources.some(({ ARN }) => ARN === got.CertificateArn))).toEqual([
      ...[false, false, false, true],
    ]);
    const { Items } = await pca.internal().DescribeConfigurations({ Resources: [got.CertificateArn] });
    expect(JSON.parse(Items[0]!.Configuration)).toMatchObject({ source: 'OUTSIDE', version: 1, hasPrivateKey: true });
    const found = await root.ListCertificates({ Name: 'WWW.example.test', NameMatch: 'LABEL' });
    expect(found.Certificates.map(({ CertificateArn }) => CertificateArn)).toEqual([got.CertificateArn]);
  });

  it.skipIf(missing)('are got for RSA keys too', async () => {
    const { Order } = await root.RequestOutsideCertificate({
      ...about,
      Names: ['rsa.example.test'],
      KeyAlgorithm: 'RSA_2048',
    });
    await over(Order.OrderId);
    expect(await keyOf(await certificateNow(Order.CertificateId))).toMatchObject({ key_algorithm: 'RSA_2048' });
  });

  it.skipIf(missing)(
    'are renewed when a third of their life is left, by the service itself, with a new key',
    async () => {
      const first = await obtain(['clock.example.test']);
      const before = await keyOf(first);
      at(first.RenewAt! + 1);
      const second = await until(
        () => certificateNow(first.CertificateId),
        ({ Version }) => Version === 2,
      );
      expect(second.CertificateArn).toBe(first.CertificateArn);
      expect(second.SerialNumber).not.toBe(first.SerialNumber);
      expect((await keyOf(second))!.public_key_hash).not.toBe(before!.public_key_hash);
      expect(second.RenewAt).toBeGreaterThan(pca.kms.now);
      expect(await presented(second, 'clock.example.test')).toBe(second.SerialNumber.replace(/^0+/, ''));
      const [record] = (await pca.records()).filter(({ eventName }) => eventName === 'BeginOutsideRenewal');
      expect((record!.userIdentity as { arn: string }).arn).toBe('arn:aws:iam::service:pca');
      const { Orders } = await root.ListOutsideOrders(about);
      const ofIt = Orders.filter(({ CertificateId }) => CertificateId === first.CertificateId);
      expect(ofIt.map(({ Status }) => Status)).toEqual(['issued', 'issued']);
      at(Date.now());
    },
  );

  it.skipIf(missing)('that cannot be renewed say why, and are tried again until it works', async () => {
    const first = await obtain(['stuck.example.test']);
    const proven = answer;
    answer = async () => 'something else';
    const of = { ...about, CertificateId: first.CertificateId };
    const { Order } = await root.RenewOutsideCertificate(of);
    expect(await over(Order.OrderId)).toMatchObject({ Status: 'failed' });
    const shown = await certificateNow(first.CertificateId);
    expect(shown).toMatchObject({ State: 'active', Version: 1, Problem: expect.stringContaining('the CA says') });
    expect(shown.NextStep).toContain('port 80');
    expect(await orderKey(Order)).toBeUndefined();
    answer = proven;
    at(shown.RenewAt! + 1);
    const renewed = await until(
      () => certificateNow(first.CertificateId),
      ({ Version }) => Version === 2,
    );
    expect(renewed.Problem).toBeUndefined();
  });

  it.skipIf(missing)('are not there when the proof is another one; the key made for them is destroyed', async () => {
    answer = async (token) => `${token}.${'A'.repeat(43)}`;
    const made = await order(['wrong.example.test']);
    const ended = await over(made.OrderId);
    expect(ended).toMatchObject({ Status: 'failed', Problem: expect.stringContaining('unauthorized') });
    expect(ended.NextStep).toContain('PKI listener');
    expect(await orderKey(made)).toBeUndefined();
    expect(await keptEntry(pca.deps, made.CertificateId)).toBeUndefined();
  });

  it.skipIf(missing)('are there when the CA came while nobody answered, and not when nobody ever answers', async () => {
    const proven = answer;
    let came = 0;
    answer = async (token) => (++came === 1 ? NOBODY : proven(token));
    await obtain(['restarting.example.test']);
    expect(came).toBeGreaterThan(1);
    answer = async () => NOBODY;
    const ended = await over((await order(['away-for-good.example.test'])).OrderId);
    expect(ended).toMatchObject({ Status: 'failed', Problem: expect.stringContaining('connection') });
    expect(ended.NextStep).toMatch(/^let the CA reach/);
  });

  it.skipIf(missing)('are given up by whoever ordered them, until the CA is asked to issue', async () => {
    const made = await order(['cancelled.example.test']);
    expect(await orderKey(made)).toBeDefined();
    const { Order } = await root.CancelOutsideOrder({ ...about, OrderId: made.OrderId });
    expect(Order.Status).toBe('cancelled');
    expect(await orderKey(made)).toBeUndefined();
    await carryOutOrders.run(pca.deps);
    expect((await orderNow(made.OrderId)).Status).toBe('cancelled');
    const again = root.CancelOutsideOrder({ ...about, OrderId: made.OrderId });
    await expect(again).rejects.toMatchObject({ code: 'InvalidState' });
  });

  it.skipIf(missing)('are revoked there and here, and renewed no more', async () => {
    const got = await obtain(['revoked.example.test']);
    const of = { ...about, CertificateId: got.CertificateId };
    await root.RevokeOutsideCertificate({ ...of, RevocationReason: 'KEY_COMPROMISE' });
    await until(
      () => certificateNow(got.CertificateId),
      ({ State }) => State === 'revoked',
    );
    expect(await pebble.isRevoked(got.SerialNumber)).toBe(true);
    expect(await keptEntry(pca.deps, got.CertificateId)).toMatchObject({
      ...{ state: 'REVOKED', revocation_reason: 'KEY_COMPROMISE' },
    });
    await expect(root.RenewOutsideCertificate(of)).rejects.toMatchObject({ code: 'InvalidState' });
  });

  it.skipIf(missing)(
    'are there, once each, wherever a process died on the way',
    async () => {
      const { send } = pca.deps.outside;
      let died = 0;
      for (let nth = 1; nth < 40; nth++) {
        const host = `crash-${nth}.example.test`;
        const made = await order([host]);
        let left = nth;
        let isDead = false;
        pca.deps.outside.send = async (url, sent, trust) => {
          if (isDead) throw new Error('the process is gone');
          left -= 1;
          // The request arrives; the process does not live to see the answer.
          const answered = await send(url, sent, trust);
          isDead = left === 0;
          if (isDead) throw new Error('the process is gone');
          return answered;
        };
        for (let turn = 0; turn < 12 && !isDead; turn++) {
          await carryOutOrders.run(pca.deps).catch(() => undefined);
          pca.kms.advance(2_500);
          await new Promise((done) => setTimeout(done, 30));
        }
        pca.deps.outside.send = send;
        if (!isDead) break;
        died = nth;
        pca.kms.advance(HELD_MS);
        expect(await over(made.OrderId)).toMatchObject({ Status: 'issued' });
        const got = await certificateNow(made.CertificateId);
        expect(got.Version).toBe(1);
        expect(await keyOf(got)).toBeDefined();
        expect(await orderKey(made)).toBeUndefined();
      }
      // Directory, nonce, order, authorization, challenge, finalization and download are behind us.
      expect(died).toBeGreaterThan(12);
    },
    120_000,
  );

  const TABLES = [
    ...(['outside_order', 'outside_proof', 'outside_certificate', 'certificate_key'] as const),
    ...(['kept_certificate', 'kept_version'] as const),
  ];

  /** Of the tables of outside certificates: puts them back to what they are now. */
  async function databaseNow(): Promise<() => Promise<unknown>> {
    const rows = await Promise.all(TABLES.map((table) => pca.store.read.selectFrom(table).selectAll().execute()));
    return () =>
      pca.tamper(async (db) => {
        for (const [at, table] of TABLES.entries()) {
          await db.deleteFrom(table).execute();
          for (const row of rows[at]!)
            await db
              .insertInto(table)
              .values(row as never)
              .execute();
        }
      });
  }

  it.skipIf(missing).each(['requested', 'proving', 'finalizing'])(
    'are taken up after a restore of a database in which their order was %s',
    async (status) => {
      const made = await order([`restored-${status}.example.test`]);
      for (let turn = 0; (await orderNow(made.OrderId)).Status !== status; turn++) {
        expect(turn).toBeLessThan(60);
        await carryOutOrders.run(pca.deps);
        pca.kms.advance(2_500);
        await new Promise((done) => setTimeout(done, 30));
      }
      const before = await databaseNow();
      expect(await over(made.OrderId)).toMatchObject({ Status: 'issued' });
      const lost = await certificateNow(made.CertificateId);
      await before();
      expect(await orderNow(made.OrderId)).toMatchObject({ Status: status });
      pca.kms.advance(HELD_MS);
      expect(await over(made.OrderId)).toMatchObject({ Status: 'issued' });
      const got = await certificateNow(made.CertificateId);
      // What the CA had issued for the order is kept; an order that it had not got yet is placed again.
      expect(got.SerialNumber === lost.SerialNumber).toBe(status !== 'requested');
      expect(await keyOf(got)).toBeDefined();
      expect(await orderKey(made)).toBeUndefined();
    },
  );

  it.skipIf(missing)('come from a CA that was away, and one that forgot who we are', async () => {
    const made = await order(['away.example.test']);
    await pebble.kill();
    await carryOutOrders.run(pca.deps);
    const stuck = await orderNow(made.OrderId);
    expect(stuck).toMatchObject({ Status: 'requested', Problem: expect.stringContaining('could not be asked') });
    expect(stuck.NextTryAt).toBeGreaterThan(pca.kms.now);
    await pebble.start();
    await root.UpdateOutsideAuthority({ ...about, TrustBundle: await trusted(pebble) });
    expect(await over(made.OrderId, about, 10_000)).toMatchObject({ Status: 'issued' });
    const got = (await pca.records()).map(({ eventName }) => eventName);
    expect(got).toContain('DelayOutsideOrder');
    expect(got).toContain('ForgetOutsideAccount');
  });

  it.skipIf(missing)('are refused when they come from an authority that nobody trusts', async () => {
    const of = await authorityOf(pebble, { TrustBundle: pebble.tlsRoot });
    const made = await order(['untrusted.example.test'], of);
    expect(await over(made.OrderId, of)).toMatchObject({
      Status: 'failed',
      Problem: 'the chain of the certificate does not lead to an authority that is trusted',
    });
    expect(await keptEntry(pca.deps, made.CertificateId)).toBeUndefined();
  });

  it.skipIf(missing)('come from a CA that wants to know who opens an account', async () => {
    const { port } = web.address() as AddressInfo;
    const strict = await startPebble({ httpPort: port, dnsPort, bindings: BINDINGS });
    try {
      const without = await authorityOf(strict);
      const refused = await over((await order(['eab.example.test'], without)).OrderId, without);
      expect(refused).toMatchObject({ Status: 'failed', Problem: expect.stringContaining('externalAccountRequired') });
      expect(refused.NextStep).toContain('ExternalAccountKey');
      const wrong = Buffer.alloc(48, 7).toString('base64url');
      await root.UpdateOutsideAuthority({
        ...without,
        ...{ ExternalAccountKeyId: 'kid-1', ExternalAccountKey: wrong },
      });
      const again = await over((await order(['eab.example.test'], without)).OrderId, without);
      expect(again.Status).toBe('failed');
      await root.UpdateOutsideAuthority({
        ...without,
        ...{ ExternalAccountKeyId: 'kid-1', ExternalAccountKey: BINDINGS['kid-1'] },
      });
      expect(await obtain(['eab.example.test'], without)).toMatchObject({ State: 'active' });
      expect(JSON.stringify(await pca.records())).not.toContain(BINDINGS['kid-1']);
    } finally {
      await strict.stop();
    }
  });

  it.skipIf(missing)('are none of the business of another account, nor of another outside CA', async () => {
    const got = await obtain(['mine.example.test']);
    const stranger = pca.user('stranger', undefined, OTHER_ACCOUNT);
    await expect(stranger.DescribeOutsideAuthority(about)).rejects.toMatchObject({
      code: expect.stringMatching(/NotFound|AccessDenied/),
    });
    const other = await authorityOf(pebble);
    const of = { ...other, CertificateId: got.CertificateId };
    await expect(root.DescribeOutsideCertificate(of)).rejects.toMatchObject({ code: 'NotFound' });
    await expect(root.RenewOutsideCertificate(of)).rejects.toMatchObject({ code: 'NotFound' });
    expect((await root.ListOutsideCertificates(other)).Certificates).toEqual([]);
  });

  it.skipIf(missing)('are not proven by rows that somebody wrote', async () => {
    const made = await order(['forged.example.test']);
    const token = 'a'.repeat(43);
    await pca.tamper((db) => db.insertInto('outside_proof').values({ token, order_id: made.OrderId }).execute());
    expect(await answer(token)).toBeUndefined();
    await pca.tamper((db) =>
      db
        .updateTable('outside_authority')
        .set({ thumbprint: 'B'.repeat(43) })
        .where('outside_authority_id', '=', about.OutsideAuthorityArn.split('/').at(-1)!)
        .execute(),
    );
    await expect(root.DescribeOutsideAuthority(about)).rejects.toMatchObject({ code: 'Internal' });
    await carryOutOrders.run(pca.deps);
    await expect(root.DescribeOutsideOrder({ ...about, OrderId: made.OrderId })).rejects.toBeDefined();
  });

  it.skipIf(missing)('are ordered only for names that can be proven', async () => {
    const other = await authorityOf(pebble);
    for (const name of ['*.example.test', 'localhost', '192.0.2.1', 'exa mple.test', 'a..b'])
      await expect(root.RequestOutsideCertificate({ ...other, Names: [name] })).rejects.toMatchObject({
        code: expect.stringMatching(/InvalidArgs|Validation/),
      });
  });

  it.skipIf(missing)('end with their CA, once no order is under way', async () => {
    const other = await authorityOf(pebble);
    const made = await order(['last.example.test'], other);
    await expect(root.DeleteOutsideAuthority(other)).rejects.toMatchObject({ code: 'InvalidState' });
    await root.CancelOutsideOrder({ ...other, OrderId: made.OrderId });
    await root.DeleteOutsideAuthority(other);
    await expect(root.DescribeOutsideAuthority(other)).rejects.toMatchObject({ code: 'NotFound' });
  });

  it.skipIf(missing)('have anchors that can be read', async () => {
    expect(readAnchors(readPem(await trusted(pebble), ['CERTIFICATE']) ?? [])).toHaveLength(2);
    expect(pca.deps.outside.anchors().length).toBeGreaterThan(100);
  });
});
