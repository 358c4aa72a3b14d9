import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectStoreOptions } from '../../../../platform/objects/index.ts';
import { type S3Server, startS3 } from '../../../../platform/objects/testing/s3-server.ts';
import { writeAuditReports } from '../../jobs/reports/write-audit-reports.ts';
import { type PcaClient, PcaHarness } from '../../testing/harness.ts';
import { createAuthority, issue, makeRoot, refused, template, Workplace } from '../../testing/hierarchy.ts';

const openssl = new Workplace();
const folder = mkdtempSync(join(tmpdir(), 'pca-reports-'));
let s3: S3Server;
let pca: PcaHarness;
let admin: PcaClient;
let CertificateAuthorityArn: string;

beforeAll(async () => {
  s3 = await startS3('reports-s3');
  const { url, region, credentials } = s3;
  pca = await PcaHarness.open({
    reportStores: new Map<string, ObjectStoreOptions>([
      ['reports-s3', { kind: 's3', url, region, credentials }],
      ['reports-folder', { kind: 'folder', folder }],
      ['reports-away', { kind: 's3', url: 'http://127.0.0.1:1/reports', region, credentials }],
    ]),
  });
  admin = pca.user('admin');
  CertificateAuthorityArn = await makeRoot(admin);
  const TemplateArn = template('EndEntityClientAuthCertificate');
  for (const name of ['/CN=plain', '/CN=with, comma and "quotes"', '/CN==HYPERLINK(1)'])
    await issue(admin, CertificateAuthorityArn, { Csr: openssl.csr(name), TemplateArn });
});
afterAll(async () => {
  openssl.close();
  await pca.close();
  await s3.stop();
  rmSync(folder, { recursive: true, force: true });
});

const create = (AuditReportResponseFormat: 'JSON' | 'CSV', S3BucketName = 'reports') =>
  admin.CreateCertificateAuthorityAuditReport({ CertificateAuthorityArn, S3BucketName, AuditReportResponseFormat });
const status = async (AuditReportId: string) =>
  (await admin.DescribeCertificateAuthorityAuditReport({ CertificateAuthorityArn, AuditReportId })).AuditReportStatus;

async function report(format: 'JSON' | 'CSV'): Promise<string> {
  const { AuditReportId } = await create(format);
  await writeAuditReports.run(pca.deps);
  const got = await admin.GetCertificateAuthorityAuditReport({ CertificateAuthorityArn, AuditReportId });
  expect(got.Size).toBe(got.Content.length);
  expect(got.Sha256).toBe(createHash('sha256').update(got.Content).digest('hex'));
  expect(got).not.toHaveProperty('NextOffset');
  const end = await admin.GetCertificateAuthorityAuditReport({
    CertificateAuthorityArn,
    AuditReportId,
    Offset: got.Size - 5,
  });
  expect(end.Content).toEqual(got.Content.subarray(-5));
  return got.Content.toString();
}

