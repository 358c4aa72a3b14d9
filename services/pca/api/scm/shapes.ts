/** What the operations on certificates in the inventory share. */
import { EnterpriseProjectId } from '../../../../platform/contract/enterprise-project.ts';
import {
  AccountId,
  annotate,
  flag,
  integer,
  list,
  oneOf,
  structure,
  text,
  timestamp,
} from '../../../../platform/contract/shape.ts';
import { AUTHORITY_CONDITIONS } from '../conditions.ts';
import { REASONS } from '../revocation/revocations.ts';
import { Arn, Tags } from '../shapes.ts';

/** Issued by an authority of ours, uploaded by somebody, or obtained from an outside authority. */
export const SOURCES = ['ISSUED', 'UPLOADED', 'OUTSIDE'] as const;
export const Source = oneOf(SOURCES);
export const STATUSES = ['ACTIVE', 'EXPIRED', 'ON_HOLD', 'REVOKED', 'DELETED'] as const;
export const CertificateStatus = oneOf(STATUSES);

export const CertificateName = text(3, 63, { pattern: /^[A-Za-z0-9_.-]+$/ });
/** For people: one line. */
export const Description = text(0, 255, { pattern: /^[^\p{Control}\p{Surrogate}]*$/u });
export const CertificateVersion = integer(1, 1_000_000);
export const Reason = oneOf(REASONS);
export const Hash = text(64, 64, { pattern: /^[0-9a-f]{64}$/ });

export const Shown = text(0, 4096);

export const KEPT_EXAMPLE = 'arn:aws:acm-pca:local-1:123456789012:certificate/11223344-1234-1122-2233-112233445566';

export const onCertificate = <Name extends string>(name: Name) => ({
  action: `acm-pca:${name}`,
  resource: 'acm-pca:certificate',
  conditions: AUTHORITY_CONDITIONS,
});

const ChainLink = structure({
  Subject: Shown,
  Issuer: Shown,
  NotAfter: timestamp(),
  Fingerprint: Hash,
});

export const InventoryCertificate = annotate(
  structure({
    CertificateArn: Arn,
    OwnerAccount: AccountId,
    Source,
    Status: CertificateStatus,
    /** What people call it; of an issued one none. */
    Name: CertificateName.optional(),
    Description: Description.optional(),
    Subject: Shown,
    Issuer: Shown,
    /** With their kind: `dns:www.example.com`. */
    Names: list(Shown, 0, 1000),
    /** Hexadecimal. */
    Serial: text(2, 128),
    NotBefore: timestamp(),
    NotAfter: timestamp(),
    KeyAlgorithm: text(0, 32),
    SignatureAlgorithm: text(1, 128),
    /** SHA-256 of the SubjectPublicKeyInfo, hexadecimal. */
    KeyHash: Hash,
    /** SHA-256 of the certificate, hexadecimal. */
    Fingerprint: Hash,
    HasPrivateKey: flag(),
    /** The certificates above it, its issuer first. */
    Chain: list(ChainLink, 0, 10),
    /** Of one from elsewhere: grows when it is replaced under its ARN. */
    Version: CertificateVersion.optional(),
    OrderReference: text(1, 2048).optional(),
    /** Of an issued one. */
    Template: text(1, 128).optional(),
    CreatedAt: timestamp(),
    /** When the version in force came. */
    ImportedAt: timestamp(),
    /** ARN of who asked for it, or brought it. */
    RequestedBy: text(1, 2048),
    RevokedAt: timestamp().optional(),
    RevocationReason: text(1, 64).optional(),
    RestorableUntil: timestamp().optional(),
    /** The certificate that this one was issued in the place of. */
    Replaces: Arn.optional(),
    ReplacedBy: Arn.optional(),
    Tags: Tags.min(0),
    EnterpriseProjectId,
  }),
  { title: 'InventoryCertificate' },
);
