/** Certificate authorities for the matrix, in the state that each operation needs. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { AnyOperation } from '../../platform/contract/operation.ts';

type Input = Record<string, unknown>;
type Ask = (path: string, input: Input) => Promise<Input>;

/** Of authorities without a certificate nothing else can be asked. */
const NEEDS_CERTIFICATE: ReadonlySet<string> = new Set([
  'IssueCertificate',
  'PreviewCertificate',
  'IssueCertificateWithKey',
  'GetCertificate',
  'GetCertificateAuthorityCertificate',
  'UpdateCertificateAuthority',
  'CreateCertificateAuthorityAuditReport',
  'DescribeCertificateAuthorityAuditReport',
  'GetCertificateAuthorityAuditReport',
  'ExportPrivateKey',
  'DeleteCertificateKey',
  'ReissueCertificate',
]);

/** About the key that is kept with a certificate. */
const ON_KEY: ReadonlySet<string> = new Set(['ExportPrivateKey', 'DeleteCertificateKey']);

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

/** About a certificate below the root, by its serial number; what has to happen to it before. */
const ON_CERTIFICATE: ReadonlyMap<string, readonly string[]> = new Map([
  ['RevokeCertificate', []],
  ['HoldCertificate', []],
  ['ReleaseCertificateHold', ['hold-certificate']],
  ['ReportKeyCompromise', ['revoke-certificate']],
  ['GetRevocationStatus', []],
  ['PreviewRevocation', []],
]);

/** On a certificate from elsewhere. */
export function isOnUploaded({ name, authz }: AnyOperation): boolean {
  return typeof authz === 'object' && authz.resource === 'acm-pca:certificate' && !ON_KEY.has(name);
}

export interface PcaObjects {
  authorityArn?: string;
  certificateArn?: string;
  auditReportId?: string;
  acmeDirectory?: string;
  acmeKey?: string;
  outsideArn?: string;
  outsideOrder?: string;
}

export async function makeAuthority(operation: AnyOperation, ask: Ask): Promise<PcaObjects> {
  const { name, examples } = operation;
  if (name === 'UnblockKey') await ask('/v1/pca/block-key', { ...examples[0]?.input, Reason: 'to be unblocked' });
  if (/^CreateCertificateAuthority$|^ListCertificateAuthorities$|BlockKey|BlockedKeys|UnblockKey/.test(name)) return {};
  if (name === 'UploadCertificate') return {};
  if (isOnUploaded(operation)) return { certificateArn: await upload(ask, name) };
  if (name.includes('Outside')) return name === 'CreateOutsideAuthority' ? {} : makeOutside(ask, name);
  const authorityArn = await newAuthority(ask, 'ROOT');
  const authority = { CertificateAuthorityArn: authorityArn };
  if (name === 'RestoreCertificateAuthority') await ask('/v1/pca/delete-certificate-authority', authority);
  await share(ask, name, authorityArn);
  if (name.includes('Acme')) return { authorityArn, ...(await makeDirectory(ask, authority)) };
  const before = ON_CERTIFICATE.get(name);
  if (!NEEDS_CERTIFICATE.has(name) && !before) return { authorityArn };
  const certificateArn = await issue(ask, authorityArn, authorityArn, 'RootCACertificate');
  const { Certificate } = await ask('/v1/pca/get-certificate', { ...authority, CertificateArn: certificateArn });
  await ask('/v1/pca/import-certificate-authority-certificate', {
    ...authority,
    Certificate: Buffer.from(Certificate as string).toString('base64'),
  });
  if (name.endsWith('AuditReport') && !name.startsWith('Create'))
    return { authorityArn, certificateArn, auditReportId: await report(ask, name, authority) };
  if (ON_KEY.has(name)) return { authorityArn, certificateArn: await withKey(ask, authority) };
  if (name === 'ReissueCertificate') return { authorityArn, certificateArn: await issueLeaf(ask, authority, examples) };
  if (!before) return { authorityArn, certificateArn };
  const below = await newAuthority(ask, 'SUBORDINATE');
  const belowArn = await issue(ask, authorityArn, below, 'SubordinateCACertificate_PathLen0');
  const about = { ...authority, CertificateSerial: serialOf(belowArn), RevocationReason: 'SUPERSEDED' };
  for (const step of before) {
    const { RevocationReason, ...held } = about;
    await ask(`/v1/pca/${step}`, step === 'revoke-certificate' ? { ...held, RevocationReason } : held);
  }
  return { authorityArn, certificateArn: belowArn };
}

/** Each its own: an account has no certificate twice. */
async function upload(ask: Ask, name: string): Promise<string> {
  const { CertificateArn } = await ask('/v1/pca/upload-certificate', {
    Name: 'matrix',
    Certificate: newCertificate().toString('base64'),
  });
  if (name === 'RestoreCertificate') await ask('/v1/pca/delete-certificate', { CertificateArn });
  return CertificateArn as string;
}

