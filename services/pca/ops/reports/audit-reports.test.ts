import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeAuditReports } from '../../jobs/reports/write-audit-reports.ts';
import { type PcaClient, PcaHarness } from '../../testing/harness.ts';
import { createAuthority, issue, makeRoot, refused, template, Workplace } from '../../testing/hierarchy.ts';

const openssl = new Workplace();
let pca: PcaHarness;
let admin: PcaClient;
let CertificateAuthorityArn: string;

beforeAll(async () => {
  pca = await PcaHarness.open();
  admin = pca.user('admin');
  CertificateAuthorityArn = await makeRoot(admin);
  const TemplateArn = template('EndEntityClientAuthCertificate');
  for (const name of ['/CN=plain', '/CN=with, comma and "quotes"', '/CN==HYPERLINK(1)'])
    await issue(admin, CertificateAuthorityArn, { Csr: openssl.csr(name), TemplateArn });
});
afterAll(async () => {
  openssl.close();
  await pca.close();
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
    expect(lines[0]).toContain('certificateArn,serial,subject');
    expect(lines.join()).toContain('"CN=with, comma and ""quotes"""');
    expect(lines.every((line) => !/(^|,)"?[=+@]/.test(line))).toBe(true);
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
  });

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
