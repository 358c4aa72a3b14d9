/** Certificates from a CA outside, which is pebble: got, renewed, revoked, and what happens when it says no or is away. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { askPca, makeIssuer, type NamesServer, startNames } from '../harness/acme.ts';
import { runPage } from '../harness/page.ts';
import { type Pebble, startPebble } from '../harness/pebble.ts';
import { native } from '../harness/signed.ts';

const server = inject('server');
/** A CA that reaches nobody is asked again for half a minute. */
const ORDER_MS = 120_000;

type Input = Record<string, unknown>;
interface Order {
  OrderId: string;
  CertificateId: string;
  CertificateArn: string;
  Status: string;
  Problem?: string;
  NextStep?: string;
}
interface Certificate {
  CertificateId: string;
  CertificateArn: string;
  State: string;
  Version: number;
  SerialNumber: string;
  NotBefore: string;
  NotAfter: string;
  RenewAt?: string;
  Problem?: string;
  NextStep?: string;
}

const ask = <Answer>(operation: string, input: Input) => askPca<Answer>(server, operation, input);
let names: NamesServer;
let pebble: Pebble;
let about: { OutsideAuthorityArn: string };

beforeAll(async () => {
  names = await startNames(server);
  pebble = await startPebble({ httpPort: Number(new URL(server.pkiUrl).port), dnsPort: server.acme.dnsPort });
  about = await authorityOf(pebble);
});

afterAll(async () => {
  names?.stop();
  await pebble?.stop();
});

async function authorityOf(ca: Pebble, more: Input = {}) {
  const { OutsideAuthority } = await ask<{ OutsideAuthority: { Arn: string } }>('create-outside-authority', {
    DirectoryUrl: ca.directoryUrl,
    Contacts: ['mailto:ops@example.test'],
    TermsOfServiceAgreed: true,
    TrustBundle: ca.tlsRoot + (await ca.issuingRoot()),
    ...more,
  });
  return { OutsideAuthorityArn: OutsideAuthority.Arn };
}

const order = async (of: Input, ...Names: string[]) =>
  (await ask<{ Order: Order }>('request-outside-certificate', { ...of, Names })).Order;

const describeOrder = async (of: Input, OrderId: string) =>
  (await ask<{ Order: Order }>('describe-outside-order', { ...of, OrderId })).Order;

const describeCertificate = async (of: Input, CertificateId: string) =>
  (await ask<{ Certificate: Certificate }>('describe-outside-certificate', { ...of, CertificateId })).Certificate;

async function until<T>(look: () => Promise<T>, isThere: (found: T) => boolean): Promise<T> {
  for (const end = Date.now() + ORDER_MS; ; ) {
    const found = await look();
    if (isThere(found)) return found;
    if (Date.now() > end) throw new Error(`still ${JSON.stringify(found)}`);
    await new Promise((done) => setTimeout(done, 200));
  }
}

const over = (of: Input, { OrderId }: Order) =>
  until(
    () => describeOrder(of, OrderId),
    ({ Status }) => ['issued', 'failed', 'cancelled'].includes(Status),
  );

async function obtain(of: Input, ...Names: string[]): Promise<Certificate> {
  const ended = await over(of, await order(of, ...Names));
  expect(ended).toMatchObject({ Status: 'issued' });
  return describeCertificate(of, ended.CertificateId);
}

