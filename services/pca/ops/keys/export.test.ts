/** Certificates as files and the keys that are kept with them, with openssl as the judge. */
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type PostgresServer,
  postgresMissing,
  startPostgres,
} from '../../../../platform/store/testing/postgres-server.ts';
import { readPkcs12 } from '../../domain/pkcs12/read.ts';
import { DAY_MS } from '../../domain/validity.ts';
import { destroyAuthorities } from '../../jobs/destroy-authorities.ts';
import { renewRows } from '../../jobs/renew-rows.ts';
import { type PcaClient, PcaHarness } from '../../testing/harness.ts';
import { makeRoot, makeSubordinate, refused, Workplace } from '../../testing/hierarchy.ts';

const SECRET = 'correct horse battery';
/** A fresh one: who gets it zeroes it. */
const passphrase = (text = SECRET) => Buffer.from(text);

describe.each([
  ['sqlite', undefined],
  ['postgres', postgresMissing()],
] as const)('on %s', (engine, missing) => {
  let server: PostgresServer | undefined;
  let pca: PcaHarness;
  let admin: PcaClient;
  let root: string;
  let issuing: string;
  /** One whose key is kept. */
  let arn: string;
  let certificate: string;
  let chain: string;
  const openssl = new Workplace();

  beforeAll(async () => {
    if (missing) return;
    if (engine === 'postgres') server = await startPostgres();
    pca = await PcaHarness.open(server ? { url: await server.database() } : {});
    admin = pca.user('admin');
    root = await makeRoot(admin);
    issuing = await makeSubordinate(admin, root);
    const made = await keep();
    ({ CertificateArn: arn, Certificate: certificate, CertificateChain: chain = '' } = made);
  }, 60_000);
  afterAll(async () => {
    openssl.close();
    await pca?.close();
    await server?.stop();
  });

  const keep = (CertificateAuthorityArn = issuing) =>
    admin.IssueCertificateWithKey({
      CertificateAuthorityArn,
      KeyAlgorithm: 'EC_prime256v1',
      SubjectAlternativeNames: [{ DnsName: 'www.example.com' }],
      Validity: { Type: 'DAYS', Value: 90 },
      KeyFormat: 'PEM',
      KeepKey: true,
    });
  const of = (CertificateArn: string) => ({ CertificateAuthorityArn: issuing, CertificateArn });
  const kept = () => pca.store.read.selectFrom('certificate_key').selectAll().execute();
  const isKeyOf = (pem: Buffer | string, certificate: string) =>
    createPublicKey(createPrivateKey(pem)).equals(new X509Certificate(certificate).publicKey);

  describe.skipIf(missing)('an export', () => {
    it('is PEM as servers want it, DER, or PKCS #7 that openssl reads', async () => {
      expect((await admin.DownloadCertificate({ CertificateArn: arn })).Content.toString()).toBe(certificate + chain);
      const { Content: der } = await admin.DownloadCertificate({ CertificateArn: arn, Format: 'DER' });
      expect(der).toEqual(new X509Certificate(certificate).raw);
      const { Content: p7 } = await admin.DownloadCertificate({ CertificateArn: arn, Format: 'PKCS7' });
      const printed = openssl.openssl('pkcs7', '-inform', 'DER', '-in', openssl.file(p7), '-print_certs');
      expect(printed.match(/BEGIN CERTIFICATE/g)).toHaveLength(3);
      for (const pem of certificate.match(/^[A-Za-z0-9+/=]{20,}$/gm)!) expect(printed).toContain(pem);
    });

    it('gives the key in each format, as often as it is asked for', async () => {
      const plain = await admin.ExportPrivateKey({ ...of(arn), KeyFormat: 'PEM' });
      expect(isKeyOf(plain.PrivateKey, certificate)).toBe(true);
      expect(plain).toMatchObject({ CertificateArn: arn, Certificate: certificate, CertificateChain: chain });
      const shrouded = await admin.ExportPrivateKey({
        ...of(arn),
        KeyFormat: 'ENCRYPTED_PEM',
        Passphrase: passphrase(),
      });
      const opened = openssl.openssl('pkey', '-in', openssl.file(shrouded.PrivateKey), '-passin', `pass:${SECRET}`);
      expect(createPrivateKey(opened).equals(createPrivateKey(plain.PrivateKey))).toBe(true);
      const store = await admin.ExportPrivateKey({ ...of(arn), Passphrase: passphrase() });
      const read = await readPkcs12(store.PrivateKey, passphrase());
      expect(
        createPrivateKey({ key: read.key!, format: 'der', type: 'pkcs8' }).equals(createPrivateKey(plain.PrivateKey)),
      ).toBe(true);
    });

    it('is recorded, without key and password', async () => {
      const { PrivateKey } = await admin.ExportPrivateKey({ ...of(arn), KeyFormat: 'PEM' });
      await admin.ExportPrivateKey({ ...of(arn), Passphrase: passphrase() });
      const record = (await pca.records()).at(-1)!;
      expect(record).toMatchObject({ eventName: 'ExportPrivateKey', requestParameters: of(arn) });
      expect(record.resources?.map(({ ARN }) => ARN)).toEqual([issuing, arn]);
      const everything = JSON.stringify([
        await pca.records(),
        await pca.store.read
          .selectFrom('idempotency' as never)
          .selectAll()
          .execute(),
      ]);
      const [, line] = PrivateKey.toString().split('\n');
      for (const secret of [SECRET, Buffer.from(SECRET).toString('base64'), line!])
        expect(everything).not.toContain(secret);
    });

    it('does not look whether the certificate is revoked: old mail is still to be read', async () => {
      const made = await keep();
      const CertificateSerial = made.CertificateArn.split('/').at(-1)!;
      await admin.RevokeCertificate({
        CertificateAuthorityArn: issuing,
        CertificateSerial,
        RevocationReason: 'SUPERSEDED',
      });
      expect((await admin.ExportPrivateKey({ ...of(made.CertificateArn), KeyFormat: 'PEM' })).PrivateKey).toEqual(
        made.PrivateKey,
      );
    });

    it.each<[string, () => Promise<unknown>, string, string]>([
      [
        'a certificate that is not there',
        () => admin.ExportPrivateKey({ ...of(`${issuing}/certificate/00ff`), KeyFormat: 'PEM' }),
        'NotFound',
        'does not exist',
      ],
      [
        'a certificate of another authority',
        () => admin.ExportPrivateKey({ ...of(arn.replace(issuing, root)), KeyFormat: 'PEM' }),
        'NotFound',
        'does not exist',
      ],
      ['no password', () => admin.ExportPrivateKey(of(arn)), 'InvalidArgs', 'needs a password'],
      [
        'a weak password',
        () => admin.ExportPrivateKey({ ...of(arn), Passphrase: passphrase('aaaaaaaaaaaaaaa') }),
        'InvalidArgs',
        'five different',
      ],
    ])('is refused for %s', async (_what, ask, code, message) => {
      await expect(ask()).rejects.toMatchObject(refused(code, message));
    });

    it('refuses a key that was put in the place of another one', async () => {
      const [one, two] = [await keep(), await keep()];
      const row = (await kept()).find((key) => key.certificate_arn === two.CertificateArn)!;
      await pca.tamper((db) =>
        db
          .updateTable('certificate_key')
          .set({ sealed: row.sealed, row_mac: row.row_mac })
          .where('certificate_arn', '=', one.CertificateArn)
          .execute(),
      );
      await expect(admin.ExportPrivateKey({ ...of(one.CertificateArn), KeyFormat: 'PEM' })).rejects.toMatchObject(
        refused('Internal'),
      );
    });

    it('opens after the rows were renewed', async () => {
      await renewRows.run(pca.deps);
      expect(isKeyOf((await admin.ExportPrivateKey({ ...of(arn), KeyFormat: 'PEM' })).PrivateKey, certificate)).toBe(
        true,
      );
    });
  });

  describe.skipIf(missing)('the deletion of a key', () => {
    it('is confirmed in words, and final', async () => {
      const { CertificateArn } = await keep();
      const serial = CertificateArn.split('/').at(-1)!;
      for (const Confirmation of [undefined, 'yes', 'delete the key of 00ff'])
        await expect(admin.DeleteCertificateKey({ ...of(CertificateArn), Confirmation })).rejects.toMatchObject(
          refused('InvalidRequest', 'has to be confirmed'),
        );
      const Confirmation = `delete the key of ${serial}`;
      await admin.DeleteCertificateKey({ ...of(CertificateArn), Confirmation });
      expect((await pca.records()).at(-1)).toMatchObject({ eventName: 'DeleteCertificateKey' });
      await expect(admin.ExportPrivateKey({ ...of(CertificateArn), KeyFormat: 'PEM' })).rejects.toMatchObject(
        refused('NotFound', 'not kept'),
      );
      await expect(admin.DeleteCertificateKey({ ...of(CertificateArn), Confirmation })).rejects.toMatchObject(
        refused('NotFound', 'not kept'),
      );
      expect((await admin.GetCertificate(of(CertificateArn))).Certificate).toContain('BEGIN CERTIFICATE');
    });

    it('comes with the end of the authority: nobody can ask for it any more', async () => {
      const [own, other] = [await makeSubordinate(admin, root, 'to be destroyed'), await keep()];
      const { CertificateArn } = await keep(own);
      const about = { CertificateAuthorityArn: own };
      await admin.UpdateCertificateAuthority({ ...about, Status: 'DISABLED' });
      await admin.DeleteCertificateAuthority({ ...about, PermanentDeletionTimeInDays: 7 });
      const arns = async () => (await kept()).map((row) => row.certificate_arn);
      pca.kms.advance(7 * DAY_MS - 1);
      await destroyAuthorities.run(pca.deps);
      expect(await arns()).toContain(CertificateArn);
      pca.kms.advance(1);
      await destroyAuthorities.run(pca.deps);
      expect(await arns()).not.toContain(CertificateArn);
      expect(await arns()).toContain(other.CertificateArn);
    });
  });
});
