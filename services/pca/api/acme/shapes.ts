/** What the operations on the ACME server share. */
import {
  annotate,
  flag,
  integer,
  list,
  oneOf,
  structure,
  text,
  timestamp,
} from '../../../../platform/contract/shape.ts';
import { AUTHORITY_EXAMPLE } from '../authorities.ts';
import { AUTHORITY_CONDITIONS } from '../conditions.ts';
import { Arn } from '../shapes.ts';

/** Of a directory, a key, an account or an order. */
export const AcmeId = text(36, 36, { pattern: /^[0-9a-f-]{36}$/ });
/** A DNS name, lower case, without a dot at the end. */
const Zone = text(1, 253, { pattern: /^[a-z0-9-]+(\.[a-z0-9-]+)*$/ });
/** CIDR. */
const Range = text(3, 64, { pattern: /^[0-9a-f.:]+\/\d{1,3}$/ });
const Name = text(1, 64, { pattern: /^[A-Za-z0-9 ._-]+$/ });
/** Of a user, a role, or the root user. */
export const PrincipalArn = text(20, 600, { pattern: /^arn:[a-z-]+:(iam|sts)::\d{12}:[\x21-\x7e]+$/ });

/** What may be said when a directory is made, and changed later. */
export const rules = {
  Name: Name.optional(),
  /** Of an end entity that takes its names from the request. Default: EndEntityServerAuthCertificate. */
  TemplateArn: Arn.optional(),
  /** Default: 90. */
  ValidityDays: integer(1, 398).optional(),
  /** Names, and everything below them, that certificates are for. */
  Zones: list(Zone, 0, 100).optional(),
  /** Addresses that certificates are for. */
  AddressRanges: list(Range, 0, 100).optional(),
  AllowWildcards: flag().optional(),
  /** Zones whose names need no proof: policies alone decide who gets certificates for them. */
  PreapprovedZones: list(Zone, 0, 100).optional(),
  /** Where the validator may connect to; empty: only DNS proves names. */
  ValidationNetworks: list(Range, 0, 100).optional(),
  /** Default: true. When it is false, accounts without a binding act for PrincipalArn. */
  ExternalAccountRequired: flag().optional(),
  PrincipalArn: PrincipalArn.optional(),
};

export const AcmeDirectory = annotate(
  structure({
    DirectoryId: AcmeId,
    Arn,
    CertificateAuthorityArn: Arn,
    /** Where clients begin. */
    Path: text(1, 128),
    Name,
    TemplateArn: Arn,
    ValidityDays: integer(1, 398),
    Zones: list(Zone, 0, 100),
    AddressRanges: list(Range, 0, 100),
    AllowWildcards: flag(),
    PreapprovedZones: list(Zone, 0, 100),
    ValidationNetworks: list(Range, 0, 100),
    ExternalAccountRequired: flag(),
    PrincipalArn: PrincipalArn.optional(),
    CreatedAt: timestamp(),
  }),
  { title: 'AcmeDirectory' },
);

export const ExternalAccountKey = annotate(
  structure({
    ExternalAccountKeyId: AcmeId,
    PrincipalArn,
    State: oneOf(['open', 'used', 'revoked', 'expired']),
    ExpiresAt: timestamp(),
    CreatedAt: timestamp(),
    /** The ACME account it bound. */
    AcmeAccountId: AcmeId.optional(),
  }),
  { title: 'AcmeExternalAccountKey' },
);

export const AcmeAccount = annotate(
  structure({
    AcmeAccountId: AcmeId,
    PrincipalArn,
    State: oneOf(['valid', 'deactivated', 'revoked']),
    Contacts: list(text(1, 320), 0, 10),
    /** RFC 7638, of the key of the account. */
    KeyThumbprint: text(43, 43),
    ExternalAccountKeyId: AcmeId.optional(),
    CreatedAt: timestamp(),
  }),
  { title: 'AcmeAccount' },
);

export const AcmeOrder = annotate(
  structure({
    OrderId: AcmeId,
    AcmeAccountId: AcmeId,
    Status: oneOf(['pending', 'ready', 'processing', 'valid', 'invalid']),
    Identifiers: list(text(1, 300), 0, 100),
    CertificateArn: Arn.optional(),
    /** Why it is invalid. */
    Problem: text(0, 4096).optional(),
    ExpiresAt: timestamp(),
    CreatedAt: timestamp(),
  }),
  { title: 'AcmeOrder' },
);

export const inDirectory = { CertificateAuthorityArn: Arn, DirectoryId: AcmeId };
export const DIRECTORY_EXAMPLE = '0192f3a1-7c50-7e1b-9d55-0242ac120002';
export const example = { CertificateAuthorityArn: AUTHORITY_EXAMPLE, DirectoryId: DIRECTORY_EXAMPLE };

/** A directory belongs to its authority: permissions are asked on that one. */
export const onAuthority = <Name extends string>(name: Name, alsoChecks?: readonly string[]) => ({
  action: `acm-pca:${name}`,
  resource: 'acm-pca:certificate-authority',
  conditions: AUTHORITY_CONDITIONS,
  ...(alsoChecks && { alsoChecks }),
});
