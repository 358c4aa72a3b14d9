/** Certificates from elsewhere: brought here, replaced, described for people, marked as revoked, deleted. */
import { EnterpriseProjectId } from '../../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../../platform/contract/operation.ts';
import {
  annotate,
  blob,
  flag,
  integer,
  list,
  oneOf,
  secretBlob,
  structure,
  text,
  timestamp,
} from '../../../../platform/contract/shape.ts';
import { AUTHORITY_CONDITIONS, TAG_CONDITIONS } from '../conditions.ts';
import { changeErrors, errors } from '../errors.ts';
import { pca } from '../service.ts';
import { Arn, Tags } from '../shapes.ts';
import { CertificateName, CertificateVersion, Description, KEPT_EXAMPLE, onCertificate, Reason } from './shapes.ts';

/** As openssl makes it: P-256, `CN=www.example.net`, valid until 2126. */
const CERTIFICATE = [
  'MIIBpzCCAU2gAwIBAgIUIscXf1OqS/msZeoGbOybjSiuZa8wCgYIKoZIzj0EAwIwGjEYMBYGA1UEAwwPd3d3LmV4YW1wbGUubmV0MCAX',
  'DTI2MTEyNzE2MTIxMloYDzIxMjYxMTAzMTYxMjEyWjAaMRgwFgYDVQQDDA93d3cuZXhhbXBsZS5uZXQwWTATBgcqhkjOPQIBBggqhkjO',
  'PQMBBwNCAAT1gKIAyvokeGa1MeWPZ1p0GCl3AIoUlh0fTiYxKNZ6wmJ/CZcVMgHK7eOH5IoD4SHtRB7gMEfsFB0TD+5HjS0vo28wbTAd',
  'BgNVHQ4EFgQUqlQuVKK1NKZtN0OJcUbYd3l19ncwHwYDVR0jBBgwFoAUqlQuVKK1NKZtN0OJcUbYd3l19ncwDwYDVR0TAQH/BAUwAwEB',
  '/zAaBgNVHREEEzARgg93d3cuZXhhbXBsZS5uZXQwCgYIKoZIzj0EAwIDSAAwRQIhAOfdV43dRHOgO/nGD1G0O4SED6m9VMl8pka3/L4Y',
  'A8AlAiBXD7l5WXoBlN59IkIvgKAeA4oUQPllp3b69s33jYwS3w==',
].join('');

/** The longest certificate, DER. A file with its chain may be longer. */
export const MAX_CERTIFICATE_BYTES = 32_768;
/** A request has at most 1 MiB, and Base64 makes four bytes of three. */
const MAX_CHAIN_BYTES = 524_288;

const files = {
  /** PEM or DER. PEM may hold the chain as well. */
  Certificate: blob(2 * MAX_CERTIFICATE_BYTES).optional(),
  /** PEM or DER, in any order. */
  CertificateChain: blob(MAX_CHAIN_BYTES, 0).optional(),
  /** PEM or DER: PKCS #8, PKCS #1 or SEC 1. */
  PrivateKey: secretBlob(5_120).optional(),
  /** A PKCS #12 file in the place of the three above: certificate, chain and private key, under the Passphrase. */
  Pkcs12: secretBlob(131_072).optional(),
  /** Of a private key that is encrypted, or of the PKCS #12 file, as bytes of UTF-8. */
  Passphrase: secretBlob(1_024).optional(),
  /** Takes a certificate that has expired. */
  AllowExpired: flag().optional(),
  /** Leaves a root at the end of the chain out: clients have their own. */
  DropRoot: flag().optional(),
};

export const WARNINGS = [
  'WEAK_KEY',
  'WEAK_SIGNATURE',
  'INCOMPLETE_CHAIN',
  'CHAIN_EXPIRES_FIRST',
  'EXPIRED',
  'NOT_YET_VALID',
  'EXPIRES_SOON',
  'NAME_IN_USE',
] as const;

const Warning = annotate(structure({ Code: oneOf(WARNINGS), Message: text(1, 1024) }), {
  title: 'CertificateWarning',
});
const uploaded = structure({ CertificateArn: Arn, Version: CertificateVersion, Warnings: list(Warning, 0, 100) });
const REFUSALS = ['InvalidArgs', 'MalformedCertificate', 'CertificateMismatch', 'CertificateExists'] as const;

const example = { CertificateArn: KEPT_EXAMPLE };

export const UploadCertificate = defineOperation({
  ...pca(),
  name: 'UploadCertificate',
  doc: 'Takes a certificate from elsewhere, with its chain and its private key, into the inventory. The chain is put in order and every signature verified; the key has to be that of the certificate, and is stored sealed.',
  input: structure({
    Name: CertificateName,
    Description: Description.optional(),
    ...files,
    Tags: Tags.optional(),
    EnterpriseProjectId: EnterpriseProjectId.optional(),
  }),
  output: uploaded,
  errors: errors(...REFUSALS, 'LimitExceeded', 'InvalidTags', 'TooManyTags', 'NotFound', 'EnterpriseProjectDisabled'),
  authz: {
    action: 'acm-pca:UploadCertificate',
    resource: '*',
    conditions: [...TAG_CONDITIONS, 'parapet:EnterpriseProjectId'],
    alsoChecks: ['acm-pca:TagCertificate'],
  },
  effect: 'write',
  examples: [{ title: 'without a key', input: { Name: 'shop', Certificate: CERTIFICATE } }],
});

