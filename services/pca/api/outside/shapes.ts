/** What the operations on outside CAs share. */
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
import { Arn, MaxResults, NextToken } from '../shapes.ts';

/** Of an order or a certificate. */
export const OutsideId = text(36, 36, { pattern: /^[0-9a-f-]{36}$/ });
export const Name = text(1, 64, { pattern: /^[A-Za-z0-9 ._-]+$/ });
export const DirectoryUrl = text(9, 1024, { pattern: /^https:\/\/[\x21-\x7e]+$/ });
export const Contact = text(8, 320, { pattern: /^mailto:[\x21-\x7e]+@[\x21-\x7e]+$/ });
export const BindingKeyId = text(1, 256, { pattern: /^[\x21-\x7e]+$/ });
/** PEM. */
export const Trust = text(1, 131_072, { pattern: /^[\x20-\x7e\r\n\t]+$/, audit: 'length' });
export const KeyAlgorithm = oneOf([
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'EC_prime256v1',
  'EC_secp384r1',
  'EC_secp521r1',
]);
const HostName = text(1, 255, { pattern: /^[\x21-\x7e]+$/ });
export const Names = list(HostName, 1, 100);
/** What went wrong last. */
const Problem = text(0, 1024);
/** What to do about it. */
const NextStep = text(0, 1024);

export const OutsideAuthority = annotate(
  structure({
    Arn,
    Name,
    DirectoryUrl,
    Contacts: list(Contact, 0, 10),
    /** Our account there; absent: nothing was ordered yet. */
    AccountUrl: text(9, 2048).optional(),
    ExternalAccountKeyId: BindingKeyId.optional(),
    TrustBundle: Trust.optional(),
    TermsOfServiceAgreed: flag(),
    /** RFC 7638, of the key of our account. */
    KeyThumbprint: text(43, 43),
    CreatedAt: timestamp(),
  }),
  { title: 'OutsideAuthority' },
);

export const OutsideOrder = annotate(
  structure({
    OrderId: OutsideId,
    OutsideAuthorityArn: Arn,
    /** What it makes, or renews. */
    CertificateId: OutsideId,
    CertificateArn: Arn,
    Status: oneOf(['requested', 'proving', 'finalizing', 'issued', 'failed', 'cancelled']),
    Names,
    KeyAlgorithm,
    Problem: Problem.optional(),
    NextStep: NextStep.optional(),
    /** Of an order that is not over: when it is looked at next, and until when. */
    NextTryAt: timestamp().optional(),
    TriedUntil: timestamp().optional(),
    CreatedAt: timestamp(),
  }),
  { title: 'OutsideOrder' },
);

export const OutsideCertificate = annotate(
  structure({
    CertificateId: OutsideId,
    CertificateArn: Arn,
    OutsideAuthorityArn: Arn,
    State: oneOf(['active', 'revoking', 'revoked']),
    /** Grows by one with each renewal. */
    Version: integer(1, 2_147_483_647),
    Names,
    KeyAlgorithm,
    SerialNumber: text(1, 80),
    NotBefore: timestamp(),
    NotAfter: timestamp(),
    /** When the next version is ordered. */
    RenewAt: timestamp().optional(),
    /** The order under way. */
    OrderId: OutsideId.optional(),
    Problem: Problem.optional(),
    NextStep: NextStep.optional(),
  }),
  { title: 'OutsideCertificate' },
);

export const paged = { MaxResults: MaxResults.optional(), NextToken: NextToken.optional() };
export const pagination = {
  token: 'NextToken',
  nextToken: 'NextToken',
  limit: 'MaxResults',
  defaultLimit: 100,
} as const;

export const OUTSIDE_EXAMPLE =
  'arn:aws:acm-pca:local-1:123456789012:outside-authority/0192f3a1-7c50-7e1b-9d55-0242ac120002';
export const OUTSIDE_ID_EXAMPLE = '0192f3a1-7c50-7e1b-9d55-0242ac120003';
export const atAuthority = { OutsideAuthorityArn: Arn };
export const example = { OutsideAuthorityArn: OUTSIDE_EXAMPLE };

/** Orders and certificates belong to the outside CA that they are from: permissions are asked on that one. */
export const onOutsideAuthority = <Name extends string>(name: Name, conditions: readonly string[] = []) => ({
  action: `acm-pca:${name}`,
  resource: 'acm-pca:outside-authority',
  conditions,
});
