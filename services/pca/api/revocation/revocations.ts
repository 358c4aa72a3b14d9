/** Certificates that are not to be trusted any more: revoked for a reason, or on hold. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { flag, integer, list, oneOf, structure, text, timestamp } from '../../../../platform/contract/shape.ts';
import { AUTHORITY_EXAMPLE } from '../authorities.ts';
import { AUTHORITY_CONDITIONS } from '../conditions.ts';
import { changeErrors, readErrors } from '../errors.ts';
import { aws, pca } from '../service.ts';
import { Arn, AUTHORITY_STATUSES, MaxResults, NextToken } from '../shapes.ts';

/** Hexadecimal, as it stands in ARNs or as openssl prints it: with colons, in upper case. */
const CertificateSerial = text(0, 128);
const of = { CertificateAuthorityArn: Arn, CertificateSerial };
const example = {
  CertificateAuthorityArn: AUTHORITY_EXAMPLE,
  CertificateSerial: '2f0c4d9aa1b2c3d4e5f60718293a4b5c6d7e',
};

export const REASONS = [
  'UNSPECIFIED',
  'KEY_COMPROMISE',
  'CERTIFICATE_AUTHORITY_COMPROMISE',
  'AFFILIATION_CHANGED',
  'SUPERSEDED',
  'CESSATION_OF_OPERATION',
  'PRIVILEGE_WITHDRAWN',
  'A_A_COMPROMISE',
] as const;

const onAuthority = <Name extends string>(name: Name) => ({
  action: `acm-pca:${name}`,
  resource: 'acm-pca:certificate-authority',
  conditions: AUTHORITY_CONDITIONS,
});

const refusals = () =>
  changeErrors('InvalidRequest', 'RequestAlreadyProcessed', 'RequestFailed', 'RequestInProgress', 'LimitExceeded');

export const RevokeCertificate = defineOperation({
  ...pca(),
  name: 'RevokeCertificate',
  doc: 'Revokes a certificate for good. The list of the authority says so within a minute, its OCSP responder at once. KEY_COMPROMISE also blocks the public key. Below a revoked certificate of one of our authorities nothing is issued any more.',
  input: structure({ ...of, RevocationReason: oneOf(REASONS) }),
  errors: refusals(),
  authz: {
    action: 'acm-pca:RevokeCertificate',
    resource: 'acm-pca:certificate-authority',
    conditions: [...AUTHORITY_CONDITIONS, 'acm-pca:RevocationReason'],
  },
  onBehalf: ['pca'],
  effect: 'write',
  aws: aws('RevokeCertificate'),
  examples: [{ title: 'a key that leaked', input: { ...example, RevocationReason: 'KEY_COMPROMISE' } }],
});

export const HoldCertificate = defineOperation({
  ...pca(),
  name: 'HoldCertificate',
  doc: 'Puts a certificate on hold: until the hold is released it counts as revoked.',
  input: structure(of),
  errors: refusals(),
  authz: onAuthority('HoldCertificate'),
  effect: 'write',
  examples: [{ title: 'by serial number', input: example }],
});

export const ReleaseCertificateHold = defineOperation({
  ...pca(),
  name: 'ReleaseCertificateHold',
  doc: 'Releases a certificate that is on hold. Other revocations are final.',
  input: structure(of),
  errors: refusals(),
  authz: onAuthority('ReleaseCertificateHold'),
  effect: 'write',
  examples: [{ title: 'by serial number', input: example }],
});

export const ReportKeyCompromise = defineOperation({
  ...pca(),
  name: 'ReportKeyCompromise',
  doc: 'Changes the reason of a revocation to KEY_COMPROMISE and blocks the public key. The date of the revocation stays.',
  input: structure(of),
  errors: refusals(),
  authz: onAuthority('ReportKeyCompromise'),
  effect: 'write',
  examples: [{ title: 'by serial number', input: example }],
});

const Status = oneOf(['GOOD', 'HELD', 'REVOKED']);

export const GetRevocationStatus = defineOperation({
  ...pca(),
  name: 'GetRevocationStatus',
  doc: 'Whether a certificate is revoked or on hold, and whether the list says so yet.',
  input: structure(of),
  output: structure({
    Status,
    Reason: oneOf([...REASONS, 'CERTIFICATE_HOLD']).optional(),
    RevokedAt: timestamp().optional(),
    /** The published list says the same. Absent: the authority has no lists. */
    Listed: flag().optional(),
    /** The list that the certificate is on, or would be. */
    CrlUri: text(1, 2048).optional(),
    OcspUri: text(1, 2048).optional(),
  }),
  errors: readErrors('InvalidRequest', 'InvalidState', 'RequestFailed', 'RequestInProgress'),
  authz: onAuthority('GetRevocationStatus'),
  effect: 'read',
  examples: [{ title: 'by serial number', input: example }],
});

export const PreviewRevocation = defineOperation({
  ...pca(),
  name: 'PreviewRevocation',
  doc: 'What would be hit if the key of a certificate is compromised: other certificates of the account for the same key, and the authorities whose certificate it is. Changes nothing.',
  input: structure({ ...of, MaxResults: MaxResults.optional(), NextToken: NextToken.optional() }),
  output: structure({
    /** SHA-256 of the public key, as BlockKey takes it. */
    PublicKeyHash: text(64, 64),
    /** Those of authorities that the caller may ask about, the one that is asked about included. */
    Certificates: list(structure({ CertificateArn: Arn, Status, NotAfter: timestamp() }), 0, 1000),
    /** Of this page: certificates of authorities that the caller may not ask about. */
    Hidden: integer(0, 1000),
    /** Authorities that issue nothing any more once the certificate is revoked. */
    Authorities: list(structure({ CertificateAuthorityArn: Arn, Status: oneOf(AUTHORITY_STATUSES) }), 0, 100),
    NextToken: NextToken.optional(),
  }),
  errors: readErrors('InvalidRequest', 'InvalidState', 'InvalidNextToken', 'RequestFailed', 'RequestInProgress'),
  authz: onAuthority('PreviewRevocation'),
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [{ title: 'by serial number', input: example }],
});