export const UploadCertificateVersion = defineOperation({
  ...pca(),
  name: 'UploadCertificateVersion',
  doc: 'Puts another certificate in the place of one from elsewhere, under the same ARN. The version before stays and can be downloaded; of twenty the oldest goes.',
  input: structure({ CertificateArn: Arn, ...files }),
  output: uploaded,
  errors: changeErrors(...REFUSALS),
  authz: onCertificate('UploadCertificateVersion'),
  effect: 'write',
  examples: [{ title: 'a renewed one', input: { ...example, Certificate: CERTIFICATE } }],
});

export const UpdateCertificate = defineOperation({
  ...pca(),
  name: 'UpdateCertificate',
  doc: 'Changes name and description of a certificate from elsewhere. What is not given stays.',
  input: structure({ CertificateArn: Arn, Name: CertificateName.optional(), Description: Description.optional() }),
  errors: changeErrors('InvalidArgs'),
  authz: onCertificate('UpdateCertificate'),
  effect: 'write',
  examples: [{ title: 'another name', input: { ...example, Name: 'shop-2026' } }],
});

export const MarkCertificateRevoked = defineOperation({
  ...pca(),
  name: 'MarkCertificateRevoked',
  doc: 'Notes that a certificate from elsewhere was revoked, and why. Only its own authority can revoke it: ask there first. It does not remind of its expiry any more.',
  input: structure({
    CertificateArn: Arn,
    RevocationReason: Reason,
    /** When its authority revoked it, not in the future; default: now. */
    RevokedAt: timestamp().optional(),
  }),
  errors: changeErrors('InvalidArgs'),
  authz: onCertificate('MarkCertificateRevoked'),
  effect: 'write',
  examples: [{ title: 'a key that leaked', input: { ...example, RevocationReason: 'KEY_COMPROMISE' } }],
});

export const DEFAULT_RECOVERY_DAYS = 30;

export const DeleteCertificate = defineOperation({
  ...pca(),
  name: 'DeleteCertificate',
  doc: 'Begins the deletion of a certificate from elsewhere. Until its time is over it can be restored; then all its versions and their private keys are destroyed.',
  input: structure({ CertificateArn: Arn, RecoveryWindowInDays: integer(7, 30).optional() }),
  output: structure({ RestorableUntil: timestamp() }),
  errors: changeErrors(),
  authz: {
    ...onCertificate('DeleteCertificate'),
    conditions: [...AUTHORITY_CONDITIONS, 'acm-pca:RecoveryWindowInDays'],
  },
  effect: 'write',
  examples: [{ title: 'in a week', input: { ...example, RecoveryWindowInDays: 7 } }],
});

export const RestoreCertificate = defineOperation({
  ...pca(),
  name: 'RestoreCertificate',
  doc: 'Takes the deletion of a certificate from elsewhere back.',
  input: structure({ CertificateArn: Arn }),
  errors: changeErrors(),
  authz: onCertificate('RestoreCertificate'),
  effect: 'write',
  examples: [{ title: 'by ARN', input: example }],
});

export const TagCertificate = defineOperation({
  ...pca(),
  name: 'TagCertificate',
  doc: 'Adds tags to a certificate from elsewhere or changes their values. Refused when the caller would lose access by it.',
  input: structure({ CertificateArn: Arn, Tags }),
  errors: changeErrors('InvalidTags', 'TooManyTags'),
  authz: { ...onCertificate('TagCertificate'), conditions: [...AUTHORITY_CONDITIONS, ...TAG_CONDITIONS] },
  effect: 'write',
  examples: [{ title: 'one tag', input: { ...example, Tags: [{ Key: 'app', Value: 'shop' }] } }],
});

export const UntagCertificate = defineOperation({
  ...pca(),
  name: 'UntagCertificate',
  doc: 'Removes tags from a certificate from elsewhere; with a value only where the tag has it. Refused when the caller would lose access by it.',
  input: structure({ CertificateArn: Arn, Tags }),
  errors: changeErrors(),
  authz: { ...onCertificate('UntagCertificate'), conditions: [...AUTHORITY_CONDITIONS, 'aws:TagKeys'] },
  effect: 'write',
  examples: [{ title: 'one tag', input: { ...example, Tags: [{ Key: 'app', Value: 'shop' }] } }],
});

/** Never asked for: the record of what happens when the time of a deleted certificate is over. */
export const DestroyCertificate = defineOperation({
  ...pca(),
  name: 'DestroyCertificate',
  doc: 'Destroys a certificate from elsewhere, with its private keys, whose time to be restored is over.',
  input: structure({ CertificateArn: Arn, RestorableUntil: timestamp() }),
  authz: 'internal',
  effect: 'write',
  examples: [{ title: 'a record', input: { ...example, RestorableUntil: '2026-01-01T00:00:00Z' } }],
});
