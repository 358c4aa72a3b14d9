/** Certificate authorities: made, described, activated with a certificate, disabled, deleted, restored. */
import { EnterpriseProjectId } from '../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { blob, integer, list, oneOf, structure, text, timestamp } from '../../../platform/contract/shape.ts';
import { AUTHORITY_CONDITIONS, NEW_AUTHORITY_CONDITIONS, TAG_CONDITIONS } from './conditions.ts';
import { changeErrors, errors, readErrors } from './errors.ts';
import { aws, pca } from './service.ts';
import {
  Arn,
  AUTHORITY_STATUSES,
  AUTHORITY_TYPES,
  AuthorityConfiguration,
  CertificateAuthority,
  CertificateText,
  ChainText,
  IdempotencyToken,
  KEY_STORAGE,
  MaxResults,
  NextToken,
  RevocationConfiguration,
  Tags,
  USAGE_MODES,
} from './shapes.ts';

export const AUTHORITY_EXAMPLE =
  'arn:aws:acm-pca:local-1:123456789012:certificate-authority/11223344-1234-1122-2233-112233445566';
const example = { CertificateAuthorityArn: AUTHORITY_EXAMPLE };

const onAuthority = <Name extends string>(name: Name) => ({
  action: `acm-pca:${name}`,
  resource: 'acm-pca:certificate-authority',
  conditions: AUTHORITY_CONDITIONS,
});

export const CreateCertificateAuthority = defineOperation({
  ...pca(),
  name: 'CreateCertificateAuthority',
  doc: 'Makes a certificate authority: a key in the HSM, and the certificate request that asks for its certificate. It issues nothing before its certificate is imported.',
  input: structure({
    CertificateAuthorityConfiguration: AuthorityConfiguration,
    RevocationConfiguration: RevocationConfiguration.optional(),
    CertificateAuthorityType: oneOf(AUTHORITY_TYPES),
    /** The same token within five minutes makes no second authority. */
    IdempotencyToken: IdempotencyToken.optional(),
    KeyStorageSecurityStandard: oneOf(KEY_STORAGE).optional(),
    Tags: Tags.optional(),
    UsageMode: oneOf(USAGE_MODES).optional(),
    EnterpriseProjectId: EnterpriseProjectId.optional(),
  }),
  output: structure({ CertificateAuthorityArn: Arn }),
  errors: errors(
    'InvalidArgs',
    'LimitExceeded',
    'InvalidTags',
    'TooManyTags',
    'NotFound',
    'RequestInProgress',
    'EnterpriseProjectDisabled',
  ),
  authz: {
    action: 'acm-pca:CreateCertificateAuthority',
    resource: '*',
    conditions: [...TAG_CONDITIONS, ...NEW_AUTHORITY_CONDITIONS, 'parapet:EnterpriseProjectId'],
    alsoChecks: ['acm-pca:TagCertificateAuthority'],
  },
  effect: 'write',
  aws: aws('CreateCertificateAuthority'),
  examples: [
    {
      title: 'a root',
      input: {
        CertificateAuthorityType: 'ROOT',
        CertificateAuthorityConfiguration: {
          KeyAlgorithm: 'EC_prime256v1',
          SigningAlgorithm: 'SHA256WITHECDSA',
          Subject: { Organization: 'Example', CommonName: 'Example root' },
        },
      },
    },
  ],
});

export const DescribeCertificateAuthority = defineOperation({
  ...pca(),
  name: 'DescribeCertificateAuthority',
  doc: 'Describes a certificate authority.',
  input: structure({ CertificateAuthorityArn: Arn }),
  output: structure({ CertificateAuthority }),
  errors: readErrors(),
  authz: onAuthority('DescribeCertificateAuthority'),
  effect: 'read',
  aws: aws('DescribeCertificateAuthority'),
  examples: [{ title: 'by ARN', input: example }],
});

export const ListCertificateAuthorities = defineOperation({
  ...pca(),
  name: 'ListCertificateAuthorities',
  doc: 'Lists the certificate authorities of the account of the caller, oldest first.',
  input: structure({
    MaxResults: MaxResults.optional(),
    NextToken: NextToken.optional(),
    /** Those of other accounts are none: authorities are not shared. */
    ResourceOwner: oneOf(['SELF', 'OTHER_ACCOUNTS']).optional(),
  }),
  output: structure({
    CertificateAuthorities: list(CertificateAuthority, 0, 1000),
    NextToken: NextToken.optional(),
  }),
  errors: errors('InvalidNextToken'),
  authz: { action: 'acm-pca:ListCertificateAuthorities', resource: '*' },
  effect: 'read',
  aws: aws('ListCertificateAuthorities'),
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [{ title: 'all', input: {} }],
});

