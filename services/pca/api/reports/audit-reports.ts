/** Lists of everything that an authority has issued, for auditors, as a file. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { blob, integer, oneOf, structure, text, timestamp } from '../../../../platform/contract/shape.ts';
import { AUTHORITY_EXAMPLE } from '../authorities.ts';
import { AUTHORITY_CONDITIONS } from '../conditions.ts';
import { readErrors } from '../errors.ts';
import { aws, pca } from '../service.ts';
import { Arn } from '../shapes.ts';

export const REPORT_FORMATS = ['JSON', 'CSV'] as const;
export const REPORT_STATUSES = ['CREATING', 'SUCCESS', 'FAILED'] as const;
/** Of a report, in one answer. */
export const REPORT_CHUNK = 1_048_576;

const AuditReportId = text(36, 36, { pattern: /^[a-z0-9]{8}-[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{12}$/ });
const S3BucketName = text(3, 63);
const S3Key = text(0, 1024);
const example = { CertificateAuthorityArn: AUTHORITY_EXAMPLE };
const ID = { AuditReportId: '11111111-2222-4333-8444-555555555555' };

const onAuthority = <Name extends string>(name: Name) => ({
  action: `acm-pca:${name}`,
  resource: 'acm-pca:certificate-authority',
  conditions: AUTHORITY_CONDITIONS,
});

export const CreateCertificateAuthorityAuditReport = defineOperation({
  ...pca(),
  name: 'CreateCertificateAuthorityAuditReport',
  doc: 'Begins a report of every certificate that an authority has issued. Every certificate stands in it with the revocation it has. It is written to a file of this service, and to the store of the name of the bucket where the installation has one.',
  input: structure({
    CertificateAuthorityArn: Arn,
    S3BucketName,
    AuditReportResponseFormat: oneOf(REPORT_FORMATS),
  }),
  output: structure({ AuditReportId, S3Key }),
  errors: readErrors('InvalidArgs', 'InvalidState', 'RequestInProgress'),
  authz: onAuthority('CreateCertificateAuthorityAuditReport'),
  effect: 'write',
  aws: aws('CreateCertificateAuthorityAuditReport'),
  examples: [{ title: 'as JSON', input: { ...example, S3BucketName: 'reports', AuditReportResponseFormat: 'JSON' } }],
});

export const DescribeCertificateAuthorityAuditReport = defineOperation({
  ...pca(),
  name: 'DescribeCertificateAuthorityAuditReport',
  doc: 'Whether a report is ready, and where it is.',
  input: structure({ CertificateAuthorityArn: Arn, AuditReportId }),
  output: structure({
    AuditReportStatus: oneOf(REPORT_STATUSES),
    S3BucketName,
    S3Key,
    CreatedAt: timestamp(),
  }),
  errors: readErrors('InvalidArgs'),
  authz: onAuthority('DescribeCertificateAuthorityAuditReport'),
  effect: 'read',
  aws: aws('DescribeCertificateAuthorityAuditReport'),
  examples: [{ title: 'by id', input: { ...example, ...ID } }],
});

export const GetCertificateAuthorityAuditReport = defineOperation({
  ...pca(),
  name: 'GetCertificateAuthorityAuditReport',
  doc: 'A piece of a report that is ready. AWS has no such operation: there it is read from the bucket.',
  input: structure({
    CertificateAuthorityArn: Arn,
    AuditReportId,
    /** Where the piece begins; default: at the beginning. */
    Offset: integer(0, Number.MAX_SAFE_INTEGER).optional(),
  }),
  output: structure({
    Content: blob(REPORT_CHUNK, 0),
    /** Of the whole report, bytes. */
    Size: integer(0, Number.MAX_SAFE_INTEGER),
    /** Of the whole report, hexadecimal. */
    Sha256: text(64, 64),
    /** Absent: this was the last piece. */
    NextOffset: integer(1, Number.MAX_SAFE_INTEGER).optional(),
  }),
  errors: readErrors('InvalidArgs', 'RequestInProgress', 'RequestFailed'),
  authz: onAuthority('GetCertificateAuthorityAuditReport'),
  effect: 'read',
  examples: [{ title: 'from the beginning', input: { ...example, ...ID } }],
});