describe('an audit report', () => {
  it('as JSON says of every certificate what it is', async () => {
    const entries = JSON.parse(await report('JSON')) as Record<string, string>[];
    expect(entries.map(({ subject }) => subject).sort()).toEqual([
      'CN==HYPERLINK(1)',
      'CN=plain',
      'CN=with, comma and "quotes"',
      'O=Example, CN=root',
    ]);
    const root = entries.find(({ subject }) => subject?.startsWith('O='))!;
    expect(root).toMatchObject({ awsAccountId: '111122223333', templateArn: template('RootCACertificate') });
    expect(root.certificateArn).toBe(`${CertificateAuthorityArn}/certificate/${root.serial?.replaceAll(':', '')}`);
    expect(root.notBefore).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/);
  });

  it('as CSV is a table that no spreadsheet takes for a formula', async () => {
    const lines = (await report('CSV')).split('\r\n');
    expect(lines).toHaveLength(6);
    expect(lines[0]).toBe(
      'awsAccountId,requestedByServicePrincipal,certificateArn,serial,subject,notBefore,notAfter,issuedAt,revokedAt,revocationReason,templateArn,requestedBy',
    );
    expect(lines.join()).toContain('"CN=with, comma and ""quotes"""');
    expect(lines.every((line) => !/(^|,)"?[=+@]/.test(line))).toBe(true);
  });

  it('says what is revoked or on hold, since when and why', async () => {
    const TemplateArn = template('EndEntityClientAuthCertificate');
    const serials: string[] = [];
    for (const name of ['revoked', 'held', 'released']) {
      const { Certificate } = await issue(admin, CertificateAuthorityArn, {
        Csr: openssl.csr(`/CN=${name}`),
        TemplateArn,
      });
      const printed = openssl.openssl('x509', '-in', openssl.file(Certificate), '-noout', '-serial');
      serials.push(printed.trim().replace('serial=', ''));
    }
    const [revoked, held, released] = serials.map((CertificateSerial) => ({
      CertificateAuthorityArn,
      CertificateSerial,
    }));
    await admin.RevokeCertificate({ ...revoked!, RevocationReason: 'SUPERSEDED' });
    await admin.HoldCertificate(held!);
    await admin.HoldCertificate(released!);
    await admin.ReleaseCertificateHold(released!);
    const at = new Date(Math.floor(pca.kms.now / 1000) * 1000).toISOString().replace('.000Z', '+0000');
    const entries = JSON.parse(await report('JSON')) as Record<string, string>[];
    const of = (name: string) => entries.find(({ subject }) => subject === `CN=${name}`);
    expect(of('revoked')).toMatchObject({ revokedAt: at, revocationReason: 'SUPERSEDED' });
    expect(of('held')).toMatchObject({ revokedAt: at, revocationReason: 'CERTIFICATE_HOLD' });
    for (const name of ['released', 'plain']) expect(of(name)).not.toHaveProperty('revokedAt');
    const line = (await report('CSV')).split('\r\n').find((one) => one.includes('CN=revoked'));
    expect(line).toContain(`,${at},SUPERSEDED,${TemplateArn},`);
  });

  it('is in the store of the name of the bucket, for nobody else', async () => {
    const { AuditReportId, S3Key } = await create('CSV', 'reports-s3');
    await writeAuditReports.run(pca.deps);
    expect(await status(AuditReportId)).toBe('SUCCESS');
    const target = join(folder, 'got.csv');
    const got = s3.aws('s3api', 'get-object', '--bucket', 'reports-s3', '--key', S3Key, target);
    expect(got).toMatchObject({ ContentType: 'text/csv; charset=utf-8', CacheControl: 'private, no-store' });
    const { Content } = await admin.GetCertificateAuthorityAuditReport({ CertificateAuthorityArn, AuditReportId });
    expect(readFileSync(target)).toEqual(Content);
    const other = await create('JSON', 'reports-folder');
    await writeAuditReports.run(pca.deps);
    expect(await status(other.AuditReportId)).toBe('SUCCESS');
    const file = join(folder, other.S3Key);
    expect([statSync(file).mode & 0o777, statSync(join(file, '..')).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(JSON.parse(readFileSync(file, 'utf8')).length).toBeGreaterThan(3);
  });

  it('has failed when its store cannot be used', async () => {
    const { AuditReportId } = await create('JSON', 'reports-away');
    await writeAuditReports.run(pca.deps);
    expect(await status(AuditReportId)).toBe('FAILED');
  });

  it('is one at a time, and tells how far it is', async () => {
    const { AuditReportId, S3Key } = await create('JSON');
    expect(S3Key).toBe(`audit-report/${CertificateAuthorityArn.split('/').at(-1)}/${AuditReportId}.json`);
    expect(await status(AuditReportId)).toBe('CREATING');
    await expect(create('CSV')).rejects.toMatchObject(refused('RequestInProgress'));
    await expect(
      admin.GetCertificateAuthorityAuditReport({ CertificateAuthorityArn, AuditReportId }),
    ).rejects.toMatchObject(refused('RequestInProgress'));
    await writeAuditReports.run(pca.deps);
    expect(await status(AuditReportId)).toBe('SUCCESS');
    const folder = join(pca.deps.settings.dataFolder, 'pca-reports', '111122223333', 'reports', S3Key, '..');
    expect(readdirSync(folder).filter((name) => name.endsWith('.unfinished'))).toEqual([]);
  });

  it('that cannot be written has failed, and another one may be asked for', async () => {
    // A report of a certificate whose row was changed would be wrong.
    const { AuditReportId } = await create('JSON');
    const revocations = await pca.store.read.selectFrom('revocation').selectAll().execute();
    await pca.tamper((db) => db.deleteFrom('revocation').execute());
    await writeAuditReports.run(pca.deps);
    expect(await status(AuditReportId)).toBe('FAILED');
    await pca.tamper((db) => db.insertInto('revocation').values(revocations).execute());
    await forged((await create('JSON')).AuditReportId);
  });

  async function forged(AuditReportId: string) {
    await pca.tamper((db) =>
      db
        .updateTable('certificate')
        .set({ requested_by: 'forged' })
        .where('template', '=', 'RootCACertificate')
        .execute(),
    );
    await writeAuditReports.run(pca.deps);
    expect(await status(AuditReportId)).toBe('FAILED');
    await expect(
      admin.GetCertificateAuthorityAuditReport({ CertificateAuthorityArn, AuditReportId }),
    ).rejects.toMatchObject(refused('RequestFailed'));
    expect(await status((await create('JSON')).AuditReportId)).toBe('CREATING');
    await writeAuditReports.run(pca.deps);
  }

  it.each(['../../etc', 'a/b', 'Upper', 'a..b', '-ab'])('is not written into %s', async (bucket) =>
    expect(create('JSON', bucket)).rejects.toMatchObject(refused('InvalidArgs', 'no name of a bucket')),
  );

  it('of an authority without a certificate is refused, and one of another authority is not found', async () => {
    const other = await createAuthority(admin, 'ROOT', 'other');
    const asked = {
      CertificateAuthorityArn: other,
      S3BucketName: 'reports',
      AuditReportResponseFormat: 'JSON',
    } as const;
    await expect(admin.CreateCertificateAuthorityAuditReport(asked)).rejects.toMatchObject(refused('InvalidState'));
    const { AuditReportId } = await create('JSON');
    await expect(
      admin.DescribeCertificateAuthorityAuditReport({ CertificateAuthorityArn: other, AuditReportId }),
    ).rejects.toMatchObject(refused('NotFound'));
  });
});