export const GetCertificateAuthorityCsr = defineOperation({
  ...pca(),
  name: 'GetCertificateAuthorityCsr',
  doc: 'The certificate request of a certificate authority, PEM: for an authority above it, of ours or elsewhere.',
  input: structure({ CertificateAuthorityArn: Arn }),
  output: structure({ Csr: CertificateText }),
  errors: readErrors('InvalidState'),
  authz: onAuthority('GetCertificateAuthorityCsr'),
  effect: 'read',
  aws: aws('GetCertificateAuthorityCsr'),
  examples: [{ title: 'by ARN', input: example }],
});

export const ImportCertificateAuthorityCertificate = defineOperation({
  ...pca(),
  name: 'ImportCertificateAuthorityCertificate',
  doc: 'Gives a certificate authority its certificate, with the chain above it. From then on it issues. Importing again renews it.',
  input: structure({
    CertificateAuthorityArn: Arn,
    /** PEM or DER. */
    Certificate: blob(32_768),
    /** PEM, from the issuer of the certificate up to the root; of a root nothing. */
    CertificateChain: blob(2_097_152, 0).optional(),
  }),
  errors: changeErrors('MalformedCertificate', 'CertificateMismatch', 'InvalidRequest'),
  authz: onAuthority('ImportCertificateAuthorityCertificate'),
  effect: 'write',
  aws: aws('ImportCertificateAuthorityCertificate'),
  examples: [{ title: 'of a root', input: { ...example, Certificate: 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==' } }],
});

export const GetCertificateAuthorityCertificate = defineOperation({
  ...pca(),
  name: 'GetCertificateAuthorityCertificate',
  doc: 'The certificate of a certificate authority and the chain above it, PEM.',
  input: structure({ CertificateAuthorityArn: Arn }),
  output: structure({ Certificate: CertificateText, CertificateChain: ChainText.optional() }),
  errors: readErrors('InvalidState'),
  authz: onAuthority('GetCertificateAuthorityCertificate'),
  effect: 'read',
  aws: aws('GetCertificateAuthorityCertificate'),
  examples: [{ title: 'by ARN', input: example }],
});

export const UpdateCertificateAuthority = defineOperation({
  ...pca(),
  name: 'UpdateCertificateAuthority',
  doc: 'Disables a certificate authority, or enables it again. While it is disabled it issues nothing.',
  input: structure({
    CertificateAuthorityArn: Arn,
    RevocationConfiguration: RevocationConfiguration.optional(),
    /** ACTIVE or DISABLED. */
    Status: oneOf(AUTHORITY_STATUSES).optional(),
  }),
  errors: changeErrors('InvalidArgs'),
  authz: onAuthority('UpdateCertificateAuthority'),
  effect: 'write',
  aws: aws('UpdateCertificateAuthority'),
  examples: [{ title: 'disable', input: { ...example, Status: 'DISABLED' } }],
});

export const DEFAULT_DELETION_DAYS = 30;

export const DeleteCertificateAuthority = defineOperation({
  ...pca(),
  name: 'DeleteCertificateAuthority',
  doc: 'Begins the deletion of a certificate authority that is disabled, expired or without a certificate. Until its time is over it can be restored; then its key is destroyed.',
  input: structure({
    CertificateAuthorityArn: Arn,
    PermanentDeletionTimeInDays: integer(7, 30).optional(),
  }),
  errors: changeErrors(),
  authz: {
    action: 'acm-pca:DeleteCertificateAuthority',
    resource: 'acm-pca:certificate-authority',
    conditions: [...AUTHORITY_CONDITIONS, 'acm-pca:PermanentDeletionTimeInDays'],
  },
  effect: 'write',
  aws: aws('DeleteCertificateAuthority'),
  examples: [{ title: 'in a week', input: { ...example, PermanentDeletionTimeInDays: 7 } }],
});

export const RestoreCertificateAuthority = defineOperation({
  ...pca(),
  name: 'RestoreCertificateAuthority',
  doc: 'Takes a deletion back. The authority is disabled afterwards, or waits for its certificate as before.',
  input: structure({ CertificateAuthorityArn: Arn }),
  errors: changeErrors(),
  authz: onAuthority('RestoreCertificateAuthority'),
  effect: 'write',
  aws: aws('RestoreCertificateAuthority'),
  examples: [{ title: 'by ARN', input: example }],
});

/** Never asked for: the record of what happens when the time of a deleted authority is over. */
export const DestroyCertificateAuthority = defineOperation({
  ...pca(),
  name: 'DestroyCertificateAuthority',
  doc: 'Destroys the key of a certificate authority whose time to be restored is over.',
  input: structure({ CertificateAuthorityArn: text(5, 200), RestorableUntil: timestamp() }),
  authz: 'internal',
  effect: 'write',
  examples: [{ title: 'a record', input: { ...example, RestorableUntil: '2026-01-01T00:00:00Z' } }],
});
