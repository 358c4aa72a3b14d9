/** The certificates that authorities issued, found by what is in them. AWS has no such operation. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { annotate, list, oneOf, structure, text, timestamp } from '../../../../platform/contract/shape.ts';
import { AUTHORITY_EXAMPLE } from '../authorities.ts';
import { AUTHORITY_CONDITIONS } from '../conditions.ts';
import { readErrors } from '../errors.ts';
import { pca } from '../service.ts';
import { Arn, MaxResults, NextToken } from '../shapes.ts';

const Shown = text(0, 4096);

const IssuedCertificate = annotate(
  structure({
    CertificateArn: Arn,
    /** Hexadecimal. */
    Serial: text(2, 40),
    Subject: Shown,
    /** With their kind: `dns:www.example.com`. */
    Names: list(Shown, 0, 200),
    NotBefore: timestamp(),
    NotAfter: timestamp(),
    /** SHA-256 of the SubjectPublicKeyInfo, hexadecimal. */
    KeyHash: text(64, 64),
    Template: text(1, 128),
    IssuedAt: timestamp(),
    /** ARN of who asked for it. */
    RequestedBy: text(1, 2048),
  }),
  { title: 'IssuedCertificate' },
);

export const NAME_MATCHES = ['EXACT', 'SUFFIX', 'HOST'] as const;

export const ListCertificates = defineOperation({
  ...pca(),
  name: 'ListCertificates',
  doc: 'The certificates that an authority, or any of the account, has issued: the newest first; with dates of expiry alone the soonest first; with SUFFIX by name, backwards. A page may be short while NextToken says that more follows.',
  input: structure({
    /** Absent: of all authorities of the account; that is asked as `*`. */
    CertificateAuthorityArn: Arn.optional(),
    /** Host name, address, URI or common name. */
    Name: text(1, 2048).optional(),
    /**
     * EXACT (default): certificates with that name; `*.example.com` is a name like others. SUFFIX: with the domain or a
     * name below it. HOST: what is accepted for that host, by its name or by the wildcard beside it.
     */
    NameMatch: oneOf(NAME_MATCHES).optional(),
    KeyHash: text(64, 64, { pattern: /^[0-9a-f]{64}$/ }).optional(),
    /** Hexadecimal, with or without colons. */
    Serial: text(2, 64, { pattern: /^[0-9a-fA-F]{2}(:?[0-9a-fA-F]{2})*$/ }).optional(),
    /** From this moment on. */
    ExpiresAfter: timestamp().optional(),
    /** Up to this moment, without it. */
    ExpiresBefore: timestamp().optional(),
    MaxResults: MaxResults.optional(),
    NextToken: NextToken.optional(),
  }),
  output: structure({ Certificates: list(IssuedCertificate, 0, 1000), NextToken: NextToken.optional() }),
  errors: readErrors('InvalidArgs', 'InvalidNextToken'),
  authz: {
    action: 'acm-pca:ListCertificates',
    resource: 'acm-pca:certificate-authority',
    conditions: AUTHORITY_CONDITIONS,
  },
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [
    {
      title: 'of an authority, below a domain',
      input: { CertificateAuthorityArn: AUTHORITY_EXAMPLE, Name: 'example.com', NameMatch: 'SUFFIX' },
    },
    { title: 'of the account, soon to expire', input: { ExpiresBefore: '2026-12-31T00:00:00Z' } },
  ],
});