/** PEM. */
export function newCertificate(): Buffer {
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-noenc',
    '-keyout',
    '/dev/null',
  ];
  return execFileSync('openssl', [...args, '-subj', `/CN=${randomUUID()}`, '-days', '90'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

export const serialOf = (certificateArn: string) => certificateArn.slice(certificateArn.lastIndexOf('/') + 1);

/** What there is to read or take away. */
async function share(ask: Ask, name: string, authorityArn: string): Promise<void> {
  if (name === 'GetPolicy') {
    const Allow = { Effect: 'Allow', Principal: '*', Action: 'acm-pca:GetCertificate', Resource: '*' };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ ...Allow, Condition: NEVER }] });
    await ask('/v1/pca/put-policy', { ResourceArn: authorityArn, Policy });
  }
  if (name === 'DeletePermission')
    await ask('/v1/pca/create-permission', {
      CertificateAuthorityArn: authorityArn,
      Principal: 'acm.amazonaws.com',
      Actions: ['GetCertificate'],
    });
}

async function report(ask: Ask, name: string, authority: Input): Promise<string> {
  const { AuditReportId } = await ask('/v1/pca/create-certificate-authority-audit-report', {
    ...authority,
    S3BucketName: 'reports',
    AuditReportResponseFormat: 'JSON',
  });
  if (name.startsWith('Get')) await written(ask, authority, AuditReportId as string);
  return AuditReportId as string;
}

async function newAuthority(ask: Ask, CertificateAuthorityType: 'ROOT' | 'SUBORDINATE'): Promise<string> {
  const made = await ask('/v1/pca/create-certificate-authority', {
    CertificateAuthorityType,
    CertificateAuthorityConfiguration: {
      KeyAlgorithm: 'EC_prime256v1',
      SigningAlgorithm: 'SHA256WITHECDSA',
      Subject: { CommonName: 'matrix' },
    },
  });
  return made.CertificateAuthorityArn as string;
}

/** A certificate for the key of an authority, its own or that of another one. */
async function issue(ask: Ask, by: string, of: string, template: string): Promise<string> {
  const { Csr } = await ask('/v1/pca/get-certificate-authority-csr', { CertificateAuthorityArn: of });
  const issued = await ask('/v1/pca/issue-certificate', {
    CertificateAuthorityArn: by,
    Csr: Buffer.from(Csr as string).toString('base64'),
    SigningAlgorithm: 'SHA256WITHECDSA',
    TemplateArn: `arn:aws:acm-pca:::template/${template}/V1`,
    Validity: { Type: 'YEARS', Value: template === 'RootCACertificate' ? 10 : 5 },
  });
  return issued.CertificateArn as string;
}

async function withKey(ask: Ask, authority: Input): Promise<string> {
  const issued = await ask('/v1/pca/issue-certificate-with-key', {
    ...authority,
    KeyAlgorithm: 'EC_prime256v1',
    SubjectAlternativeNames: [{ DnsName: 'www.example.com' }],
    Validity: { Type: 'DAYS', Value: 30 },
    KeyFormat: 'PEM',
    KeepKey: true,
  });
  return issued.CertificateArn as string;
}

/** For the key of the example. */
async function issueLeaf(ask: Ask, authority: Input, examples: AnyOperation['examples']): Promise<string> {
  const issued = await ask('/v1/pca/issue-certificate', {
    ...authority,
    Csr: examples[0]?.input.Csr,
    SigningAlgorithm: 'SHA256WITHECDSA',
    Validity: { Type: 'DAYS', Value: 90 },
  });
  return issued.CertificateArn as string;
}

/** With a key that opens an account. */
async function makeDirectory(ask: Ask, authority: Input): Promise<PcaObjects> {
  const { Directory } = await ask('/v1/pca/create-acme-directory', { ...authority, Zones: ['example.test'] });
  const { DirectoryId } = Directory as { DirectoryId: string };
  const { Key } = await ask('/v1/pca/create-acme-external-account-key', { ...authority, DirectoryId });
  return { acmeDirectory: DirectoryId, acmeKey: (Key as { ExternalAccountKeyId: string }).ExternalAccountKeyId };
}

/** An outside CA that nobody answers for, with an order where there has to be one. */
async function makeOutside(ask: Ask, name: string): Promise<PcaObjects> {
  const { OutsideAuthority } = await ask('/v1/pca/create-outside-authority', {
    DirectoryUrl: 'https://127.0.0.1:1/directory',
  });
  const { Arn: OutsideAuthorityArn } = OutsideAuthority as { Arn: string };
  if (!/OutsideOrder$/.test(name)) return { outsideArn: OutsideAuthorityArn };
  const { Order } = await ask('/v1/pca/request-outside-certificate', {
    OutsideAuthorityArn,
    Names: ['www.example.test'],
  });
  return { outsideArn: OutsideAuthorityArn, outsideOrder: (Order as { OrderId: string }).OrderId };
}