describe('a certificate from outside', { timeout: 2 * ORDER_MS }, () => {
  it('is got for its names', async () => {
    const got = await obtain(about, 'www.example.test', 'example.test');
    expect(got).toMatchObject({ State: 'active', Version: 1, Names: ['www.example.test', 'example.test'] });
    const [begins, ends, renewed] = [got.NotBefore, got.NotAfter, got.RenewAt as string].map(Date.parse);
    expect(Math.abs((ends! - renewed!) / (ends! - begins!) - 1 / 3)).toBeLessThan(0.01);
  });

  it('is renewed when its CA suggests it: another installation of this product (RFC 9773)', async () => {
    const issuer = await makeIssuer(server, 'Suggesting root');
    const { Directory } = await ask<{ Directory: { DirectoryId: string; Path: string } }>('create-acme-directory', {
      CertificateAuthorityArn: issuer.arn,
      Name: 'suggests',
      Zones: ['suggested.test'],
      PreapprovedZones: ['suggested.test'],
      // Within ten days its server suggests the half of the life, where we would wait for two thirds.
      ValidityDays: 7,
    });
    const inDirectory = { CertificateAuthorityArn: issuer.arn, DirectoryId: Directory.DirectoryId };
    const { Key, MacKey } = await ask<{ Key: { ExternalAccountKeyId: string }; MacKey: string }>(
      'create-acme-external-account-key',
      inDirectory,
    );
    const { OutsideAuthority } = await ask<{ OutsideAuthority: { Arn: string } }>('create-outside-authority', {
      DirectoryUrl: server.endpoint + Directory.Path,
      TermsOfServiceAgreed: true,
      TrustBundle: readFileSync(server.caPath, 'utf8') + issuer.pem,
      ...{ ExternalAccountKeyId: Key.ExternalAccountKeyId, ExternalAccountKey: MacKey },
    });
    const of = { OutsideAuthorityArn: OutsideAuthority.Arn };
    const { CertificateId } = await obtain(of, 'www.suggested.test');
    const lived = ({ NotBefore, NotAfter, RenewAt = NotAfter }: Certificate) => {
      const [begins = 0, ends = 0, renewed = 0] = [NotBefore, NotAfter, RenewAt].map(Date.parse);
      return (renewed - begins) / (ends - begins);
    };
    const got = await until(
      () => describeCertificate(of, CertificateId),
      (certificate) => lived(certificate) < 0.6,
    );
    expect(Math.abs(lived(got) - 1 / 2)).toBeLessThan(0.011);
    // The next one says which it follows, and the same server takes that.
    const { Order: next } = await ask<{ Order: Order }>('renew-outside-certificate', { ...of, CertificateId });
    expect(await over(of, next)).toMatchObject({ Status: 'issued' });
    expect(await describeCertificate(of, CertificateId)).toMatchObject({ Version: 2 });
  });

  it('is renewed under its id, with another key, when somebody asks', async () => {
    const first = await obtain(about, 'renewed.example.test');
    const { Order: next } = await ask<{ Order: Order }>('renew-outside-certificate', {
      ...about,
      CertificateId: first.CertificateId,
    });
    expect(await over(about, next)).toMatchObject({ Status: 'issued', CertificateId: first.CertificateId });
    const second = await describeCertificate(about, first.CertificateId);
    expect(second.Version).toBe(2);
    expect(second.SerialNumber).not.toBe(first.SerialNumber);
  });

  it('is revoked at the CA, and not renewed after that', async () => {
    const got = await obtain(about, 'revoked.example.test');
    const of = { ...about, CertificateId: got.CertificateId };
    await ask('revoke-outside-certificate', { ...of, RevocationReason: 'SUPERSEDED' });
    await until(
      () => describeCertificate(about, got.CertificateId),
      ({ State }) => State === 'revoked',
    );
    expect(await pebble.isRevoked(got.SerialNumber)).toBe(true);
    const again = await native(server, '/v1/pca/renew-outside-certificate', of);
    expect([again.status, again.json().code]).toEqual([409, 'InvalidState']);
  });

  it('is not got when port 80 leads elsewhere, and the order says what to do', async () => {
    const elsewhere = await startPebble({ httpPort: server.acme.httpPort, dnsPort: server.acme.dnsPort });
    try {
      const of = await authorityOf(elsewhere);
      const ended = await over(of, await order(of, 'nowhere.example.test'));
      expect(ended.Status).toBe('failed');
      expect(ended.Problem).toContain('the CA says connection');
      expect(ended.NextStep).toContain('PKI listener');
    } finally {
      await elsewhere.stop();
    }
  });

  it('is got from a CA that wants to know who opens an account, by its key alone', async () => {
    const secret = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';
    const at = { httpPort: Number(new URL(server.pkiUrl).port), dnsPort: server.acme.dnsPort };
    const strict = await startPebble({ ...at, bindings: { 'kid-1': secret } });
    try {
      const without = await authorityOf(strict);
      expect(await over(without, await order(without, 'eab.example.test'))).toMatchObject({
        Status: 'failed',
        Problem: expect.stringContaining('externalAccountRequired'),
      });
      const bound = await authorityOf(strict, { ExternalAccountKeyId: 'kid-1', ExternalAccountKey: secret });
      await obtain(bound, 'eab.example.test');
    } finally {
      await strict.stop();
    }
  });

  it('is got when its CA is back, though that one forgot our account', async () => {
    await pebble.kill();
    const made = await order(about, 'away.example.test');
    const stuck = await until(
      () => describeOrder(about, made.OrderId),
      ({ Problem }) => Problem !== undefined,
    );
    expect(stuck).toMatchObject({ Status: 'requested', Problem: expect.stringContaining('could not be asked') });
    await pebble.start();
    const TrustBundle = pebble.tlsRoot + (await pebble.issuingRoot());
    await ask('update-outside-authority', { ...about, TrustBundle });
    expect(await over(about, made)).toMatchObject({ Status: 'issued' });
  });
});

describe('the page about CAs outside', () => {
  it('works as it is written down', { timeout: 1_200_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parapet-page-'));
    const TRUST = join(folder, 'trust.pem');
    writeFileSync(TRUST, pebble.tlsRoot + (await pebble.issuingRoot()));
    try {
      const more = { DIRECTORY: pebble.directoryUrl, TRUST };
      const path = 'docs/how-to/renew-at-an-outside-ca.md';
      const { shown, printed, ...ran } = await runPage(server, path, folder, more);
      expect(ran).toEqual({ code: 0, stderr: '' });
      expect(printed).toEqual(shown);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
