/** Certificates of the inventory, issued here or from elsewhere: described, downloaded, issued anew, soon to expire. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { blob, integer, list, oneOf, structure, timestamp } from '../../../../platform/contract/shape.ts';
import { AUTHORITY_EXAMPLE } from '../authorities.ts';
import { CSR } from '../certificates.ts';
import { AUTHORITY_CONDITIONS, CERTIFICATE_CONDITIONS } from '../conditions.ts';
import { readErrors } from '../errors.ts';
import { pca } from '../service.ts';
import { Arn, MaxResults, NextToken, SigningAlgorithm, Validity } from '../shapes.ts';
import { CertificateVersion, Hash, InventoryCertificate, KEPT_EXAMPLE, onCertificate, Source } from './shapes.ts';

const example = { CertificateArn: KEPT_EXAMPLE };
const ISSUED_EXAMPLE = `${AUTHORITY_EXAMPLE}/certificate/2f0c4d9aa1b2c3d4e5f60718293a4b5c6d7e`;

export const DescribeCertificate = defineOperation({
  ...pca(),
  name: 'DescribeCertificate',
  doc: 'Describes a certificate. For one that was issued here the permission is needed on its authority.',
  input: structure({ CertificateArn: Arn }),
  output: structure({ Certificate: InventoryCertificate }),
  errors: readErrors(),
  authz: onCertificate('DescribeCertificate'),
  effect: 'read',
  examples: [{ title: 'by ARN', input: example }],
});

export const ListCertificateVersions = defineOperation({
  ...pca(),
  name: 'ListCertificateVersions',
  doc: 'The versions of a certificate from elsewhere that are kept, the one in force first.',
  input: structure({ CertificateArn: Arn, MaxResults: MaxResults.optional(), NextToken: NextToken.optional() }),
  output: structure({
    Versions: list(
      structure({
        Version: CertificateVersion,
        Fingerprint: Hash,
        NotAfter: timestamp(),
        ImportedAt: timestamp(),
        ReplacedAt: timestamp().optional(),
      }),
      0,
      1000,
    ),
    NextToken: NextToken.optional(),
  }),
  errors: readErrors('InvalidNextToken'),
  authz: onCertificate('ListCertificateVersions'),
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [{ title: 'by ARN', input: example }],
});

export const DOWNLOAD_FORMATS = ['PEM', 'PEM_CHAIN', 'PEM_FULL_CHAIN', 'DER', 'PKCS7'] as const;

export const DownloadCertificate = defineOperation({
  ...pca(),
  name: 'DownloadCertificate',
  doc: 'A certificate as a file: PEM of it, of the chain above it, or of both; DER; or PKCS #7 with the chain, DER. Never the private key. For one that was issued here the permission is needed on its authority.',
  input: structure({
    CertificateArn: Arn,
    /** Default: PEM_FULL_CHAIN. */
    Format: oneOf(DOWNLOAD_FORMATS).optional(),
    /** Of one from elsewhere; default: the one in force. */
    Version: CertificateVersion.optional(),
  }),
  output: structure({ Content: blob(1_048_576, 0) }),
  errors: readErrors('InvalidArgs', 'InvalidState'),
  authz: onCertificate('DownloadCertificate'),
  effect: 'read',
  examples: [{ title: 'with its chain', input: example }],
});

export const ReissueCertificate = defineOperation({
  ...pca(),
  name: 'ReissueCertificate',
  doc: 'Issues a certificate in the place of one that was issued here: by the same authority, from the same template, with the same subject, names and purposes. Needs the permission to issue what it would be as well. The one that is replaced stays valid, and does not remind of its expiry any more.',
  input: structure({
    CertificateArn: Arn,
    /** PEM or DER. Only its key is taken. Absent: for the same key, unless the certificate was revoked. */
    Csr: blob(32_768).optional(),
    /** Default: as the one before was signed. */
    SigningAlgorithm: SigningAlgorithm.optional(),
    /** Default: as many days as the one before. */
    Validity: Validity.optional(),
  }),
  output: structure({ CertificateArn: Arn }),
  errors: readErrors(
    'InvalidArgs',
    'InvalidState',
    'MalformedCsr',
    'LimitExceeded',
    'RequestInProgress',
    'RequestFailed',
  ),
  authz: {
    action: 'acm-pca:ReissueCertificate',
    // Whoever may not issue the certificate does not get it in this way either.
    alsoChecks: ['acm-pca:IssueCertificate'],
    resource: 'acm-pca:certificate-authority',
    conditions: [...AUTHORITY_CONDITIONS, ...CERTIFICATE_CONDITIONS],
  },
  effect: 'write',
  examples: [{ title: 'for a new key', input: { CertificateArn: ISSUED_EXAMPLE, Csr: CSR } }],
});

/** Never asked for: the record that reminds of an expiry. */
export const CertificateExpires = defineOperation({
  ...pca(),
  name: 'CertificateExpires',
  doc: 'A certificate of the inventory expires in that many days. Written once for each threshold; of several that passed while the service was down the nearest one.',
  input: structure({
    CertificateArn: Arn,
    Source,
    NotAfter: timestamp(),
    DaysBeforeExpiry: integer(1, 60),
  }),
  authz: 'internal',
  effect: 'write',
  examples: [
    {
      title: 'a record',
      input: { ...example, Source: 'UPLOADED', NotAfter: '2026-01-01T00:00:00Z', DaysBeforeExpiry: 30 },
    },
  ],
});
