/** Certificate authorities for the matrix, in the state that each operation needs. */
import type { AnyOperation } from '../../platform/contract/operation.ts';

type Input = Record<string, unknown>;
type Ask = (path: string, input: Input) => Promise<Input>;

/** Of authorities without a certificate nothing else can be asked. */
const NEEDS_CERTIFICATE: ReadonlySet<string> = new Set([
  'IssueCertificate',
  'PreviewCertificate',
  'GetCertificate',
  'GetCertificateAuthorityCertificate',
  'UpdateCertificateAuthority',
  'CreateCertificateAuthorityAuditReport',
  'DescribeCertificateAuthorityAuditReport',
  'GetCertificateAuthorityAuditReport',
  'CreateCertificateAuthorityAuditReport',
  'DescribeCertificateAuthorityAuditReport',
  'GetCertificateAuthorityAuditReport',
]);

/** Reports are written by a job. */
async function written(ask: Ask, authority: Input, AuditReportId: string): Promise<void> {
  for (;;) {
    const { AuditReportStatus } = await ask('/v1/pca/describe-certificate-authority-audit-report', {
      ...authority,
      AuditReportId,
    });
    if (AuditReportStatus !== 'CREATING') return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const NEVER = { StringEquals: { 'aws:PrincipalAccount': '000000000000' } };

export async function makeAuthority(
  { name, examples }: AnyOperation,
  ask: Ask,
): Promise<{ authorityArn?: string; certificateArn?: string; auditReportId?: string }> {
  if (name === 'UnblockKey') await ask('/v1/pca/block-key', { ...examples[0]?.input, Reason: 'to be unblocked' });
  if (/^CreateCertificateAuthority$|^ListCertificateAuthorities$|BlockKey|BlockedKeys|UnblockKey/.test(name)) return {};
  const made = await ask('/v1/pca/create-certificate-authority', {
    CertificateAuthorityType: 'ROOT',
    CertificateAuthorityConfiguration: {
      KeyAlgorithm: 'EC_prime256v1',
      SigningAlgorithm: 'SHA256WITHECDSA',
      Subject: { CommonName: 'matrix' },
    },
  });
  const authorityArn = made.CertificateAuthorityArn as string;
  const authority = { CertificateAuthorityArn: authorityArn };
  if (name === 'GetPolicy') {
    const Allow = { Effect: 'Allow', Principal: '*', Action: 'acm-pca:GetCertificate', Resource: '*' };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ ...Allow, Condition: NEVER }] });
    await ask('/v1/pca/put-policy', { ResourceArn: authorityArn, Policy });
  }
  if (name === 'DeletePermission')
    await ask('/v1/pca/create-permission', {
      ...authority,
      Principal: 'acm.amazonaws.com',
      Actions: ['GetCertificate'],
    });
  if (name === 'RestoreCertificateAuthority') await ask('/v1/pca/delete-certificate-authority', authority);
  if (!NEEDS_CERTIFICATE.has(name)) return { authorityArn };
  const { Csr } = await ask('/v1/pca/get-certificate-authority-csr', authority);
  const issued = await ask('/v1/pca/issue-certificate', {
    ...authority,
    Csr: Buffer.from(Csr as string).toString('base64'),
    SigningAlgorithm: 'SHA256WITHECDSA',
    TemplateArn: 'arn:aws:acm-pca:::template/RootCACertificate/V1',
    Validity: { Type: 'YEARS', Value: 10 },
  });
  const certificateArn = issued.CertificateArn as string;
  const { Certificate } = await ask('/v1/pca/get-certificate', { ...authority, CertificateArn: certificateArn });
  await ask('/v1/pca/import-certificate-authority-certificate', {
    ...authority,
    Certificate: Buffer.from(Certificate as string).toString('base64'),
  });
  if (!name.endsWith('AuditReport') || name.startsWith('Create')) return { authorityArn, certificateArn };
  const report = await ask('/v1/pca/create-certificate-authority-audit-report', {
    ...authority,
    S3BucketName: 'reports',
    AuditReportResponseFormat: 'JSON',
  });
  const auditReportId = report.AuditReportId as string;
  if (name.startsWith('Get')) await written(ask, authority, auditReportId);
  return { authorityArn, certificateArn, auditReportId };
}
